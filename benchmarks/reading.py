"""Reading a workbook and nothing else: `python benchmarks/reading.py calamine|ours FILE` prints JSON.

`calamine` believes the file; `ours` is the reader of the project, with its gate and its limited child process. Both
give every cell of every row to Python; nothing is cleaned or stored.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from python_calamine import CalamineWorkbook

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from records.columns import HEADERS, REQUIRED_HEADERS  # noqa: E402
from records.workbooks.reader import read_sheet  # noqa: E402


def with_calamine(path: Path) -> int:
    """The number of rows below the headers."""
    return len(CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()) - 1


def with_ours(path: Path) -> int:
    """The number of rows below the headers."""
    with read_sheet(path, headers=HEADERS, required=REQUIRED_HEADERS) as sheet:
        return sum(1 for _row in sheet.rows)


READERS = {"calamine": with_calamine, "ours": with_ours}


def main(reader: str, path: Path) -> dict[str, float | int]:
    """Seconds and rows."""
    began = time.perf_counter()
    rows = READERS[reader](path)
    return {"read": time.perf_counter() - began, "rows": rows}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
