"""Workbooks that are odd and open all the same: what has to be said about each stands in the remarks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from tests.hostile.case import GOOD, SHEET, in_a2, opens, package, rows, sheet, streamed
from tests.hostile.sheets import sheets
from tests.workbook_files import (
    HEADERS,
    MAIN,
    STRICT,
    header_row,
    package_parts,
    text,
    workbook_part,
    worksheet,
    write_package,
)

_PERSON = ("王小明", "A100000001", "1989-05-06", "ming@example.com", "0912-345678")
_RICH = "<is><r><t>王</t></r><r><t>小明</t></r><rPh><t>ㄨㄤ</t></rPh></is>"
_WIDE_AND_EMPTY = '<row r="2">' + text("A2", "王小明") + '<c r="XFD2" s="0"/></row>'
_FOREIGN = '<extLst><ext xmlns:y="urn:y"><y:row r="9"><y:c r="A9"><y:v>1</y:v></y:c></y:row></ext></extLst>'


def with_openpyxl(change: Callable[[Workbook, Worksheet], object]):
    """A workbook of one person as another program writes it, changed."""

    def make(path: Path) -> None:
        workbook = Workbook()
        workbook.active.append(HEADERS)
        workbook.active.append(_PERSON)
        change(workbook, workbook.active)
        workbook.save(path)

    return make


def formatted_empty_rows(count: int) -> Iterator[bytes]:
    yield GOOD.replace("</sheetData></worksheet>", "").encode()
    for number in range(3, count):
        yield f'<row r="{number}" ht="15" customHeight="1"><c r="A{number}" s="0"/></row>'.encode()
    yield b"</sheetData></worksheet>"


def strict(path: Path) -> None:
    """Every namespace of the "Strict" variant."""
    parts = package_parts(
        worksheet(header_row() + f'<row r="2">{text("A2", "王小明")}</row>', namespace=STRICT),
        workbook=workbook_part(namespace=STRICT),
    )
    old, new = "schemas.openxmlformats.org/officeDocument/2006", "purl.oclc.org/ooxml/officeDocument"
    write_package(path, {name: part.replace(old, new) for name, part in parts.items()})


def hide_all(_workbook: Workbook, data: Worksheet) -> None:
    data.row_dimensions[2].hidden = True
    data.column_dimensions["D"].hidden = True


def merge(_workbook: Workbook, data: Worksheet) -> None:
    data.append(_PERSON)
    data.merge_cells("E2:E3")


def protect(workbook: Workbook, data: Worksheet) -> None:
    data.protection.password = "x"
    data.protection.enable()
    workbook.security.lockStructure = True


def comment(_workbook: Workbook, data: Worksheet) -> None:
    data["A2"].comment = Comment("改名", "x")


def hide_another(workbook: Workbook, _data: Worksheet) -> None:
    another = workbook.create_sheet("舊資料")
    another.append(HEADERS)
    another.append(_PERSON)
    another.sheet_state = "hidden"


def macintosh(workbook: Workbook, _data: Worksheet) -> None:
    workbook.epoch = CALENDAR_MAC_1904


CASES = {
    "200000-formatted-empty-rows": opens(streamed(SHEET, lambda: formatted_empty_rows(200_000))),
    "formatted-to-the-last-row": opens(
        rows(f'<row r="2">{text("A2", "王")}</row><row r="1048576" ht="15"/>')
    ),
    "formatted-to-the-last-column": opens(rows(_WIDE_AND_EMPTY)),
    "strict": opens(strict),
    "rich-text": opens(in_a2(f'<c r="A2" t="inlineStr">{_RICH}</c>')),
    "cdata": opens(in_a2('<c r="A2" t="inlineStr"><is><t><![CDATA[<王>]]></t></is></c>')),
    "elements-of-others": opens(sheet(GOOD.replace("</worksheet>", f"{_FOREIGN}</worksheet>"))),
    "places-left-out": opens(sheet(GOOD.replace(' r="2"', "").replace(' r="A2"', ""))),
    "style-beyond-the-last": opens(in_a2('<c r="A2" s="99999"><v>1</v></c>')),
    "kind-unknown": opens(in_a2('<c r="A2" t="evil"><v>王</v></c>')),
    "error-cell": opens(in_a2('<c r="A2" t="e"><v>#N/A</v></c>')),
    "formula-with-value": opens(in_a2('<c r="A2" t="str"><f>B1</f><v>王</v></c>')),
    "formula-without-value": opens(in_a2('<c r="A2"><f>VLOOKUP(1,B:B,1)</f></c>')),
    "formula-to-a-program": opens(in_a2("<c r=\"A2\"><f>cmd|' /c calc'!A0</f><v>0</v></c>")),
    "text-like-a-formula": opens(in_a2(text("A2", "=HYPERLINK(&quot;http://192.0.2.1&quot;)"))),
    "numbers-that-are-none": opens(in_a2('<c r="A2"><v>1e999</v></c><c r="B2"><v>nan</v></c>')),
    "control-characters-escaped": opens(in_a2(text("A2", "_x0000__xD800__xFFFF_"))),
    "private-use-characters": opens(in_a2(text("A2", "王\ue000\U000f0000"))),
    "rows-of-blanks": opens(rows(f'<row r="2">{text("A2", "　 ")}</row><row r="3">{text("A3", "王")}</row>')),
    "headers-only": opens(sheet(worksheet(header_row())), rows=0),
    "title-above": opens(
        sheets(資料=[("國立臺灣海洋大學", "ask@example.com"), (), HEADERS, _PERSON]), "header_row"
    ),
    "totals-below": opens(
        sheets(
            資料=[
                HEADERS,
                _PERSON,
                (),
                ("合  計", "", "1"),
                ("共 1 筆",),
                (None, "製表人：林一中", None, "主管："),
            ]
        ),
        "summary_rows",
    ),
    "headers-repeated": opens(sheets(資料=[HEADERS, _PERSON, HEADERS, _PERSON]), "repeated_headers", rows=2),
    "contents-without-header": opens(sheets(資料=[HEADERS, (*_PERSON, "x")]), "headless_columns"),
    "unknown-header": opens(sheets(資料=[(*HEADERS, "血型"), (*_PERSON, "O")]), "unknown_headers"),
    "optional-header-missing": opens(sheets(資料=[HEADERS[:4], _PERSON[:4]]), "missing_headers"),
    "second-sheet-of-notes": opens(sheets(資料=[HEADERS, _PERSON], 備忘=[("x",)]), "other_sheets"),
    "second-sheet-of-headers": opens(sheets(空白=[HEADERS], 資料=[HEADERS, _PERSON]), "other_sheets"),
    "hidden-sheet-with-rows": opens(with_openpyxl(hide_another), "hidden_sheets"),
    "hidden-row-and-column": opens(with_openpyxl(hide_all), "hidden_rows", "hidden_columns"),
    "merged-cells": opens(with_openpyxl(merge), "merged_cells", rows=2),
    "protected-sheet": opens(with_openpyxl(protect)),
    "comments": opens(with_openpyxl(comment), "cell_comments"),
    "calendar-of-1904": opens(with_openpyxl(macintosh)),
    "external-links": opens(
        package({"xl/externalLinks/externalLink1.xml": f'<externalLink xmlns="{MAIN}"/>'}), "external_links"
    ),
    "data-connections": opens(package({"xl/connections.xml": "<connections/>"}), "data_connections"),
    "embedded-object": opens(
        package({"xl/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0"}), "embedded_objects"
    ),
    "pictures": opens(package({"xl/media/image1.png": b"\x89PNG"})),
}
