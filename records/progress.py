"""How far a batch is, in a small file of its own: visible from other processes while one transaction is open."""

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


def write(batch_id: int, stage: str, done: int, total: int | None) -> None:
    """Note how far the batch is."""
    path = _path(batch_id)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps({"stage": stage, "done": done, "total": total}), encoding="ascii")
    part.replace(path)


def read(batch_id: int) -> Progress | None:
    """What was noted last, None when nothing is going on."""
    try:
        return json.loads(_path(batch_id).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None


def noted_at(batch_id: int) -> datetime.datetime | None:
    """When the last sign of life was given, None when there is none."""
    try:
        return datetime.datetime.fromtimestamp(_path(batch_id).stat().st_mtime, datetime.UTC)
    except FileNotFoundError:
        return None


def clear(batch_id: int) -> None:
    """Nothing is going on any more."""
    _path(batch_id).unlink(missing_ok=True)


def _path(batch_id: int) -> Path:
    return Path(settings.DATA_DIR) / "progress" / f"{int(batch_id)}.json"
