"""Files that prove something (signed papers, letters, screenshots): accepted only when the content is what it
claims to be and cannot act.

Such a file is never shown inside a page: it leaves the system only as a download (ASVS 5.2.2, 5.4.2).
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.http import FileResponse
from django.utils.translation import gettext as _

LIMIT = 10 * 1024 * 1024  # bytes: two A4 pages at 300 dpi in colour stay below
FOLDER = "evidence"
# The types by their signature, with the extension of the stored name and the type sent on download.
SIGNATURES = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}
CONTENT_TYPES = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}

# The path of the project comes after the interpreter's own, so that it can replace nothing.
START = "import sys; sys.path.append(sys.argv[1]); from records.evidence_inspector import main; main()"
PATIENCE = 8  # seconds: an upload is answered within ten, whatever the file


class Scan(NamedTuple):
    """A checked scan, at its beginning."""

    file: BinaryIO
    extension: str


def check(file: BinaryIO, size: int) -> Scan:
    """The scan with the type that its content shows, whatever its name says.

    Raises ValidationError with one sentence for who uploads it: too big, of another type, damaged, too much to
    look at, or a PDF that is locked or can act.
    """
    if size > LIMIT:
        raise ValidationError(
            _("檔案超過 %(limit)s MB，請降低掃描解析度後再上傳。") % {"limit": LIMIT // 1024**2}
        )
    start = file.read(16)
    extension = next((kind for mark, kind in SIGNATURES.items() if start.startswith(mark)), None)
    if extension is None:
        raise ValidationError(_("只接受 PDF、JPEG 或 PNG 檔，這個檔案的內容不是其中之一。"))
    file.seek(0)
    _inspect(file.read(), extension)
    file.seek(0)
    return Scan(file, extension)


def _inspect(content: bytes, extension: str) -> None:
    """Let a process with limits look into the content; raises ValidationError unless it finds it fine."""
    command = [sys.executable, "-I", "-B", "-c", START, str(settings.BASE_DIR), extension]
    try:
        done = subprocess.run(
            command,
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a traceback may quote the file
            cwd=settings.BASE_DIR,
            env=_environment(),
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ValidationError(_sentences()["too_complex"]) from error
    answer = done.stdout.decode("ascii", "replace")
    if done.returncode < 0:  # ended by a limit
        answer = "too_complex"
    if answer != "fine":
        sentences = _sentences()
        raise ValidationError(sentences.get(answer, sentences["damaged"]))


def _environment() -> dict[str, str]:
    """No secret of the server; only what an interpreter with shared libraries may need to start."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}


def _sentences() -> dict[str, str]:
    """What people read for each word of `records.evidence_inspector`."""
    return {
        "damaged": _("這個檔案已損壞或無法讀取，請重新掃描，或改以圖檔上傳。"),
        "encrypted": _("這個 PDF 檔有密碼或加密，請上傳沒有加密的檔案。"),
        "active": _("這個 PDF 檔含有程式、動作或附加檔案，請改用掃描器產生的檔案，或改以圖檔上傳。"),
        "too_many_pixels": _("圖檔的尺寸太大，請降低掃描解析度後再上傳。"),
        "too_complex": _("這個檔案的結構太複雜，無法檢查，請改以圖檔上傳。"),
    }


def store(scan: Scan, folder: str = FOLDER) -> str:
    """Keep a checked scan under a name of our own; the name is what the database remembers."""
    return default_storage.save(f"{folder}/{secrets.token_hex(16)}.{scan.extension}", File(scan.file))


class Stored:
    """A scan that is stored for what is about to be written; `name` is "" when there is none."""

    def __init__(self, name: str) -> None:
        self.name, self.is_used = name, False

    def use(self) -> str:
        """The name, for the row that keeps it."""
        self.is_used = True
        return self.name


@contextmanager
def stored_for(scan: Scan | None) -> Iterator[Stored]:
    """Keep a checked scan for the transaction inside: when that fails or does not use it, the file goes again."""
    stored = Stored(store(scan) if scan else "")
    is_written = False
    try:
        yield stored
        is_written = stored.is_used
    finally:
        if not is_written:
            delete(stored.name)


def are_alike(name: str, other: str) -> bool:
    """Whether two stored scans have the same content."""
    with default_storage.open(name) as one, default_storage.open(other) as two:
        return one.size == two.size and one.read() == two.read()


def delete(name: str) -> None:
    """Remove a stored scan; a name that is blank or gone is no error."""
    if name:
        default_storage.delete(name)


def download(name: str, title: str) -> FileResponse:
    """A stored scan as a download named `title` with its extension: an attachment, never shown by the browser."""
    extension = name.rpartition(".")[2]
    response = FileResponse(
        default_storage.open(name),
        as_attachment=True,
        filename=f"{title}.{extension}",
        content_type=CONTENT_TYPES[extension],
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
