#!/usr/bin/env python3
"""Goal: an officer whose draft was begun with an older version of its form sees in the window what
the newer one changes, goes on with it, and headquarters gets every answer, also those that have no
place any more.

Method: the real programs with a form of our own in the place of those that ship; the form's file is
replaced while a draft of it is under way.
"""
import json
import os
import pathlib

from desk_driver import Desk, Screen, missing_tools
from tap import Skip, check, main, test

PICTURES = os.environ.get("AWDA_PICTURES")  # a folder to keep screenshots in

FORM = """<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
        xmlns:jr="http://openrosa.org/javarosa">
 <h:head><h:title>استمارة قصيرة</h:title><model>
  <instance><data id="short" version="{version}">{nodes}<meta><instanceID/><instanceName/></meta>
  </data></instance>
  <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
  {binds}
 </model></h:head>
 <h:body>{body}</h:body>
</h:html>"""


def text_question(path, label):
    return f'<input ref="/data/{path}"><label>{label}</label></input>'


def select_question(path, label, choices):
    items = "".join(
        f"<item><label>{words}</label><value>{value}</value></item>" for value, words in choices
    )
    return f'<select1 ref="/data/{path}"><label>{label}</label>{items}</select1>'


def group(path, label, body):
    return f'<group ref="/data/{path}"><label>{label}</label>{body}</group>'


OLD = FORM.format(
    version="2026-10",
    nodes="<given_name/><phone/><town/><papers/>",
    binds='<bind nodeset="/data/meta/instanceName" calculate="/data/given_name"/>',
    body=text_question("given_name", "الاسم")
    + text_question("phone", "رقم الهاتف")
    + text_question("town", "البلدة الأصلية")
    + select_question("papers", "الوثائق",
                      [("none", "لا شيء"), ("copy", "نسخة"), ("full", "كاملة")]),
)
# The telephone moved to a group, the town has no question any more, a choice is gone.
NEW = FORM.format(
    version="2026-11",
    nodes="<given_name/><contact><phone/></contact><papers/>",
    binds='<bind nodeset="/data/meta/instanceName" calculate="/data/given_name"/>',
    body=text_question("given_name", "الاسم")
    + group("contact", "وسائل الاتصال", text_question("contact/phone", "رقم الهاتف"))
    + select_question("papers", "الوثائق", [("none", "لا شيء"), ("full", "كاملة")]),
)
ANSWERS = {"given_name": "زينب", "phone": "07701234567", "town": "سنجار", "papers": "copy"}


def put_form(share, text):
    folder = share / "forms/library/short"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "short.xlsx").write_text(text, encoding="utf-8")


def picture(screen, name):
    if PICTURES:
        pathlib.Path(PICTURES).mkdir(parents=True, exist_ok=True)
        screen.screenshot(pathlib.Path(PICTURES) / f"{name}.png")


@test("a draft of an older form goes on with the newer one in the window, and nothing is lost")
def newer_form(place):
    missing = missing_tools()
    if missing:
        raise Skip(f"not installed: {', '.join(missing)}")
    share = place.home / "share"
    put_form(share, OLD)
    os.environ["AWDA_SHARE"] = str(share)
    place.closing.append(lambda: os.environ.pop("AWDA_SHARE", None))
    _, office = place.enrolled()
    paper = place.home / "paper.json"
    paper.write_text(json.dumps({"form": "short", "answers": ANSWERS}), encoding="utf-8")
    made = office.json("intake", "new", "--form", "short", "--draft", "--answers", paper)
    draft = made["records"][0]["instance"]
    put_form(share, NEW)

    screen = Screen()
    screen.__enter__()
    place.closing.append(lambda: screen.__exit__(None, None, None))
    desk = Desk(screen, place.programs / "awda-desk", ["--data", office.data, "--lang", "ar"])
    place.closing.append(lambda: desk.process.poll() is None and desk.process.kill())
    desk.wait_screen("login")
    desk.log_in(office.name, office.passphrase_file.read_text(encoding="ascii").strip())
    desk.wait_screen("list")
    desk.click(id=f"row:{draft}")
    desk.wait_screen("intake")
    desk.wait_widget(id="ask.no")
    picture(screen, "newer-form-ar")
    rows = {w["id"]: w["label"] for w in desk.state()["widgets"] if w["id"].startswith("newer.")}
    check("07701234567" in rows["newer.moved.rows"], f"the moved answer is shown: {rows}")
    check("سنجار" in rows["newer.homeless.rows"], f"what has no place is shown: {rows}")
    desk.click(id="ask.yes")
    desk.settle()
    desk.click(id="intake.next")  # the group is a page of its own
    desk.wait_widget(id="q:contact/phone")
    picture(screen, "newer-form-after-ar")
    check(desk.wait_widget(id="q:contact/phone")["value"] == "07701234567", "the answer moved")
    # What was chosen is no choice any more: it is asked again.
    desk.click(id="intake.next")
    desk.click(id="q:papers#full")
    desk.settle()
    desk.click(id="intake.finalise")
    desk.click(id="ask.yes")
    desk.wait_screen("list")
    desk.stop()

    shown = office.json_when_heard("case", "show", draft)
    answers = {a["path"]: a["value"] for a in shown["records"][0]["answers"]}
    check(answers["given_name"] == "زينب" and answers["contact/phone"] == "07701234567",
          f"what was carried is in the record: {answers}")
    check("سنجار" in answers.values(), f"and what has no place, too: {answers}")


if __name__ == "__main__":
    main()
