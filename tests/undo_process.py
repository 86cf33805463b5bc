"""A process of its own that takes a batch back, stands still at a named point and says so; the test kills it there.

python -m tests.undo_process DATABASE_NAME UNDO POINT NUMBER
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from unittest import mock

import django
from django.conf import settings

name, undo_id, point, number = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
settings.DATABASES["default"]["NAME"] = name
django.setup()

from records import bulk, tasks  # noqa: E402
from records.imports import undoing  # noqa: E402

# Where: the module and the function before which the process stands still.
POINTS = {
    "storing the plan": (bulk, "insert_rows"),
    "removing": (bulk, "delete_rows"),
    "between steps": (undoing, "_some_waiting"),
    "noting": (undoing, "_note"),
    "finishing": (undoing, "_finish"),
}


def standing_still(function: Callable) -> Callable:
    calls = 0

    def standing(*args: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls == number:
            sys.stdout.write("here\n")
            sys.stdout.flush()
            time.sleep(600)
        return function(*args, **options)

    return standing


undoing.ROWS_PER_STEP = 4
module, function = POINTS[point]
task = tasks.plan_undo if point == "storing the plan" else tasks.undo_batch
with mock.patch.object(module, function, standing_still(getattr(module, function))):
    task.func(undo_id)
