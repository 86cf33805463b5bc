"""Reading a sheet whose headers nobody has told: which row they stand in, and the first rows (child process)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from records.cells import ErrorCell, FormulaCell, RawCell
from records.workbooks import limits
from records.workbooks.book import Book
from records.workbooks.faults import Fault
from records.workbooks.headers import header_text, tidy
from records.workbooks.package import Package
from records.workbooks.worksheet import Cells, Worksheet

# A row with fewer texts is a title or a remark, no row of headers.
_FEWEST_HEADERS = 3


@dataclass(slots=True)
class _Candidate:
    """A row that may hold the headers; the more known ones it has, and then the more texts, the likelier."""

    likelihood: tuple[int, int]
    sheet: str
    number: int
    headers: dict[int, str]
    rows: Iterator[tuple[int, Cells]]


def explore(
    package: Package, book: Book, *, known: Collection[str], sample: int
) -> Iterator[dict[str, object] | list[object]]:
    """Messages: {"sheet", "row", "headers"}, then up to `sample` rows below, then their number. Raises Fault."""
    folded = {tidy(header) for header in known}
    found = [
        candidate
        for sheet in book.sheets
        if not sheet.is_hidden and sheet.title not in limits.RESERVED_SHEETS
        if (candidate := _likeliest(Worksheet(package, sheet.part, sheet.title, book), sheet.title, folded))
    ]
    if not found:
        raise Fault("no_headers", rows=limits.HEADER_SEARCH_ROWS)
    best = max(found, key=lambda candidate: candidate.likelihood)  # of equal ones the first
    headers = list(best.headers.values())
    yield {"sheet": _shortened(best.sheet), "row": best.number, "headers": headers}
    count = 0
    for number, cells in islice(best.rows, sample):
        count += 1
        yield [number, [_shortened(cells.get(column)) for column in best.headers]]
    yield {"rows": count, "notes": []}


def _likeliest(worksheet: Worksheet, title: str, known: Collection[str]) -> _Candidate | None:
    """The row among the first ones of a sheet that looks most like headers; of equal ones the first."""
    rows = iter(worksheet)
    first: list[tuple[int, Cells]] = []
    for number, cells in rows:
        first.append((number, cells))
        if number >= limits.HEADER_SEARCH_ROWS:
            break
    best: _Candidate | None = None
    for place, (number, cells) in enumerate(first):
        if number > limits.HEADER_SEARCH_ROWS:
            break
        headers = _headers(cells)
        likelihood = (len({tidy(text) for text in headers.values()} & set(known)), len(headers))
        if len(headers) >= _FEWEST_HEADERS and (best is None or likelihood > best.likelihood):
            best = _Candidate(likelihood, title, number, headers, chain(first[place + 1 :], rows))
    return best


def _headers(cells: Cells) -> dict[int, str]:
    """The texts of a row by column; numbers and dates are no headers."""
    texts = {column: header_text(_shortened(cell)) for column, cell in cells.items() if _is_text(cell)}
    return {column: text for column, text in texts.items() if tidy(text)}


def _shortened(cell: RawCell) -> RawCell:
    """A cell as far as it is looked at: a text shared by all cells would fill the memory of who asks."""
    if isinstance(cell, FormulaCell):
        return FormulaCell(cell.formula[: limits.MAX_SAMPLE_TEXT], _shortened(cell.cached))
    if isinstance(cell, ErrorCell):
        return ErrorCell(cell.text[: limits.MAX_SAMPLE_TEXT])
    return cell[: limits.MAX_SAMPLE_TEXT] if isinstance(cell, str) else cell


def _is_text(cell: RawCell) -> bool:
    return isinstance(cell, str) and not cell.strip().replace(".", "").replace("-", "").isdecimal()
