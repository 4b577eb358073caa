#!/usr/bin/env python3
"""Goal: `awda form …` does what its help says, for people and for scripts.

Method: small workbooks and recorded cases, written here, against the real program: what it prints,
what it writes, its exit code, and the JSON document. Conversations go through a pipe.
"""
import io
import json
import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree
import zipfile

from tap import check, main, test
from office import FORM, ROOT

BOOK = ROOT / f"forms/library/{FORM}/{FORM}.xlsx"
COMMANDS = ("check", "convert", "show", "lint", "fill", "run", "replay", "xpath-replay",
            "xlsform-replay")

HOUSE = """
| survey |
| | type | name | label::AR | label::EN | constraint | cm::AR | cm::EN | required | relevant |
| | text | head | اسم رب الأسرة | Head of household | | | | yes | |
| | integer | age | العمر | Age | . <= 120 | العمر حتى 120 | An age is up to 120 | yes | |
| | text | school | المدرسة | School | | | | | ${age} < 18 |
| | select_one gov | gov | المحافظة | Governorate | | | | yes | |
| | select_multiple need | needs | الاحتياجات | Needs | | | | | |
| | begin_repeat | member | فرد | Member | | | | | |
| | text | name | الاسم | Name | | | | | |
| | integer | years | السن | Years | | | | | |
| | end_repeat | | | | | | | | |
| | note | sum | عدد الأفراد ${total} | Members: ${total} | | | | | |
| choices |
| | list_name | name | label::AR | label::EN |
| | gov | bgd | بغداد | Baghdad |
| | gov | nin | نينوى | Nineveh |
| | gov | nis | نينوى الجنوبية | South Nineveh |
| | need | food | غذاء | Food |
| | need | water | ماء | Water |
| settings |
| | form_id | form_title | version | default_language |
| | house | House | 3 | AR |
"""
# The long words of the headers, and the one column that only one row has.
for short, word in (("cm::", "constraint_message::"), ("AR", "Arabic (ar)"), ("EN", "English (en)"),
                    ("relevant |", "relevant | calculation |"),
                    ("| | end_repeat | | | | | | | | |", "| | end_repeat |\n"
                     "| | calculate | total | | | | | | | | count(${member}) |")):
    HOUSE = HOUSE.replace(short, word)
ANSWERS = {"head": "علي", "age": 35, "gov": "nin", "needs": ["water", "food"],
           "member": [{"name": "سارة", "years": 12}, {"name": "زيد"}]}
XFORM = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
<h:head><h:title>t</h:title><model><instance><data id="t"><a/><b/></data></instance>
<bind nodeset="/data/a" type="int"/><bind nodeset="/data/b" calculate="/data/a * 2"/></model>
</h:head><h:body><input ref="/data/a"><label>A</label></input></h:body></h:html>"""


def awda(place, *words, lines=None, expect=0, env=None):
    """Runs `awda form …`; (standard output, standard error), after checking the exit code."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}
    text = None if lines is None else "".join(line + "\n" for line in lines)
    done = subprocess.run([str(place.programs / "awda"), "form", *map(str, words)], input=text,
                          stdin=subprocess.DEVNULL if text is None else None, env=environment,
                          capture_output=True, text=True, timeout=60, check=False)
    check(done.returncode == expect,
          f"{words}: exit {done.returncode}, not {expect}: {done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def document(place, *words, **how):
    """The one JSON document of a command."""
    out, _ = awda(place, *words, "--json", **how)
    check(out.count("\n") == 1 and out.endswith("\n"), f"{words}: not one line: {out!r}")
    return json.loads(out)


def write(place, name, content):
    path = place.home / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def house(place):
    return write(place, "house.md", HOUSE)


def answers_of(xml):
    """Leaves of a record, by path; rows numbered where there are several."""
    root = ElementTree.fromstring(xml)
    found = {}

    def walk(node, path):
        if len(node) == 0:
            found[path] = node.text or ""
        for child in node:
            same = [other for other in node if other.tag == child.tag]
            place = f"[{same.index(child) + 1}]" if len(same) > 1 else ""
            walk(child, f"{path}/{child.tag}{place}".lstrip("/"))

    walk(root, "")
    return found


def holds(text, *words):
    missing = [word for word in words if word not in text]
    check(not missing, f"without {missing}: {text}")


# check, convert, show, lint ----------------------------------------------------------------------


@test("every form command has help with an example, and unknown words are refused")
def help_and_usage(place):
    for command in COMMANDS:
        out, _ = awda(place, command, "--help")
        holds(out, f"Example: awda form {command} ")
    form = house(place)
    for words in ([], ["frobnicate"], ["check"], ["check", form, "--bogus"], ["fill", form],
                  ["convert", form], ["run", form, "--tz", "Nowhere/Land"],
                  ["fill", form, "--answers", form, "--now", "yesterday"],
                  ["replay", form, "--profile", "other"]):
        awda(place, *words, expect=2)
    error = document(place, "check", expect=2)["error"]
    check(error["code"] == "usage", error)


@test("a good form checks out, in words and as a document")
def check_good(place):
    form = house(place)
    out, err = awda(place, "check", form)
    check(re.search(r"house\.md: no errors, 0 warnings; 7 questions", out) and not err, out + err)
    told = document(place, "check", form)
    check((told["form"], told["version"], told["questions"], told["warnings"]) ==
          ("house", "3", 7, 0) and told["diagnostics"] == [] and len(told["hash"]) == 64, told)


@test("a mistake is named with sheet, row, column and the likely spelling")
def check_bad(place):
    form = write(place, "bad.md", HOUSE.replace("${age} < 18", "${agee} < 18"))
    _, err = awda(place, "check", form, expect=1)
    holds(err, "bad.md", "survey", "agee", "relevant", "1 errors")
    _, err = awda(place, "check", form, "--lang", "ar", expect=1)
    holds(err, "خطأ", "agee")
    error = document(place, "check", form, expect=1)["error"]
    found = error["details"]["diagnostics"]
    check(error["code"] == "form_invalid" and len(found) == 1, error)
    check((found[0]["severity"], found[0]["sheet"], found[0]["row"], found[0]["column"]) ==
          ("error", "survey", 4, "relevant") and found[0]["hint"] == "age", found)


@test("what is missing, garbage or cut short is refused by every command that reads a form")
def bad_files(place):
    book = BOOK.read_bytes()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writing:
        writing.writestr("hello.txt", "hello")
    files = {"empty.md": b"", "noise.xlsx": bytes(range(256)) * 20, "cut.xlsx": book[:5000],
             "tail.xlsx": book[-5000:], "magic.xlsx": b"PK\x03\x04", "other.xlsx":
             archive.getvalue(), "ole.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "broken.xml":
             XFORM[:300].encode(), "latin.csv": b"survey,,\n,type,name\n,text,\xff\xfe\n"}
    answers = write(place, "answers.json", "{}")
    for name, content in files.items():
        form = write(place, name, content)
        for words in (["check", form], ["convert", form, "-o", place.home / "out.xml"],
                      ["lint", form], ["show", form], ["run", form],
                      ["fill", form, "--answers", answers]):
            error = document(place, *words, expect=1)["error"]
            check(error["code"] == "form_invalid" and error["details"]["diagnostics"],
                  f"{name}, {words[0]}: {error}")
    check(not (place.home / "out.xml").exists(), "nothing was converted")
    for words in (["check"], ["lint"], ["show"], ["run"], ["fill", "--answers", answers]):
        error = document(place, *words, place.home / "none.xlsx", expect=1)["error"]
        check(error["code"] == "not_found", error)
    check(document(place, "check", place.home, expect=1)["error"]["code"] == "io", "a folder")
    error = document(place, "show", "no-such-form", expect=1)["error"]
    check(error["code"] == "unknown_form", error)


@test("a form converts to an XForm that converts to itself, from Markdown, CSV and XForm alike")
def convert(place):
    csv = ('survey,,,\n,type,name,label\n,integer,a,"One, or ""two"""\n,text,b,B,\n'
           'settings,,,\n,form_id,version,\n,c,7,\n')
    for form in (house(place), write(place, "a.csv", csv), write(place, "a.xml", XFORM)):
        once, twice = place.home / "once.xml", place.home / "twice.xml"
        out, _ = awda(place, "convert", form, "-o", once)
        holds(out, "once.xml")
        told = document(place, "convert", once, "--output", twice)
        check(told["bytes"] == len(twice.read_bytes()), told)
        check(once.read_bytes() == twice.read_bytes(), f"{form}: not stable")
        check(ElementTree.parse(once).getroot().tag.endswith("}html"), "an XForm")
    awda(place, "convert", house(place), "-o", place.home / "none/out.xml", expect=1)


@test("show gives the outline in the language, and everything as a document")
def show(place):
    out, _ = awda(place, "show", house(place), "--lang", "ar")
    holds(out, "اسم رب الأسرة", "Arabic (ar), English (en)", "[gov: 3]", "required",
          "constraint: . <= 120", "repeat member", "\n  text name", "calculate total")
    out, _ = awda(place, "show", house(place), "--lang", "English (en)")
    holds(out, "Head of household")
    told = document(place, "show", house(place))
    check(told["languages"][0] == {"name": "Arabic (ar)", "tag": "ar", "right_to_left": True}, told)
    kinds = {entry["path"]: (entry["kind"], entry["depth"]) for entry in told["outline"]}
    check(kinds["member"] == ("repeat", 0) and kinds["member/years"] == ("integer", 1), kinds)
    check(told["lists"] == {"gov": 3, "need": 2}, told["lists"])
    check(document(place, "show", FORM)["form"] == FORM, "a form that ships, by its id")


@test("lint tells what is likely wrong, and is strict only when asked")
def lint(place):
    form = write(place, "lint.md", HOUSE.replace("${age} < 18", "${age} < 18 and ${age} > 60"))
    out, _ = awda(place, "lint", form)
    holds(out, "warning: lint.md", "survey", "warnings: 1, advice: 1")
    awda(place, "lint", form, "--strict", expect=1)
    told = document(place, "lint", form)
    found = {finding["code"]: finding for finding in told["findings"]}
    check(set(found) == {"contradiction", "no_purposes"}, found)
    check((found["contradiction"]["severity"], found["contradiction"]["row"],
           found["contradiction"]["question"]) == ("warning", 4, "school"), found)
    check(told["warnings"] == 1 and told["advice"] == 1, told)
    awda(place, "lint", house(place), "--strict")


# fill --------------------------------------------------------------------------------------------


@test("an answer file fills a form in, to a file or to standard output")
def fill(place):
    answers = write(place, "answers.json", json.dumps(ANSWERS))
    out, _ = awda(place, "fill", house(place), "--answers", answers)
    got = answers_of(out)
    check((got["head"], got["gov"], got["needs"], got["total"]) ==
          ("علي", "nin", "water food", "2"), got)
    check((got["member[1]/years"], got["member[2]/name"], got["member[2]/years"]) ==
          ("12", "زيد", ""), got)
    record = place.home / "record.xml"
    told = document(place, "fill", house(place), "--answers", answers, "-o", record)
    check(told["finalisable"] and told["problems"] == [] and told["form"] == "house", told)
    check({"ref": "member[1]/name", "value": "سارة"} in told["answers"], told["answers"])
    check(answers_of(record.read_bytes())["head"] == "علي", "the same record")
    check(told["instance"] == answers_of(record.read_bytes())["meta/instanceID"], told)
    envelope = {"form": "house", "language": "en", "answers": ANSWERS}
    told = document(place, "fill", house(place), "--answers",
                    write(place, "envelope.json", "\ufeff" + json.dumps(envelope)))
    check(told["language"] == "English (en)" and told["finalisable"], told)


@test("what is missing or wrong in an answer file is told, in the form's language, with exit 1")
def fill_problems(place):
    answers = write(place, "answers.json", json.dumps({"age": 200, "gov": "x", "nobody": 1}))
    _, err = awda(place, "fill", house(place), "--answers", answers, "--lang", "ar", expect=1)
    holds(err, "العمر حتى 120", "head", "nobody", "4")
    told = document(place, "fill", house(place), "--answers", answers, expect=1)
    kinds = {problem["ref"]: problem["kind"] for problem in told["problems"]}
    check(kinds == {"age": "constraint", "gov": "not_a_choice", "nobody": "unknown_path",
                    "head": "required"} and not told["finalisable"], kinds)
    for content in ("", "[1]", "{", "[" * 100000, '{"answers": 3}garbage'):
        error = document(place, "fill", house(place), "--answers",
                         write(place, "bad.json", content), expect=1)["error"]
        check(error["code"] == "malformed", f"{content[:20]}: {error}")
    error = document(place, "fill", house(place), "--answers", place.home / "no", expect=1)["error"]
    check(error["code"] == "not_found", error)


@test("the time and its zone can be given, so that a record can be made again")
def fill_at_a_time(place):
    form = write(place, "time.md", "| survey |\n| | type | name | label | calculation |\n"
                 "| | start | begun | | |\n| | calculate | day | | format-date(today(), '%Y-%m-%d')"
                 " |\n| | text | a | A | |\n")
    answers = write(place, "answers.json", '{"a": "b"}')
    for zone, begun, day in (("Asia/Baghdad", "2026-07-01T01:30:00.000+03:00", "2026-07-01"),
                             ("-04:30", "2026-06-30T18:00:00.000-04:30", "2026-06-30"),
                             ("UTC", "2026-06-30T22:30:00.000Z", "2026-06-30")):
        out, _ = awda(place, "fill", form, "--answers", answers, "--now",
                      "2026-06-30T22:30:00Z", "--tz", zone)
        got = answers_of(out)
        same = got["begun"].replace("+00:00", "Z") == begun
        check(same and got["day"] == day, f"{zone}: {got}")


# run: a conversation -----------------------------------------------------------------------------


@test("a conversation in Arabic: digits, refusals in the author's words, names, rows, a record")
def interview(place):
    record = place.home / "record.xml"
    lines = ["علي", "٢٠٠", "ست", "٣٥",  # refused by constraint, by type, taken
             "كركوك", "نين", "٢",       # no choice, several choices, a number
             "غذاء، ماء",               # several, with the Arabic comma
             "سارة", "۱۲",              # the first row; Persian digits
             "نعم", "زيد", "7", "لا",   # a second row
             ""]                        # finish
    out, _ = awda(place, "run", house(place), "--lang", "ar", "-o", record, lines=lines)
    check(out.count("! العمر حتى 120") == 1, out)
    holds(out, "اسم رب الأسرة *", "1) بغداد", "كركوك", "2) نينوى", "3) نينوى الجنوبية", "== فرد",
          "عدد الأفراد 2", "اكتملت الإجابات")
    check("المدرسة" not in out, "a hidden question is not asked")
    got = answers_of(record.read_bytes())
    check((got["head"], got["age"], got["gov"], got["needs"]) ==
          ("علي", "35", "nin", "food water"), got)
    check((got["member[1]/name"], got["member[1]/years"], got["member[2]/name"],
           got["member[2]/years"], got["total"]) == ("سارة", "12", "زيد", "7", "2"), got)


@test("one can go back, jump, list, clear, and take steps back")
def moving(place):
    lines = ["Ali", "17", "<", "<", "Omar", "",  # back to the first, another name, age kept
             "School", ":jump age", "30",        # the school is hidden now
             ":undo",                            # … and comes back
             ":list", ":clear", "16", "", "1", "", ":jump nowhere", ":frob", "?",
             ":end", ":jump head", ":quit"]
    out, _ = awda(place, "run", house(place), "--lang", "en", lines=lines, expect=1)
    holds(out, "[Ali] > ", "[17] > ", "Taken back: age", "age = 17", "school = School",
          "No question here is named 'nowhere'", "Commands: <", "[Omar] > ")
    check(re.findall(r"head = (\w+)", out) == ["Omar"], out)
    _, err = awda(place, "run", house(place), lines=[":undo", ":quit"], expect=1)
    check(err == "", err)


@test("an answer that is refused leaves no trace, not even what it hid")
def refusal_is_undone(place):
    form = write(place, "refuse.md", "| survey |\n| | type | name | label | constraint |"
                 " choice_filter | required |\n| | integer | n | N | . < 10 | | yes |\n"
                 "| | select_one l | s | S | | up = ${n} | |\n| choices |\n"
                 "| | list_name | name | label | up |\n| | l | a | A | 5 |\n| | l | b | B | 6 |\n")
    told = document(place, "run", form, lines=["5", "a", ":jump n", "50", "", "", ""])
    got = {answer["ref"]: answer["value"] for answer in told["answers"]}
    check((got["n"], got["s"]) == ("5", "a"), got)


@test("rows are added and removed from wherever one is")
def rows(place):
    lines = ["Ali", "30", "1", "", "first", "1", ":add", "second", "2", ":add member", "third", "3",
             ":remove member[1]", ":remove", ":remove nothing", "n", ""]
    told = document(place, "run", house(place), "--lang", "en", lines=lines)
    got = [(answer["ref"], answer["value"]) for answer in told["answers"] if "member" in
           answer["ref"]]
    check(("member[1]/name", "second") in got and not any("[2]" in ref for ref, _ in got), got)
    check(told["finished"] and told["finalisable"], told)
    out, _ = awda(place, "run", house(place), "--lang", "en", lines=[*lines[:-2], ":quit"],
                  expect=1)
    holds(out, "Removed: member[1]", "Removed: member[2]", "Member: 1 so far", "! It was not found")


@test("a draft is saved and gone on with, hidden answers, rows and language as they were")
def resume(place):
    draft, record = place.home / "draft.json", place.home / "record.xml"
    awda(place, "run", house(place), "--lang", "ar", expect=1, lines=[
        "علي", "17", "بابل", "1", "2", "سارة", ":jump age", "40", f":save {draft}", ":quit"])
    kept = json.loads(draft.read_text(encoding="utf-8"))
    check(["school", "بابل"] in kept["answers"] and kept["language"] == "Arabic (ar)", kept)
    out, _ = awda(place, "run", house(place), "--resume", draft, "-o", record,
                  lines=["", "17", "", "", "", "", "11", "n", ""])
    holds(out, "[علي] > ", "[بابل] > ", "[سارة] > ", "العمر")
    got = answers_of(record.read_bytes())
    check((got["school"], got["member/years"], got["meta/instanceID"]) ==
          ("بابل", "11", kept["instance"]), got)
    other = write(place, "other.md", HOUSE.replace("| house |", "| other |"))
    error = document(place, "run", other, "--resume", draft, lines=[], expect=1)["error"]
    check(error["code"] == "unknown_form", error)
    for content in ("", "{}", '{"answers": [["a"]]}', "[" * 100000):
        bad = write(place, "bad.json", content)
        error = document(place, "run", house(place), "--resume", bad, lines=[], expect=1)["error"]
        check(error["code"] == "malformed", f"{content[:20]}: {error}")


@test("without a name a draft goes beside the record, and one that can't be written is an error")
def draft_places(place):
    record = place.home / "record.xml"
    awda(place, "run", house(place), "-o", record, lines=["A", ":save", ":quit"], expect=1)
    check((place.home / "record.xml.draft").exists() and not record.exists(), "a draft only")
    document(place, "run", house(place), lines=[":save /nowhere/at/all"], expect=1)["error"]


@test("the language changes in the middle of a conversation, the form's and ours")
def languages(place):
    out, _ = awda(place, "run", house(place), "--lang", "ar", expect=1,
                  lines=[":lang English (en)", "Ali", ":lang Klingon", ":lang ar", ":quit"])
    at = [out.index(text) for text in ("اسم رب الأسرة", "Head of household", "Age *",
                                       "! Arabic (ar), English (en)", "العمر *")]
    check(at == sorted(at), out)


@test("an input that ends early is no finished form; what is missing is told at the end")
def unfinished(place):
    out, _ = awda(place, "run", house(place), "--lang", "en", lines=["Ali"], expect=1)
    holds(out, "The input ended before the form was finished.")
    out, _ = awda(place, "run", house(place), "--lang", "en", lines=[":end", ""], expect=1)
    holds(out, "3 things are missing", "Head of household (head): ", "Enter goes to the first")
    told = document(place, "run", house(place), lines=["Ali"], expect=1)
    check(told["finished"] is False and not told["finalisable"], told)
    _, err = awda(place, "run", house(place), "--json", "--lang", "en", lines=["Ali"], expect=1)
    holds(err, "Head of household")


@test("a shown text can't disturb the terminal, and an answer may begin with our own signs")
def harmless(place):
    form = write(place, "odd.csv",
                 'survey,,,\n,type,name,label\n,text,a,"A\x1b[31m\nB"\n,text,b,B\n')
    record = place.home / "record.xml"
    out, _ = awda(place, "run", form, "-o", record, lines=["\\:jump", "\\<", ""])
    check("\x1b" not in out, repr(out))
    got = answers_of(record.read_bytes())
    check((got["a"], got["b"]) == (":jump", "<"), got)


# replays -----------------------------------------------------------------------------------------


def cases(place, *lines):
    return write(place, "cases.jsonl", "".join(
        (line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))


@test("recorded fill-ins are compared cell by cell")
def replay(place):
    good = {"id": "double", "what": "a calculation", "form_xml": XFORM, "now": "2026-01-01T00:00Z",
            "tz": "UTC", "steps": [["answer", "/data/a", 4]],
            "expect": [{"/data/b": {"relevant": True, "value": ""}},
                       {"/data/b": {"relevant": True, "value": "8"}}]}
    bad = {**good, "id": "wrong", "expect": [good["expect"][0], {"/data/b": {"value": "9"}}]}
    out, _ = awda(place, "replay", cases(place, good))
    check(out == "1 passed, 0 failed\n", out)
    out, _ = awda(place, "replay", cases(place, good, bad), expect=1)
    holds(out, 'FAILED wrong "a calculation"', 'step 1, /data/b: expected "9", got "8"')
    check(out.endswith("1 passed, 1 failed\n"), out)
    told = document(place, "replay", cases(place, good, bad), expect=1)
    check((told["passed"], told["failed"], told["failures"][0]["id"],
           told["failures"][0]["failures"][0]) ==
          (1, 1, "wrong", {"step": 1, "ref": "/data/b", "expected": "9", "got": "8"}), told)
    awda(place, "replay", cases(place, good, bad), "--only", "double")
    awda(place, "replay", cases(place, good), "--only", "nothing", expect=1)


@test("recorded expressions are compared by the type that was asked for")
def xpath_replay(place):
    base = {"doc": "<a><b>1</b><b>2</b></a>", "ctx": "/", "tz": "UTC"}
    lines = [{**base, "id": 1, "expr": "sum(//b)", "requested": 1, "number": 3},
             {**base, "id": 2, "expr": "count(/a/b) = 2", "requested": 3, "boolean": True},
             {**base, "id": 3, "expr": "concat('a', 1)", "requested": 2, "string": "a1"},
             {**base, "id": 4, "expr": "/a/b[2]", "requested": 7, "nodes": [["/*[1]/*[2]", "2"]]},
             {**base, "id": 5, "expr": "nonsense(", "requested": 0, "error": "any"},
             {**base, "id": 6, "expr": "random()", "requested": 1, "nondeterministic": True}]
    told = document(place, "xpath-replay", cases(place, *lines))
    check((told["passed"], told["failed"], told["skipped"]) == (5, 0, 1), told)
    wrong = {**lines[0], "number": 4}
    out, _ = awda(place, "xpath-replay", cases(place, wrong), "--profile", "awda", expect=1)
    holds(out, 'FAILED 1 "sum(//b)"', 'expected "4", got "3"', "0 passed, 1 failed")


@test("recorded conversions are compared as canonical XML, and errors by what they name")
def xlsform_replay(place):
    form = "| survey |\n| | type | name | label |\n| | text | a | A |\n"
    xform = place.home / "made.xml"
    awda(place, "convert", write(place, "a.md", form), "-o", xform)
    made = xform.read_text(encoding="utf-8")
    lines = [{"md": form, "name": "data", "xform": made.replace("><", ">\n  <")},
             {"md": form.replace("text", "texxt"), "error": "[row : 2] Unknown question type"},
             {"md": form, "name": "data", "xform": made.replace(">A<", ">B<")},
             {"md": form, "error": "anything"}]
    told = document(place, "xlsform-replay", cases(place, *lines), expect=1)
    failed = [failure["id"] for failure in told["failures"]]
    check(told["passed"] == 2 and failed == ["3", "4"], told)


@test("a line that is no case fails by its number; a file without cases is no success")
def broken_cases(place):
    broken = ["garbage", "[]", '{"id": [], "form_xml": 3, "md": [], "doc": {}}',
              {"id": "x", "form_xml": XFORM, "steps": [[]], "expect": []}]
    for command in COMMANDS[-3:]:
        told = document(place, command, cases(place, "", *broken), expect=1)
        check(told["passed"] == 0 and told["failed"] == len(broken), f"{command}: {told}")
        check([told["failures"][i]["id"] for i in (0, 1)] == ["2", "3"], f"{command}: {told}")
        out, _ = awda(place, command, cases(place, ""), expect=1)
        check(out == "0 passed, 0 failed\n", out)
        error = document(place, command, place.home / "none", expect=1)["error"]
        check(error["code"] == "not_found", error)
        error = document(place, command, write(place, "cut.jsonl.zst", b"\x28\xb5\x2f\xfd\x00"),
                         expect=1)["error"]
        check(error["code"] == "altered", error)


if __name__ == "__main__":
    main()
