"""The first look at an uploaded file, before anything unpacks it: size, name, first bytes."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import BinaryIO

from records.workbooks import limits
from records.workbooks.refusals import WorkbookRefused
from records.workbooks.texts import printable

_ZIP = b"PK\x03\x04"
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The name of the stream in which Office keeps a workbook that has a password to open it.
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")


def check_file(file: BinaryIO, *, name: str, max_bytes: int = limits.MAX_FILE_BYTES) -> None:
    """Let an .xlsx file pass, or raise WorkbookRefused. `name` is the name the user gave the file."""
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        raise WorkbookRefused("empty")
    if size > max_bytes:
        # Rounded up, so that the sentence never says "20 MB is more than 20 MB".
        size_in_words = f"{-(-size * 10 // limits.MEGABYTE) / 10:g}"
        raise WorkbookRefused("too_big", {"size": size_in_words, "limit": f"{max_bytes / limits.MEGABYTE:g}"})
    _check_suffix(PurePath(name).suffix)
    file.seek(0)
    start = file.read(len(_COMPOUND_FILE))
    if start == _COMPOUND_FILE:
        raise WorkbookRefused("password" if _ENCRYPTED_STREAM in file.read() else "old_xls")
    if not start.startswith(_ZIP):
        raise WorkbookRefused("not_xlsx")


def _check_suffix(suffix: str) -> None:
    match suffix.lower():
        case ".xlsx":
            return
        case ".xls":
            raise WorkbookRefused("old_xls")
        case ".xlsm":
            raise WorkbookRefused("macro")
        case ".xlsb":
            raise WorkbookRefused("binary_workbook")
    raise WorkbookRefused("wrong_suffix", {"suffix": printable(suffix, 20)})
