"""Which sheet and which row of it carry the headers, and what is worth saying about that (child process)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from records.workbooks import limits
from records.workbooks.book import Book
from records.workbooks.coordinates import column_letters
from records.workbooks.faults import Fault
from records.workbooks.headers import HeaderRow, match_headers
from records.workbooks.package import Package
from records.workbooks.texts import printable
from records.workbooks.worksheet import Cells, Worksheet

# How many examples a remark names, and how much of each.
_EXAMPLES = 10
_EXAMPLE_LENGTH = 30

Remark = tuple[str, dict[str, object]]


@dataclass(slots=True)
class Selection:
    """The chosen sheet, its header row, and the rows below it, which have not been read yet."""

    title: str
    worksheet: Worksheet
    header_row: HeaderRow
    header_number: int
    rows: Iterator[tuple[int, Cells]]
    other_sheets: list[str]
    hidden_sheets: list[str]

    def opening_remarks(self, headers: Sequence[str]) -> list[Remark]:
        """What is known before the rows are read."""
        hidden = [
            header
            for header, column in self.header_row.columns.items()
            if any(first <= column <= last for first, last in self.worksheet.hidden_columns)
        ]
        remarks: list[tuple[str, list[str], dict[str, object]]] = [
            ("unknown_headers", self.header_row.unknown, {"unknown": _examples(self.header_row.unknown)}),
            ("missing_headers", missing := self.header_row.missing(headers), {"missing": missing}),
            ("hidden_columns", hidden, {"hidden": hidden}),
            ("hidden_sheets", self.hidden_sheets, {"hidden": _examples(self.hidden_sheets)}),
            (
                "other_sheets",
                self.other_sheets,
                {"sheet": self.title, "others": _examples(self.other_sheets)},
            ),
        ]
        spoken = [(code, params) for code, occasion, params in remarks if occasion]
        if self.header_number > 1:
            spoken.insert(0, ("header_row", {"row": self.header_number}))
        return spoken

    def closing_remarks(self) -> list[Remark]:
        """What is known only after the last row."""
        remarks: list[Remark] = []
        hidden = [number for number in self.worksheet.hidden_rows if number > self.header_number]
        if hidden:
            remarks.append(("hidden_rows", {"count": len(hidden), "rows": hidden[:_EXAMPLES]}))
        merged = [reference for reference, last in self.worksheet.merged if last > self.header_number]
        if merged:
            remarks.append(("merged_cells", {"ranges": _examples(merged)}))
        return remarks


def _examples(texts: Sequence[str]) -> list[str]:
    shown = [printable(text, _EXAMPLE_LENGTH) for text in texts[:_EXAMPLES]]
    return [*shown, "…"] if len(texts) > _EXAMPLES else shown


def select_sheet(
    package: Package, book: Book, *, headers: Sequence[str], required: Sequence[str], ignored: Sequence[str]
) -> Selection:
    """The first visible sheet with all required headers in one of its first rows; raises Fault if none."""
    visible = [
        sheet for sheet in book.sheets if not sheet.is_hidden and sheet.title not in limits.RESERVED_SHEETS
    ]
    hidden = [
        sheet.title for sheet in book.sheets if sheet.is_hidden and sheet.title not in limits.RESERVED_SHEETS
    ]
    if not visible:
        raise Fault("no_sheet")
    nearest: tuple[str, int, HeaderRow] | None = None
    for sheet in visible:
        worksheet = Worksheet(package, sheet.part, sheet.title, book)
        rows = iter(worksheet)
        for number, cells in rows:
            if number > limits.HEADER_SEARCH_ROWS:
                break
            row = match_headers(cells, headers=headers, ignored=ignored)
            if not row.missing(required):
                _check_doubled(row, sheet.title, number)
                others = [other.title for other in visible if other is not sheet]
                return Selection(sheet.title, worksheet, row, number, rows, others, hidden)
            if len(row.columns) > (len(nearest[2].columns) if nearest else 0):
                nearest = sheet.title, number, row
    raise _no_header_row(nearest, required)


def _check_doubled(row: HeaderRow, title: str, number: int) -> None:
    if row.doubled:
        places = [
            f"{header}（{'、'.join(column_letters(column) for column in columns)} 欄）"
            for header, columns in row.doubled.items()
        ]
        raise Fault("doubled_headers", sheet=title, row=str(number), doubled=places)


def _no_header_row(nearest: tuple[str, int, HeaderRow] | None, required: Sequence[str]) -> Fault:
    if nearest is None:
        return Fault("no_header_row", rows=limits.HEADER_SEARCH_ROWS, required=list(required))
    title, number, row = nearest
    return Fault("missing_headers", sheet=title, row=str(number), missing=row.missing(required))
