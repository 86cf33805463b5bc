"""Where each cell stands in a row: the columns of the registrar's workbook, in their order."""

from __future__ import annotations

from enum import IntEnum

from records.cells import RawCell
from records.columns import COLUMNS

Row = list[RawCell]

# Cell.STUDENT_NUMBER and so on: the attributes of `records.columns` as places in a row.
Cell = IntEnum("Cell", [(column.attribute.upper(), place) for place, column in enumerate(COLUMNS)])
