"""What one spreadsheet cell can hold before it is cleaned, and what is said about it afterwards.

The reader (`workbooks`) produces raw cells, the cleaners (`values`) turn each into a `Cleaned`.
Nothing here knows Django.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class ErrorCell:
    """A cell in which Excel shows an error, e.g. `#N/A`; never the same as the typed text "#N/A"."""

    text: str


@dataclass(frozen=True, slots=True)
class FormulaCell:
    """A formula with the value Excel last calculated for it (None when the file carries none)."""

    formula: str
    cached: str | int | float | bool | datetime.date | datetime.datetime | datetime.time | ErrorCell | None


RawCell = (
    str
    | int
    | float
    | bool
    | datetime.date
    | datetime.datetime
    | datetime.time
    | ErrorCell
    | FormulaCell
    | None
)

ERROR, WARNING, NOTE = "error", "warning", "note"


class Note(NamedTuple):
    """One sentence about a value. `level` error: the value is kept out; warning: look; note: for the record."""

    level: str
    code: str
    message: str


class Cleaned(NamedTuple):
    """A cleaned cell: canonical text, "" when the cell is empty or its content was kept out (an error note).

    `rest` is what else stood in the cell and belongs to a sibling attribute, e.g. a second e-mail address.
    """

    value: str
    notes: tuple[Note, ...] = ()
    rest: str = ""

    @property
    def is_rejected(self) -> bool:
        return any(note.level == ERROR for note in self.notes)


EMPTY = Cleaned("")
