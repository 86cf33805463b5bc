"""The mark by which a row of the returned workbook is known when it comes back: batch, row and a keyed check."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..cells import RawCell
from ..encryption import digest

_MARK = re.compile(r"(\d{1,12})-(\d{1,9})-([0-9a-f]{8})")


class Mark(NamedTuple):
    batch_id: int
    row_number: int


def mark_of(batch_id: int, row_number: int) -> str:
    """The mark of a row, e.g. `12-345-1f0a9c3e`: nobody makes one up or gets another row's by a slip of the hand."""
    return f"{batch_id}-{row_number}-{_check(batch_id, row_number)}"


def read_mark(cell: RawCell) -> Mark | None:
    """The mark in a cell, None for anything else."""
    found = _MARK.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if found is None:
        return None
    mark = Mark(int(found[1]), int(found[2]))
    return mark if _check(*mark) == found[3] else None


def _check(batch_id: int, row_number: int) -> str:
    return digest(f"importrow.mark:{batch_id}:{row_number}")[:8]
