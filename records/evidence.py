"""Files that prove something (signed papers, letters, screenshots): accepted only when the content is what it
claims to be and cannot act.

Such a file is never shown inside a page: it leaves the system only as a download (ASVS 5.2.2, 5.4.2).
"""

from __future__ import annotations

import re
import secrets
import warnings
import zlib
from typing import BinaryIO, NamedTuple

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.http import FileResponse
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

LIMIT = 10 * 1024 * 1024  # bytes: two A4 pages at 300 dpi in colour stay below
PIXELS = 60_000_000  # A3 at 400 dpi
INFLATED_LIMIT = 16 * 1024 * 1024
FOLDER = "evidence"
# The types by their signature, with the extension of the stored name and the type sent on download.
SIGNATURES = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}
CONTENT_TYPES = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}
PILLOW_FORMATS = {"jpg": "JPEG", "png": "PNG"}

STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
ENCRYPTED = re.compile(rb"/Encrypt\b")
ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|GoToE)\b")


class Scan(NamedTuple):
    """A checked scan, at its beginning."""

    file: BinaryIO
    extension: str


def check(file: BinaryIO, size: int) -> Scan:
    """The scan with the type that its content shows, whatever its name says.

    Raises ValidationError with one sentence for who uploads it: too big, of another type, damaged, or a PDF
    that is locked or can act.
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
    if extension == "pdf":
        _check_pdf(file.read())
    else:
        _check_image(file, PILLOW_FORMATS[extension])
    file.seek(0)
    return Scan(file, extension)


def _check_image(file: BinaryIO, image_format: str) -> None:
    damaged = ValidationError(_("這個圖檔已損壞或無法讀取，請重新掃描。"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=[image_format]) as image:
                if image.width * image.height > PIXELS:
                    raise ValidationError(_("圖檔的尺寸太大，請降低掃描解析度後再上傳。"))
                image.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise damaged from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError(_("圖檔的尺寸太大，請降低掃描解析度後再上傳。")) from error


def _check_pdf(content: bytes) -> None:
    if b"%%EOF" not in content[-2048:]:
        raise ValidationError(_("這個 PDF 檔不完整，請重新掃描或重新匯出。"))
    names = _names_of(content)
    if ENCRYPTED.search(names):
        raise ValidationError(_("這個 PDF 檔有密碼或加密，請上傳沒有加密的檔案。"))
    if ACTIVE.search(names):
        raise ValidationError(
            _("這個 PDF 檔含有程式、動作或附加檔案，請改用掃描器產生的檔案，或改以圖檔上傳。")
        )


def _names_of(content: bytes) -> bytes:
    """Everything outside the streams, and the objects inside object streams, with escaped names in clear.

    Page contents and pictures stay out: among their random bytes any short name would be found."""
    parts = [STREAM.sub(b"", content)]
    room = INFLATED_LIMIT
    for match in STREAM.finditer(content):
        head = content[max(0, match.start() - 400) : match.start()].rpartition(b" obj")[2]
        if b"/ObjStm" in ESCAPED.sub(_unescaped, head):
            parts.append(_inflated(match[1], room))
            room -= len(parts[-1])
    return ESCAPED.sub(_unescaped, b"\n".join(parts))


def _unescaped(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16)])


def _inflated(stream: bytes, room: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(stream, max(room, 1))
    except zlib.error as error:
        raise ValidationError(_("這個 PDF 檔已損壞或無法讀取，請重新掃描或重新匯出。")) from error
    if inflater.unconsumed_tail:
        raise ValidationError(_("這個 PDF 檔的結構太大，請改以圖檔上傳。"))
    return text


def store(scan: Scan, folder: str = FOLDER) -> str:
    """Keep a checked scan under a name of our own; the name is what the database remembers."""
    return default_storage.save(f"{folder}/{secrets.token_hex(16)}.{scan.extension}", File(scan.file))


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
