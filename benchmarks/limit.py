"""The bare limit: read a workbook with python-calamine and write it into a table and its history table.

`DATABASE_URL=… python benchmarks/limit.py FILE` prints JSON. Nothing is cleaned, matched or checked beyond
the unique serial number. PostgreSQL takes COPY, SQLite executemany; both write in one transaction.
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

COLUMNS = 20
Cells = list[str | None]

_FIELDS = ", ".join(f"c{number} text" for number in range(2, COLUMNS + 1))
SCHEMA = (
    f"CREATE TABLE alumni (id {{key}}, c1 varchar(20) NOT NULL UNIQUE, {_FIELDS})",
    f"""CREATE TABLE alumni_history (
        history_id {{key}}, history_date timestamp NOT NULL, history_type varchar(1), history_user_id bigint,
        history_change_reason varchar(100), id bigint, c1 varchar(20), {_FIELDS})""",
    "CREATE INDEX history_of_id ON alumni_history (id)",
    "CREATE INDEX history_of_serial ON alumni_history (c1)",
    "CREATE INDEX history_of_date ON alumni_history (history_date)",
)


def read(path: Path) -> list[Cells]:
    """The first 20 cells of every row below the headers, as text; None for a blank cell."""
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return [[_text(cell) for cell in row[:COLUMNS]] for row in rows[1:]]


def _text(cell: object) -> str | None:
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    return str(cell) if cell not in ("", None) else None


def records_of(rows: list[Cells]) -> list[list[object]]:
    """The rows of the table: a running id before the cells."""
    return [[number, *row] for number, row in enumerate(rows, start=1)]


def history_of(records: list[list[object]]) -> list[list[object]]:
    """The rows of the history table: a running number, when, what, who, why, and the record."""
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None).isoformat(sep=" ")
    return [[number, now, "+", 1, "import", *record] for number, record in enumerate(records, start=1)]


def write_to_postgres(url: str, rows: list[Cells]) -> None:
    """COPY into both tables in one transaction."""
    with contextlib.closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        records = records_of(rows)
        for table, lines in (("alumni", records), ("alumni_history", history_of(records))):
            buffer = io.StringIO()
            csv.writer(buffer).writerows(lines)
            buffer.seek(0)
            cursor.copy_expert(f"COPY {table} FROM STDIN (FORMAT csv)", buffer)


def write_to_sqlite(file: str, rows: list[Cells]) -> None:
    """executemany into both tables in one transaction."""
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        records = records_of(rows)
        for table, lines in (("alumni", records), ("alumni_history", history_of(records))):
            marks = ", ".join("?" * len(lines[0])) if lines else ""
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", lines)


def create_tables(url: str) -> None:
    """Make the two empty tables."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(sqlite_file(url))) as connection, connection:
            connection.execute("PRAGMA journal_mode=WAL")
            for statement in SCHEMA:
                connection.execute(statement.format(key="integer PRIMARY KEY"))
        return
    with contextlib.closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        for statement in SCHEMA:
            cursor.execute(statement.format(key="bigserial PRIMARY KEY"))


def sqlite_file(url: str) -> str:
    """The path in `sqlite:////directory/file` (four slashes: absolute)."""
    return url.removeprefix("sqlite:///")


def main(url: str, path: Path) -> dict[str, float | int]:
    """Read and write; seconds of both and the number of rows."""
    create_tables(url)
    began = time.perf_counter()
    rows = read(path)
    was_read = time.perf_counter()
    if url.startswith("sqlite"):
        write_to_sqlite(sqlite_file(url), rows)
    else:
        write_to_postgres(url, rows)
    return {"read": was_read - began, "write": time.perf_counter() - was_read, "rows": len(rows)}


if __name__ == "__main__":
    print(json.dumps(main(os.environ["DATABASE_URL"], Path(sys.argv[1]))))
