#!/usr/bin/env python3
"""Goal: what was said in the office is in no file in clear, and in no memory once it is locked.

Method: 200 distinct words, Arabic and Latin, are planted in a scripted life of the real programs:
answer files, typing, undoing, searching, amending, finalising, sending, SIGKILL in the middle,
reading again, locking. Every file the programs could have written is searched at each turn, and the
window's memory after each lock, for the words in every encoding, for the passphrase, and for each
secret that stood in locked memory. Each search is proven by one that must find them.
"""
import json
import os
import pathlib
import signal
import time

from desk_driver import Desk, Screen, missing_tools
from memory_scan import Markers, in_files, in_memory, locked_secrets, spellings
from tap import Skip, check, main, test
from office import FORM, ROOT

TEMPLATE = ROOT / "tests/data/intakes/19-worker-refused-at-border.json"
# Fields that this template answers or may answer: (section, question, the script it takes).
FIELDS = (
    ("person", "given_name", "arabic"), ("person", "father_name", "latin"),
    ("person", "grandfather_name", "arabic"), ("person", "surname", "latin"),
    ("person", "mother_name", "arabic"), ("person", "latin_name", "latin"),
    ("person", "birth_place", "arabic"), ("origin", "origin_place", "arabic"),
    ("abroad", "host_city", "latin"), ("consent", "officer_note", "arabic"),
)
TYPED = FIELDS[:7]
FILES = 17
PLANTED = 200


class Life:
    """One office whose programs have their own home, and all that was planted in it."""

    def __init__(self, place):
        missing = missing_tools()
        if missing:
            raise Skip(f"not installed: {', '.join(missing)}")
        self.place = place
        seed = int(os.environ.get("AWDA_SEED", time.time_ns() % 10**9))
        print(f"# AWDA_SEED={seed}", flush=True)
        self.markers = Markers(seed)
        self.home = place.home / "person"
        self.variables = {"HOME": str(self.home)}
        for variable, name in (("TMPDIR", "tmp"), ("XDG_CACHE_HOME", "cache"),
                               ("XDG_CONFIG_HOME", "config"), ("XDG_DATA_HOME", "share"),
                               ("XDG_STATE_HOME", "state"), ("XDG_RUNTIME_DIR", "run")):
            folder = self.home / name
            folder.mkdir(mode=0o700, parents=True)
            self.variables[variable] = str(folder)
        self.hq, self.office = place.enrolled()
        self.passphrase = self.office.passphrase_file.read_text(encoding="ascii").strip()
        # What the test itself holds in clear: the officer's paper files and the passphrase.
        self.paper = place.home / "paper"
        self.paper.mkdir()
        self.screen = Screen()
        self.screen.__enter__()
        place.closing.append(lambda: self.screen.__exit__(None, None, None))
        self.desk = None

    # ---- Acting ----------------------------------------------------------------------------------
    def awda(self, *words):
        saved = dict(os.environ)
        os.environ.update(self.variables)
        try:
            return self.office.json_when_heard(*words)
        finally:
            os.environ.clear()
            os.environ.update(saved)

    def answer_file(self, name, fields):
        """The template with a new word in each of `fields`."""
        paper = json.loads(TEMPLATE.read_text(encoding="utf-8"))
        for section, question, script in fields:
            paper["answers"].setdefault(section, {})[question] = getattr(self.markers, script)()
        path = self.paper / f"{name}.json"
        path.write_text(json.dumps(paper, ensure_ascii=False), encoding="utf-8")
        return path

    def open_window(self):
        self.desk = Desk(self.screen, self.place.programs / "awda-desk",
                         ["--data", self.office.data, "--lang", "ar"], self.variables)
        desk = self.desk
        self.place.closing.append(lambda: desk.process.poll() is None and desk.process.kill())
        self.log_in()

    def log_in(self):
        self.desk.wait_screen("login")
        # The name may stand there from the last time.
        self.desk.fill("login.officer", self.office.name)
        self.desk.fill_secret("login.passphrase", self.passphrase)
        self.screen.key("Return")
        self.desk.wait_screen("list", 60)

    def lock(self):
        self.screen.key("Control", "l")
        self.desk.wait_screen("login")
        time.sleep(0.5)

    def type_person(self, fields=TYPED):
        self.desk.click(id="section:person")
        for section, question, script in fields:
            self.desk.fill(f"q:{section}/{question}", getattr(self.markers, script)())

    # ---- Searching -------------------------------------------------------------------------------
    def patterns(self):
        return self.markers.patterns | spellings(self.passphrase)

    def check_files(self, when):
        finds, count = in_files([self.place.home, self.desk_temp()], self.patterns(),
                                [self.paper, self.office.passphrase_file])
        print(f"# {when}: {count} files, {len(finds)} finds", flush=True)
        check(count > 10, "there are files to search")
        check(not finds, f"in clear in a file, {when}: {finds[:5]}")

    def desk_temp(self):
        """The system's folder for temporary files of the programs, were TMPDIR not heeded."""
        folder = self.home / "tmp"
        for path in pathlib.Path("/tmp").glob("awda-desk*"):
            check(False, f"a file in /tmp: {path}")
        return folder

    def memory(self, patterns=None):
        return in_memory(self.desk.process.pid, patterns or self.patterns())

    def check_memory_forgot(self, when, secrets):
        finds, size = self.memory(self.patterns() | secrets)
        words = self.markers.whole(b"".join(f.around for f in finds))
        print(f"# {when}: {size >> 20} MiB, {len(finds)} finds, {len(words)} whole words, "
              f"{len(secrets)} secrets looked for", flush=True)
        for word in words:
            print(f"# {word} from {self.markers.planted[word]}", flush=True)
        check(not finds, f"in memory {when}: {finds[:8]}")

    def check_memory_holds(self, when, at_least):
        """The control: while it is open the search does find them."""
        finds, size = self.memory()
        words = self.markers.whole(b"".join(f.around for f in finds))
        print(f"# {when}: {size >> 20} MiB, {len(finds)} finds, {len(words)} whole words (control)",
              flush=True)
        check(len(words) >= at_least, f"the search sees what is open: {len(words)}")
        secrets = locked_secrets(self.desk.process.pid)
        check(len(secrets) >= 3, f"locked memory holds secrets: {len(secrets)}")
        return secrets


def control_files(life):
    """A file in clear is found, in each spelling and by its name."""
    for number, blob in enumerate(spellings(life.markers.made[0])):
        path = life.home / "cache" / f"control{number}"
        path.write_bytes(b"x" * 9_000_000 + blob)
        finds, _ = in_files([life.home], life.patterns())
        check(finds, f"spelling {number} is found")
        path.unlink()
    path = life.home / "cache" / life.markers.made[1]
    path.touch()
    check(in_files([life.home], life.patterns())[0], "a file's name is found")
    path.unlink()


@test("200 planted words: none in a file after a scripted life, none in memory after a lock")
def life_of_an_office(place):
    if os.geteuid() != 0:
        raise Skip("only root may read another program's memory")
    life = Life(place)
    files = [life.answer_file(f"p{i}", FIELDS) for i in range(FILES)]
    control_files(life)
    records = life.awda("intake", "new", "--form", FORM, "--answers", life.paper)["records"]
    check(len(records) == FILES, f"{FILES} records: {len(records)}")  # newest at the list's top
    life.check_files("after answer files")

    life.open_window()
    desk, screen = life.desk, life.screen
    desk.click(id="list.new")
    desk.wait_screen("intake")
    life.type_person()
    check_dumpable(desk.process.pid)
    life.check_files("while a draft is typed")
    life.check_memory_holds("while a draft is typed", 10)
    screen.type(life.markers.latin())  # into a field, and the end comes before it is saved
    desk.stop(signal.SIGKILL)
    life.check_files("after SIGKILL")

    life.open_window()
    desk = life.desk
    desk.fill("list.find", life.markers.latin())
    desk.fill("list.find", life.markers.arabic())
    desk.fill("list.find", "")
    desk.click(id="list.new")
    desk.wait_screen("intake")
    life.type_person()
    for question in ("surname", "mother_name", "birth_place"):
        type_and_undo(life, question)
    desk.settle()
    desk.click(id="intake.back")
    desk.wait_screen("list")
    amend_in_window(life, records[-1]["instance"])
    for record in records[-4:-1]:
        desk.click(id=f"row:{record['instance']}")
        desk.wait_screen("intake")
        for section in ("person", "origin", "consent"):
            desk.click(id=f"section:{section}")
        desk.click(id="intake.back")
        desk.wait_screen("list")
    desk.wait_widget(seconds=60, id="status.waiting", value="0")
    secrets = life.check_memory_holds("before the lock", 20)
    life.lock()
    life.check_memory_forgot("after the lock", secrets)
    life.check_files("after the lock")

    life.log_in()
    desk.click(id=f"row:{records[-5]['instance']}")
    desk.wait_screen("intake")
    desk.click(id="section:person")
    secrets |= life.check_memory_holds("open again", 20)
    life.lock()
    life.check_memory_forgot("after another lock", secrets)
    check(desk.stop() == 0, "the window ends in good order")

    changed = life.answer_file("change", (FIELDS[0], FIELDS[3], FIELDS[9]))
    life.awda("intake", "amend", records[0]["instance"], "--answers", changed, "--reason",
              life.markers.arabic())
    life.awda("intake", "list")
    life.awda("intake", "show", records[0]["instance"])
    life.awda("sync", "--once")
    life.awda("log", "verify")
    life.hq.stop()
    life.check_files("at the end")
    planted = len(life.markers.made)
    print(f"# planted: {planted}; answer files: {len(files)}", flush=True)
    check(planted >= PLANTED, f"{PLANTED} words planted: {planted}")


def type_and_undo(life, question):
    """Text typed over an answer and taken back again: it lives in the undo history alone."""
    desk, ident = life.desk, f"q:person/{question}"
    before = desk.wait_widget(id=ident)["value"]
    word = life.markers.arabic() if question != "surname" else life.markers.latin()
    desk.fill(ident, word)
    for _ in range(40):
        if desk.find(id=ident)["value"] == before:
            return
        life.screen.key("Control", "z")
        time.sleep(0.05)
    check(False, f"{question} did not come back by undo")


def amend_in_window(life, instance):
    desk = life.desk
    desk.click(id=f"row:{instance}")
    desk.wait_screen("intake")
    desk.click(id="intake.amend")
    desk.fill("amend.reason", life.markers.arabic())
    desk.click(id="ask.yes")
    desk.wait_widget(id="intake.finalise")
    life.type_person(TYPED[:5])
    desk.settle()
    desk.click(id="intake.finalise")
    desk.click(id="ask.yes")
    desk.wait_screen("list")


def check_dumpable(pid):
    """No core, and nobody but root looks into it."""
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    check(core.split()[4:6] == ["0", "0"], core)
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    check("NoNewPrivs:\t1" in status, "no new privileges")
    check(pathlib.Path(f"/proc/{pid}/environ").stat().st_uid == 0, "not dumpable")


if __name__ == "__main__":
    main()
