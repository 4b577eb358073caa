#!/usr/bin/env python3
"""Goal: the XForm of every form that ships loads in Enketo, the web client of ODK and Kobo.

Method: `awda form convert` writes the XForm; enketo-transformer, at the versions that
tests/e2e/enketo/package-lock.json pins, turns it into a web form; every question, repeat, list and
language of the tables must be in there. The packages are fetched and compiled once, into
build/enketo, which takes minutes.
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess

from tap import Skip, check, main, test
from office import ROOT, run_program

HERE = pathlib.Path(__file__).resolve().parent / "enketo"
LIBRARY = ROOT / "forms/library"
HEADERS = pathlib.Path("/usr/include/node"), pathlib.Path("/usr/include/nodejs/src")
# What npm says when the network or the registry is not there; anything else is a failure.
OFFLINE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|E40[34]")


def npm(folder, *words):
    """Runs npm; a missing network skips the test."""
    done = subprocess.run(["npm", "--no-audit", "--no-fund", "--foreground-scripts", *words],
                          cwd=folder, text=True, capture_output=True, timeout=1500, check=False,
                          env={**os.environ, "npm_config_nodedir": "/usr"})
    if done.returncode == 0:
        return
    if OFFLINE.search(done.stderr):
        raise Skip("the npm packages could not be fetched from here")
    raise AssertionError(f"npm {words[0]}: {done.stderr[-1500:]}")


def transformer():
    """The folder where enketo-transformer is installed; installs it on the first call."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            raise Skip(f"{program} is not installed")
    if not any((headers / "node.h").exists() for headers in HEADERS):
        raise Skip("the headers of node are not installed")
    lock = (HERE / "package-lock.json").read_bytes() + (HERE / "package.json").read_bytes()
    folder = ROOT / "build/enketo" / hashlib.sha256(lock).hexdigest()[:16]
    if (folder / "installed").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder / name)
    npm(folder, "ci", "--ignore-scripts")
    npm(folder, "rebuild", "node1-libxmljsmt-myh")  # libxslt links against it, so it comes first
    npm(folder, "rebuild", "libxslt")
    (folder / "installed").touch()
    return folder


def table(path):
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    header = lines[0].split("\t")
    return [dict(zip(header, line.split("\t"))) for line in lines[1:]]


def paths_of(survey):
    """Path of every visible question, and of every repeat, as the tables nest them."""
    questions, repeats, stack = set(), set(), ["/data"]
    for row in survey:
        kind = row["type"].split()[0]
        path = f"{stack[-1]}/{row['name']}"
        if kind.startswith("begin_"):
            stack.append(path)
            if kind == "begin_repeat":
                repeats.add(path)
        elif kind.startswith("end_"):
            stack.pop()
        elif kind in ("text", "integer", "date", "select_one", "select_multiple", "note"):
            questions.add(path)
    return questions, repeats


@test("the XForm of every form that ships loads in enketo-transformer with all its parts")
def loads_in_enketo(place):
    folder = transformer()
    books = sorted(LIBRARY.glob("*/*.xlsx"))
    check(books, "no form ships")
    for book in books:
        xform = place.home / f"{book.stem}.xml"
        run_program([place.programs / "awda", "form", "convert", book, "-o", xform])
        done = subprocess.run(["node", str(HERE / "load.mjs"), str(xform)], cwd=folder, text=True,
                              capture_output=True, timeout=300, check=False)
        check(done.returncode == 0, f"{book.name}: {done.stderr[-1500:]}")
        got = json.loads(done.stdout)
        questions, repeats = paths_of(table(book.parent / "survey.tsv"))
        check(questions <= set(got["questions"]), f"lost: {questions - set(got['questions'])}")
        check(repeats == set(got["repeats"]), f"repeats: {got['repeats']}")
        lists = {row["list_name"] for row in table(book.parent / "choices.tsv")}
        check(lists <= set(got["instances"]), f"lists: {lists - set(got['instances'])}")
        check(list(got["languages"].values()) == ["ar", "ckb", "en"], f"{got['languages']}")
        counts = set(got["labels"].values())
        check(len(counts) == 1 and min(counts) >= len(questions), f"labels: {got['labels']}")


if __name__ == "__main__":
    main()
