#!/usr/bin/env python3
"""Writes the broken workbooks beside it, and manifest.json with what must be said of each.

Each workbook has one fault. Rows count as a spreadsheet shows them: the header is row 1. Standard
library only; the workbook writer is the form library's.
"""
import io
import json
import pathlib
import struct
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "forms/library"))
sys.dont_write_bytecode = True

import workbook  # noqa: E402

SURVEY = ["type", "name", "label::Arabic (ar)", "label::English (en)", "relevant", "calculation",
          "choice_filter"]
CHOICES = ["list_name", "name", "label::Arabic (ar)", "label::English (en)"]
GOOD = [["text", "given_name", "الاسم", "Name"], ["integer", "age", "العمر", "Age"],
        ["select_one yes_no", "married", "متزوج؟", "Married?"]]
YES_NO = [["yes_no", "yes", "نعم", "Yes"], ["yes_no", "no", "لا", "No"]]
BOMB_BYTES = 300 << 20   # over the reader's limit for what a file may inflate to
MANY_CELLS = 5_000_000   # far beyond what a form holds
DEEP = 100               # over its limit of nesting


def padded(rows, width):
    return [row + [""] * (width - len(row)) for row in rows]


def sheets(survey, choices=None, survey_header=None, survey_name="survey"):
    """A small form's sheets: a survey, choices, settings."""
    header = survey_header or SURVEY
    return [workbook.Sheet(survey_name, header, padded(survey, len(header))),
            workbook.Sheet("choices", CHOICES, YES_NO if choices is None else choices),
            workbook.Sheet("settings", ["form_title", "form_id"], [["Bad", "bad"]])]


def book(survey, **more):
    return workbook.workbook(sheets(survey, **more))


def question(**cells):
    """A text question's row with some cells set by header."""
    row = dict(zip(SURVEY, ["text", "extra", "سؤال", "Question", "", "", ""])) | cells
    return [row[column] for column in SURVEY]


def with_parts(change):
    """A good workbook whose parts were changed before packing."""
    parts = workbook.parts(sheets(GOOD))
    change(parts)
    return workbook.pack(parts)


def authoring_faults():
    """Faults a form's author makes: (file, what, bytes, where, names the message must hold)."""
    deep = [["begin_group", f"g{i}", "م", "G"] for i in range(DEEP)]
    deep += [["text", "inner", "س", "Q"]] + [["end_group", ""]] * DEEP
    cycle = [["calculate", "first", "", "", "", "${second} + 1"],
             ["calculate", "second", "", "", "", "${first} + 1"]]
    return [
        ("unknown-type", "a type that does not exist",
         book(GOOD + [question(type="integr", name="days")]), ("survey", 5, "type"), ["integr"]),
        ("unknown-list", "a select whose list is not in the choices",
         book(GOOD + [question(type="select_one colours", name="colour")]),
         ("survey", 5, "type"), ["colours"]),
        ("unknown-reference", "a relevant that names no question",
         book(GOOD + [question(relevant="${agee} > 3")]), ("survey", 5, "relevant"), ["agee"]),
        ("unknown-reference-in-label", "a label that names no question",
         book(GOOD + [question(**{"label::English (en)": "Hello ${nobody}"})]),
         ("survey", 5, None), ["nobody"]),
        ("unknown-reference-in-filter", "a choice filter that names no question",
         book(GOOD + [question(type="select_one yes_no", choice_filter="name = ${marriedd}")]),
         ("survey", 5, "choice_filter"), ["marriedd"]),
        ("broken-relevant", "an expression that stops in the middle",
         book(GOOD + [question(relevant="${age} > ")]), ("survey", 5, "relevant"), []),
        ("broken-calculation", "an expression with a bracket too few",
         book(GOOD + [["calculate", "sum", "", "", "", "concat(${age}, 'x'"]]),
         ("survey", 5, "calculation"), []),
        ("unknown-function", "a function that does not exist",
         book(GOOD + [["calculate", "sum", "", "", "", "summ(${age})"]]),
         ("survey", 5, "calculation"), ["summ"]),
        ("duplicate-name", "two questions with one name",
         book(GOOD + [question(name="age")]), ("survey", 5, "name"), ["age"]),
        ("bad-name", "a name that is not one", book(GOOD + [question(name="2 ages")]),
         ("survey", 5, "name"), ["2 ages"]),
        ("no-name", "a question without a name", book(GOOD + [question(name="")]),
         ("survey", 5, "name"), []),
        ("cycle", "two calculations that need each other", book(GOOD + cycle),
         ("survey", None, "calculation"), ["first", "second"]),
        ("unclosed-group", "a group that is never closed",
         book(GOOD + [["begin_group", "open", "مجموعة", "Group"]]), ("survey", 5, None), []),
        ("end-without-begin", "an end that closes nothing", book(GOOD + [["end_group", ""]]),
         ("survey", 5, None), []),
        ("crossed-ends", "a group closed as a repeat",
         book(GOOD + [["begin_group", "g", "م", "G"], question(), ["end_repeat", ""]]),
         ("survey", 7, None), []),
        ("too-deep", "groups nested deeper than allowed", book(deep), ("survey", None, None), []),
        ("choice-without-name", "a choice without a name",
         book(GOOD, choices=YES_NO + [["yes_no", "", "ربما", "Maybe"]]),
         ("choices", 4, "name"), []),
        ("duplicate-choice", "two choices of one list with one name",
         book(GOOD, choices=YES_NO + [["yes_no", "no", "كلا", "No!"]]),
         ("choices", 4, "name"), ["no"]),
        ("no-survey", "no survey sheet", book(GOOD, survey_name="data"), (None, None, None),
         ["survey"]),
        ("no-type-column", "a survey without the column that matters",
         book([row[1:] for row in GOOD], survey_header=SURVEY[1:]),
         ("survey", None, None), ["type"]),
    ]


def lie_about_encryption(data):
    """The same zip, with every entry marked as encrypted."""
    out = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = out.find(signature)
        while at >= 0:
            flags, = struct.unpack_from("<H", out, at + offset)
            struct.pack_into("<H", out, at + offset, flags | 1)
            at = out.find(signature, at + 4)
    return bytes(out)


def overwritten(data, part):
    """The same zip, with zeros in the middle of a part's compressed bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entry = archive.getinfo(part)
    middle = entry.header_offset + 30 + len(part) + entry.compress_size // 2
    return data[:middle] + bytes(16) + data[middle + 16:]


def bomb():
    """A workbook whose first sheet inflates beyond all measure."""
    buffer = io.BytesIO()
    parts = workbook.parts(sheets(GOOD))
    with zipfile.ZipFile(buffer, "w", compresslevel=9) as archive:
        for name, body in parts.items():
            entry = zipfile.ZipInfo(name, workbook.EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as part:
                part.write(body.encode())
                if name.endswith("sheet1.xml"):
                    for _ in range(BOMB_BYTES >> 20):
                        part.write(b" " * (1 << 20))
    return buffer.getvalue()


def sheet(parts, old, new):
    """Changes the survey's XML in one place."""
    name = "xl/worksheets/sheet1.xml"
    assert old in parts[name]
    parts[name] = parts[name].replace(old, new, 1)


def damaged_files():
    """Files that are no workbook, or no longer one."""
    good = workbook.workbook(sheets(GOOD))

    survey = ("survey", None, None)
    nowhere = (None, None, None)
    return [
        ("empty", "no bytes at all", b"", nowhere),
        ("text", "plain text under a workbook's name", "type,name\ntext,x\n".encode(), nowhere),
        ("old-excel", "the head of a workbook from before 2007",
         bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504), nowhere),
        ("truncated", "a workbook whose end is missing", good[:len(good) * 3 // 5], nowhere),
        ("damaged", "a workbook whose survey's bytes are overwritten in the middle",
         overwritten(good, "xl/worksheets/sheet1.xml"), nowhere),
        ("encrypted", "a zip whose parts are encrypted", lie_about_encryption(good), nowhere),
        ("no-workbook-part", "a zip without a workbook in it",
         with_parts(lambda parts: parts.pop("xl/workbook.xml")), nowhere),
        ("no-sheet-part", "a workbook that names a sheet it does not hold",
         with_parts(lambda parts: parts.pop("xl/worksheets/sheet1.xml")), survey),
        ("broken-sheet", "a sheet that is not well-formed XML",
         with_parts(lambda parts: sheet(parts, "</sheetData>", "</sheetDat>")), survey),
        ("string-out-of-range", "a cell that points beyond the shared strings",
         with_parts(lambda parts: sheet(parts, "<v>8</v>", "<v>4000000000</v>")), survey),
        ("bomb", "a small file that inflates to 300 MiB", bomb(), nowhere),
    ]


def odd_files():
    """Files that may load or be refused, but quickly and within bounds."""
    laughs = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9)) + "]>\n"

    def laugh(parts):
        part = "xl/sharedStrings.xml"
        parts[part] = parts[part].replace("<sst", laughs + "<sst", 1).replace("Married?", "&j;")

    def far(parts):
        cell = '<row r="1048576"><c r="XFD1048576" t="s"><v>0</v></c></row>'
        sheet(parts, "</sheetData>", cell + "</sheetData>")

    cells = "<row>" + "<c/>" * MANY_CELLS + "</row>"

    return [("entities", "nested entities in the shared strings", with_parts(laugh)),
            ("far-cell", "a cell in the last row and column", with_parts(far)),
            ("many-cells", "a small file with five million empty cells",
             with_parts(lambda parts: sheet(parts, "</sheetData>", cells + "</sheetData>")))]


def main():
    for old in HERE.glob("*.xlsx"):
        old.unlink()
    refused, odd = [], []
    faults = authoring_faults() + [(*fault, []) for fault in damaged_files()]
    for name, what, data, (sheet, row, column), names in faults:
        (HERE / f"{name}.xlsx").write_bytes(data)
        refused.append({"file": f"{name}.xlsx", "what": what, "sheet": sheet, "row": row,
                        "column": column, "names": names})
    for name, what, data in odd_files():
        (HERE / f"{name}.xlsx").write_bytes(data)
        odd.append({"file": f"{name}.xlsx", "what": what})
    text = json.dumps({"workbooks": refused, "bounded": odd}, ensure_ascii=False, indent=1)
    (HERE / "manifest.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(refused)} to refuse, {len(odd)} odd")


if __name__ == "__main__":
    main()
