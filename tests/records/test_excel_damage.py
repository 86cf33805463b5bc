"""What Excel does to data, in a real workbook: repaired when certain, marked when not, never silently empty."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from records.cells import ERROR, NOTE, WARNING
from records.columns import HEADERS
from records.rows import INDEX, Row, RowCleaner
from records.workbooks.coordinates import column_letters
from records.workbooks.reader import read_sheet
from tests.workbook_files import date_styles, header_row, package_parts, worksheet, write_package

DATE, TIME = 's="1"', 's="2"'


def number(value: object, style: str = "") -> str:
    return f"<c {style}><v>{value}</v></c>"


def typed(content: str) -> str:
    return f'<c t="inlineStr"><is><t xml:space="preserve">{content}</t></is></c>'


def calculated(formula: str, value: str | None = None, kind: str = "str") -> str:
    cached = "" if value is None else f"<v>{value}</v>"
    return f'<c t="{kind}"><f>{formula}</f>{cached}</c>'


# attribute, the cell as a workbook holds it, what is stored, level and code of what is said about it
DAMAGE = [
    # leading zeros lost
    ("mobile", number("912345678"), "0912-345678", WARNING, "zero_restored"),
    ("mobile", typed("912345678"), "0912-345678", WARNING, "zero_restored"),
    ("phone", number("224622192"), "02-24622192", WARNING, "zero_restored"),
    ("phone", number("24622192"), "24622192", WARNING, "no_area_code"),
    ("student_number", number("957001"), "957001", WARNING, "number_cell"),
    ("postal_code", number("202301"), "202301", None, None),
    # numbers as floats
    ("mobile", number("9.12345678E8"), "0912-345678", WARNING, "zero_restored"),
    ("mobile", number("912345678.0"), "0912-345678", WARNING, "zero_restored"),
    ("mobile", typed("912345678.0"), "0912-345678", WARNING, "zero_restored"),
    ("student_number", typed("10957001.0"), "10957001", None, None),
    ("postal_code", typed("202.0"), "202", None, None),
    ("phone", number("2246.2192"), "", ERROR, "wrong_type"),
    ("enrolment_status", number("21.0"), "21", None, None),
    # scientific notation
    ("mobile", typed("9.12E+08"), "", ERROR, "digits_lost"),
    ("mobile", typed("９．１２Ｅ＋０８"), "", ERROR, "digits_lost"),
    ("mobile", typed("9.12345678E+08"), "0912-345678", WARNING, "scientific"),
    ("mobile", number("9.12E+08"), "0912-000000", WARNING, "rounded"),
    ("mobile", number("8.86912E+11"), "0912-000000", WARNING, "rounded"),
    ("student_number", typed("1.09E+07"), "", ERROR, "digits_lost"),
    ("student_number", typed("1.0957001E+07"), "10957001", WARNING, "scientific"),
    ("serial_number", number("1.23E9"), "1230000000", WARNING, "rounded"),
    ("serial_number", typed("1.23E+09"), "", ERROR, "digits_lost"),
    ("national_id", typed("1.23E+08"), "", ERROR, "digits_lost"),
    ("postal_code", typed("2.02E+05"), "", ERROR, "digits_lost"),
    # dates that became numbers
    ("birth_date", number("32634"), "1989-05-06", None, None),
    ("birth_date", typed("32634"), "1989-05-06", WARNING, "day_number"),
    ("birth_date", number("780506"), "1989-05-06", WARNING, "roc_year"),
    ("birth_date", number("780506", DATE), "1989-05-06", WARNING, "date_format"),
    ("birth_date", number("19890506", DATE), "1989-05-06", None, None),
    ("birth_date", typed("民國78年5月6日"), "1989-05-06", None, None),
    ("birth_date", typed("0780506"), "1989-05-06", None, None),
    ("birth_date", typed("1.99E+07"), "", ERROR, "not_a_date"),
    ("birth_date", number("78.0506"), "", ERROR, "not_a_date"),
    ("birth_date", number("0.5", TIME), "", ERROR, "wrong_type"),
    ("graduation_date", number("1120615", DATE), "2023-06-15", WARNING, "date_format"),
    ("graduation_date", number("11206"), "2023-06", WARNING, "roc_year"),
    ("graduation_date", number("112.6"), "", ERROR, "not_a_date"),
    # numbers and words that became dates
    ("student_number", number("34881", DATE), "", ERROR, "wrong_type"),
    ("mobile", number("32634", DATE), "", ERROR, "wrong_type"),
    ("address", number("45356", DATE), "", ERROR, "wrong_type"),
    ("english_name", number("45356", DATE), "", ERROR, "wrong_type"),
    ("class_name", number("45356", DATE), "", ERROR, "wrong_type"),
    ("class_name", typed("3月1日"), "3月1日", WARNING, "date_like"),
    ("class_name", typed("Mar-01"), "Mar-01", WARNING, "date_like"),
    ("class_name", typed("3-1"), "3-1", None, None),
    # characters
    ("chinese_name", typed("王\u00a0小\u200b明"), "王小明", None, None),
    ("chinese_name", typed("王_x000D__x000A_小明"), "王小明", None, None),
    ("chinese_name", typed("王\ue000明"), "王\ue000明", WARNING, "private_use"),
    ("chinese_name", typed("王\U00020089明"), "王\U00020089明", NOTE, "rare_han"),
    ("chinese_name", typed("王\ufffd明"), "", ERROR, "broken_text"),
    ("chinese_name", typed("王_xD842_明"), "", ERROR, "broken_text"),
    ("address", typed("基隆市_x0007_"), "", ERROR, "control_characters"),
    ("mobile", typed("０９１２－３４５６７８"), "0912-345678", None, None),
    # formulas and errors
    ("chinese_name", calculated("A1", "王小明"), "王小明", WARNING, "formula"),
    ("chinese_name", calculated("A1"), "", ERROR, "formula"),
    ("chinese_name", calculated("A1", "#REF!", "e"), "", ERROR, "formula"),
    ("mobile", calculated("0912-345678", "-344766", "n"), "", ERROR, "formula"),
    ("chinese_name", '<c t="e"><v>#N/A</v></c>', "", ERROR, "error_cell"),
    ("email", '<c t="e"><v>#NAME?</v></c>', "", ERROR, "error_cell"),
    ("class_name", typed("#REF!"), "", ERROR, "error_text"),
    ("sex", '<c t="b"><v>1</v></c>', "", ERROR, "wrong_type"),
]


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """One workbook with a row for each kind of damage, read and cleaned."""
    path: Path = tmp_path_factory.mktemp("damage") / "校友.xlsx"
    rows = "".join(
        f'<row r="{place}">{cell.replace("<c", _place(attribute, place), 1)}</row>'
        for place, (attribute, cell, *_) in enumerate(DAMAGE, start=2)
    )
    write_package(
        path, package_parts(worksheet(header_row(HEADERS) + rows), styles=date_styles("yyyy/m/d", "h:mm"))
    )
    cleaner = RowCleaner(datetime.date(2026, 11, 21))
    sheet = read_sheet(path, headers=HEADERS, required=HEADERS[:1])
    return [cleaner.clean(place, cells) for place, cells in sheet.rows]


def _place(attribute: str, row: int) -> str:
    return f'<c r="{column_letters(INDEX[attribute] + 1)}{row}"'


def test_no_damaged_row_is_lost(damaged):
    assert [row.number for row in damaged] == list(range(2, len(DAMAGE) + 2))


@pytest.mark.parametrize("place", range(len(DAMAGE)), ids=[f"{d[0]}: {d[1]}"[:60] for d in DAMAGE])
def test_damage_is_repaired_marked_or_kept_out(damaged, place):
    attribute, _cell, value, level, code = DAMAGE[place]
    row = damaged[place]
    told = [(remark[1], remark[2]) for remark in row.remarks]
    assert row.value(attribute) == value
    assert (level, code) in told if code else told == []
    if level == ERROR:
        assert row.raw is not None and row.raw[INDEX[attribute]] is not None
