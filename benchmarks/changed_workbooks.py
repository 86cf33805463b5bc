"""Three workbooks of made-up people: some, many others, the many with another address (`edits_during_import`)."""

import sys
from datetime import date
from pathlib import Path

from records.columns import HEADERS
from records.synthetic import make_rows
from records.workbooks.writer import write_sheet

TODAY = date(2026, 1, 1)


def main(outside: Path, inside: Path, changed: Path, few: int, many: int, address: str) -> None:
    write_sheet(outside, headers=HEADERS, rows=make_rows(few, seed=2, today=TODAY))
    write_sheet(inside, headers=HEADERS, rows=make_rows(many, seed=1, today=TODAY))
    place = HEADERS.index("聯絡住址")
    rows = make_rows(many, seed=1, today=TODAY)
    write_sheet(changed, headers=HEADERS, rows=([*row[:place], address, *row[place + 1 :]] for row in rows))


if __name__ == "__main__":
    files, (few, many), address = [Path(name) for name in sys.argv[1:4]], map(int, sys.argv[4:6]), sys.argv[6]
    main(*files, few, many, address)
