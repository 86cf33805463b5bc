"""Runs the child process that reads a workbook, and listens to it with a patience that has an end."""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from records.workbooks import limits
from records.workbooks.lines import decode_line
from records.workbooks.refusals import WorkbookRefused

logger = logging.getLogger(__name__)

_PROJECT = Path(__file__).resolve().parents[2]
# `-I -S` leave only the standard library on the path; the project comes after it, so it can replace nothing.
_START = "import sys; sys.path.append(sys.argv[1]); from records.workbooks.child import main; main()"
_PIECE = 1 << 16
_REFUSED_BY_SIGNAL = {
    -signal.SIGPROF: "too_slow",
    -signal.SIGXCPU: "too_slow",
    -signal.SIGKILL: "too_heavy",
}


class Child:
    """One child process with the workbook as its standard input.

    `timeout` counts the seconds spent waiting for it, not the seconds the caller takes for the rows.
    The process ends with `stop`, with the last message, or with this object.
    """

    def __init__(self, file: BinaryIO, request: Mapping[str, Any], *, timeout: float) -> None:
        file.seek(0)
        argument = json.dumps({**request, "timeout": timeout})
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-c", _START, str(_PROJECT), argument],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a traceback may quote cells
            cwd=_PROJECT,
            env=_environment(),
            start_new_session=True,
            pipesize=1 << 20,
        )
        self._patience = timeout
        self.stop = weakref.finalize(self, _end, self._process)

    def messages(self) -> Generator[Any, None, None]:
        """The decoded lines up to the last; raises WorkbookRefused when it refuses, dies or is too slow."""
        try:
            for line in self._lines():
                message = _decoded(line)
                if isinstance(message, dict) and "refused" in message:
                    raise WorkbookRefused(message["refused"], message["params"])
                yield message
                if isinstance(message, dict) and "rows" in message:
                    return
            raise self._died()
        finally:
            self.stop()

    def _lines(self) -> Iterator[bytes]:
        pending: list[bytes] = []
        length = 0
        for piece in self._pieces():
            first, *others = piece.split(b"\n")
            pending.append(first)
            length += len(first)
            if length > limits.MAX_LINE_BYTES:
                raise WorkbookRefused("too_heavy")
            if others:
                yield b"".join(pending)
                yield from others[:-1]
                pending, length = [others[-1]], len(others[-1])

    def _pieces(self) -> Iterator[bytes]:
        output = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(output, select.POLLIN | select.POLLHUP)
        while True:
            started = time.monotonic()
            if not poll.poll(max(self._patience, 0) * 1000):
                raise WorkbookRefused("too_slow")
            self._patience -= time.monotonic() - started
            piece = os.read(output, _PIECE)
            if not piece:
                return
            yield piece

    def _died(self) -> WorkbookRefused:
        try:
            status: int | None = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            status = None
        logger.warning("the process reading a workbook ended with status %s", status)
        return WorkbookRefused(_REFUSED_BY_SIGNAL.get(status, "broken"))


def _environment() -> dict[str, str]:
    """No secret of the server; only what an interpreter with shared libraries may need to start."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}


def _decoded(line: bytes) -> Any:
    """The message of a line, its cells still packed; a child that was taken over might send anything."""
    try:
        return decode_line(line)
    except ValueError as error:
        raise WorkbookRefused("broken") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.stdout.close()
    process.wait()
