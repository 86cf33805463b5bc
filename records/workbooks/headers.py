"""Which column of a sheet holds which header (child process)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from records.cells import ErrorCell, FormulaCell, RawCell

# Blanks of every kind, invisible characters, asterisks, and the words for "required" in brackets.
_MARKS = re.compile(
    r"[(\[【〔《](?:必填|必要|必填欄位)[)\]】〕》]|[\s\u200b-\u200f\u2028-\u202e\u2060\ufeff*※]"
)


def tidy(text: str) -> str:
    """A header without what does not tell headers apart: "＊電子 郵件（必填）" → "電子郵件"."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", text)).casefold()


@dataclass(slots=True)
class HeaderRow:
    """A row read as headers: header → column; unknown texts as they stand; doubled header → its columns."""

    columns: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    doubled: dict[str, list[int]] = field(default_factory=dict)

    def missing(self, wanted: Iterable[str]) -> list[str]:
        return [header for header in wanted if header not in self.columns]


def match_headers(cells: dict[int, RawCell], *, headers: Sequence[str], ignored: Sequence[str]) -> HeaderRow:
    """Read the cells of a row as headers, in any order; `ignored` headers are neither known nor unknown."""
    wanted = {tidy(header): header for header in headers}
    silent = {tidy(header) for header in ignored} | {""}
    row = HeaderRow()
    for column, cell in cells.items():
        text = header_text(cell)
        key = tidy(text)
        header = wanted.get(key)
        if header is None:
            if key not in silent:
                row.unknown.append(text)
        elif header in row.columns:
            row.doubled.setdefault(header, [row.columns[header]]).append(column)
        else:
            row.columns[header] = column
    return row


def header_text(cell: RawCell) -> str:
    """What stands in a cell of the header row, as text."""
    if isinstance(cell, FormulaCell):
        cell = cell.cached
    if isinstance(cell, ErrorCell):
        return cell.text
    return "" if cell is None else str(cell)
