"""The parts of an .xlsx package, read with counted bytes (runs in the child process).

Nothing the archive says about itself is trusted: the directory is checked first (security.md 4), and what is
unpacked is counted again. XML is read by expat, which is given no document type and so no entities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from records.workbooks import limits
from records.workbooks.faults import Fault
from records.workbooks.names import MAIN_NAMESPACE, STRICT_NAMESPACE

_CHUNK, _PROLOG_CHUNK = 256 * 1024, 4 * 1024
_ENCRYPTED_FLAG = 0x1
# Parts that hold programs: Visual Basic, the macro sheets of Excel 4, ActiveX controls.
_PROGRAMS = ("vbaproject", "xl/macrosheets/", "xl/activex/")
_XML_SUFFIXES = (".xml", ".rels", ".vml")

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]


class SpreadsheetNames(dict[str, str]):
    """Element names as expat gives them ("namespace name") → the bare name; "" for a foreign namespace."""

    def __missing__(self, name: str) -> str:
        namespace, _, local = name.rpartition(" ")
        self[name] = bare = local if namespace in (MAIN_NAMESPACE, STRICT_NAMESPACE) else ""
        return bare


def check_directory(entries: list[ZipInfo]) -> None:
    """Raise Fault for a package that no spreadsheet program writes."""
    if len(entries) > limits.MAX_PARTS:
        raise Fault("too_many_parts", count=len(entries), limit=limits.MAX_PARTS)
    names = [entry.filename.casefold() for entry in entries]
    if len(set(names)) < len(names) or any(_is_suspicious(name) for name in names):
        raise Fault("part_names")
    if any(word in name for name in names for word in _PROGRAMS):
        raise Fault("macro")
    for entry in entries:
        _check_entry(entry)
    if sum(entry.file_size for entry in entries) > limits.MAX_UNPACKED_BYTES:
        raise _too_big_unpacked()


def _is_suspicious(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/")


def _check_entry(entry: ZipInfo) -> None:
    if entry.flag_bits & _ENCRYPTED_FLAG:
        raise Fault("password")
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise Fault("broken")
    is_counted = entry.file_size > limits.RATIO_COUNTS_FROM_BYTES
    if is_counted and entry.file_size > limits.MAX_RATIO * entry.compress_size:
        raise Fault("ratio")


def _too_big_unpacked() -> Fault:
    return Fault("too_big_unpacked", limit=limits.MAX_UNPACKED_BYTES // limits.MEGABYTE)


class Package:
    """An opened package. Part names are looked up without regard to case, as the format asks."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = ZipFile(file)
        entries = self._zip.infolist()
        check_directory(entries)
        self._entries = {entry.filename.casefold(): entry for entry in entries}
        self._bytes_left = limits.MAX_UNPACKED_BYTES

    def holds(self, folder: str) -> bool:
        """Whether any part's name begins so, e.g. "xl/media/"."""
        return any(name.startswith(folder) for name in self._entries)

    def refuse_document_types(self) -> None:
        """Raise Fault for a document type in any part of XML, read here or not; it can only stand before the root."""
        for part in self._entries:
            if part.endswith(_XML_SUFFIXES):
                self._check_prolog(part)

    def _check_prolog(self, part: str) -> None:
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = _end_of_prolog
        try:
            for chunk in self.chunks(part, _PROLOG_CHUNK):
                parser.Parse(chunk, False)
        except (_RootReached, expat.ExpatError):
            return  # a part that makes no sense is told of when, and only if, it is read

    def has(self, part: str) -> bool:
        return part.casefold() in self._entries

    def size(self, part: str) -> int:
        """The bytes of a part once unpacked; `chunks` gives no more than these."""
        entry = self._entries.get(part.casefold())
        return entry.file_size if entry else 0

    def parse(self, part: str, *, start: Start, end: End | None = None, text: Text | None = None) -> None:
        """Send the whole part through the handlers."""
        parser = new_parser(start=start, end=end, text=text)
        for chunk in self.chunks(part):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)

    def chunks(self, part: str, size: int = _CHUNK) -> Iterator[bytes]:
        """The part, unpacked piece by piece. Raises Fault for one that is missing or too big."""
        entry = self._entries.get(part.casefold())
        if entry is None:
            raise Fault("broken")
        with self._zip.open(entry) as stream:
            while chunk := stream.read(size):
                self._bytes_left -= len(chunk)
                if self._bytes_left < 0:
                    raise _too_big_unpacked()
                yield chunk


class _RootReached(Exception):
    """The first element of a part begins."""


def _end_of_prolog(*_element: object) -> None:
    raise _RootReached


def new_parser(*, start: Start, end: End | None = None, text: Text | None = None) -> expat.XMLParserType:
    """A parser that tells names with their namespaces, joins texts and refuses document types."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.buffer_size = _CHUNK
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    return parser


def _refuse_doctype(*_declaration: object) -> None:
    raise Fault("doctype")
