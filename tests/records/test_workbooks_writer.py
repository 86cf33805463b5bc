"""Writing workbooks: everything written reads back unchanged, and nothing typed becomes a formula."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from records.cells import ErrorCell, FormulaCell, RawCell
from records.workbooks.reader import read_sheet
from records.workbooks.writer import MARK_HEADER, REASON_HEADER, ReturnedRow, write_returned, write_sheet
from tests.workbook_files import HEADERS, REQUIRED

TEXTS_LIKE_FORMULAS = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1+1", "＝1+1", '=HYPERLINK("x")', "'=1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.xlsx"


def read_back(path: Path, headers: Sequence[str] = HEADERS) -> list[tuple[int, list[RawCell]]]:
    return list(read_sheet(path, headers=headers, required=headers[:1]).rows)


def round_trip(path: Path, value: RawCell, **options) -> RawCell:
    """What one value is after it was written and read."""
    write_sheet(path, headers=["a", "b"], rows=[["x", value]], **options)
    return read_back(path, ["a", "b"])[0][1][1]


@pytest.mark.parametrize(
    "value",
    [
        *TEXTS_LIKE_FORMULAS,
        "王小明",
        "00957050",
        "a\nb\tc",
        "a\r\nb",
        " 空白 ",
        "a&b<c>]]>\"'",
        "\x00\x0b\x1f\x7f\x85",
        "_x000D_",
        "_x005F_x000D_",
        "_x0041_x0042_",
        "\ud800x\udfff",
        "\ufffe\uffff",
        "𠮷野家",
        "\ue000",
        "長" * 32_767,
        0,
        957001,
        -5,
        912345678901234567,
        1.5,
        1e300,
        True,
        False,
        datetime.date(1989, 5, 6),
        datetime.date(1900, 1, 1),
        datetime.date(1900, 2, 28),
        datetime.date(1900, 3, 1),
        datetime.date(9999, 12, 31),
        datetime.datetime(1989, 5, 6, 7, 8, 9),
        datetime.datetime(9999, 12, 31, 23, 59, 59),
        datetime.time(7, 8, 9),
        ErrorCell("#N/A"),
        ErrorCell("#DIV/0!"),
        None,
    ],
)
def test_a_value_reads_back_as_it_was(path, value):
    read_value = round_trip(path, value)
    assert read_value == value
    assert type(read_value) is type(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (FormulaCell("=1+1", 2), "=1+1"),
        (float("inf"), "inf"),
        (datetime.date(1899, 12, 31), "1899-12-31"),
        (datetime.datetime(1850, 1, 2, 3, 4), "1850-01-02 03:04:00"),
        (ErrorCell("#奇怪"), "#奇怪"),
    ],
)
def test_what_excel_has_no_type_for_is_written_as_text(path, value, text):
    assert round_trip(path, value) == text


@pytest.mark.parametrize(
    "cell",
    [
        FormulaCell("=1+1", 2),
        FormulaCell('="<&"', "<&"),
        FormulaCell("=TODAY()", datetime.date(2026, 11, 21)),
        FormulaCell("=1/0", ErrorCell("#DIV/0!")),
        FormulaCell("=A1", None),
    ],
)
def test_a_formula_is_live_only_on_demand(path, cell):
    assert round_trip(path, cell, formulas=True) == cell


@settings(
    max_examples=25, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.text(st.characters(), min_size=1), min_size=1, max_size=20))
def test_any_text_reads_back_unchanged(path, texts):
    write_sheet(path, headers=["a", "b"], rows=[["x", text] for text in texts])
    assert [row[1] for _, row in read_back(path, ["a", "b"])] == [_joined(text) for text in texts]


def _joined(text: str) -> str:
    """Two halves of a surrogate pair that happen to meet are one character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def test_a_second_program_sees_text_and_not_formulas(path):
    write_sheet(path, headers=HEADERS, rows=[[text, *[None] * 4] for text in TEXTS_LIKE_FORMULAS])
    sheet = load_workbook(path).active
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == list(TEXTS_LIKE_FORMULAS)
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert {cell.number_format for cell in cells} == {"@"}


def test_the_sheet_is_ready_for_work(path):
    assert (
        write_sheet(path, headers=HEADERS, rows=[["王小明", "x", None, "y" * 30, 5]], title="校友/名冊") == 1
    )
    workbook = load_workbook(path)
    sheet = workbook.active
    assert workbook.sheetnames == ["校友_名冊"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:E2"
    assert all(cell.font.bold for cell in sheet[1])
    assert sheet.column_dimensions["D"].width > sheet.column_dimensions["E"].width >= 10
    # What is typed below the last row is text as well and keeps its leading zeros.
    assert sheet.column_dimensions["C"].number_format == "@"
    assert sheet["E2"].number_format == "General"


def test_a_text_that_excel_could_not_hold_ends_with_a_remark(path):
    shortened = round_trip(path, "𠮷" * 20_000)
    assert shortened.endswith("…（內容過長，以下省略）")
    assert len(shortened.encode("utf-16-le")) // 2 <= 32_767


def test_a_sheet_without_rows_is_a_sheet(path):
    assert write_sheet(path, headers=HEADERS, rows=[]) == 0
    assert read_back(path) == []


def test_a_stream_can_be_the_target_and_the_same_rows_make_the_same_file(path):
    rows = [["王小明", "x", datetime.date(1989, 5, 6), None, 3]] * 300
    first, second = io.BytesIO(), io.BytesIO()
    write_sheet(first, headers=HEADERS, rows=rows)
    write_sheet(second, headers=HEADERS, rows=iter(rows))
    assert first.getvalue() == second.getvalue()
    path.write_bytes(first.getvalue())
    assert len(read_back(path)) == 300


def test_a_file_that_was_not_finished_does_not_exist(path):
    path.write_bytes(b"old")

    def rows():
        yield ["x"] * 5
        raise ConnectionError

    with pytest.raises(ConnectionError):
        write_sheet(path, headers=HEADERS, rows=rows())
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_a_row_that_does_not_fit_the_headers_is_a_mistake_of_the_program(path):
    with pytest.raises(ValueError):
        write_sheet(path, headers=HEADERS, rows=[["x"] * 6])


def test_returned_rows_carry_their_cells_marks_and_reason(path):
    rows = [
        ReturnedRow(
            ["王小明", "A123", None, FormulaCell("=1", 1), 912345678], {1, 2}, "身分證字號的檢查碼不符"
        ),
        ReturnedRow([datetime.date(1989, 5, 6), ErrorCell("#N/A")], [0], "=原因", "1-2-0123abcd"),
    ]
    assert write_returned(path, headers=HEADERS, rows=rows) == 2
    sheet = read_sheet(
        path, headers=HEADERS, required=REQUIRED, ignored=[REASON_HEADER], optional=[MARK_HEADER]
    )
    assert [cells for _, cells in sheet.rows] == [
        ["王小明", "A123", None, "=1", 912345678, None],
        [datetime.date(1989, 5, 6), ErrorCell("#N/A"), None, None, None, "1-2-0123abcd"],
    ]
    assert sheet.notes == []
    seen = load_workbook(path).active
    assert [cell.value for cell in seen["F"]] == [REASON_HEADER, "身分證字號的檢查碼不符", "=原因"]
    marked = {
        cell.coordinate for row in seen.iter_rows(min_row=2) for cell in row if cell.fill.fill_type == "solid"
    }
    assert marked == {"B2", "C2", "A3"}
    assert seen["A3"].is_date
