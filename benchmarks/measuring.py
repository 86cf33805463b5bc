"""Runs whole processes and says what they cost: wall clock, processor time, memory."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Measurement:
    """One process with the children it waited for. Memory is the largest of them, in MB of 10⁶ bytes.

    `details` is the JSON object that the process printed as its last line, if it did.
    """

    wall: float
    cpu: float
    memory: float
    exit_code: int
    details: dict[str, Any] = field(default_factory=dict)


def run(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    output: Path,
    allowed: Iterable[int] = (0,),
) -> Measurement:
    """Run a command to its end with its output in a file; SystemExit with that output when it fails."""
    with output.open("wb") as file:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command],
            env=os.environ | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    text = output.read_text(encoding="utf-8", errors="replace")
    if process.returncode not in allowed:
        sys.exit(f"{command} ended with {process.returncode}:\n{text[-4000:]}")
    return Measurement(
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss * 1024 / 1e6,
        exit_code=process.returncode,
        details=_last_object(text),
    )


def _last_object(text: str) -> dict[str, Any]:
    lines = text.strip().splitlines()
    return json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}


def summary(measurements: Sequence[Measurement]) -> dict[str, Any]:
    """Medians, the fastest and the slowest, and every run as it was."""
    walls = [measurement.wall for measurement in measurements]
    return {
        "wall": statistics.median(walls),
        "wall_min": min(walls),
        "wall_max": max(walls),
        "cpu": statistics.median(measurement.cpu for measurement in measurements),
        "memory": max(measurement.memory for measurement in measurements),
        "runs": [asdict(measurement) for measurement in measurements],
    }
