#!/usr/bin/env python3
"""Goal: whoever is killed while somebody types or saves, nothing shown as saved is missing, no
record is lost, and of what was typed no more than the last 300 ms is gone.

Method: SIGKILL at seeded moments of the real programs, as they ship, at their full cost of deriving
a key. The window is typed into key by key, each with its time; what it had shown as saved is read
from its own dump; what is there afterwards is read in the next window. The command is killed while
it records, amends and sends; what it had acknowledged is compared with the vault.
"""
import json
import os
import random
import shutil
import signal
import string
import subprocess
import time

from desk_driver import Desk, Screen, missing_tools
from tap import Skip, check, main, test
from office import FORM, ROOT

WINDOW_KILLS = 40
COMMAND_KILLS = 60
TYPING_GONE_MAX_S = 0.3
FIELDS = ("given_name", "father_name", "grandfather_name", "surname", "mother_name", "birth_place")
ANSWERS = ROOT / "tests/data/intakes/19-worker-refused-at-border.json"


def seeded():
    seed = int(os.environ.get("AWDA_SEED", time.time_ns() % 10**9))
    print(f"# AWDA_SEED={seed}", flush=True)
    return random.Random(seed)


def key_times(screen, draw, text, until):
    """Types `text` with a person's pauses until the moment comes; when each key had been given to
    the X server."""
    times = []
    for char in text:
        if time.monotonic() >= until:
            break
        screen.type(char)
        times.append(time.monotonic())
        time.sleep(0.3 if draw.random() < 0.1 else 0.025)
    return times


def start_window(place, office, screen):
    desk = Desk(screen, place.programs / "awda-desk",
                ["--data", office.data, "--lang", "ar", "--no-sync"])
    place.closing.append(lambda: desk.process.poll() is None and desk.process.kill())
    place.closing.append(lambda: shutil.rmtree(desk.folder, ignore_errors=True))
    return desk


def open_draft(desk, office, draft):
    desk.log_in(office.name, office.passphrase_file.read_text(encoding="ascii").strip())
    desk.click(id=f"row:{draft}" if draft else "list.new")
    desk.wait_screen("intake")
    desk.click(id="section:person")
    desk.wait_widget(id="q:person/surname")


class Round:
    """One window: what is typed into which field, and what it had shown as saved at its end."""

    def __init__(self, desk, screen, draw):
        self.field = f"q:person/{draw.choice(FIELDS)}"
        self.text = "".join(draw.choices(string.ascii_lowercase, k=120))
        desk.fill(self.field, "")
        desk.settle()
        begun = time.monotonic()
        self.times = key_times(screen, draw, self.text, begun + draw.uniform(0.2, 2.0))
        self.killed = time.monotonic()
        desk.process.send_signal(signal.SIGKILL)
        desk.process.communicate()
        state = desk.state()
        shown = {widget["id"]: widget["value"] for widget in state["widgets"]}
        self.saved = shown[self.field] if shown["intake.save"] == "saved" else ""

    def gone_s(self, kept):
        """How long before the end the first key was pressed that is not there any more."""
        check(self.text.startswith(kept), f"{self.field}: {kept!r} was never typed")
        check(kept.startswith(self.saved), f"shown as saved {self.saved!r}, there is {kept!r}")
        lost = self.times[len(kept):]
        return self.killed - lost[0] if lost else 0.0


@test(f"{WINDOW_KILLS} SIGKILLs of the window while typing: what it showed as saved is there")
def killed_while_typing(place):
    missing = missing_tools()
    if missing:
        raise Skip(f"not installed: {', '.join(missing)}")
    draw = seeded()
    _, office = place.enrolled()
    screen = Screen()
    screen.__enter__()
    place.closing.append(lambda: screen.__exit__(None, None, None))
    last, gone, claims = None, [], 0
    desk = start_window(place, office, screen)
    open_draft(desk, office, None)
    check(desk.stop() == 0, "the window ends in good order")
    draft = office.json_when_heard("intake", "list")["records"][0]["instance"]
    for number in range(WINDOW_KILLS + 1):
        desk = start_window(place, office, screen)
        open_draft(desk, office, draft)
        if last is not None:
            gone.append(last.gone_s(desk.wait_widget(id=last.field)["value"]))
            claims += last.saved != ""
        if number == WINDOW_KILLS:
            break
        last = Round(desk, screen, draw)
    desk.stop()
    gone.sort()
    print(f"# typing gone in ms: median {gone[len(gone) // 2] * 1000:.0f}, most "
          f"{gone[-1] * 1000:.0f}; {claims} windows had shown something typed as saved", flush=True)
    check(claims >= WINDOW_KILLS // 10, f"too few windows had shown anything as saved: {claims}")
    check(gone[-1] <= TYPING_GONE_MAX_S, f"{gone[-1] * 1000:.0f} ms of typing gone")
    check(office.json_when_heard("log", "verify")["ok"], "the log does not verify")


def wal_time(office):
    wal = office.data / "vault.db-wal"
    return wal.stat().st_mtime_ns if wal.exists() else 0


def kill_somewhen(office, draw, words, within_s):
    """Runs a command and kills it: some time after it is in the vault, or as soon as it says what
    it did. What it had said by then, if anything."""
    before = wal_time(office)
    process = subprocess.Popen(office.command(*words, "--json"), env=office.environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while process.poll() is None and wal_time(office) == before and time.monotonic() < deadline:
        time.sleep(0.002)
    said = b""
    if draw.random() < 0.4:
        said = process.stdout.read(1)  # waits for its word; it is closing the vault by then
    else:
        time.sleep(draw.uniform(0.0, within_s))
    process.kill()
    out = said + process.communicate()[0]
    return json.loads(out) if out.endswith(b"\n") else None


@test(f"{COMMAND_KILLS} SIGKILLs of the command as it records, amends, sends: nothing is lost")
def killed_commands(place):
    draw = seeded()
    hq, office = place.enrolled()
    known = {row["instance"] for row in office.json_when_heard(
        "intake", "new", "--form", FORM, "--answers", ANSWERS)["records"]}
    acknowledged = killed = 0
    for _ in range(COMMAND_KILLS):
        kind = draw.choice(("new", "many", "amend", "sync"))
        if kind in ("new", "many"):
            files = ANSWERS if kind == "new" else ANSWERS.parent
            words = ("intake", "new", "--form", FORM, "--answers", files)
        elif kind == "amend":
            words = ("intake", "amend", sorted(known)[0], "--answers", ANSWERS, "--reason", "x")
        else:
            words = ("sync", "--once")
        said = kill_somewhen(office, draw, words, 0.6 if kind == "many" else 0.06)
        killed += said is None
        acknowledged += said is not None
        if said and kind in ("new", "many"):
            known |= {row["instance"] for row in said["records"]}
        elif said and kind == "amend" and "instance" in said:
            known.add(said["instance"])
    print(f"# {killed} killed before they had said anything, {acknowledged} after", flush=True)
    check(min(killed, acknowledged) >= COMMAND_KILLS // 6, f"all early or all late: {killed}")
    listed = office.json_when_heard("intake", "list")
    there = {row["instance"] for row in listed["records"]}
    check(known <= there, f"{len(known - there)} of {len(known)} records lost")
    check(office.json_when_heard("log", "verify")["ok"], "the log does not verify")
    final = office.json_when_heard("sync", "--once")
    waiting = {row["instance"] for row in listed["records"] if row["state"] != "draft"}
    arrived = [row["instance"] for row in hq.records("--all-revisions")]
    check(len(arrived) == len(set(arrived)), "a record arrived twice")
    check(waiting <= set(arrived), f"{len(waiting - set(arrived))} did not arrive: {final}")


if __name__ == "__main__":
    main()
