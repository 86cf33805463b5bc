"""How far a batch (its id) or a bulk edit (its name) is, in a small file of its own: visible from other processes
while one transaction is open."""

from __future__ import annotations

import datetime
import json
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)
# Before that a rate says more of the start than of the work.
SECONDS_BEFORE_A_RATE = 2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage is: `done` of `total` (None: not known yet), `seconds` after it began."""

    stage: str  # "reading", "planning" or "applying"
    done: int
    total: int | None
    seconds: float
    share: float | None = None  # of the work, where it can be told without the total

    @property
    def share_done(self) -> float | None:
        """Between 0 and 1, None as long as that cannot be told."""
        return min(self.done / self.total, 1) if self.total else self.share

    @property
    def rate(self) -> float | None:
        """Rows a second, None as long as that cannot be told."""
        is_known = self.done and self.seconds >= SECONDS_BEFORE_A_RATE
        return self.done / self.seconds if is_known else None

    @property
    def seconds_left(self) -> float | None:
        """Until the stage is done at this rate, None as long as that cannot be told."""
        if self.rate is None or not self.share_done:
            return None
        return self.seconds * (1 / self.share_done - 1)


def begin(work: int | str) -> None:
    """Somebody began, and what another process left there counts no more."""
    _replace(work, {"worker": os.getpid()})


def write(work: int | str, stage: str, done: int, total: int | None, share: float | None = None) -> None:
    """Note how far the work is. A full disk does not stop the work: then nobody sees how far it is."""
    before = _load(work)
    began = before.get("began") if before.get("stage") == stage else None
    noted = {"stage": stage, "done": done, "total": total, "share": share, "began": began or time.time()}
    _replace(work, noted | {"worker": os.getpid()})


def read(work: int | str) -> Progress | None:
    """What was noted last, None when nothing is going on."""
    noted = _load(work)
    if "stage" not in noted:
        return None
    seconds = max(time.time() - noted["began"], 0)
    return Progress(noted["stage"], noted["done"], noted["total"], seconds, noted.get("share"))


def touch(work: int | str) -> None:
    """A sign of life. Raises OSError."""
    try:
        os.utime(_path(work))
    except FileNotFoundError:  # another process, which this one took the work from, ended and cleared it
        begin(work)


def noted_at(work: int | str) -> datetime.datetime | None:
    """When the last sign of life was given, None when there is none."""
    try:
        return datetime.datetime.fromtimestamp(_path(work).stat().st_mtime, datetime.UTC)
    except FileNotFoundError:
        return None


def clear(work: int | str) -> None:
    """Nothing is going on any more, unless another process took the work over."""
    if _load(work).get("worker", os.getpid()) == os.getpid():
        _path(work).unlink(missing_ok=True)


def _load(work: int | str) -> dict:
    try:
        return json.loads(_path(work).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return {}


def _replace(work: int | str, noted: dict) -> None:
    path = _path(work)
    part = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        part.write_text(json.dumps(noted), encoding="ascii")
        part.replace(path)
    except OSError as error:
        logger.warning("the progress of %s could not be noted: %s", work, error.strerror)
        part.unlink(missing_ok=True)


def _path(work: int | str) -> Path:
    return Path(settings.DATA_DIR) / "progress" / f"{work}.json"
