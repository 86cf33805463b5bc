"""The same made-up people as the registrar's own system writes them: other headers and order, codes, ROC dates."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator

from records.cells import RawCell
from records.synthetic.layout import Cell, Row
from records.synthetic.studies import ROC_OFFSET, academic_year, programmes

_SUFFIX_OF_LEVEL = ("進修學士班", "碩士在職專班", "學士班", "碩士班", "博士班")
# What our list calls otherwise.
_STATUS_WORDS = {"21-畢業": "應屆畢業"}


def _text(row: Row, cell: Cell) -> str:
    value = row[cell]
    return "" if value is None else str(value)


def _roc(row: Row, cell: Cell, *, day: bool) -> RawCell:
    date = row[cell]
    if not isinstance(date, datetime.date):
        return date
    year = f"{date.year - ROC_OFFSET:03d}{date.month:02d}"
    return f"{year}{date.day:02d}" if day else year


def _term(row: Row) -> RawCell:
    date = row[Cell.GRADUATION_DATE]
    if not isinstance(date, datetime.date):
        return None
    return f"{academic_year(date)}{1 if date.month in (1, 8, 9, 10, 11, 12) else 2}"


def _programme_part(row: Row, *, is_level: bool) -> RawCell:
    """系所名稱 and 學制 are two columns there."""
    name = _text(row, Cell.PROGRAMME)
    suffix = next((suffix for suffix in _SUFFIX_OF_LEVEL if name.endswith(suffix)), "")
    return (suffix if is_level else name.removesuffix(suffix)) or None


def _department_code(row: Row) -> RawCell:
    name = _text(row, Cell.PROGRAMME)
    return next((programme.code for programme in programmes() if programme.name == name), None)


def _phone_part(row: Row, *, is_area: bool) -> RawCell:
    area, hyphen, number = _text(row, Cell.PHONE).partition("-")
    if not hyphen:
        return None if is_area else area or None
    return area if is_area else number


def _same(cell: Cell) -> Callable[[Row], RawCell]:
    return lambda row: row[cell]


_COLUMNS: dict[str, Callable[[Row], RawCell]] = {
    "學年期": _term,
    "系所代碼": _department_code,
    "系所名稱": lambda row: _programme_part(row, is_level=False),
    "學制": lambda row: _programme_part(row, is_level=True),
    "班級名稱": _same(Cell.CLASS_NAME),
    "學生學號": _same(Cell.STUDENT_NUMBER),
    "姓  名": _same(Cell.CHINESE_NAME),
    "護照英文姓名": _same(Cell.ENGLISH_NAME),
    "身份證號": _same(Cell.NATIONAL_ID),
    "性別代碼": lambda row: {"男": 1, "女": 2}.get(_text(row, Cell.SEX), row[Cell.SEX]),
    "出生日期": lambda row: _roc(row, Cell.BIRTH_DATE, day=True),
    "學籍狀態": lambda row: _STATUS_WORDS.get(_text(row, Cell.ENROLMENT_STATUS), row[Cell.ENROLMENT_STATUS]),
    "畢業年月": lambda row: _roc(row, Cell.GRADUATION_DATE, day=False),
    "電話區碼": lambda row: _phone_part(row, is_area=True),
    "住家電話": lambda row: _phone_part(row, is_area=False),
    "手機": _same(Cell.MOBILE),
    "E-mail": _same(Cell.EMAIL),
    "郵遞區號": _same(Cell.POSTAL_CODE),
    "通訊地址": _same(Cell.ADDRESS),
    "戶籍地址": _same(Cell.OTHER_ADDRESS),
    "畢業資格審查": lambda _row: "通過",
}
RAW_HEADERS = tuple(_COLUMNS)


def raw_rows(rows: Iterator[Row]) -> Iterator[list[RawCell]]:
    """Rows of `make_rows` in the order of RAW_HEADERS. Country, city and current identity are not in that file."""
    for row in rows:
        yield [value(row) for value in _COLUMNS.values()]
