#!/usr/bin/env python3
"""Goal: the forms that ship are what their tables say, and work as an independent engine says.

Method: the library's build script against good and spoilt copies of its tables; LibreOffice as
another reader of the workbook; the real programs on the 25 invented intakes, compared with what
ODK's engine calculated from them (tests/golden/forms).
"""
import csv
import json
import re
import shutil
import subprocess
import sys

from tap import Skip, check, main, test
from office import FORM, ROOT

LIBRARY = ROOT / "forms/library"
BOOK = LIBRARY / FORM / f"{FORM}.xlsx"
INTAKES = sorted((ROOT / "tests/data/intakes").glob("*.json"))
GOLDEN = ROOT / f"tests/golden/forms/{FORM}.calculated.json"
BAD = ROOT / "tests/data/bad"
# Comma, double quotes, UTF-8, from row 1, cells as shown, every sheet to a file of its own.
CSV_ALL_SHEETS = "44,34,76,1,,0,false,true,false,false,false,-1"
PLACES = {"adm1": 18, "adm2": 101, "adm3": 294}


def table(path):
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    header = lines[0].split("\t")
    return [dict(zip(header, line.split("\t"))) for line in lines[1:]]


def build(library, *words):
    return subprocess.run([sys.executable, "-B", str(library / "build.py"), *words], text=True,
                          capture_output=True, timeout=120, check=False)


def copy_of_library(place):
    copy = place.home / "library"
    shutil.copytree(LIBRARY, copy)
    return copy


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    check(old in text, f"{path.name} no longer holds {old!r}")
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def form_check(place, book):
    """`awda form check`, within seconds: a hostile file must not take longer."""
    return subprocess.run([str(place.programs / "awda"), "form", "check", str(book)],
                          capture_output=True, text=True, timeout=30, check=False)


@test("every workbook that ships is what its tables make")
def workbooks_are_fresh(place):
    done = build(LIBRARY, "--check")
    check(done.returncode == 0, done.stdout + done.stderr)


@test("a table that changed without its workbook is noticed, and building again heals it")
def stale_workbook(place):
    copy = copy_of_library(place)
    edit(copy / FORM / "survey.tsv", "Date of the interview", "Day of the interview")
    done = build(copy, "--check")
    check(done.returncode == 1 and f"{FORM}.xlsx" in done.stdout, done.stdout + done.stderr)
    check(build(copy).returncode == 0, "building")
    check(build(copy, "--check").returncode == 0, "after building it is fresh")


@test("a table with a wrong letter, a lost translation or a wrong name makes no workbook")
def bad_tables(place):
    faults = [("survey.tsv", "ڕێکەوتی چاوپێکەوتن", "ڕێکەوتي چاوپێکەوتن", "Sorani"),
              ("survey.tsv", "تاريخ المقابلة", "تاریخ المقابلة", "Arabic"),
              ("survey.tsv", "\tDate of the interview\t", "\t\t", "missing in a language"),
              ("survey.tsv", "العمر: ${age} سنة", "العمر: ${agee} سنة", "agee"),
              ("survey.tsv", "select_one sex", "select_one sexes", "sexes"),
              ("choices.tsv", "\nsex\tfemale", "\nsex\tmale", "used twice")]
    for file, old, new, word in faults:
        copy = copy_of_library(place)
        source = copy / FORM / file
        edit(source, old, new)
        before = (copy / FORM / f"{FORM}.xlsx").read_bytes()
        done = build(copy)
        check(done.returncode == 1 and word in done.stderr, f"{old!r}: {done.stdout}{done.stderr}")
        check((copy / FORM / f"{FORM}.xlsx").read_bytes() == before, "the workbook was left alone")
        shutil.rmtree(copy)


@test("every place of the gazetteer is a choice, and its missing Kurdish name is listed")
def places_are_listed(place):
    source = table(LIBRARY / "data/iraq_pcodes.tsv")
    listed = table(LIBRARY / FORM / "unreviewed.tsv")
    for level, count in PLACES.items():
        codes = {row[f"{level}_pcode"]: row[f"{level}_ar"] for row in source}
        check(len(codes) == count, f"{level}: {len(codes)}")
        unreviewed = {row["name"]: row["text"] for row in listed if row["list"] == level}
        check(unreviewed == codes, f"{level}: the listing differs from the data")


@test("LibreOffice opens the workbook and reads every cell as its table has it")
def libreoffice_reads_it(place):
    if not shutil.which("soffice"):
        raise Skip("LibreOffice Calc is not installed")
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{place.home}/profile", "--headless",
         "--convert-to", f"csv:Text - txt - csv (StarCalc):{CSV_ALL_SHEETS}",
         "--outdir", str(place.home), str(BOOK)],
        capture_output=True, timeout=300, check=True)
    for sheet in ("survey", "settings"):
        with open(place.home / f"{FORM}-{sheet}.csv", encoding="utf-8", newline="") as file:
            read = list(csv.reader(file))
        source = (LIBRARY / FORM / f"{sheet}.tsv").read_text(encoding="utf-8").split("\n")[:-1]
        check(read == [line.split("\t") for line in source], f"{sheet} reads differently")
    with open(place.home / f"{FORM}-choices.csv", encoding="utf-8", newline="") as file:
        read = [row["name"] for row in csv.DictReader(file) if row["list_name"] == "adm3"]
    check(len(read) == PLACES["adm3"], f"{len(read)} sub-districts")


@test("the form has more than sixty questions, each in three languages and marked with its purpose")
def form_is_complete(place):
    answered = re.compile(r"(text|integer|date|select_one .+|select_multiple .+)$")
    questions = [row for row in table(LIBRARY / FORM / "survey.tsv") if answered.match(row["type"])]
    check(len(questions) > 60, f"{len(questions)} questions")
    for row in questions:
        labels = [text for column, text in row.items() if column.startswith("label::")]
        check(len(labels) == 3 and all(labels), f"{row['name']}: {labels}")
        check(row["bind::awda:purpose"] and row["bind::awda:sensitivity"], row["name"])


@test("the 25 invented intakes are recorded, and calculate what an independent engine calculated")
def intakes_agree_with_golden(place):
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    check(sorted(golden) == [path.name for path in INTAKES] and len(INTAKES) == 25, "one for each")
    _, office = place.enrolled()
    wrong = []
    for path in INTAKES:
        made = office.json("intake", "new", "--form", FORM, "--answers", path)
        shown = office.json("intake", "show", made["records"][0]["instance"])
        if shown["name"] != golden[path.name]["meta/instanceName"]:
            wrong.append(f"{path.name}: the name is {shown['name']!r}")
        for ref, value in golden[path.name].items():
            if not ref.startswith("meta/") and shown["answers"].get(ref) != value:
                wrong.append(f"{path.name}: {ref} is {shown['answers'].get(ref)!r}, not {value!r}")
    check(not wrong, "\n".join(wrong[:40]))


@test("the folder of broken workbooks and its manifest agree")
def manifest_is_complete(place):
    manifest = json.loads((BAD / "manifest.json").read_text(encoding="utf-8"))
    named = {case["file"] for group in ("workbooks", "bounded") for case in manifest[group]}
    check(named == {path.name for path in BAD.glob("*.xlsx")}, "files and manifest differ")


@test("a broken workbook's refusal holds every name that its fault is about")
def refusals_name_things(place):
    manifest = json.loads((BAD / "manifest.json").read_text(encoding="utf-8"))
    wrong = []
    for case in manifest["workbooks"]:
        done = form_check(place, BAD / case["file"])
        said = done.stdout + done.stderr
        missing = [name for name in case["names"] if name not in said]
        if done.returncode != 1 or missing:
            wrong.append(f"{case['file']}: exit {done.returncode}, without {missing}: {said[:300]}")
    check(not wrong, "\n".join(wrong))


@test("an odd workbook is answered within seconds")
def odd_workbooks(place):
    manifest = json.loads((BAD / "manifest.json").read_text(encoding="utf-8"))
    for case in manifest["bounded"]:
        done = form_check(place, BAD / case["file"])
        check(done.returncode in (0, 1), f"{case['file']}: exit {done.returncode}")


if __name__ == "__main__":
    main()
