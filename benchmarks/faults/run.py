"""Runs the cases on one kind of database: `run.py DIRECTORY sqlite|postgres …`, started by `__main__`."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import django

django.setup()

# The models can be imported only once Django is set up.
import cases  # noqa: E402
import disks  # noqa: E402
from ground import STEPS, CaseFailed, Ground  # noqa: E402
from servers import NoMount, running_postgres  # noqa: E402


class Case(NamedTuple):
    number: str
    title: str
    run: Callable[[Ground], str]
    needs_server: bool = False
    is_quick: bool = False
    has_own_ground: bool = False  # on disks of its own


def _killed(number: str, title: str, point: str, *, is_quick: bool = False) -> Case:
    return Case(number, f"kill -9 worker: {title}", cases.killed_while_writing(point), is_quick=is_quick)


def _unread(number: str, title: str, point: str) -> Case:
    return Case(number, f"kill -9 worker: {title}", cases.killed_while_reading(point))


_PLANNING = "records.imports.planning:"
_TASKS = "records.tasks:"
CASES = (
    _unread("0a", "before the file is read", f"before {_PLANNING}read_sheet 1"),
    _unread("0b", "read, not planned", f"before {_PLANNING}Lists.load 1"),
    _unread("0c", "planned, not stored", f"before {_PLANNING}plans.store 1"),
    _unread("0d", "stored, not committed", f"after {_PLANNING}_own_notes 1"),
    _killed("1a", "0 % written", f"before {cases.APPLYING}apply_changes 1"),
    _killed("1b", "30 % written", f"after {cases.STEP} {STEPS * 3 // 10}"),
    _killed("1c", "50 % written", cases.HALF, is_quick=True),
    _killed("1d", "all written, not committed", f"after {cases.APPLYING}apply_changes 1"),
    _killed("1e", "committed, task not ended", f"after {_TASKS}imports.apply 1"),
    Case("2", "kill -9 web during the upload", cases.web_killed_during_upload),
    Case(
        "3a",
        "kill -9 web: confirmed, not queued",
        cases.web_killed_after_confirming(f"after {_TASKS}imports.start_applying 1"),
    ),
    Case(
        "3b",
        "kill -9 web: queued, not answered",
        cases.web_killed_after_confirming(f"after {_TASKS}request_apply 1"),
        is_quick=True,
    ),
    Case("4", "server: immediate stop while writing", cases.server_crashes_while_writing, needs_server=True),
    Case("5", "server stopped, 20 users click", cases.server_away_for_everybody, needs_server=True),
    Case(
        "6", "pg_terminate_backend of the worker", cases.session_terminated, needs_server=True, is_quick=True
    ),
    Case("7a", "SIGSTOP past the lease, transaction open", cases.frozen_past_its_lease, is_quick=True),
    Case("7b", "SIGSTOP past the lease, before it", cases.frozen_before_writing),
    Case("8", "two workers", cases.two_workers),
    Case("9", "two users, double clicks", cases.two_users_confirm),
    Case("10", "the same file again", cases.same_file_again),
    Case("11", "the same file, one cell changed", cases.one_cell_changed),
    Case("12", "edited between plan and confirmation", cases.edited_meanwhile),
    Case("24", "data folder full during the upload", disks.data_disk_full, has_own_ground=True),
    Case("25", "database disk full while writing", disks.database_disk_full, has_own_ground=True),
)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("kind")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--case", action="append")
    parser.add_argument("--rows", type=int, default=2000)
    asked = parser.parse_args()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(running_postgres()) if asked.kind == "postgres" else None
        ground = Ground(asked.directory, server, asked.rows)
        print(f"| # | {asked.kind} | outcome | verify | s |\n|---|---|---|---|---|", flush=True)
        wanted = [case for case in CASES if _is_wanted(case, asked)]
        return int(not all([_report(case, ground) for case in wanted]))


def _is_wanted(case: Case, asked: argparse.Namespace) -> bool:
    if case.needs_server and asked.kind != "postgres":
        return False
    if asked.case:
        return case.number in asked.case
    return case.is_quick or not asked.quick


def _report(case: Case, ground: Ground) -> bool:
    """Run a case and print its line; True when all went well, or could not be tried here."""
    began, verify, is_well = time.monotonic(), "clean", True
    try:
        if case.has_own_ground:
            outcome = case.run(ground)
        else:
            with ground.case():
                outcome = case.run(ground)
                ground.expect_clean()
    except NoMount as reason:
        outcome, verify = f"not tried: {reason}", "–"
    except CaseFailed as failure:
        outcome, verify, is_well = f"FAILED: {failure}", "–", False
        print(ground.last_words(), file=sys.stderr)
    except Exception:  # noqa: BLE001 -- the other cases still run
        outcome, verify, is_well = "FAILED: see the error above", "–", False
        traceback.print_exc()
    seconds = f"{time.monotonic() - began:.1f}"
    print(f"| {case.number} | {case.title} | {outcome} | {verify} | {seconds} |", flush=True)
    return is_well


if __name__ == "__main__":
    sys.exit(main())
