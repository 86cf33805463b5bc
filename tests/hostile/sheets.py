"""Sheets that Excel would not write, and workbooks in which nobody can tell what is meant."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook

from tests.hostile.case import GOOD, GOOD_ROWS, Case, in_a2, package, rows, sheet
from tests.workbook_files import HEADERS, MAIN, header_row, text, worksheet, write_with_openpyxl

_PERSON = ("王小明", "A100000001", "1989-05-06", "ming@example.com", "0912-345678")
_LONG = "長" * 200_001
_SHARED_BY_ALL = "".join(
    f'<row r="{row}">{"".join(f"""<c r="{letter}{row}" t="s"><v>0</v></c>""" for letter in "ABCDE")}</row>'
    for row in range(2, 102)
)


def sheets(**named: list[tuple[str, ...]]):
    """A workbook of sheets by title, each with its rows."""
    return lambda path: write_with_openpyxl(path, named)


def hidden(state: str):
    """A workbook whose only sheet with data is hidden."""

    def make(path: Path) -> None:
        workbook = Workbook()
        workbook.active.title = "說明"
        data = workbook.create_sheet("校友")
        data.append(HEADERS)
        data.append(_PERSON)
        data.sheet_state = state
        workbook.save(path)

    return make


def chart_only(path: Path) -> None:
    workbook = Workbook()
    workbook.create_chartsheet("圖表")
    workbook.remove(workbook.worksheets[0])
    workbook.save(path)


CASES = {
    "cell-in-the-last-place": Case(
        rows(f'<row r="1048576">{text("XFD1048576", "x")}</row>'), "far_cell", "XFD1048576"
    ),
    "cell-too-low": Case(rows(f'<row r="200001">{text("A200001", "x")}</row>'), "far_cell", "A200001"),
    "cell-too-far-right": Case(in_a2(text("GS2", "x")), "far_cell", "GS2"),
    "cell-beyond-excel": Case(rows(f'<row r="{10**30}">{text("", "x")}</row>'), "far_cell"),
    "cell-name-of-5000-letters": Case(in_a2(text("A" * 5000 + "2", "x")), "broken"),
    "cell-of-another-row": Case(in_a2(text("A3", "x")), "broken"),
    "cell-in-row-0": Case(in_a2(text("A0", "x")), "broken"),
    "cell-without-a-column": Case(in_a2(text("2", "x")), "broken"),
    "cell-doubled": Case(in_a2(text("A2", "x") + text("A2", "y")), "cell_order", "A2"),
    "cells-out-of-order": Case(in_a2(text("B2", "x") + text("A2", "y")), "cell_order", "A2"),
    "row-doubled": Case(rows(f'<row r="2">{text("A2", "x")}</row>' * 2), "row_order", "第 2 列"),
    "row-before-the-first": Case(rows('<row r="-2"/>'), "row_order"),
    "row-of-letters": Case(rows('<row r="x"/>'), "broken"),
    "row-of-5000-digits": Case(rows(f'<row r="{"9" * 5000}"/>'), "broken"),
    "shared-text-beyond-the-last": Case(
        in_a2('<c r="A2" t="s"><v>1</v></c>', strings=f'<sst xmlns="{MAIN}"><si><t>x</t></si></sst>'),
        "broken",
    ),
    "shared-text-before-the-first": Case(in_a2('<c r="A2" t="s"><v>-1</v></c>'), "broken"),
    "shared-text-of-5000-digits": Case(in_a2(f'<c r="A2" t="s"><v>{"9" * 5000}</v></c>'), "broken"),
    "text-too-long": Case(in_a2(text("A2", _LONG)), "long_text", "A2"),
    "formula-too-long": Case(in_a2(f'<c r="A2"><f>{"1+" * 100_001}</f></c>'), "long_text", "A2"),
    "text-that-multiplies": Case(
        rows(_SHARED_BY_ALL, strings=f'<sst xmlns="{MAIN}"><si><t>{"長" * 190_000}</t></si></sst>'),
        "too_big_unpacked",
    ),
    "sheet-of-nothing": Case(sheet(worksheet("")), "no_header_row", "身分證字號"),
    "no-sheets": Case(package(workbook=f'<workbook xmlns="{MAIN}"/>'), "no_sheet", "請把資料"),
    "chart-only": Case(chart_only, "no_sheet"),
    "hidden-only": Case(hidden("hidden"), "no_sheet"),
    "very-hidden-only": Case(hidden("veryHidden"), "no_sheet"),
    "help-only": Case(sheets(說明=[HEADERS], 範例=[HEADERS]), "no_sheet"),
    "no-headers": Case(sheets(資料=[_PERSON, _PERSON]), "no_headers_above_rows", "「資料」第 1 列"),
    "no-headers-but-a-title": Case(
        sheets(資料=[("中文姓名",), _PERSON]), "no_headers_above_rows", "「資料」第 2 列"
    ),
    "rows-above-the-headers": Case(
        sheets(資料=[_PERSON, HEADERS, _PERSON]), "no_headers_above_rows", "「資料」第 1 列"
    ),
    "headers-too-low": Case(sheets(資料=[*[("x",)] * 10, HEADERS, _PERSON]), "no_header_row", "前 10 列"),
    "headers-missing": Case(
        sheets(資料=[("名冊",), ("中文姓名", "生日", "行動電話"), _PERSON]),
        "missing_headers",
        "「資料」第 2 列的標題缺少必要的欄位：身分證字號、電子郵件",
    ),
    "headers-of-another-list": Case(
        sheets(資料=[("名冊",), ("姓名", "ID", "出生年月日", "電子郵件"), _PERSON]),
        "other_headers",
        "「資料」第 2 列的欄名與範本不同（姓名、ID、出生年月日），缺少必要的欄位：中文姓名、身分證字號、生日；",
    ),
    "a-row-without-an-id-is-no-header": Case(
        sheets(資料=[("王小明", "男", "基隆市中正區北寧路2號", "0912345678"), _PERSON]),
        "no_headers_above_rows",
        "「資料」第 2 列",
    ),
    "headers-doubled": Case(
        sheets(資料=[(*HEADERS, "生日（必填）", "x", "生日")]), "doubled_headers", "生日（C、F、H 欄）"
    ),
    "two-sheets-with-rows": Case(
        sheets(封面=[("名冊",)], 上學期=[HEADERS, _PERSON], 下學期=[HEADERS, _PERSON]),
        "several_sheets",
        "上學期、下學期",
    ),
    "broken-second-sheet": Case(sheet(GOOD.replace("</sheetData>", "<row")), "broken"),
    "good-rows-then-broken": Case(sheet(f'<worksheet xmlns="{MAIN}"><sheetData>{GOOD_ROWS}'), "broken"),
    "headers-again-and-again": Case(sheet(worksheet(header_row() + header_row())), "row_order"),
}
