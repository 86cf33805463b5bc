"""The parts around the one sheet of a workbook we write."""

from __future__ import annotations

import re

from records.workbooks.names import MAIN_NAMESPACE
from records.workbooks.styles import STYLES_XML
from records.workbooks.texts import encode_escapes

SHEET_PART = "xl/worksheets/sheet1.xml"
XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\'\x00-\x1f]")
_LONGEST_TITLE = 31


def fixed_parts(title: str, last_cell: tuple[str, int]) -> dict[str, str]:
    """Part name → XML, for a sheet `title` whose filter reaches from A1 to `last_cell`, e.g. ("V", 101)."""
    parts = {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relations("officeDocument", "xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": _relations(
            "worksheet", "worksheets/sheet1.xml", "styles", "styles.xml"
        ),
        "xl/styles.xml": STYLES_XML,
        "xl/workbook.xml": _workbook(sheet_title(title), last_cell),
    }
    return {name: XML_DECLARATION + content for name, content in parts.items()}


def sheet_title(title: str) -> str:
    """A title that Excel accepts: at most 31 characters, none of those that formulas need."""
    return _NOT_IN_TITLES.sub("_", title).strip()[:_LONGEST_TITLE] or "Sheet1"


def _content_types() -> str:
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_CONTENT_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_CONTENT_TYPE}.styles+xml"/>'
        f'<Override PartName="/{SHEET_PART}" ContentType="{_CONTENT_TYPE}.worksheet+xml"/></Types>'
    )


def _relations(*kinds_and_targets: str) -> str:
    pairs = zip(kinds_and_targets[::2], kinds_and_targets[1::2], strict=True)
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(pairs, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>'


def _workbook(title: str, last_cell: tuple[str, int]) -> str:
    letters, row = last_cell
    name = encode_escapes(title).replace('"', "&quot;")
    return (
        f'<workbook xmlns="{MAIN_NAMESPACE}" xmlns:r="{_RELATIONS}"><bookViews><workbookView/></bookViews>'
        f'<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets>'
        '<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">'
        f"'{name}'!$A$1:${letters}${row}</definedName></definedNames></workbook>"
    )
