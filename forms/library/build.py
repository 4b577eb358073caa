#!/usr/bin/env python3
"""Builds the library's workbooks from their tables; --check compares instead of writing.

Every folder with a survey.tsv is a form: survey.tsv, choices.tsv and settings.tsv become
<folder>/<folder>.xlsx, and what has no reviewed translation becomes <folder>/unreviewed.tsv.
A name "@data/x.tsv" in choices.tsv stands for the places of that file at the level of its list
(adm1, adm2, adm3). Standard library only. See README.md.
"""
import argparse
import io
import pathlib
import re
import sys
import zipfile

import workbook

HERE = pathlib.Path(__file__).resolve().parent
LANGUAGES = ["Arabic (ar)", "Kurdish (ckb)", "English (en)"]
TEXTS = ["label", "hint", "required_message", "constraint_message"]
EXPRESSIONS = ["relevant", "constraint", "calculation", "choice_filter", "default", "repeat_count"]
MARKS = {
    "bind::awda:purpose": {"registration", "identity", "contact", "reintegration", "labour",
                           "statistics", "protection", "consent"},
    "bind::awda:sensitivity": {"ordinary", "personal", "sensitive", "protected"},
    "bind::awda:approval": {"", "supervisor"},
}
UNMARKED = {"begin_group", "end_group", "begin_repeat", "end_repeat", "note"}
METADATA = {"start", "end", "today"}
# Letters of the other orthography: Arabic yeh, kaf, heh, teh marbuta and alef maksura are wrong in
# Sorani; Sorani's letters and the Persian yeh and kaf are wrong in Arabic.
NOT_SORANI = re.compile("[يكهةىثذضظؤإأًٌٍَُِّْـ]")
NOT_ARABIC = re.compile("[یکھەڕڵۆێڤپچژگ]")
WIDTHS = {"type": 28, "name": 22, "list_name": 18, "relevant": 40, "constraint": 40,
          "calculation": 40, "choice_filter": 24, "form_title": 44, "namespaces": 32}
ABOUT = [
    ("ar", "هذا المصنف مبني من جداول نصية: غيّر الجداول ثم أعد البناء، ولا تعدّل هنا."),
    ("ar", "أسماء الأماكن من بيانات OCHA COD-AB للعراق (2019)، بالعربية والإنكليزية فقط."),
    ("ar", "حيث لا توجد ترجمة كردية لمكان يظهر اسمه العربي؛ القائمة في unreviewed.tsv."),
    ("ckb", "ئەم فایلە لە خشتە دروست کراوە: خشتەکان بگۆڕە و دووبارە دروستی بکەرەوە."),
    ("ckb", "ناوی شوێنەکان بە کوردی نییە؛ ناوە عەرەبییەکە پیشان دەدرێت."),
    ("en", "This workbook is built from text tables: change those and build again, not this file."),
    ("en", "Place names are from OCHA’s Iraq COD-AB (2019), which has Arabic and English only."),
    ("en", "A place without a Kurdish name shows its Arabic one; unreviewed.tsv lists them."),
]


class Wrong(Exception):
    """A table that must not become a workbook; the text names file and line."""


def read_table(path):
    """A TSV as its header and its rows as dictionaries with their line numbers."""
    lines = path.read_text(encoding="utf-8").split("\n")
    if lines[-1] != "":
        raise Wrong(f"{path.name}: the last line has no end")
    header = lines[0].split("\t")
    rows = []
    for number, line in enumerate(lines[1:-1], start=2):
        cells = line.split("\t")
        if len(cells) != len(header):
            raise Wrong(f"{path.name}:{number}: {len(cells)} cells under {len(header)} headers")
        rows.append((number, dict(zip(header, cells))))
    return header, rows


def places(path, level):
    """The distinct places of one level, with the codes of the levels above for cascades."""
    seen = {}
    for _, row in read_table(path)[1]:
        code = row[f"adm{level}_pcode"]
        seen.setdefault(code, {
            "name": code,
            "label::Arabic (ar)": row[f"adm{level}_ar"],
            "label::Kurdish (ckb)": row[f"adm{level}_ar"],
            "label::English (en)": row[f"adm{level}_en"],
            "adm1": row["adm1_pcode"] if level > 1 else "",
            "adm2": row["adm2_pcode"] if level > 2 else "",
        })
    return list(seen.values())


def expand_choices(header, rows):
    """Choices with the data files filled in, and what Kurdish shows in Arabic."""
    full = header + [name for name in ("adm1", "adm2") if name not in header]
    choices, unreviewed = [], []
    for _, row in rows:
        if not row["name"].startswith("@"):
            choices.append(row)
            continue
        level = int(row["list_name"].removeprefix("adm"))
        for place in places(HERE / row["name"][1:], level):
            choices.append(place | {"list_name": row["list_name"]})
            unreviewed.append([row["list_name"], place["name"], "Kurdish (ckb)",
                               place["label::Kurdish (ckb)"], "shown in Arabic: no Kurdish source"])
    return full, choices, unreviewed


def check_texts(where, row, keys):
    """Every text is there in every language or in none, each in its own orthography."""
    for key in keys:
        texts = [row.get(f"{key}::{language}", "") for language in LANGUAGES]
        if any(texts) and not all(texts):
            raise Wrong(f"{where}: {key} is missing in a language")
        if NOT_ARABIC.search(texts[0]):
            raise Wrong(f"{where}: {key}: a letter that Arabic does not have")
        if NOT_SORANI.search(texts[1]):
            raise Wrong(f"{where}: {key}: a letter that Sorani is not written with")


def check_survey(rows, lists):
    """Names, groups, references, lists and marks of the survey sheet."""
    names = {row["name"]: number for number, row in rows}
    seen, open_blocks = {}, []
    for number, row in rows:
        where = f"survey.tsv:{number}"
        kind, _, list_name = row["type"].partition(" ")
        check_texts(where, row, TEXTS)
        if kind.startswith("end_"):
            if not open_blocks or open_blocks.pop() != kind[4:]:
                raise Wrong(f"{where}: {kind} closes nothing")
            continue
        if kind.startswith("begin_"):
            open_blocks.append(kind[6:])
        if not re.fullmatch(r"[a-z][a-z0-9_]*", row["name"]) or row["name"] in seen:
            raise Wrong(f"{where}: the name {row['name']!r} is not right or used twice")
        seen[row["name"]] = number
        if list_name and list_name not in lists:
            raise Wrong(f"{where}: no list {list_name!r}")
        if kind not in METADATA | {"calculate"} and not row[f"label::{LANGUAGES[0]}"]:
            raise Wrong(f"{where}: no label")
        texts = [row.get(column, "") for column in EXPRESSIONS]
        texts += [row[f"label::{language}"] for language in LANGUAGES]
        for reference in re.findall(r"\$\{([^}]*)\}", " ".join(texts)):
            if reference not in names:
                raise Wrong(f"{where}: no question {reference!r}")
        for mark, values in MARKS.items():
            unmarked = kind in UNMARKED
            if (row[mark] != "") if unmarked else (row[mark] not in values):
                raise Wrong(f"{where}: {mark} is {row[mark]!r}")
    if open_blocks:
        raise Wrong(f"survey.tsv: {open_blocks[-1]} is never closed")


def check_choices(choices):
    """Unique names a list, and all languages."""
    seen = set()
    for row in choices:
        key = (row["list_name"], row["name"])
        where = f"choices: {key[0]} {key[1]}"
        if key in seen or not re.fullmatch(r"[A-Za-z0-9_]+", key[1]):
            raise Wrong(f"{where}: the name is not right or used twice")
        seen.add(key)
        if not all(row[f"label::{language}"] for language in LANGUAGES):
            raise Wrong(f"{where}: a label is missing")
        if not key[0].startswith("adm"):
            check_texts(where, row, ["label"])


def styler(header):
    """How a cell looks: by its column, and bold where a group or repeat begins."""
    def style(_, column, row):
        name = header[column]
        turned = name.endswith(("(ar)", "(ckb)"))
        if row[0].startswith(("begin_", "end_")):
            return workbook.SECTION_RTL if turned else workbook.SECTION
        if turned:
            return workbook.RTL
        return workbook.CODE if name in EXPRESSIONS else workbook.PLAIN
    return style


def sheet(name, header, rows, frozen):
    """A sheet in the library's dress."""
    widths = [WIDTHS.get(column, 44 if column.startswith("label") else 24) for column in header]
    cells = [[row.get(column, "") for column in header] for row in rows]
    return workbook.Sheet(name, header, cells, widths, frozen, styles=styler(header))


def build(folder):
    """The parts of one form's workbook, and its list of unreviewed texts."""
    survey_header, survey = read_table(folder / "survey.tsv")
    choice_header, choice_rows = read_table(folder / "choices.tsv")
    settings_header, settings = read_table(folder / "settings.tsv")
    choice_header, choices, unreviewed = expand_choices(choice_header, choice_rows)
    check_choices(choices)
    check_survey(survey, {row["list_name"] for row in choices})
    if len(settings) != 1 or settings[0][1]["form_id"] != folder.name:
        raise Wrong("settings.tsv: one row is wanted, with the folder's name as form_id")
    about = workbook.Sheet(
        "about", ["language", "text"], [list(line) for line in ABOUT], [12, 110], 0, True,
        lambda _, column, row: workbook.PLAIN if column == 0 or row[0] == "en" else workbook.RTL)
    sheets = [sheet("survey", survey_header, [row for _, row in survey], 2),
              sheet("choices", choice_header, choices, 2),
              sheet("settings", settings_header, [row for _, row in settings], 0), about]
    head = ["list", "name", "language", "text", "state"]
    lines = ["\t".join(line) for line in [head] + unreviewed]
    return workbook.parts(sheets), "\n".join(lines) + "\n"


def same_parts(path, parts):
    """Whether a workbook on disk holds these parts; how they are compressed does not matter."""
    if not path.exists():
        return False
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        held = {name: archive.read(name).decode() for name in archive.namelist()}
    return list(held.items()) == list(parts.items())


def main():
    parser = argparse.ArgumentParser(description="Build the form library's workbooks.")
    parser.add_argument("--check", action="store_true", help="compare with what is there")
    check = parser.parse_args().check
    stale = []
    for folder in sorted(path.parent for path in HERE.glob("*/survey.tsv")):
        book = folder / f"{folder.name}.xlsx"
        listing = folder / "unreviewed.tsv"
        try:
            parts, unreviewed = build(folder)
        except Wrong as wrong:
            print(f"{folder.name}/{wrong}", file=sys.stderr)
            return 1
        if not same_parts(book, parts):
            stale.append(book)
            if not check:
                book.write_bytes(workbook.pack(parts))
        if not listing.exists() or listing.read_text(encoding="utf-8") != unreviewed:
            stale.append(listing)
            if not check:
                listing.write_text(unreviewed, encoding="utf-8")
    for path in stale:
        print(f"{path.relative_to(HERE)}: {'not what its tables make' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
