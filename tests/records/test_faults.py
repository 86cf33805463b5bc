"""The quick ones of the fault cases, injected for real by `benchmarks/faults` on databases of their own: kill -9 of
worker and website, a terminated session, a worker frozen beyond its lease (security.md §6, cases 1, 3, 6, 7)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.faults
def test_the_quick_fault_cases_leave_everything_done_or_nothing(database_kind):
    kind = {"sqlite": "sqlite", "postgresql": "postgres"}[database_kind]
    command = [sys.executable, ROOT / "benchmarks" / "faults", "--database", kind, "--quick", "--rows", "400"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("| clean |") == (3 if kind == "sqlite" else 4)
