"""How rows travel from the child process: JSON lines, the types JSON lacks as one-key objects.

ASCII only, so a lone surrogate or a line break inside a cell is safe: a line is a message.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

from records.cells import ErrorCell, FormulaCell, RawCell


def pack(cell: object) -> dict[str, object]:
    """A cell of a type that JSON lacks, as an object of one key. Raises TypeError for anything else."""
    match cell:
        case FormulaCell():
            return {"formula": [cell.formula, cell.cached]}
        case ErrorCell():
            return {"error": cell.text}
        case datetime.datetime():  # before date, whose subclass it is
            return {"moment": cell.isoformat()}
        case datetime.date():
            return {"date": cell.isoformat()}
        case datetime.time():
            return {"time": cell.isoformat()}
    raise TypeError(type(cell).__name__)


def unpack(packed: Mapping[str, Any]) -> RawCell | Mapping[str, Any]:
    """The cell that `pack` made the object of; any other object as it is."""
    for key, value in packed.items():
        match key:
            case "date":
                return datetime.date.fromisoformat(value)
            case "error":
                return ErrorCell(value)
            case "formula":
                formula, cached = value
                return FormulaCell(formula, unpack(cached) if isinstance(cached, dict) else cached)
            case "moment":
                return datetime.datetime.fromisoformat(value)
            case "time":
                return datetime.time.fromisoformat(value)
        break
    return packed


encode = json.JSONEncoder(default=pack, separators=(",", ":"), check_circular=False).encode
decode = json.loads
