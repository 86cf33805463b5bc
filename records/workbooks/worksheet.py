"""The rows of one worksheet as a stream of typed cells (child process)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from records.cells import ErrorCell, FormulaCell, RawCell
from records.workbooks import limits
from records.workbooks.book import Book
from records.workbooks.coordinates import column_letters, column_number
from records.workbooks.faults import Fault
from records.workbooks.package import Package, SpreadsheetNames, new_parser
from records.workbooks.plain_rows import PlainCell, PlainRows
from records.workbooks.serial_dates import from_serial
from records.workbooks.texts import decode_escapes

_INTEGER = re.compile(r"-?[0-9]{1,25}")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_RANGE_END = re.compile(r"(?:.*:)?\$?[A-Z]+\$?([0-9]{1,7})")
_TRUE = ("1", "true")
_LONGEST_ERROR = 32
_TOO_LARGE = (float("inf"), float("-inf"))

Cells = dict[int, RawCell]


class _ColumnNumbers(dict[str, int]):
    def __missing__(self, letters: str) -> int:
        self[letters] = number = column_number(letters)
        return number


class Worksheet:
    """Iterating gives (row number, {column number: cell}) for each row that holds anything.

    What is known about the rows only on the way stands in `hidden_columns` (pairs of column numbers, complete
    before the first row), `hidden_rows` and `merged` ((range, its last row); complete after the last).
    """

    def __init__(self, package: Package, part: str, title: str, book: Book) -> None:
        self.hidden_columns: list[tuple[int, int]] = []
        self.hidden_rows: list[int] = []
        self.merged: list[tuple[str, int]] = []
        self._package, self._part, self._title, self._book = package, part, title, book
        self._bytes_read = 0
        self._names = SpreadsheetNames()
        self._columns = _ColumnNumbers()
        self._ready: list[tuple[int, Cells]] = []
        self._buffer: list[str] = []
        self._row = 0
        self._row_text = ""
        self._row_is_hidden = False
        self._cells: Cells = {}
        self._column = 0
        self._kind: str | None = None
        self._style: str | None = None
        self._value: str | None = None
        self._formula: str | None = None
        self._inline: list[str] | None = None
        self._in_reading_aid = False
        parser = new_parser(start=self._start, end=self._end, text=self._buffer.append)
        self._rows = PlainRows(parser, self._take_plain_row)

    def __iter__(self) -> Iterator[tuple[int, Cells]]:
        ready = self._ready
        for chunk in self._package.chunks(self._part):
            self._bytes_read += len(chunk)
            self._rows.feed(chunk)
            yield from ready
            ready.clear()
        self._rows.close()
        yield from ready

    @property
    def share(self) -> float:
        """How much of the sheet has been read, 0 to 1: by its bytes, which say it truly whatever the file claims to
        hold (`dimension` counts blank rows, or nothing at all)."""
        return self._bytes_read / (self._package.size(self._part) or 1)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = self._names[name]
        if name == "c":
            self._open_cell(attributes)
        elif name in ("v", "t", "f"):
            self._buffer.clear()
        elif name == "is":
            self._inline = []
        elif name == "row":
            self._open_row(attributes)
        elif name == "rPh":
            self._in_reading_aid = True
        elif name == "col":
            self._note_column(attributes)
        elif name == "mergeCell":
            self._note_merge(attributes.get("ref", ""))
        elif name == "sheetData":
            self._rows.rows_began()

    def _end(self, name: str) -> None:
        name = self._names[name]
        if name == "v":
            self._value = "".join(self._buffer)
        elif name == "c":
            self._close_cell()
        elif name == "t":
            if self._inline is not None and not self._in_reading_aid:
                self._inline.extend(self._buffer)
        elif name == "f":
            self._formula = "=" + decode_escapes("".join(self._buffer))
        elif name == "row":
            self._close_row()
            self._rows.row_ended()
        elif name == "rPh":
            self._in_reading_aid = False

    def _open_row(self, attributes: dict[str, str]) -> None:
        text = attributes.get("r")
        row = self._row + 1 if text is None else int(text)
        if row <= self._row:
            raise Fault("row_order", sheet=self._title, row=str(row))
        self._row, self._row_text = row, str(row)
        self._row_is_hidden = attributes.get("hidden") in _TRUE
        self._cells = {}
        self._column = 0

    def _close_row(self) -> None:
        if self._cells:
            self._ready.append((self._row, self._cells))
            if self._row_is_hidden:
                self.hidden_rows.append(self._row)
            self._cells = {}

    def _take_plain_row(self, row_text: str, found: list[PlainCell]) -> bool:
        """Take a row by the short way; False for anything that has to be refused or looked at twice."""
        row = int(row_text)
        if not self._row < row <= limits.MAX_ROWS:
            return False
        cells: Cells = {}
        before = 0
        for whole, letters, number, style, kind, value, text in found:
            column = self._columns[letters]
            if (
                number != row_text
                or not before < column <= limits.MAX_COLUMNS
                or len(whole) > limits.MAX_TEXT
            ):
                return False
            before = column
            if kind == "inlineStr":
                cell: RawCell = decode_escapes(text)
            elif not value:
                continue
            elif kind == "s":
                cell = self._shared(value)
            else:
                cell = self._number(value, style)
            if cell is not None and cell != "":
                cells[column] = cell
        self._row, self._row_text = row, row_text
        if cells:
            self._ready.append((row, cells))
        return True

    def _open_cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        if reference is None:
            column = self._column + 1
        else:
            # A reference that names another row leaves digits behind, and those are no column.
            column = self._columns[reference.removesuffix(self._row_text)]
        if column <= self._column:
            self._column = column
            raise self._fault("cell_order", sheet=self._title)
        self._column = column
        self._kind = attributes.get("t")
        self._style = attributes.get("s")
        self._value = self._formula = self._inline = None

    def _close_cell(self) -> None:
        if self._value is None and self._formula is None and self._inline is None:
            return
        cell = self._typed()
        if isinstance(cell, str) and len(cell) > limits.MAX_TEXT:
            raise self._fault("long_text", limit=limits.MAX_TEXT)
        if self._formula is not None:
            if len(self._formula) > limits.MAX_TEXT:
                raise self._fault("long_text", limit=limits.MAX_TEXT)
            cell = FormulaCell(self._formula, cell)
        elif cell is None or cell == "":
            return
        if self._row > limits.MAX_ROWS or self._column > limits.MAX_COLUMNS:
            raise self._fault("far_cell")
        self._cells[self._column] = cell

    def _fault(self, code: str, **params: object) -> Fault:
        """A fault of the present cell."""
        return Fault(code, cell=f"{column_letters(self._column)}{self._row}", **params)

    def _typed(self) -> RawCell:
        kind, value = self._kind, self._value
        if kind == "inlineStr":
            return decode_escapes("".join(self._inline or ()))
        if value is None or (not value and kind in (None, "n")):
            return None  # an empty value of a formula is none; only a text may be calculated to be empty
        if kind == "s":
            return self._shared(value)
        if kind is None or kind == "n":
            return self._number(value, self._style)
        if kind == "b":
            return value.strip() in _TRUE
        if kind == "e":
            return ErrorCell(value[:_LONGEST_ERROR])
        if kind == "d":
            return _iso_date(value)
        return decode_escapes(value)

    def _shared(self, value: str) -> str:
        strings = self._book.strings
        if not value.isdecimal() or int(value) >= len(strings):
            raise Fault("broken")
        return strings[int(value)]

    def _number(self, text: str, style: str | None) -> RawCell:
        text = text.strip()
        if _INTEGER.fullmatch(text):
            number: int | float = int(text)
        elif _NUMBER.fullmatch(text) and float(text) not in _TOO_LARGE:
            number = float(text)
        else:
            return text
        if style in self._book.date_styles:
            return from_serial(number, counts_from_1904=self._book.counts_from_1904)
        return number

    def _note_column(self, attributes: dict[str, str]) -> None:
        if attributes.get("hidden") in _TRUE:
            self.hidden_columns.append((int(attributes.get("min", "0")), int(attributes.get("max", "0"))))

    def _note_merge(self, reference: str) -> None:
        match = _RANGE_END.fullmatch(reference)
        if match:
            self.merged.append((reference, int(match[1])))


def _iso_date(text: str) -> RawCell:
    """A date cell of "Strict" files; its text when it is no ISO date."""
    try:
        moment = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return moment.replace(tzinfo=None) if moment.time() != datetime.time.min else moment.date()
