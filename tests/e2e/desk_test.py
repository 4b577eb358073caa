#!/usr/bin/env python3
"""Goal: an officer fills an intake in the window, in Arabic, and headquarters has it.

Method: awda-desk under a virtual display, real key presses and clicks (desk_driver.py), central on
loopback. What was typed is compared with what central exports. Then: a draft survives kill -9,
errors stand at their question, and the idle window uses no CPU.
"""
import csv
import json
import os
import pathlib
import time

from desk_driver import Desk, Screen, missing_tools
from tap import Skip, check, main, test
from office import FORM, ROOT

INTAKE = ROOT / "tests/data/intakes/19-worker-refused-at-border.json"
WAITING = ROOT / "tests/data/intakes/02-undecided-no-papers.json"
LIBRARY = ROOT / "forms/library/returnee-intake"
PICTURES = os.environ.get("AWDA_PICTURES")  # a folder to keep screenshots in


def table(name):
    with open(LIBRARY / name, encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source, delimiter="\t", quoting=csv.QUOTE_NONE))


class Form:
    """What a person reads off the paper form: which question has which list, and its words."""

    def __init__(self):
        self.lists = {
            row["name"]: row["type"].split()[1]
            for row in table("survey.tsv")
            if row["type"].startswith("select_")
        }
        self.words = {
            (row["list_name"], row["name"]): row["label::Arabic (ar)"]
            for row in table("choices.tsv")
        }
        for row in table("../data/iraq_pcodes.tsv"):
            for level in ("adm1", "adm2", "adm3"):
                self.words[level, row[f"{level}_pcode"]] = row[f"{level}_ar"]

    def word(self, question, choice):
        return self.words[self.lists[question], choice]


def picture(screen, name):
    if PICTURES:
        pathlib.Path(PICTURES).mkdir(parents=True, exist_ok=True)
        screen.screenshot(pathlib.Path(PICTURES) / f"{name}.png")


def fill_section(desk, form, section, answers):
    if not desk.find(id=f"q:{section}/{next(iter(answers))}"):
        desk.click(id="intake.next")
    desk.wait_widget(id=f"q:{section}/{next(iter(answers))}")
    for name, value in answers.items():
        ident = f"q:{section}/{name}"
        if desk.wait_widget(id=ident)["role"] == "combo" and isinstance(value, str):
            desk.settle()
            desk.choose_by_search(ident, form.word(name, value), value)
        else:
            desk.answer(
                f"{section}/{name}", " ".join(value) if isinstance(value, list) else str(value)
            )
    desk.settle()


def finalise(desk):
    desk.settle()
    desk.click(id="intake.finalise")
    desk.click(id="ask.yes")


def open_desk(place, office, *words):
    missing = missing_tools()
    if missing:
        raise Skip(f"not installed: {', '.join(missing)}")
    screen = Screen()
    screen.__enter__()
    place.closing.append(lambda: screen.__exit__(None, None, None))
    return screen, start_desk(place, office, screen, *words)


def start_desk(place, office, screen, *words):
    desk = Desk(
        screen, place.programs / "awda-desk", ["--data", office.data, "--lang", "ar", *words]
    )
    place.closing.append(lambda: desk.process.poll() is None and desk.process.kill())
    return desk


def log_in(desk, office):
    desk.log_in(office.name, office.passphrase_file.read_text(encoding="ascii").strip())
    desk.wait_screen("list")


def new_intake(desk):
    desk.click(id="list.new")
    desk.wait_screen("intake")


@test("an intake typed in Arabic in the window arrives at central as it was typed")
def typed_intake(place):
    hq, office = place.enrolled()
    screen, desk = open_desk(place, office)
    desk.wait_screen("login")
    picture(screen, "login-ar")
    log_in(desk, office)
    check(desk.state()["right_to_left"], "the Arabic page runs from the right")
    picture(screen, "list-empty-ar")
    new_intake(desk)
    form, answers = Form(), json.loads(INTAKE.read_text(encoding="utf-8"))["answers"]
    for section, part in answers.items():
        fill_section(desk, form, section, part)
        if section in ("person", "abroad", "consent"):
            picture(screen, f"intake-{section}-ar")
    finalise(desk)
    desk.wait_screen("list")
    desk.wait(
        "delivery",
        lambda state: next(
            (
                w
                for w in state["widgets"]
                if w["id"].startswith("row:") and w["value"] == "delivered"
            ),
            None,
        ),
        60,
    )
    picture(screen, "list-delivered-ar")
    check(desk.stop() == 0, "the window ends in good order")
    with open(
        hq.export(place.home / "export") / f"{FORM}.csv", encoding="utf-8-sig", newline=""
    ) as source:
        rows = list(csv.DictReader(source))
    check(len(rows) == 1, f"one record: {len(rows)}")
    for section, part in answers.items():
        for name, value in part.items():
            expected = " ".join(value) if isinstance(value, list) else str(value)
            got = rows[0].get(f"{section}/{name}")
            check(
                got is not None and sorted(got.split()) == sorted(expected.split()),
                f"{section}/{name}: typed {expected!r}, arrived {got!r}",
            )


@test("what the window called saved survives kill -9, and errors stand at their question")
def killed_window(place):
    hq, office = place.enrolled()
    hq.stop()
    screen, desk = open_desk(place, office)
    log_in(desk, office)
    new_intake(desk)
    desk.click(id="section:person")
    desk.fill("q:person/given_name", "زينب")
    desk.fill("q:person/father_name", "كاروان")
    desk.wait_widget(id="intake.save", value="saved")
    desk.stop(9)

    desk = start_desk(place, office, screen)
    log_in(desk, office)
    row = desk.wait(
        "the draft",
        lambda state: next(
            (w for w in state["widgets"] if w["id"].startswith("row:") and w["value"] == "draft"),
            None,
        ),
    )
    desk.click(id=row["id"])
    desk.wait_screen("intake")
    desk.click(id="section:person")
    desk.wait_widget(id="q:person/given_name", value="زينب")
    desk.wait_widget(id="q:person/father_name", value="كاروان")
    finalise(desk)
    desk.wait("problems", lambda state: [w for w in state["widgets"] if w["role"] == "problem"])
    picture(screen, "intake-problems-ar")
    check(desk.state()["screen"] == "intake", "it stays open")
    desk.stop()


@test("a record that waits for a second officer is approved by a supervisor in the window")
def second_officer(place):
    hq, office = place.enrolled()
    made = office.json("intake", "new", "--form", FORM, "--answers", WAITING)
    record = made["records"][0]["instance"]
    mine = office.passphrase_file.read_text(encoding="ascii").strip()
    hers = "meadow copper eleven winter gate"
    office.passphrase_file.write_text(f"{mine}\n{hers}\n", encoding="ascii")
    office.run("officer", "add", "سارة", "--role", "supervisor")
    office.run("intake", "approve", record, expect=1)  # nobody approves his own

    screen, desk = open_desk(place, office)
    desk.log_in("سارة", hers)
    desk.wait_screen("list")
    desk.wait_widget(id=f"approval:{record}", value="awaiting")
    desk.rest()
    picture(screen, "list-awaiting-ar")
    desk.click(id=f"row:{record}")
    desk.wait_screen("intake")
    desk.wait_widget(id="intake.approve")
    desk.rest()
    picture(screen, "intake-awaiting-ar")
    desk.click(id="intake.return")
    desk.wait_widget(id="ask.yes")
    desk.rest()
    picture(screen, "intake-give-back-ar")
    desk.click(id="ask.no")
    desk.wait_gone(id="ask.no")
    desk.rest()
    desk.click(id="intake.approve")
    desk.wait_widget(id="ask.yes")
    desk.rest()
    desk.click(id="ask.yes")
    desk.wait_screen("list")
    desk.wait_widget(id=f"approval:{record}", value="approved")
    picture(screen, "list-approved-ar")
    # The decision is sent by itself, and central shows it beside the record.
    deadline = time.monotonic() + 60
    while True:
        table = hq.export(place.home / "export") / f"{FORM}.csv"
        with open(table, encoding="utf-8-sig", newline="") as source:
            rows = [row["_approval"] for row in csv.DictReader(source)]
        if rows == ["approved"]:
            break
        check(time.monotonic() < deadline, f"central has {rows}")
        time.sleep(0.5)
    check(desk.stop() == 0, "the window ends in good order")


@test("one switch changes the language, and the page turns round for English")
def languages(place):
    _, office = place.enrolled()
    screen, desk = open_desk(place, office, "--no-sync")
    log_in(desk, office)
    new_intake(desk)
    titles = set()
    for language, from_right in (("ckb", True), ("en", False), ("ar", True)):
        desk.click(id=f"language.{language}")
        desk.wait("the language", lambda state, wanted=language: state["language"] == wanted)
        check(desk.state()["right_to_left"] == from_right, f"direction of {language}")
        titles.add(desk.wait_widget(id="intake.finalise")["label"])
        picture(screen, f"intake-{language}")
    check(len(titles) == 3, f"three languages, three words: {titles}")
    desk.stop()


@test("the window left alone uses no CPU")
def idle(place):
    _, office = place.enrolled()
    screen, desk = open_desk(place, office, "--no-sync")
    log_in(desk, office)
    time.sleep(12)  # a caret may blink for ten seconds after the last key
    before, frame = cpu_ticks(desk.process.pid), desk.state()["frame"]
    time.sleep(8)
    used = cpu_ticks(desk.process.pid) - before
    check(used <= 1, f"{used} ticks of 10 ms in 8 s")
    check(desk.state()["frame"] == frame, "no frame was drawn")
    desk.stop()


def cpu_ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


if __name__ == "__main__":
    main()
