"""Writes small .xlsx workbooks: plain SpreadsheetML in a zip, the same for the same input.

Only what a form needs: text cells in a shared string table, a bold frozen header, column widths,
wrapped text, right-to-left cells and sheets. Used by build.py and by tests/data/bad/make_bad.py.
"""
import dataclasses
import io
import zipfile
from xml.sax.saxutils import escape

EPOCH = (1980, 1, 1, 0, 0, 0)  # zip's earliest date: a build leaves no trace of its day
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

# Indexes into cellXfs of STYLES.
PLAIN, HEADER, RTL, CODE, SECTION, SECTION_RTL = range(6)

STYLES = HEAD + f"""<styleSheet xmlns="{MAIN}">
<fonts count="3">
<font><sz val="11"/><name val="Calibri"/></font>
<font><b/><sz val="11"/><name val="Calibri"/></font>
<font><sz val="10"/><name val="DejaVu Sans Mono"/></font>
</fonts>
<fills count="4">
<fill><patternFill patternType="none"/></fill>
<fill><patternFill patternType="gray125"/></fill>
<fill><patternFill patternType="solid"><fgColor rgb="FFD9E2EC"/></patternFill></fill>
<fill><patternFill patternType="solid"><fgColor rgb="FFF0F4F8"/></patternFill></fill>
</fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="6">
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1">\
<alignment vertical="top" wrapText="1"/></xf>
<xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1"/>
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1">\
<alignment horizontal="right" vertical="top" wrapText="1" readingOrder="2"/></xf>
<xf numFmtId="49" fontId="2" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1">\
<alignment horizontal="left" vertical="top" wrapText="1" readingOrder="1"/></xf>
<xf numFmtId="49" fontId="1" fillId="3" borderId="0" xfId="0" applyFont="1" applyFill="1" \
applyAlignment="1"><alignment vertical="top"/></xf>
<xf numFmtId="49" fontId="1" fillId="3" borderId="0" xfId="0" applyFont="1" applyFill="1" \
applyAlignment="1"><alignment horizontal="right" vertical="top" readingOrder="2"/></xf>
</cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>
</styleSheet>"""


@dataclasses.dataclass
class Sheet:
    """One sheet: a header row, rows of text, and how wide each column is."""
    name: str
    header: list
    rows: list
    widths: list = dataclasses.field(default_factory=list)
    frozen_columns: int = 0
    right_to_left: bool = False
    styles: object = None  # called with (row number from 2, column index, row): a style index


def column_letters(index):
    """0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class Strings:
    """The shared string table, in order of first use."""

    def __init__(self):
        self.index = {}

    def add(self, text):
        return self.index.setdefault(text, len(self.index))

    def xml(self):
        items = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>'
                        for text in self.index)
        count = len(self.index)
        return f'{HEAD}<sst xmlns="{MAIN}" count="{count}" uniqueCount="{count}">{items}</sst>'


def sheet_view(sheet):
    turn = ' rightToLeft="1"' if sheet.right_to_left else ""
    split = f' xSplit="{sheet.frozen_columns}"' if sheet.frozen_columns else ""
    pane = "bottomRight" if sheet.frozen_columns else "bottomLeft"
    corner = f"{column_letters(sheet.frozen_columns)}2"
    return (f'<sheetViews><sheetView workbookViewId="0"{turn}><pane{split} ySplit="1" '
            f'topLeftCell="{corner}" activePane="{pane}" state="frozen"/></sheetView></sheetViews>')


def sheet_xml(sheet, strings):
    """The sheet's part; empty cells are left out."""
    columns = "".join(f'<col min="{i + 1}" max="{i + 1}" width="{width}" customWidth="1"/>'
                      for i, width in enumerate(sheet.widths))
    lines = []
    for number, row in enumerate([sheet.header] + sheet.rows, start=1):
        cells = []
        for i, text in enumerate(row):
            if text == "":
                continue
            style = HEADER if number == 1 else PLAIN
            if number > 1 and sheet.styles:
                style = sheet.styles(number, i, row)
            cells.append(f'<c r="{column_letters(i)}{number}" s="{style}" t="s">'
                         f"<v>{strings.add(text)}</v></c>")
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    cols = f"<cols>{columns}</cols>" if columns else ""
    return (f'{HEAD}<worksheet xmlns="{MAIN}">{sheet_view(sheet)}{cols}'
            f'<sheetData>{"".join(lines)}</sheetData></worksheet>')


def parts(sheets):
    """Every part of the package by name, in the order it is written."""
    strings = Strings()
    bodies = [sheet_xml(sheet, strings) for sheet in sheets]
    numbers = range(1, len(sheets) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{KINDS}.worksheet+xml"/>'
        for n in numbers)
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers)
    last = len(sheets)
    names = "".join(f'<sheet name="{escape(sheet.name)}" sheetId="{n}" r:id="rId{n}"/>'
                    for n, sheet in zip(numbers, sheets))
    result = {
        "[Content_Types].xml":
            f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{KINDS}.sheet.main+xml"/>'
            f'{overrides}<Override PartName="/xl/styles.xml" ContentType="{KINDS}.styles+xml"/>'
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{KINDS}.sharedStrings+xml"/>'
            "</Types>",
        "_rels/.rels":
            f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml":
            f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
            f"<sheets>{names}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels":
            f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{relations}'
            f'<Relationship Id="rId{last + 1}" Type="{OFFICE}/styles" Target="styles.xml"/>'
            f'<Relationship Id="rId{last + 2}" Type="{OFFICE}/sharedStrings" '
            'Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": strings.xml(),
    }
    for n, body in zip(numbers, bodies):
        result[f"xl/worksheets/sheet{n}.xml"] = body
    return result


def pack(members):
    """A zip of name → text or bytes, without dates or the builder's system."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, body in members.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, body.encode() if isinstance(body, str) else body)
    return buffer.getvalue()


def workbook(sheets):
    """The bytes of an .xlsx with these sheets."""
    return pack(parts(sheets))
