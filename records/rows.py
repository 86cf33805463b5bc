"""One row of a workbook, cleaned: the first half of an import, before anybody is looked for."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .cells import ERROR, NOTE, WARNING, Cleaned, Note, RawCell
from .columns import COLUMNS, SECONDARY
from .encryption import digest
from .values import fold_name, may_show_national_id, sex_of_national_id, shows_national_id

INDEX = {column.attribute: index for index, column in enumerate(COLUMNS)}
_CLEANERS = tuple((index, column.header, column.clean) for index, column in enumerate(COLUMNS))
_SECONDARY = {INDEX[attribute]: secondary for attribute, secondary in SECONDARY.items()}
_ADDRESSES = (INDEX["address"], INDEX["other_address"])
_MAY_LOOK_LIKE_IDS = {INDEX["national_id"], INDEX["serial_number"], INDEX["email"]}
_NOT_FOR_IDS = tuple(index for index in range(len(COLUMNS)) if index not in _MAY_LOOK_LIKE_IDS)
_POSTAL_CODE = INDEX["postal_code"]


def _is_national_id(cell: RawCell) -> bool:
    return isinstance(cell, str) and len(cell) <= _LONGEST_SHAPE and shows_national_id(cell)


def _is_date(cell: RawCell) -> bool:
    return isinstance(cell, datetime.date) or (isinstance(cell, str) and bool(_DATE_SHAPE.fullmatch(cell)))


def _is_address_of_mail(cell: RawCell) -> bool:
    return isinstance(cell, str) and "@" in cell


def _is_mobile(cell: RawCell) -> bool:
    return isinstance(cell, str) and bool(_MOBILE_SHAPE.fullmatch(cell))


# What tells at a glance which column a cell belongs to, and how many cells in the next column make a row slid.
_LONGEST_SHAPE = 40
_DATE_SHAPE = re.compile(r"[0-9]{2,4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}")
_MOBILE_SHAPE = re.compile(r"09[0-9]{2}-?[0-9]{3}-?[0-9]{3}")
_SHAPES: dict[int, Callable[[RawCell], bool]] = {
    INDEX["national_id"]: _is_national_id,
    INDEX["birth_date"]: _is_date,
    INDEX["email"]: _is_address_of_mail,
    INDEX["mobile"]: _is_mobile,
}
_SLID_CELLS = 2
_SHIFTS = {
    1: gettext_lazy("本列自「%(header)s」起的資料像是往右移了一欄，整列沒有匯入；請對齊欄位後重新上傳。"),
    -1: gettext_lazy("本列自「%(header)s」起的資料像是往左移了一欄，整列沒有匯入；請對齊欄位後重新上傳。"),
}

Remark = tuple[str, str, str, str]  # (header or "", level, code, sentence)


@dataclass(slots=True)
class Row:
    """`values` are canonical texts in column order; `raw` is kept only where there is something to look at."""

    number: int
    values: list[str]
    extra: dict[str, str] = field(default_factory=dict)
    raw: list[RawCell] | None = None
    remarks: list[Remark] = field(default_factory=list)

    def value(self, attribute: str) -> str:
        return self.values[INDEX[attribute]]

    def is_rejected(self, attribute: str) -> bool:
        header = COLUMNS[INDEX[attribute]].header
        return any(remark[0] == header and remark[1] == ERROR for remark in self.remarks)

    @property
    def digest(self) -> str:
        national_id = self.value("national_id")
        return digest(national_id) if national_id else ""

    @property
    def name_key(self) -> str:
        return fold_name(self.value("chinese_name"))


# Columns whose values repeat in a file: each is cleaned once, all others are too many to remember.
_REPEATING = frozenset(
    INDEX[attribute]
    for attribute in (
        "sex",
        "country",
        "city",
        "postal_code",
        "programme",
        "graduation_date",
        "enrolment_status",
        "current_identity",
        "class_name",
        "accepts_messages",
    )
)


# Of these types no two cells are equal that are read differently, as 1 and TRUE are.
_REMEMBERED = frozenset({str, datetime.date})


class RowCleaner:
    """Cleans the rows of one file, all as of the same day."""

    def __init__(self, today: datetime.date) -> None:
        self._today = today
        self._seen: dict[int, dict[str | datetime.date, Cleaned]] = {index: {} for index in _REPEATING}

    def clean(self, number: int, cells: Sequence[RawCell]) -> Row:
        """Clean every cell of a row (cells in column order)."""
        row = self._read(number, cells)
        misplaced = _misplaced_ids(row.values)
        if misplaced:
            row = self._read(number, cells, misplaced)
        _move_postal_code(row)
        _compare_sex(row)
        if row.remarks:
            row.raw = list(cells)
            _keep_shifted_out(row, cells)
        return row

    def _read(self, number: int, cells: Sequence[RawCell], misplaced: Collection[int] = ()) -> Row:
        values: list[str] = []
        row = Row(number, values)
        for index, header, clean in _CLEANERS:
            cell = cells[index]
            if cell is None:
                values.append("")
                continue
            seen = self._seen.get(index)
            if seen is not None and type(cell) in _REMEMBERED:
                cleaned = seen.get(cell)
                if cleaned is None:
                    cleaned = seen[cell] = clean(cell, today=self._today)
            else:
                cleaned = clean(cell, today=self._today)
            value, notes, rest = cleaned
            if index in misplaced:
                sentence = _("這一欄出現身分證字號，請檢查欄位是否錯置。")
                value, notes, rest = "", (*notes, Note(ERROR, "misplaced_national_id", sentence)), ""
            values.append(value)
            if notes:
                row.remarks += [(header, *note) for note in notes]
            if rest:
                _keep_rest(row, index, rest)
        return row


def _misplaced_ids(values: list[str]) -> list[int]:
    """The columns in which an ID stands that does not belong there: it stays in its own column or nowhere. The row is
    looked through at once, and cell by cell only where something looks like an ID."""
    if not may_show_national_id("|".join(values[index] for index in _NOT_FOR_IDS)):
        return []
    return [index for index in _NOT_FOR_IDS if len(values[index]) >= 10 and shows_national_id(values[index])]


def _keep_rest(row: Row, index: int, rest: str) -> None:
    secondary = _SECONDARY.get(index)
    if secondary:
        row.extra[secondary] = ", ".join(filter(None, (row.extra.get(secondary), rest)))
    elif index in _ADDRESSES:
        row.extra.setdefault("postal_code", rest)


def _keep_shifted_out(row: Row, cells: Sequence[RawCell]) -> None:
    """A row whose cells slid sideways is kept out as a whole: what still fits its column there is right by chance."""
    if not any(remark[1] == ERROR for remark in row.remarks):
        return
    for offset, sentence in _SHIFTS.items():
        slid = [
            index
            for index, has_shape in _SHAPES.items()
            if has_shape(cells[index + offset]) and not has_shape(cells[index])
        ]
        if len(slid) >= _SLID_CELLS:
            row.values[:] = [""] * len(row.values)
            row.extra.clear()
            told = str(sentence) % {"header": COLUMNS[slid[0]].header}
            row.remarks[:] = [(COLUMNS[INDEX["chinese_name"]].header, ERROR, "shifted_columns", told)]


def _move_postal_code(row: Row) -> None:
    """A code in front of an address fills the empty cell beside it."""
    code = row.extra.pop("postal_code", "")
    if code and not row.values[_POSTAL_CODE]:
        row.values[_POSTAL_CODE] = code
        row.remarks.append(
            (COLUMNS[_POSTAL_CODE].header, NOTE, "postal_code_moved", _("郵遞區號取自住址開頭。"))
        )


def _compare_sex(row: Row) -> None:
    told = row.value("sex")
    implied = sex_of_national_id(row.value("national_id")) if told else ""
    if told and implied and told != implied:
        row.remarks.append(("性別", WARNING, "sex_and_id_differ", _("性別與身分證字號第二碼不符，請確認。")))
