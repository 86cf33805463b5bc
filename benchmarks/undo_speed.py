"""How long does the undo of a whole batch take, and how much memory? Plan and writing, each a process of its own.

    python benchmarks/undo_speed.py --database postgres --rows 100000

`entered`: the people of a first import are removed again. `changed`: a second file changed address and class of each
row, and they go back. Each on a fresh database, as `import_speed` makes it; the verification at the end is not timed.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from databases import POSTGRES, SQLITE, FreshDatabases, fresh_databases
from import_speed import PREPARATIONS, PROJECT, SEED, Ours
from measuring import Measurement, run

from records.columns import HEADERS
from records.synthetic import Cell, make_rows
from records.workbooks.writer import write_sheet

MANAGE = PROJECT / "manage.py"
ACCOUNTS = (("planner", "it_staff"), ("director", "center_director"))


def changed(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """The same people with another address and class."""
    for number, row in enumerate(rows, start=1):
        row[Cell.ADDRESS], row[Cell.CLASS_NAME] = f"基隆市中正區測試路{number}號", "新班"
        yield row


class Undo(Ours):
    """`manage.py undo_import`: the plan, then with --apply the writing, confirmed by another account."""

    def __init__(self, directory: Path, files: tuple[Path, ...]) -> None:
        super().__init__(directory, files[-1])
        self._files = files

    def measure_both(self, url: str) -> tuple[Measurement, Measurement]:
        environment = self._environment() | {"DATABASE_URL": url}

        def manage(*command: str | Path, allowed: tuple[int, ...] = (0,)) -> Measurement:
            output = self._directory / "output.txt"
            line = [sys.executable, MANAGE, *command]
            return run(line, environment=environment, output=output, allowed=allowed)

        for command in PREPARATIONS:
            manage(*command)
        for name, role in ACCOUNTS:
            manage("open_account", name, "--name", name, "--role", role)
        for file in self._files:
            manage("import_alumni", file, "--apply", allowed=(0, 1))
        number = str(len(self._files))
        planned = manage("undo_import", number, "--user", "planner", "--reason", "benchmark")
        written = manage("undo_import", number, "--user", "director", "--apply")
        manage("verify")
        return planned, written


def measure(rows: int, databases: FreshDatabases, directory: Path) -> None:
    today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()
    first, second = directory / "first.xlsx", directory / "second.xlsx"
    write_sheet(first, headers=HEADERS, rows=make_rows(rows, seed=SEED, today=today))
    write_sheet(second, headers=HEADERS, rows=changed(make_rows(rows, seed=SEED, today=today)))
    print("| | plan s | CPU s | MB | writing s | CPU s | MB |\n|---|---|---|---|---|---|---|")
    for name, files in (("entered", (first,)), ("changed", (first, second))):
        planned, written = Undo(directory, files).measure_both(databases.new())
        cells = [f"{one.wall:.1f} | {one.cpu:.1f} | {one.memory:.0f}" for one in (planned, written)]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=(SQLITE, POSTGRES), default=POSTGRES)
    parser.add_argument("--rows", type=int, default=10_000)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        directory = Path(name)
        with fresh_databases(options.database, directory) as databases:
            print(f"{options.rows:,} rows, {databases.version()}", flush=True)
            measure(options.rows, databases, directory)


if __name__ == "__main__":
    main(sys.argv[1:])
