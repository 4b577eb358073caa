#!/usr/bin/env python3
"""Goal: bad input is normal input: a clear error in the chosen language, exit 1, nothing lost.

Method: each fault is made for real (files damaged, certificates swapped, a full file system, a
clock that is years off) and met by the real programs.
"""
import json
import os
import pathlib
import shutil
import subprocess

from tap import Skip, check, main, test
from office import FORM, ROOT, run_program

INTAKES = sorted((ROOT / "tests/data/intakes").glob("*.json"))
ARABIC = range(0x0600, 0x0700)


def error_of(office, *words, language=None):
    """The error a command ends with, as --json gives it; its message is in the language."""
    extra = ["--lang", language] if language else []
    out = office.run(*extra, *words, "--json", expect=1)
    found = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    check(found and "error" in found[-1], f"no error in: {out}")
    error = found[-1]["error"]
    if language in ("ar", "ckb"):
        check(any(ord(char) in ARABIC for char in error["message"]), f"not in {language}: {error}")
    return error["code"]


def record_one(office):
    made = office.json("intake", "new", "--form", FORM, "--answers", INTAKES[0])
    return made["records"][0]["instance"]


def instances(office):
    return [row["instance"] for row in office.json("intake", "list")["records"]]


@test("a wrong passphrase is refused in each language and locks nobody out for good")
def wrong_passphrase(place):
    _, office = place.enrolled()
    right = office.passphrase_file.read_text(encoding="ascii")
    kept = record_one(office)
    office.passphrase_file.write_text("entirely-wrong-passphrase\n", encoding="ascii")
    check(error_of(office, "intake", "list", language="ar") == "wrong_passphrase", "code")
    office.passphrase_file.write_text(right, encoding="ascii")
    for _ in range(20):
        if office.start("status").wait() == 0:
            break
    check(instances(office) == [kept], "the record is there")


@test("a damaged vault file is reported, kept as it is, and never replaced")
def damaged_vault(place):
    _, office = place.enrolled()
    record_one(office)
    database = max(office.data.rglob("*.db"), key=lambda path: path.stat().st_size)
    damaged = bytearray(database.read_bytes())
    for at in range(4096, len(damaged), 4096):
        damaged[at + 100] ^= 0xFF
    database.write_bytes(damaged)
    check(error_of(office, "intake", "list", language="ar") == "vault_damaged", "code")
    check(database.read_bytes() == bytes(damaged), "the damaged file was changed")


@test("a damaged keyring copy is survived; two damaged copies are reported and kept")
def damaged_keyring(place):
    _, office = place.enrolled()
    kept = record_one(office)
    copies = sorted(office.data.glob("keyring.*"))
    check(len(copies) == 2, f"two copies: {copies}")
    copies[0].write_bytes(b"\0" * 100)
    check(instances(office) == [kept], "one copy is enough")
    for copy in copies:
        copy.write_bytes(b"\0" * 100)
    check(error_of(office, "intake", "list") == "vault_damaged", "code")
    check(all(copy.read_bytes() == b"\0" * 100 for copy in copies), "kept as they are")


@test("a server with another certificate gets nothing, and the records wait")
def unknown_server(place):
    hq, office = place.enrolled()
    port = hq.server.port
    record_one(office)
    hq.stop()
    other = place.home / "other"
    other.mkdir()
    hq.run("keys", "init", "--out", other / "keys")
    hq.run("init", "--data", other / "central", "--keys", other / "keys")
    genuine = hq.keys, hq.data
    hq.keys, hq.data = other / "keys", other / "central"
    hq.serve(port)
    check(error_of(office, "sync", "--once", language="ckb") == "unknown_server", "code")
    check(hq.records() == [], "nothing was sent")
    hq.stop()
    hq.keys, hq.data = genuine
    hq.serve(port)
    office.json("sync", "--once")
    check(len(hq.records()) == 1, "it arrives at the right server")


@test("no server at all: the error says so, and the records wait")
def no_server(place):
    hq, office = place.enrolled()
    record_one(office)
    hq.stop()
    check(error_of(office, "sync", "--once", language="ar") == "no_network", "code")
    check(office.json("status")["waiting_records"] == 1, "still waiting")


@test("a broken workbook is answered with sheet, row, column and cause")
def broken_workbooks(place):
    manifest = json.loads((ROOT / "tests/data/bad/manifest.json").read_text(encoding="utf-8"))
    cases = manifest["workbooks"] if isinstance(manifest, dict) else manifest
    checked = 0
    for case in cases:
        out = run_program(
            [place.programs / "awda", "form", "check", ROOT / "tests/data/bad" / case["file"]],
            expect=1,
        )
        for expected in (case.get("sheet"), case.get("row"), case.get("column")):
            if expected is not None:
                check(str(expected) in out, f"{case['file']}: {expected} is not in: {out}")
        checked += 1
    check(checked >= 6, "the folder holds broken workbooks")


@test("answers that do not fit are named by path, and nothing of them is recorded")
def bad_answers(place):
    _, office = place.enrolled()
    answers = json.loads(INTAKES[0].read_text(encoding="utf-8"))
    answers["answers"]["no_such_question"] = "x"
    bad = place.home / "bad.json"
    bad.write_text(json.dumps(answers, ensure_ascii=False), encoding="utf-8")
    out = office.run("intake", "new", "--form", FORM, "--answers", bad, expect=1)
    check("no_such_question" in out, f"the path is missing: {out}")
    bad.write_text("{ not json", encoding="utf-8")
    office.run("intake", "new", "--form", FORM, "--answers", bad, expect=1)
    bad.write_text(json.dumps({"form": FORM, "language": "ar", "answers": {}}), encoding="utf-8")
    office.run("intake", "new", "--form", FORM, "--answers", bad, expect=1)
    check(instances(office) == [], "nothing was recorded")


@test("a full disk is said to be full, and what was saved before is there afterwards")
def full_disk(place):
    if os.geteuid() != 0:
        raise Skip("mounting a small file system needs root")
    small = place.home / "small"
    small.mkdir()
    if (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small],
            capture_output=True,
            check=False,
        ).returncode
        != 0
    ):
        raise Skip("no file system can be mounted here")
    try:
        hq, office = place.headquarters(), place.office()
        office.data = small / "office"
        hq.voucher(place.home / "office.voucher", hq.serve())
        office.enrol(place.home / "office.voucher")
        kept = record_one(office)
        filler = small / "filler"
        with open(filler, "wb", buffering=0) as out:
            try:
                while True:
                    out.write(b"x" * 4096)
            except OSError:
                pass
        check(
            error_of(
                office, "intake", "new", "--form", FORM, "--answers", INTAKES[1], language="ar"
            )
            == "disk_full",
            "code",
        )
        filler.unlink()
        check(instances(office)[-1:] == [kept] or kept in instances(office), "the record is there")
        record = office.json("intake", "new", "--form", FORM, "--answers", INTAKES[1])
        check(len(record["records"]) == 1, "it works again")
        check(office.json("log", "verify")["ok"], "the log verifies")
    finally:
        place.close()
        place.closing.clear()
        subprocess.run(["umount", small], check=False)


@test("a clock that is years off warns and stops neither recording nor delivery")
def wrong_clock(place):
    library = next(iter(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
    if library is None:
        raise Skip("libfaketime is not installed")
    hq, office = place.enrolled()
    plain = office.environment
    for years in ("-6y", "+7y"):
        office.environment = lambda years=years: {
            **plain(),
            "LD_PRELOAD": str(library),
            "FAKETIME": years,
        }
        record_one(office)
        office.json("sync", "--once")
    office.environment = plain
    check(len(hq.records()) == 2, "both arrived")
    check(office.json("log", "verify")["ok"], "the log verifies")


@test("no name from a record stands in any file of the vault or in central's spool and database")
def nothing_in_clear(place):
    hq, office = place.enrolled()
    answers = INTAKES[0].read_text(encoding="utf-8")
    marker = "ئەحمەدنیشانە"
    document = json.loads(answers)
    fill_notes(document["answers"], marker)
    marked = place.home / "marked.json"
    marked.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    office.json("intake", "new", "--form", FORM, "--answers", marked)
    office.json("sync", "--once")
    check(len(hq.records()) == 1, "it arrived")
    marked.unlink()
    needle = marker.encode()
    for folder in (office.data, hq.data):
        for file in folder.rglob("*"):
            if file.is_file():
                check(needle not in file.read_bytes(), f"{file.name} holds it in clear")
    shown = office.run("intake", "show", instances(office)[0])
    check(marker in shown, "yet the officer can read it")


def fill_notes(node, marker):
    """Puts the marker into the person's first name wherever the answers hold one."""
    for key, value in node.items():
        if isinstance(value, dict):
            fill_notes(value, marker)
        elif isinstance(value, str) and key in ("given_name", "first_name", "name_given"):
            node[key] = marker


if __name__ == "__main__":
    main()
