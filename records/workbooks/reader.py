"""Reading an uploaded workbook: the gate, then one pass in a child; the parent's memory stays flat."""

from __future__ import annotations

import logging
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from records.cells import Note, RawCell
from records.workbooks import limits
from records.workbooks.gate import check_file
from records.workbooks.lines import unpack_cells
from records.workbooks.refusals import WorkbookRefused
from records.workbooks.remarks import remark
from records.workbooks.sandbox import Child

logger = logging.getLogger(__name__)

__all__ = ["FoundHeaders", "Sheet", "SheetRows", "WorkbookRefused", "read_headers", "read_sheet"]


class SheetRows:
    """The rows of a sheet, once: (row number in the sheet, cells aligned to the headers asked for).

    A cell is None where it is empty or its column missing; wholly blank rows do not come. `share` is how much of the
    sheet has been read, 0 to 1, None as long as that cannot be told.
    """

    def __init__(self, messages: Generator[Any, None, None], notes: list[Note]) -> None:
        self.count: int | None = None
        self.share: float | None = None
        self._messages = messages
        self._notes = notes

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[int, list[RawCell]]:
        message = next(self._messages)
        while isinstance(message, dict) and "share" in message:
            share = message["share"]  # a child that was taken over might send anything
            self.share = share if type(share) is float and 0 <= share <= 1 else None
            message = next(self._messages)
        if isinstance(message, list):
            number, cells = message
            return number, unpack_cells(cells)
        self.count = message["rows"]
        self._notes.extend(remark(code, params) for code, params in message["notes"])
        self._messages.close()
        raise StopIteration


@dataclass(frozen=True, slots=True)
class Sheet:
    """The chosen sheet of a workbook; `columns` are the headers found.

    Once `rows` are exhausted, `row_count` is known and `notes` (remarks on the file as a whole) is complete.
    Use as a context manager, or call `close`, when the rows may not be read to their end.
    """

    title: str
    columns: list[str]
    notes: list[Note]
    rows: SheetRows
    _child: Child

    @property
    def row_count(self) -> int | None:
        return self.rows.count

    def close(self) -> None:
        """End the process behind the rows; harmless when it has ended."""
        self._child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def read_sheet(
    path: Path,
    *,
    headers: Sequence[str],
    required: Sequence[str],
    ignored: Sequence[str] = (),
    optional: Sequence[str] = (),
    timeout: float = 60,
    name: str | None = None,
    max_bytes: int = limits.MAX_FILE_BYTES,
) -> Sheet:
    """Open the first visible sheet that has the `required` ones among the `headers`; `ignored` pass silently.
    `optional` columns follow the `headers` in each row; nothing is said when they are missing.

    `name` is the file's name as its owner gave it, where `path` is one made by the server. `timeout` is in
    seconds of waiting. Raises WorkbookRefused, here or while the rows are read. The file is parsed once.
    """
    with path.open("rb") as file:
        check_file(file, name=name or path.name, max_bytes=max_bytes)
        request = {
            "headers": [*headers, *optional],
            "required": list(required),
            "ignored": list(ignored),
            "optional": list(optional),
        }
        child = Child(file, request, timeout=timeout)
    messages = child.messages()
    opening = next(messages)
    if not opening["is_filtered"]:
        logger.warning("this machine has no system call filter for the process that reads workbooks")
    notes = [remark(code, params) for code, params in opening["notes"]]
    return Sheet(opening["sheet"], opening["columns"], notes, SheetRows(messages, notes), child)


@dataclass(frozen=True, slots=True)
class FoundHeaders:
    """The row that looks like the headers of a workbook: its sheet, its number, its texts in the order of the file,
    and the first rows below, aligned to them."""

    sheet: str
    row: int
    headers: list[str]
    samples: list[list[RawCell]]


def read_headers(
    path: Path, *, known: Collection[str], sample: int, timeout: float = 10, name: str | None = None
) -> FoundHeaders:
    """Look for the header row of a workbook with foreign headers; those `known` make a row likelier.

    Reads no further than `sample` rows below it. Arguments and errors as for `read_sheet`."""
    with path.open("rb") as file:
        check_file(file, name=name or path.name)
        child = Child(file, {"known": sorted(known), "sample": sample}, timeout=timeout)
    opening, *messages = child.messages()
    samples = [unpack_cells(message[1]) for message in messages if isinstance(message, list)]
    return FoundHeaders(opening["sheet"], opening["row"], opening["headers"], samples)
