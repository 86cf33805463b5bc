"""One comparison in one run: ours, a stock django-import-export admin, and the bare limit, on the same rows.

    python benchmarks/import_speed.py --database postgres --rows 10000 --runs 3 [--skip-stock] [--again]

With --again the same file is imported a second time, and that is measured, beside reading it without importing.
Each run gets a fresh database. The subjects take turns, so that a busy minute of the machine hits all of
them. Prints a table of medians and writes benchmarks/results/<database>-<rows>.json, with the names of the
subjects when some were skipped.
"""

from __future__ import annotations

import argparse
import base64
import datetime
import json
import os
import platform
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from databases import POSTGRES, SQLITE, FreshDatabases, fresh_databases
from measuring import Measurement, run, summary

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
STOCK = HERE / "stock" / "manage.py"
PYTHON = sys.executable

sys.path.insert(0, str(PROJECT))

from records.columns import HEADERS  # noqa: E402
from records.synthetic import Cell, make_rows  # noqa: E402
from records.workbooks.writer import write_sheet  # noqa: E402

TEMPLATE_COLUMNS = 20
SEED = 20260331
# What a new database of the project needs before the first import, in order.
PREPARATIONS = (("migrate", "--verbosity=0"), ("load_organisation",))


class Subject:
    """One way of importing: prepares a fresh database unmeasured, then imports, measured.

    `again` imports the same file once unmeasured before."""

    def __init__(self, directory: Path, workbook: Path, *, again: bool) -> None:
        self._directory = directory
        self._workbook = workbook
        self._again = again
        self._environment = self._settings()

    def measure(self, url: str) -> Measurement:
        """Import into the fresh database `url`."""
        self._prepare(url)
        if self._again:
            self._import(url)
        return self._import(url)

    def _prepare(self, url: str) -> None:
        raise NotImplementedError

    def _import(self, url: str) -> Measurement:
        raise NotImplementedError

    def _settings(self) -> dict[str, str]:
        return {}

    def _run(self, *command: str | Path, url: str) -> Measurement:
        return run(
            [PYTHON, *command],
            environment={"DATABASE_URL": url, **self._environment},
            output=self._directory / "output.txt",
        )


class Ours(Subject):
    """`manage.py import_alumni FILE --apply`: plan stored and applied, history, annotations, encryption."""

    def _prepare(self, url: str) -> None:
        for command in PREPARATIONS:
            self._run(PROJECT / "manage.py", *command, url=url)

    def _import(self, url: str) -> Measurement:
        return self._run(PROJECT / "manage.py", "import_alumni", self._workbook, "--apply", url=url)

    def _settings(self) -> dict[str, str]:
        """Keys and a data directory of this run: nothing of the developer's is read or touched."""
        data = Path(tempfile.mkdtemp(dir=self._directory))
        return {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DEBUG": "False",
            "ALLOWED_HOSTS": "localhost",
            "TRUSTED_PROXIES": "none",
            "FIELD_ENCRYPTION_KEYS": f"benchmark:{_new_key()}",
            "FIELD_DIGEST_KEY": _new_key(),
            "DATA_DIR": str(data),
            "LOG_LEVEL": "WARNING",
        }


class Stock(Subject):
    """Upload, preview page and confirmation in the admin of the stock project."""

    def _prepare(self, url: str) -> None:
        self._run(STOCK, "migrate", "--verbosity=0", url=url)

    def _import(self, url: str) -> Measurement:
        return self._run(STOCK, "import_in_admin", self._workbook, url=url)


class Limit(Subject):
    """Read with calamine, write with COPY or executemany into the tables of the stock project; of a file that is
    stored already only the reading is left."""

    def measure(self, url: str) -> Measurement:
        if self._again:
            return self._run(HERE / "reading.py", "calamine", self._workbook, url=url)
        return super().measure(url)

    def _prepare(self, url: str) -> None:
        self._run(STOCK, "migrate", "--verbosity=0", url=url)

    def _import(self, url: str) -> Measurement:
        return self._run(HERE / "limit.py", self._workbook, url=url)


class SafeReading(Subject):
    """Read the file as the project does, gate and limited child process included, and store nothing."""

    def measure(self, url: str) -> Measurement:
        return self._run(HERE / "reading.py", "ours", self._workbook, url=url)


def _new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def make_workbooks(directory: Path, rows: int, today: datetime.date) -> tuple[Path, Path]:
    """The same synthetic rows twice: as they come in, and in 20 columns with the serial numbers filled in.

    Ours gives the serial numbers itself; the other two have nothing that could, so they get them for nothing.
    """
    blank, numbered = directory / "alumni.xlsx", directory / "numbered.xlsx"
    write_sheet(blank, headers=HEADERS, rows=make_rows(rows, seed=SEED, today=today))
    write_sheet(numbered, headers=HEADERS[:TEMPLATE_COLUMNS], rows=_numbered(rows, today))
    return blank, numbered


def _numbered(rows: int, today: datetime.date) -> Iterator[list[Any]]:
    for number, row in enumerate(make_rows(rows, seed=SEED, today=today), start=1):
        row[Cell.SERIAL_NUMBER] = f"S{number:09d}"
        # The stock reader takes a row whose last cell is blank for a short one and refuses the file.
        row[Cell.CLASS_NAME] = row[Cell.CLASS_NAME] or "-"
        yield row[:TEMPLATE_COLUMNS]


def compare(
    subjects: dict[str, Subject], databases: FreshDatabases, runs: int
) -> dict[str, list[Measurement]]:
    """Measure every subject `runs` times, in turn."""
    results: dict[str, list[Measurement]] = {name: [] for name in subjects}
    for number in range(1, runs + 1):
        for name, subject in subjects.items():
            result = subject.measure(databases.new())
            results[name].append(result)
            print(f"run {number} {name}: {result.wall:.2f} s", file=sys.stderr, flush=True)
    return results


def report(results: dict[str, list[Measurement]], *, rows: int, database: str) -> dict[str, Any]:
    """The document that is kept: the machine, the medians, every run."""
    summaries = {name: summary(measurements) for name, measurements in results.items()}
    ours = summaries.get("ours")
    return {
        "database": database,
        "rows": rows,
        "python": platform.python_version(),
        "machine": machine(),
        "load_average": os.getloadavg(),
        "subjects": summaries,
        "ratios": {
            name: ours["wall"] / other["wall"]
            for name, other in summaries.items()
            if ours and other is not ours
        },
    }


def machine() -> dict[str, Any]:
    """Processor, cores and memory, as far as Linux tells."""
    lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"processor": model, "cores": os.cpu_count(), "memory_gib": round(memory, 1)}


def table(document: dict[str, Any]) -> str:
    """The medians as a Markdown table."""
    lines = [
        f"{document['rows']:,} rows, {document['database']}",
        "",
        "| | wall s (min–max) | CPU s | memory MB | parts |",
        "|---|---|---|---|---|",
    ]
    for name, item in document["subjects"].items():
        parts = ", ".join(f"{key} {_short(value)}" for key, value in item["runs"][0]["details"].items())
        lines.append(
            f"| {name} | {item['wall']:.2f} ({item['wall_min']:.2f}–{item['wall_max']:.2f}) "
            f"| {item['cpu']:.2f} | {item['memory']:.0f} | {parts} |"
        )
    ratios = [f"ours / {name} = {ratio:.3g}" for name, ratio in document["ratios"].items()]
    return "\n".join([*lines, "", *ratios])


def _short(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=(SQLITE, POSTGRES), default=POSTGRES)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--again", action="store_true", help="measure the second import of the same file")
    for name in SUBJECTS:
        parser.add_argument(f"--skip-{name}", action="append_const", dest="skipped", const=name, default=[])
    return parser.parse_args(arguments)


SUBJECTS: dict[str, Callable[..., Subject]] = {
    "ours": Ours,
    "stock": Stock,
    "limit": Limit,
    "reading": SafeReading,
}


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        directory = Path(name)
        blank, numbered = make_workbooks(directory, options.rows, today)
        subjects = {
            name: make(directory, numbered if make in (Stock, Limit) else blank, again=options.again)
            for name, make in SUBJECTS.items()
            if name not in options.skipped
        }
        with fresh_databases(options.database, directory) as databases:
            results = compare(subjects, databases, options.runs)
            document = report(results, rows=options.rows, database=databases.version())
    print(table(document))
    # A run of some subjects must not replace the comparison of all.
    again = ["again"] if options.again else []
    kind = "-".join([options.database, str(options.rows), *again, *(subjects if options.skipped else ())])
    file = HERE / "results" / f"{kind}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
