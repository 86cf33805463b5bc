"""What a case is, and the bricks that the files are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from zipfile import ZIP_DEFLATED, ZipFile

from tests.workbook_files import header_row, package_parts, text, worksheet, write_package

OPENS = ""
GOOD_ROWS = header_row() + f'<row r="2">{text("A2", "王小明")}</row>'
GOOD = worksheet(GOOD_ROWS)
SHEET = "xl/worksheets/sheet1.xml"


@dataclass(frozen=True, slots=True)
class Case:
    """`make` writes the file. Expected: a refusal's `code` whose sentence holds `word`, or, with code OPENS, just
    these `remarks` and this number of `rows`. `name` is the name that the owner gave the file."""

    make: Callable[[Path], object]
    code: str = OPENS
    word: str = ""
    remarks: frozenset[str] = frozenset()
    rows: int = 1
    name: str = "校友.xlsx"


def opens(make: Callable[[Path], object], *remarks: str, rows: int = 1) -> Case:
    """A file that can be read."""
    return Case(make, remarks=frozenset(remarks), rows=rows)


def content(data: bytes) -> Callable[[Path], object]:
    """A file of just these bytes."""
    return lambda path: path.write_bytes(data)


def good_parts() -> dict[str, str | bytes]:
    """The parts of a workbook that is read without a word."""
    return dict(package_parts(GOOD))


def package(
    changed: Mapping[str, str | bytes] | None = None, *, without: str = "", **options: str
) -> Callable[[Path], object]:
    """A good workbook, some parts replaced or added, one left out."""

    def make(path: Path) -> None:
        parts = package_parts(GOOD, **options) | dict(changed or {})
        parts.pop(without, None)
        write_package(path, parts)

    return make


def rows(xml: str, **options: str) -> Callable[[Path], object]:
    """A workbook with the headers in row 1 and these rows (XML) below."""
    return lambda path: write_package(path, package_parts(worksheet(header_row() + xml), **options))


def in_a2(cell: str, **options: str) -> Callable[[Path], object]:
    """A workbook whose first row of data holds this cell."""
    return rows(f'<row r="2">{cell}</row>', **options)


def sheet(xml: str) -> Callable[[Path], object]:
    """A workbook with this worksheet part."""
    return package({SHEET: xml})


def patched(change: Callable[[bytearray], object]) -> Callable[[Path], object]:
    """A good workbook whose bytes are changed afterwards, in place."""

    def make(path: Path) -> None:
        write_package(path, good_parts())
        data = bytearray(path.read_bytes())
        change(data)
        path.write_bytes(data)

    return make


def streamed(part: str, pieces: Callable[[], Iterable[bytes]]) -> Callable[[Path], object]:
    """A good workbook in which one part is written piece by piece, so that it may be large."""

    def make(path: Path) -> None:
        with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
            for name, data in good_parts().items():
                if name != part:
                    archive.writestr(name, data)
            with archive.open(part, "w", force_zip64=False) as stream:
                for piece in pieces():
                    stream.write(piece)

    return make


def dilute(piece: bytes, megabytes: int) -> Iterable[bytes]:
    """The piece over and over, with so much noise (comments) that the ratio of compression passes."""
    random = Random(1)
    block = piece * (65_536 // len(piece))
    for _ in range(megabytes * 16):
        yield block
        yield b"<!--%s-->" % random.randbytes(700).hex().encode()
