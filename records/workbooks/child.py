"""The process that opens an uploaded workbook: from standard input, answering on standard output.

The answer is JSON lines (`wire`): an opening object {"sheet", "columns", "notes"}, an array
[row number, cells] per row and between them {"share"} of the sheet that was read, a closing object
{"rows", "notes"}; or, at any point, {"refused", "params"} as the last line. Whatever else happens (a limit, a
crash) shows as an answer without its last line.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from records.workbooks import limits
from records.workbooks.book import read_book
from records.workbooks.confinement import confine, show_life
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
    with open(0, "rb", closefd=False) as file, open(1, "wb", buffering=1 << 16, closefd=False) as output:
        request["is_filtered"] = confine(request["timeout"])
        output.writelines(line.encode("ascii") + b"\n" for line in _answer_or_refuse(file, request))


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
    expected = [header for header in headers if header not in request["optional"]]
    yield encode(
        {
            "sheet": selection.title,
            "columns": columns,
            "notes": selection.opening_remarks(expected),
            "is_filtered": request["is_filtered"],
        }
    )
    count = 0
    for line in _rows(selection, [found.get(header) for header in headers]):
        count += 1
        if count % limits.ROWS_BETWEEN_SIGNS_OF_LIFE == 0:
            show_life()
            yield encode({"share": selection.worksheet.share})
        yield line
    yield encode({"rows": count, "notes": selection.closing_remarks()})


def _rows(selection: Selection, columns: list[int | None]) -> Iterator[str]:
    bytes_left = limits.MAX_ANSWER_BYTES
    for number, cells in selection.rows:
        row = [cells.get(column) for column in columns]  # no cell stands in column None
        if all(cell is None or (type(cell) is str and not cell.strip()) for cell in row):
            continue
        line = encode([number, row])
        bytes_left -= len(line)
        if bytes_left < 0:
            raise Fault("too_big_unpacked", limit=limits.MAX_ANSWER_BYTES // limits.MEGABYTE)
        yield line
