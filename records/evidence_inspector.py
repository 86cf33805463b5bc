"""The process that looks into an uploaded scan: content on standard input, one word on standard output.

It starts without Django and gives up memory, processor time and files before it reads, because the libraries that
take hostile files apart may need any amount of them. "fine" is said at the end only: whatever goes wrong is a
refusal (`records.evidence`).

PDF readers differ in where they look: by the cross-reference table, or, when they find it broken, by the marks of the
objects. So every object that bears the mark is read, also those of earlier revisions and those packed in object
streams, whether the table names it or not.
"""

from __future__ import annotations

import re
import resource
import sys
import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from PIL import Image, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import IndirectObject, NameObject, StreamObject, read_object

MEMORY = 768 * 1024 * 1024  # bytes of address space
SECONDS = 6  # of the processor
OPEN_FILES = 32

PIXELS = 60_000_000  # A3 at 400 dpi
IMAGE_FORMATS = {"jpg": "JPEG", "png": "PNG"}

# What acts, asks for a program, or carries another file (ISO 32000-2, 7.11.4, 12.6, 13).
ACTIVE = {
    f"/{name}" for name in "JavaScript JS Launch AA EF EmbeddedFile EmbeddedFiles RichMedia XFA".split()
}
ACTIVE |= {f"/{name}" for name in "SubmitForm ImportData GoToE GoToR Rendition Movie Sound 3D".split()}
# A second sieve that needs no parsing: names too long to appear among the bytes of a picture by chance.
LONG_NAMES = re.compile(
    rb"/(Encrypt|JavaScript|Launch|EmbeddedFiles?|RichMedia|SubmitForm|ImportData)(?![A-Za-z])"
)
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
SPACE = rb"(?:[\0\t\n\f\r ]++|%[^\r\n]*+)"  # a comment counts as a space
OBJECT = re.compile(rb"\d" + SPACE + rb"++\d{1,5}" + SPACE + rb"++obj(?![A-Za-z])" + SPACE + rb"*+")
TRAILER = re.compile(rb"trailer" + SPACE + rb"*+(?=<<)")


class Refused(Exception):
    """The scan is refused; the text is the word for `records.evidence`."""


def main() -> None:
    """Answer for the content on standard input; the one argument is its extension: pdf, jpg or png."""
    restrict()
    content = sys.stdin.buffer.read()
    try:
        if sys.argv[-1] == "pdf":
            inspect_pdf(content)
        else:
            inspect_image(content, IMAGE_FORMATS[sys.argv[-1]])
        answer = "fine"
    except Refused as refused:
        answer = str(refused)
    except MemoryError:
        answer = "too_complex"
    sys.stdout.write(answer)


def restrict() -> None:
    """Set the limits of this process, unless the server runs under lower ones already."""
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _soft, ceiling = resource.getrlimit(kind)
        limit = limit if ceiling == resource.RLIM_INFINITY else min(limit, ceiling)
        resource.setrlimit(kind, (limit, limit))


def inspect_image(content: bytes, image_format: str) -> None:
    """Raise Refused unless the content is a whole picture of this format and of a size that can be looked at."""
    Image.MAX_IMAGE_PIXELS = PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(BytesIO(content), formats=[image_format]) as image:
            image.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("too_many_pixels") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Refused("damaged") from error


def inspect_pdf(content: bytes) -> None:
    """Raise Refused unless the content is a whole, open PDF without anything that acts or is attached."""
    if found := LONG_NAMES.search(ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), content)):
        raise Refused("encrypted" if found[1] == b"Encrypt" else "active")
    try:
        reader = PdfReader(BytesIO(content), strict=True)
        for held in _objects(reader, content):
            _judge(held)
        if not len(reader.pages):
            raise Refused("damaged")
    except (PyPdfError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise Refused("damaged") from error
    except (AssertionError, OSError, RecursionError) as error:
        raise Refused("damaged") from error


def _objects(reader: PdfReader, content: bytes) -> Iterator[Any]:
    """Every object of the file and every trailer, each as it stands: references are not followed."""
    yield reader.trailer
    for pattern in (OBJECT, TRAILER):
        for match in pattern.finditer(content):
            yield from _unpacked(_read(content, match.end(), reader), reader)
    for generation, table in reader.xref.items():
        for number in table:
            if (found := reader.get_object(IndirectObject(number, generation, reader))) is not None:
                yield from _unpacked(found, reader)


def _unpacked(held: Any, reader: PdfReader) -> Iterator[Any]:
    """An object and, when it is an object stream, all that is packed in it. Not every reader asks for /Type."""
    yield held
    if isinstance(held, StreamObject) and (held.get("/Type") == "/ObjStm" or "/First" in held):
        packed = held.get_data()
        first = int(held["/First"])
        numbers = [int(number) for number in packed[:first].split()]
        for offset in numbers[1::2]:
            yield _read(packed, first + offset, reader)


def _read(content: bytes, start: int, reader: PdfReader) -> Any:
    stream = BytesIO(content)  # shares the bytes
    stream.seek(start)
    return read_object(stream, reader)


def _judge(held: Any) -> None:
    """Raise Refused for a name that acts, as a key or a value, at any depth of one object."""
    waiting = [held]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "/Encrypt" in value:
                raise Refused("encrypted")
            if "/OpenAction" in value and isinstance(value["/OpenAction"], dict):  # else a page to begin at
                raise Refused("active")
            waiting += [*dict.keys(value), *dict.values(value)]
        elif isinstance(value, list):
            waiting += list.__iter__(value)
        elif isinstance(value, NameObject) and value in ACTIVE:
            raise Refused("active")
