"""The filled template of a delivery (彙整查核、轉檔), made from the stored rows of its batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from .. import plans
from ..cells import FormulaCell, RawCell
from ..columns import COLUMNS, TEMPLATE_COLUMNS
from ..models import Delivery
from ..programmes import Lists
from ..workbooks.writer import write_sheet
from .mappings import mapping_of


def write_filled(delivery: Delivery, target: Path | BinaryIO) -> int:
    """Write the template's 20 columns, and the two of the old system where the mapping has them; the number of rows.

    The very rows of the batch: clean values as the import will write them, what could not be read as it came; of a
    formula what it said, so that nothing that somebody else wrote calculates where the file is opened."""
    sources = mapping_of(delivery.mapping).sources
    width = len(TEMPLATE_COLUMNS)
    places = [place for place, column in enumerate(COLUMNS) if place < width or column.attribute in sources]
    headers = [COLUMNS[place].header for place in places]
    return write_sheet(target, headers=headers, rows=_rows(delivery, places))


def _rows(delivery: Delivery, places: Sequence[int]) -> Iterator[list[RawCell]]:
    lists = Lists.load()
    for row in plans.stored_rows(delivery.batch):
        cells = plans.filled(row, lists)
        yield [_calculated(cells[place]) for place in places]


def _calculated(cell: RawCell) -> RawCell:
    has_value = isinstance(cell, FormulaCell) and cell.cached is not None
    return cell.cached if has_value else cell
