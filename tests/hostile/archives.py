"""Packages whose archive is broken, lies, or is made to burst."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

from tests.hostile.case import GOOD, SHEET, Case, dilute, good_parts, opens, package, patched, streamed
from tests.workbook_files import CONTENT_TYPES, MAIN, write_package

_MEGABYTE = 1024 * 1024
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def _central(data: bytearray, part: str) -> int:
    """Where the directory speaks of a part."""
    return data.rindex(_CENTRAL, 0, data.rindex(part.encode()))


def _sizes(data: bytearray, part: str, packed: int | None, unpacked: int) -> None:
    entry = _central(data, part)
    if packed is not None:
        data[entry + 20 : entry + 24] = struct.pack("<I", packed)
    data[entry + 24 : entry + 28] = struct.pack("<I", unpacked)


def cut_at_the_end(data: bytearray) -> None:
    del data[-200:]


def cut_in_the_middle(data: bytearray) -> None:
    del data[len(data) // 2 :]


def directory_of_zeros(data: bytearray) -> None:
    start, end = data.index(_CENTRAL), data.index(_END)
    data[start:end] = bytes(end - start)


def garbled_part(data: bytearray) -> None:
    start = data.index(SHEET.encode()) + 60
    data[start : start + 20] = bytes(20)


def wrong_checksum(data: bytearray) -> None:
    entry = _central(data, SHEET)
    data[entry + 16 : entry + 20] = b"\1\2\3\4"


def claims_to_be_small(data: bytearray) -> None:
    _sizes(data, SHEET, None, 100)


def claims_to_be_huge(data: bytearray) -> None:
    _sizes(data, SHEET, 100_000_000, 450_000_000)


def claims_four_gigabytes(data: bytearray) -> None:
    _sizes(data, SHEET, None, 0xFFFFFFFE)


def two_entries_share_a_place(data: bytearray) -> None:
    sheet, types = _central(data, SHEET), _central(data, "[Content_Types].xml")
    data[sheet + 42 : sheet + 46] = data[types + 42 : types + 46]


def place_beyond_the_end(data: bytearray) -> None:
    entry = _central(data, SHEET)
    data[entry + 42 : entry + 46] = struct.pack("<I", 0x7FFFFFFF)


def encrypted_flag(data: bytearray) -> None:
    data[_central(data, SHEET) + 8] |= 1


def long_comment(data: bytearray) -> None:
    data[-2:] = struct.pack("<H", 60_000)
    data += b"x" * 60_000


def zeros_behind_the_end(data: bytearray) -> None:
    data += bytes(100_000)


def two_disks(data: bytearray) -> None:
    end = data.index(_END)
    data[end + 4 : end + 8] = struct.pack("<HH", 1, 1)


def nul_in_a_name(path: Path) -> None:
    write_package(path, good_parts() | {"xl/workbook.xml#evil": "x"})
    path.write_bytes(path.read_bytes().replace(b"xl/workbook.xml#", b"xl/workbook.xml\0"))


def doubled_name(path: Path) -> None:
    with warnings.catch_warnings(), ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")
        for name, data in [*good_parts().items(), (SHEET, GOOD)]:
            archive.writestr(name, data)


def compressed_by(method: int):
    def make(path: Path) -> None:
        with ZipFile(path, "w", method) as archive:
            for name, data in good_parts().items():
                archive.writestr(name, data)

    return make


def zip64(path: Path) -> None:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in good_parts().items():
            with archive.open(name, "w", force_zip64=True) as stream:
                stream.write(data.encode())


class _Pipe(io.RawIOBase):
    """A target without a place to go back to: sizes follow the data."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        self.written.append(bytes(data))
        return len(data)


def sizes_behind_the_data(path: Path) -> None:
    pipe = _Pipe()
    with ZipFile(pipe, "w", ZIP_DEFLATED) as archive:
        for name, data in good_parts().items():
            archive.writestr(name, data)
    path.write_bytes(b"".join(pipe.written))


def sheet_is_a_symbolic_link(path: Path) -> None:
    with ZipFile(path, "w") as archive:
        for name, data in good_parts().items():
            entry = ZipInfo(name)
            if name == SHEET:
                entry.external_attr, data = 0o120777 << 16, "../../../../etc/passwd"
            archive.writestr(entry, data)


def a_workbook_in_a_zip(path: Path) -> None:
    inner = io.BytesIO()
    with ZipFile(inner, "w") as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
    write_package(path, {"校友.xlsx": inner.getvalue()})


def a_zip_of_zips(levels: int = 12) -> bytes:
    data = bytes(1000)
    for _ in range(levels):
        outer = io.BytesIO()
        with ZipFile(outer, "w", ZIP_DEFLATED) as archive:
            for number in range(4):
                archive.writestr(f"{number}.zip", data)
        data = outer.getvalue()
    return data


def directory_of_200_000_entries(path: Path) -> None:
    """A directory and nothing else."""
    entry = struct.pack("<4s6H3I5H2I", _CENTRAL, 20, 20, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0)
    directory = b"".join(entry + b"%07d" % number for number in range(200_000))
    # Zip64 counts further than the old end record does.
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 200_000, 200_000, len(directory), 4)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, 4 + len(directory), 1)
    end = struct.pack("<4s4H2IH", _END, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(_LOCAL + directory + end64 + locator + end)


def blanks_to(megabytes: int, before: str, after: str) -> Iterator[bytes]:
    yield before.encode()
    for _ in range(megabytes):
        yield b" " * _MEGABYTE
    yield after.encode()


def noise_to(megabytes: int) -> Iterator[bytes]:
    """A part that unpacks to much although no ratio gives it away."""
    random = Random(2)
    for _ in range(megabytes * 16):
        yield b"x" * 65_000
        yield random.randbytes(700)


_HALF_A_SHEET = GOOD.replace("</sheetData></worksheet>", "")

CASES = {
    "cut-at-the-end": Case(patched(cut_at_the_end), "broken"),
    "cut-in-the-middle": Case(patched(cut_in_the_middle), "broken"),
    "directory-of-zeros": Case(patched(directory_of_zeros), "broken"),
    "garbled-part": Case(patched(garbled_part), "broken"),
    "wrong-checksum": Case(patched(wrong_checksum), "broken"),
    "claims-to-be-small": Case(patched(claims_to_be_small), "broken"),
    "claims-to-be-huge": Case(patched(claims_to_be_huge), "too_big_unpacked", "200 MB"),
    "claims-four-gigabytes": Case(patched(claims_four_gigabytes), "ratio"),
    "entries-that-share-a-place": Case(patched(two_entries_share_a_place), "broken"),
    "place-beyond-the-end": Case(patched(place_beyond_the_end), "broken"),
    "zeros-behind-the-end": Case(patched(zeros_behind_the_end), "broken"),
    "encrypted-part": Case(patched(encrypted_flag), "password"),
    "bzip2": Case(compressed_by(ZIP_BZIP2), "broken"),
    "lzma": Case(compressed_by(ZIP_LZMA), "broken"),
    "bomb-of-300-MB": Case(
        streamed(SHEET, lambda: blanks_to(300, _HALF_A_SHEET, "</sheetData></worksheet>")), "ratio"
    ),
    "text-of-300-MB": Case(
        streamed("xl/sharedStrings.xml", lambda: blanks_to(300, f'<sst xmlns="{MAIN}"><si><t>', "")), "ratio"
    ),
    "bomb-in-a-picture": Case(streamed("xl/media/image1.png", lambda: blanks_to(30, "", "")), "ratio"),
    "bomb-below-the-ratio": Case(streamed("xl/media/a.png", lambda: noise_to(210)), "too_big_unpacked"),
    "elements-without-end": Case(
        streamed(SHEET, lambda: [_HALF_A_SHEET.encode(), *dilute(b"<row/>", 190)]), "too_slow"
    ),
    "name-upwards": Case(package({"../evil.xml": "x"}), "part_names"),
    "name-upwards-within": Case(package({"xl/../../evil.xml": "x"}), "part_names"),
    "name-from-the-root": Case(package({"/etc/passwd": "x"}), "part_names"),
    "name-of-a-drive": Case(package({"C:\\evil.xml": "x"}), "part_names"),
    "name-of-a-share": Case(package({"\\\\host\\evil.xml": "x"}), "part_names"),
    "name-doubled": Case(doubled_name, "part_names"),
    "name-doubled-by-case": Case(package({"XL/WORKBOOK.xml": "x"}), "part_names"),
    "name-cut-by-nul": Case(nul_in_a_name, "part_names"),
    "201-parts": Case(
        package({f"xl/media/{number}.png": "x" for number in range(201)}), "too_many_parts", "200 個"
    ),
    "200000-parts": Case(directory_of_200_000_entries, "too_many_parts", "200,000 個"),
    "workbook-in-a-zip": Case(a_workbook_in_a_zip, "not_xlsx"),
    "sheet-is-a-link": Case(sheet_is_a_symbolic_link, "broken"),
    "zip-of-zips": opens(package({"xl/embeddings/a.zip": a_zip_of_zips()}), "embedded_objects"),
    "zip64": opens(zip64),
    "two-disks": opens(patched(two_disks)),
    "stored": opens(compressed_by(ZIP_STORED)),
    "sizes-behind-the-data": opens(sizes_behind_the_data),
    "long-comment": opens(patched(long_comment)),
    "folders-as-entries": opens(package({"xl/": "", "xl/worksheets/": ""})),
    "names-of-another-code-page": opens(package({"xl/media/圖.png": "x"})),
}
