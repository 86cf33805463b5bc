"""The process that opens an uploaded workbook: from standard input, answering on standard output.

The answer is JSON lines (`wire`): an opening object {"sheet", "columns", "notes"}, an array
[row number, cells] per row, a closing object {"rows", "notes"}; or, at any point, {"refused", "params"} as
the last line. Whatever else happens (a limit, a crash) shows as an answer without its last line.
"""

from __future__ import annotations

import math
import resource
import signal
import sys
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from records.workbooks import limits
from records.workbooks.book import read_book
from records.workbooks.exploring import explore
from records.workbooks.faults import Fault
from records.workbooks.package import Package
from records.workbooks.selection import Selection, select_sheet
from records.workbooks.wire import decode, encode

# What the standard library raises for a package or part that is cut off, garbled or makes no sense.
_BROKEN = (
    BadZipFile,
    zlib.error,
    ExpatError,
    EOFError,
    ValueError,
    LookupError,
    ArithmeticError,
    NotImplementedError,
)


def main() -> None:
    """Answer for the workbook on standard input; the one argument is JSON, see `reader`."""
    request = decode(sys.argv[-1])
    restrict(request["timeout"])
    with open(0, "rb", closefd=False) as file, open(1, "wb", buffering=1 << 16, closefd=False) as output:
        output.writelines(line.encode("ascii") + b"\n" for line in _answer_or_refuse(file, request))


def restrict(seconds: float) -> None:
    """Give up memory, processor time, files and processes beyond what reading needs."""
    for kind, limit in (
        (resource.RLIMIT_AS, limits.MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, limits.OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        _limit(kind, limit)
    # The softer limit ends the process with SIGXCPU, which tells the reader why.
    _limit(resource.RLIMIT_CPU, math.ceil(seconds), margin=1)
    # The reader may stop listening at any time: then end, without a word.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def _limit(kind: int, limit: int, *, margin: int = 0) -> None:
    """Set a limit, unless the server runs under a lower one already."""
    _, ceiling = resource.getrlimit(kind)
    hard = limit + margin
    if ceiling != resource.RLIM_INFINITY:
        hard = min(hard, ceiling)
    resource.setrlimit(kind, (min(limit, hard), hard))


def _answer_or_refuse(file: BinaryIO, request: dict[str, Any]) -> Iterator[str]:
    try:
        yield from _exploration(file, request) if "known" in request else _answer(file, request)
    except Fault as fault:
        yield encode({"refused": fault.code, "params": fault.params})
    except MemoryError:
        yield encode({"refused": "too_heavy", "params": {}})
    except _BROKEN:
        # The exception's text may quote a cell, so it stays here.
        yield encode({"refused": "broken", "params": {}})


def _exploration(file: BinaryIO, request: dict[str, Any]) -> Iterator[str]:
    package = Package(file)
    found = explore(package, read_book(package), known=request["known"], sample=request["sample"])
    return map(encode, found)


def _answer(file: BinaryIO, request: dict[str, Any]) -> Iterator[str]:
    headers = request["headers"]
    package = Package(file)
    selection = select_sheet(
        package, read_book(package), headers=headers, required=request["required"], ignored=request["ignored"]
    )
    found = selection.header_row.columns
    columns = [header for header in headers if header in found]
    yield encode({"sheet": selection.title, "columns": columns, "notes": selection.opening_remarks(headers)})
    count = 0
    for line in _rows(selection, [found.get(header) for header in headers]):
        count += 1
        yield line
    yield encode({"rows": count, "notes": selection.closing_remarks()})


def _rows(selection: Selection, columns: list[int | None]) -> Iterator[str]:
    bytes_left = limits.MAX_ANSWER_BYTES
    for number, cells in selection.rows:
        row = [None if column is None else cells.get(column) for column in columns]
        if all(cell is None or (type(cell) is str and not cell.strip()) for cell in row):
            continue
        line = encode([number, row])
        bytes_left -= len(line)
        if bytes_left < 0:
            raise Fault("too_big_unpacked", limit=limits.MAX_ANSWER_BYTES // limits.MEGABYTE)
        yield line
