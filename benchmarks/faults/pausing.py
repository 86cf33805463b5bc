"""A process of the product that stands still at a named point, so that something can happen to it there.

The product knows nothing of this: `prepare` wraps the function named by PAUSE_AT ("before" or "after", its n-th call).
The process then writes PAUSE_FILE and waits until the file is gone. Leases are short and looks frequent, so that
nobody waits for minutes. `python pausing.py worker …` runs any command of manage.py like that; `website` is the
website.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

LEASE_SECONDS = 4
ROWS_PER_STEP = "ROWS_PER_STEP"


def prepare() -> None:
    """Set Django up, make it impatient, and wrap the point of PAUSE_AT: `when module:name call`."""
    django.setup()
    leases = importlib.import_module("records.leases")
    leases.LEASE = timedelta(seconds=LEASE_SECONDS)
    leases.SECONDS_BETWEEN_SIGNS = 0.5
    worker = importlib.import_module("records.management.commands.worker")
    worker.SECONDS_BETWEEN_LOOKS = worker.SECONDS_BETWEEN_ATTEMPTS = 0.5
    if ROWS_PER_STEP in os.environ:
        importlib.import_module("records.changes.door").PEOPLE_PER_STEP = int(os.environ[ROWS_PER_STEP])
    if point := os.environ.get("PAUSE_AT"):
        when, where, call = point.split()
        _wrap(when, where, int(call))


def _wrap(when: str, where: str, nth: int) -> None:
    module, _colon, path = where.partition(":")
    owner: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    setattr(owner, name, _pausing(getattr(owner, name), when, nth))


def _pausing(step: Callable[..., Any], when: str, nth: int) -> Callable[..., Any]:
    calls = 0

    @functools.wraps(step)
    def stepping(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and when == "before":
            _pause()
        result = step(*args, **options)
        if calls == nth and when == "after":
            _pause()
        return result

    return stepping


def _pause() -> None:
    paused = Path(os.environ["PAUSE_FILE"])
    with contextlib.suppress(FileExistsError):
        # Only once: the process that takes the place of a killed one goes by.
        paused.with_suffix(".once").touch(exist_ok=False)
        paused.touch()
    while paused.exists():
        time.sleep(0.02)


if __name__ == "__main__":
    prepare()
    importlib.import_module("django.core.management").execute_from_command_line(["manage.py", *sys.argv[1:]])
