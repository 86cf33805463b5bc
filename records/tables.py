"""Reading of the small tables shipped in `records/data` (CSV with a header line, UTF-8)."""

from __future__ import annotations

import csv
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data"


def read_table(name: str) -> list[dict[str, str]]:
    """All rows of `records/data/<name>`, each as column → text."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
