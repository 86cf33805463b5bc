"""Which sheet and which row of it carry the headers, and what is worth saying about that (child process)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from records.workbooks import limits
from records.workbooks.book import Book
from records.workbooks.coordinates import column_letters
from records.workbooks.faults import Fault
from records.workbooks.headers import HeaderRow, match_headers
from records.workbooks.listing import Listing, looks_like_headers, looks_personal
from records.workbooks.package import Package
from records.workbooks.texts import printable
from records.workbooks.worksheet import Cells, Worksheet

# How many examples a remark names, and how much of each.
_EXAMPLES = 10
_EXAMPLE_LENGTH = 30

# What else a package may hold: named, and never opened.
_UNREAD = {
    "external_links": ("xl/externallinks/",),
    "data_connections": ("xl/connections.xml", "xl/querytables/"),
    "embedded_objects": ("xl/embeddings/",),
    "cell_comments": ("xl/comments", "xl/threadedcomments/"),
}

Remark = tuple[str, dict[str, object]]


@dataclass(slots=True)
class Selection:
    """A sheet with its header row and what stands below, which has not been read yet but for the first row."""

    title: str
    worksheet: Worksheet
    header_row: HeaderRow
    header_number: int
    listing: Listing
    rows: Iterator[tuple[int, Cells]]
    has_rows: bool
    other_sheets: list[str] = field(default_factory=list)
    hidden_sheets: list[str] = field(default_factory=list)
    contents: list[str] = field(default_factory=list)

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
        return [*spoken, *((code, {}) for code in self.contents)]

    def closing_remarks(self) -> list[Remark]:
        """What is known only after the last row."""
        remarks: list[Remark] = []
        hidden = [number for number in self.worksheet.hidden_rows if number > self.header_number]
        if hidden:
            remarks.append(("hidden_rows", {"count": len(hidden), "rows": hidden[:_EXAMPLES]}))
        merged = [reference for reference, last in self.worksheet.merged if last > self.header_number]
        if merged:
            remarks.append(("merged_cells", {"ranges": _examples(merged)}))
        for code, rows in (
            ("summary_rows", self.listing.summaries),
            ("repeated_headers", self.listing.repeated),
        ):
            if rows:
                remarks.append((code, {"count": len(rows), "rows": rows[:_EXAMPLES]}))
        if self.listing.headless:
            letters = [column_letters(column) for column in sorted(self.listing.headless)]
            remarks.append(("headless_columns", {"columns": _examples(letters)}))
        return remarks


def _examples(texts: Sequence[str]) -> list[str]:
    shown = [printable(text, _EXAMPLE_LENGTH) for text in texts[:_EXAMPLES]]
    return [*shown, "…"] if len(texts) > _EXAMPLES else shown


def select_sheet(
    package: Package, book: Book, *, headers: Sequence[str], required: Sequence[str], ignored: Sequence[str]
) -> Selection:
    """The visible sheet with all required headers in one of its first rows and with rows below them.

    Raises Fault if there is none, or more than one that has rows: which one is meant, only a person knows.
    """
    listed = [sheet for sheet in book.sheets if sheet.title not in limits.RESERVED_SHEETS]
    visible = [sheet for sheet in listed if not sheet.is_hidden]
    if not visible:
        raise Fault("no_sheet")
    search = _Search(headers, required, ignored)
    found = [
        selection
        for sheet in visible
        if (selection := search.in_sheet(Worksheet(package, sheet.part, sheet.title, book), sheet.title))
    ]
    filled = [selection for selection in found if selection.has_rows]
    if len(filled) > 1:
        raise Fault("several_sheets", sheets=_examples([selection.title for selection in filled]))
    if not found:
        raise search.failure()
    chosen = (filled or found)[0]
    chosen.other_sheets = [sheet.title for sheet in visible if sheet.title != chosen.title]
    chosen.hidden_sheets = [sheet.title for sheet in listed if sheet.is_hidden]
    chosen.contents = [code for code, folders in _UNREAD.items() if any(map(package.holds, folders))]
    return chosen


class _Search:
    """Looks for the headers in the first rows of one sheet after the other, and knows what came nearest."""

    def __init__(self, headers: Sequence[str], required: Sequence[str], ignored: Sequence[str]) -> None:
        self._headers, self._required, self._ignored = headers, required, ignored
        self._nearest: tuple[str, int, HeaderRow] | None = None
        self._personal: tuple[str, int] | None = None
        self._foreign: tuple[str, int, HeaderRow] | None = None  # headers of another list, by their looks

    def in_sheet(self, worksheet: Worksheet, title: str) -> Selection | None:
        rows = iter(worksheet)
        for number, cells in rows:
            if number > limits.HEADER_SEARCH_ROWS:
                break
            row = match_headers(cells, headers=self._headers, ignored=self._ignored)
            if not row.missing(self._required):
                _check_doubled(row, title, number)
                if self._personal and self._personal[0] == title:
                    raise self._rows_above_headers()
                listing = Listing(rows, cells)
                below = iter(listing)
                first = list(islice(below, 1))
                return Selection(title, worksheet, row, number, listing, chain(first, below), bool(first))
            self._note(row, cells, title, number)
        return None

    def _note(self, row: HeaderRow, cells: Cells, title: str, number: int) -> None:
        if len(row.columns) > (len(self._nearest[2].columns) if self._nearest else 0):
            self._nearest = title, number, row
        if self._personal is None and looks_personal(cells):
            self._personal = title, number
        elif self._personal is None and looks_like_headers(cells):
            self._foreign = title, number, row

    def failure(self) -> Fault:
        """Why no sheet will do, from what came nearest."""
        required = list(self._required)
        if self._foreign and self._foreign[2].unknown:
            title, number, row = self._foreign
            found, missing = _examples(row.unknown), row.missing(required)
            return Fault("other_headers", sheet=title, row=str(number), found=found, missing=missing)
        if self._nearest and (len(self._nearest[2].columns) > 1 or not self._personal):
            title, number, row = self._nearest
            return Fault("missing_headers", sheet=title, row=str(number), missing=row.missing(required))
        if self._personal:
            return self._rows_above_headers()
        return Fault("no_header_row", rows=limits.HEADER_SEARCH_ROWS, required=required)

    def _rows_above_headers(self) -> Fault:
        title, number = self._personal or ("", 0)
        return Fault("no_headers_above_rows", sheet=title, row=str(number), required=list(self._required))


def _check_doubled(row: HeaderRow, title: str, number: int) -> None:
    if row.doubled:
        places = [
            f"{header}（{'、'.join(column_letters(column) for column in columns)} 欄）"
            for header, columns in row.doubled.items()
        ]
        raise Fault("doubled_headers", sheet=title, row=str(number), doubled=places)
