"""The lines of `wire` with orjson, many times faster than the standard library (which is all that the child has).

Cells stay packed; `unpack_cells` gives a row its types.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from records.cells import RawCell
from records.workbooks import wire

_CELLS_ARE_PACKED = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def encode_line(value: Any) -> bytes:
    """One line of JSON."""
    try:
        return orjson.dumps(value, default=wire.pack, option=_CELLS_ARE_PACKED)
    except orjson.JSONEncodeError:  # half a surrogate pair in a cell: no UTF-8 can hold it
        return wire.encode(value).encode("ascii")


def decode_line(line: bytes) -> Any:
    """The value of a line. Raises ValueError for what is no JSON."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return json.loads(line.decode())


def unpack_cells(cells: list[Any]) -> list[RawCell]:
    """The cells of a decoded row."""
    return [wire.unpack(cell) if type(cell) is dict else cell for cell in cells]
