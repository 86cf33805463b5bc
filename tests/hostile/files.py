"""Files that are no packages, or do not look like one."""

from __future__ import annotations

import gzip
from pathlib import Path

from tests.hostile.case import Case, content, good_parts
from tests.workbook_files import write_package

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
_PASSWORD = _COMPOUND + "EncryptedPackage".encode("utf-16-le") + bytes(600)
_EXE = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(600)


def behind(start: bytes):
    """A good workbook behind something else."""

    def make(path: Path) -> None:
        write_package(path, good_parts())
        path.write_bytes(start + path.read_bytes())

    return make


def over_the_limit(path: Path) -> None:
    """One byte too many, none of them on the disk."""
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(20 * 1024 * 1024 + 1)


CASES = {
    "nothing": Case(content(b""), "empty"),
    "one-byte": Case(content(b"P"), "not_xlsx"),
    "zeros": Case(content(bytes(4096)), "not_xlsx"),
    "too-large": Case(over_the_limit, "too_big", "20.1 MB，超過上限 20 MB"),
    "csv": Case(content("姓名,生日\n".encode()), "wrong_suffix", "「.csv」", name="校友.csv"),
    "csv-named-xlsx": Case(content("姓名,生日\n".encode("big5")), "not_xlsx"),
    "csv-with-mark": Case(content("\ufeff姓名,生日\n".encode()), "not_xlsx"),
    "html-table": Case(content(b"<html><table></table></html>"), "not_xlsx"),
    "xml-of-2003": Case(
        content(b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'), "not_xlsx"
    ),
    "pdf": Case(content(b"%PDF-1.7\n" + bytes(90)), "not_xlsx"),
    "pdf-before-a-workbook": Case(behind(b"%PDF-1.7\n"), "not_xlsx"),
    "program": Case(content(_EXE), "not_xlsx"),
    "program-that-unpacks-itself": Case(behind(_EXE), "not_xlsx"),
    "program-by-name": Case(content(_EXE), "wrong_suffix", "「.exe」", name="校友.xlsx.exe"),
    "name-turned-round": Case(content(_EXE), "wrong_suffix", "□", name="校友.\u202exslx"),
    "no-suffix": Case(content(b"PK\x03\x04"), "wrong_suffix", name="校友"),
    "open-document-by-name": Case(content(b"PK\x03\x04"), "wrong_suffix", "「.ods」", name="校友.ods"),
    "macro-by-name": Case(content(b"PK\x03\x04"), "macro", name="校友.XLSM"),
    "binary-by-name": Case(content(b"PK\x03\x04"), "binary_workbook", name="校友.xlsb"),
    "old-by-name": Case(content(_COMPOUND), "old_xls", "另存新檔", name="校友.xls"),
    "old-named-xlsx": Case(content(_COMPOUND), "old_xls", "另存新檔"),
    "password": Case(content(_PASSWORD), "password", "移除密碼"),
    "gzip": Case(content(gzip.compress(b"x" * 999, mtime=0)), "not_xlsx"),
    "rar": Case(content(b"Rar!\x1a\x07\x01\x00" + bytes(99)), "not_xlsx"),
    "empty-zip": Case(content(b"PK\x05\x06" + bytes(18)), "not_xlsx"),
    "zip-without-directory": Case(content(b"PK\x03\x04" + bytes(600)), "broken"),
}
