"""What may be uploaded as a signed paper, and that no file can stop the site or act on who opens it."""

from __future__ import annotations

import io
import random
import zlib
from collections.abc import Callable
from functools import cache

import pytest
from django.core.exceptions import ValidationError
from PIL import Image
from pypdf import PdfReader, PdfWriter

from accounts import documents
from records import evidence
from tests.applicants import pdf, png, scan, stream, submitted

SCRIPT = b"<< /S /JavaScript /JS (app.alert(1)) >>"
PACKED = zlib.compress(b"9 0 " + b"<< /S /Na#6ded /J#53 (1) >>")
OPENS_IT = b"/OpenAction 4 0 R"
LONG = evidence.LIMIT - 2000


# The files are made when a test wants them (`made`): at import, each process that runs any test would make them all.
Made = bytes | Callable[[], bytes]


def made(content: Made) -> bytes:
    return content if isinstance(content, bytes) else content()


@cache
def picture(image_format: str, size: tuple[int, int] = (1200, 1700)) -> bytes:
    """Noise, which no format makes smaller."""
    file = io.BytesIO()
    noise = random.Random(0).randbytes(size[0] * size[1])
    Image.frombytes("L", size, noise).save(file, image_format, compress_level=0)
    return file.getvalue()


def bomb() -> bytes:
    """A gigabyte in a megabyte, more than the process that looks into it may have."""
    packing, piece = zlib.compressobj(), bytes(2**20)
    packed = b"".join(packing.compress(piece) for _ in range(2**10)) + packing.flush()
    return pdf(b"", stream(b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", packed))


def locked() -> bytes:
    writer, file = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf()))), io.BytesIO()
    writer.encrypt("", "owner", algorithm="RC4-128")
    writer.write(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"MZ\x90\x00" + b"0" * 300, "不是其中之一"),
        (b"<html><script>alert(1)</script>", "不是其中之一"),
        (b"%PDF-1.4 cut off", "損壞"),
        (pdf()[:-60], "損壞"),
        (png()[:60], "損壞"),
        (b"\xff\xd8\xff\xe0" + b"0" * 200, "損壞"),
        (b"%PDF-1.4" + b"0" * evidence.LIMIT, "超過 10 MB"),
        (lambda: picture("PNG", (3300, 3300)), "超過 10 MB"),
        (lambda: png((9000, 9000)), "尺寸太大"),
        (locked, "加密"),
        (pdf(b"/Encrypt 9 0 R"), "加密"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_what_is_no_whole_open_scan_is_refused_with_one_sentence(content, sentence):
    with pytest.raises(ValidationError, match=sentence):
        scan(made(content))


@pytest.mark.parametrize(
    "content",
    [
        pdf(b"/OpenAction " + SCRIPT),
        pdf(b"/OpenAction << /S /J#61vaScript /J#53 (1) >>"),
        pdf(OPENS_IT, b"<< /S /URI /URI (https://example.org) >>"),
        pdf(OPENS_IT, b"%stream\n<< /S /JavaScript /JS (app.alert(1)) >>\n%endstream"),
        pdf(OPENS_IT, b"%stream\n<< /S /Na#6ded /J#53 (1) >>\n%endstream"),
        pdf(b"/OpenAction [3 0 R /Fit] /OpenAction << /S /N /J#53 (1) >>"),
        pdf(b"/AA << /O << /S /Launch >> >>"),
        pdf(b"/Names << /EmbeddedFiles 5 0 R >>"),
        pdf(b"/AcroForm << /XFA 4 0 R >>"),
        pdf(b"", b"<< /Type /Annot /Subtype /RichMedia >>"),
        pdf(b"", stream(b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", PACKED)),
        pdf(b"", stream(b"/N 1 /First 4 /Filter /FlateDecode", PACKED)),
        pdf() + b"9 0 obj\n<< /JS (1) >>\nendobj\n" + pdf()[-200:],
        pdf(b"", stream(b"", b"9 %c\n 0 obj << /JS (1) >> endobj")),
        pdf() + b"trailer\n<< /Root 1 0 R /AA 1 >>\n%%EOF",
    ],
    ids=range(15),
)
def test_what_acts_is_found_wherever_it_hides(content):
    with pytest.raises(ValidationError, match="程式、動作或附加檔案|損壞"):
        scan(content)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.4\n" + b"stream\n" * (LONG // 7) + b"%%EOF",
        b"%PDF-1.4\n" + b"1 0 obj <<" * (LONG // 10) + b"%%EOF",
        b"%PDF-1.4\n" + b"[" * LONG + b"%%EOF",
        b"%PDF-1.4\n" + b"1%" * (LONG // 2) + b"%%EOF",
        bomb,
        b"\xff\xd8" + b"\xff\xe1\x00\x09Exif\0\0a" * (LONG // 11),
    ],
    ids=["streams", "objects", "brackets", "comments", "bomb", "exif"],
)
def test_no_file_holds_the_site_up(content):
    """The process is ended after `evidence.PATIENCE`; nobody waits longer, however busy the machine is."""
    assert evidence.PATIENCE < 10
    with pytest.raises(ValidationError):
        scan(made(content))


@pytest.mark.parametrize(
    "content",
    [pdf(b"/OpenAction [3 0 R /Fit]"), lambda: picture("JPEG"), lambda: picture("PNG"), png()],
    ids=["pdf", "jpeg", "png", "small"],
)
def test_what_a_scanner_makes_is_taken(content):
    content = made(content)
    assert scan(content).file.read() == content


def test_the_printed_form_and_a_scan_wrapped_in_a_pdf_are_taken(db):
    application, _token = submitted()
    printed = documents.application_pdf(application).content
    assert scan(printed).extension == "pdf"
    wrapped = io.BytesIO()
    Image.open(io.BytesIO(picture("JPEG"))).save(wrapped, "PDF")
    assert scan(wrapped.getvalue()).extension == "pdf"
    packed, writer = io.BytesIO(), PdfWriter(clone_from=PdfReader(io.BytesIO(printed)))
    writer.write(packed)
    assert scan(packed.getvalue()).extension == "pdf"
