"""The bare limit: read a workbook with python-calamine and write it into a table and its history table.

`DATABASE_URL=… python benchmarks/limit.py FILE` prints JSON. The tables are those of the stock project, with all
their indexes, made by its `migrate`. Nothing is cleaned, matched or checked beyond what they enforce.
PostgreSQL takes COPY, SQLite executemany; both write in one transaction.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import json
import os
import sqlite3
import sys
import time
from pathlib import Path

import psycopg2
from python_calamine import CalamineWorkbook

Line = list[object]

# The template's 20 columns in order, as the stock project calls them.
FIELDS = (
    *("serial_number", "student_number", "chinese_name", "english_name", "sex", "national_id", "birthday"),
    *("email", "landline", "mobile", "country", "city", "postal_code", "address", "other_address"),
    *("programme", "graduation_date", "enrolment_status", "current_identity", "class_name"),
)
DATES = {FIELDS.index("birthday"), FIELDS.index("graduation_date")}
TEXTS = ", ".join(name for place, name in enumerate(FIELDS) if place not in DATES)
TABLE, HISTORY = "alumni_alumnus", "alumni_historicalalumnus"
COLUMNS = {
    TABLE: ("id", *FIELDS),
    HISTORY: ("history_id", "history_date", "history_type", "history_change_reason", "id", *FIELDS),
}


def read(path: Path) -> list[Line]:
    """The first 20 cells of every row below the headers."""
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return [
        [_text(cell, is_date=place in DATES) for place, cell in enumerate(row[: len(FIELDS)])]
        for row in rows[1:]
    ]


def _text(cell: object, *, is_date: bool) -> str | None:
    """A cell as text; a blank one is NULL in a column of dates, else empty."""
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    return None if is_date and cell == "" else str(cell)


def lines_of(rows: list[Line]) -> dict[str, list[Line]]:
    """What to write into each table: a running id, and for the history when, what and why, before the cells."""
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None).isoformat(sep=" ")
    numbered = list(enumerate(rows, start=1))
    return {
        TABLE: [[number, *row] for number, row in numbered],
        HISTORY: [[number, now, "+", "import", number, *row] for number, row in numbered],
    }


def write_to_postgres(url: str, rows: list[Line]) -> None:
    """COPY into both tables in one transaction."""
    with contextlib.closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        for table, lines in lines_of(rows).items():
            buffer = io.StringIO()
            csv.writer(buffer).writerows(lines)
            buffer.seek(0)
            names = ", ".join(COLUMNS[table])
            # A blank text stays an empty text; a blank date becomes NULL.
            cursor.copy_expert(
                f"COPY {table} ({names}) FROM STDIN (FORMAT csv, FORCE_NOT_NULL ({TEXTS}))", buffer
            )


def write_to_sqlite(url: str, rows: list[Line]) -> None:
    """executemany into both tables in one transaction."""
    file = url.removeprefix("sqlite:///")
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        for table, lines in lines_of(rows).items():
            names, marks = ", ".join(COLUMNS[table]), ", ".join("?" * len(COLUMNS[table]))
            connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", lines)


def main(url: str, path: Path) -> dict[str, float | int]:
    """Read and write; seconds of both and the number of rows."""
    began = time.perf_counter()
    rows = read(path)
    was_read = time.perf_counter()
    if url.startswith("sqlite"):
        write_to_sqlite(url, rows)
    else:
        write_to_postgres(url, rows)
    return {"read": was_read - began, "write": time.perf_counter() - was_read, "rows": len(rows)}


if __name__ == "__main__":
    print(json.dumps(main(os.environ["DATABASE_URL"], Path(sys.argv[1]))))
