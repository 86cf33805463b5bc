"""How far a batch (its id) or a bulk edit (its name) is, in a small file of its own: visible from other processes
while one transaction is open."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path
from typing import TypedDict

from django.conf import settings


class Progress(TypedDict):
    stage: str  # "reading", "planning" or "applying"
    done: int
    total: int | None


def write(work: int | str, stage: str, done: int, total: int | None) -> None:
    """Note how far the work is."""
    path = _path(work)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps({"stage": stage, "done": done, "total": total}), encoding="ascii")
    part.replace(path)


def read(work: int | str) -> Progress | None:
    """What was noted last, None when nothing is going on."""
    try:
        return json.loads(_path(work).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None


def noted_at(work: int | str) -> datetime.datetime | None:
    """When the last sign of life was given, None when there is none."""
    try:
        return datetime.datetime.fromtimestamp(_path(work).stat().st_mtime, datetime.UTC)
    except FileNotFoundError:
        return None


def clear(work: int | str) -> None:
    """Nothing is going on any more."""
    _path(work).unlink(missing_ok=True)


def _path(work: int | str) -> Path:
    return Path(settings.DATA_DIR) / "progress" / f"{work}.json"
