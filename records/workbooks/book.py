"""What a workbook holds besides its rows: sheets, shared texts, date styles, calendar (child process)."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from records.workbooks.faults import Fault
from records.workbooks.package import Package, SpreadsheetNames
from records.workbooks.serial_dates import BUILT_IN_DATE_FORMATS, is_date_format
from records.workbooks.texts import decode_escapes, printable

_WORKSHEET, _SHARED_STRINGS, _STYLES = "/worksheet", "/sharedStrings", "/styles"
_WORKBOOK_TYPE = "spreadsheetml.sheet.main+xml"
_BINARY_TYPE = "sheet.binary"
_PROGRAM_TYPES = ("macroenabled", "vbaproject", "macrosheet", "activex")
# Excel allows 31 characters.
_LONGEST_TITLE = 100
_TRUE = ("1", "true", "on")


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """One worksheet: its title, the part that holds it, and whether Excel shows it."""

    title: str
    part: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that is needed to understand the cells of a worksheet.

    `date_styles` holds the style numbers as they stand in the cells ("3"); `counts_from_1904` is the calendar
    of old Macintosh files.
    """

    sheets: tuple[SheetEntry, ...]
    strings: list[str]
    date_styles: frozenset[str]
    counts_from_1904: bool


def read_book(package: Package) -> Book:
    """Read the structure of the workbook; raises Fault for what is not an .xlsx workbook."""
    _check_content_types(package)
    package.refuse_document_types()
    part = next(
        (target for kind, target in _relations(package, "").values() if kind == "/officeDocument"), None
    )
    if part is None:
        raise Fault("broken")
    relations = _relations(package, part)
    sheets, counts_from_1904 = _read_workbook(package, part, relations)
    parts = {kind: target for kind, target in relations.values()}
    return Book(
        sheets=sheets,
        strings=_read_strings(package, parts.get(_SHARED_STRINGS)),
        date_styles=_read_date_styles(package, parts.get(_STYLES)),
        counts_from_1904=counts_from_1904,
    )


def _check_content_types(package: Package) -> None:
    content_types: list[str] = []

    def start(_name: str, attributes: dict[str, str]) -> None:
        content_types.append(attributes.get("ContentType", "").casefold())

    part = "[Content_Types].xml"
    if not package.has(part):
        raise Fault("not_xlsx")
    package.parse(part, start=start)
    if any(word in content_type for content_type in content_types for word in _PROGRAM_TYPES):
        raise Fault("macro")
    if any(_BINARY_TYPE in content_type for content_type in content_types):
        raise Fault("binary_workbook")
    if not any(content_type.endswith(_WORKBOOK_TYPE) for content_type in content_types):
        raise Fault("not_xlsx")  # a letter, a presentation, a template


def _relations(package: Package, source: str) -> dict[str, tuple[str, str]]:
    """Relation id → (last piece of its type, part) of a part; `source` "" is the package itself."""
    folder, name = posixpath.split(source)
    found: dict[str, tuple[str, str]] = {}

    def start(_name: str, attributes: dict[str, str]) -> None:
        if "Target" not in attributes or attributes.get("TargetMode") == "External":
            return
        kind = "/" + attributes.get("Type", "").rpartition("/")[2]
        target = posixpath.normpath(posixpath.join("/", folder, attributes["Target"])).lstrip("/")
        found[attributes.get("Id", "")] = kind, target

    package.parse(posixpath.join(folder, "_rels", f"{name}.rels"), start=start)
    return found


def _read_workbook(
    package: Package, part: str, relations: dict[str, tuple[str, str]]
) -> tuple[tuple[SheetEntry, ...], bool]:
    names = SpreadsheetNames()
    sheets: list[SheetEntry] = []
    calendar: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if names[name] == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith(" id")), "")
            kind, target = relations.get(relation, ("", ""))
            if kind == _WORKSHEET:
                is_hidden = attributes.get("state", "visible") != "visible"
                title = printable(decode_escapes(attributes.get("name", "")), _LONGEST_TITLE)
                sheets.append(SheetEntry(title, target, is_hidden))
        elif names[name] == "workbookPr":
            calendar.append(attributes.get("date1904", ""))

    package.parse(part, start=start)
    if len({sheet.part for sheet in sheets}) < len(sheets):
        raise Fault("broken")  # as many sheets as one likes, all in one part
    return tuple(sheets), any(value in _TRUE for value in calendar)


def _read_strings(package: Package, part: str | None) -> list[str]:
    """The shared texts; the runs of a rich text are joined, the reading aids (`rPh`) left out."""
    strings: list[str] = []
    if part is None or not package.has(part):
        return strings
    names = SpreadsheetNames()
    pieces: list[str] = []
    buffer: list[str] = []
    in_reading_aid = False

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal in_reading_aid
        match names[name]:
            case "t":
                buffer.clear()
            case "rPh":
                in_reading_aid = True

    def end(name: str) -> None:
        nonlocal in_reading_aid
        match names[name]:
            case "t" if not in_reading_aid:
                pieces.extend(buffer)
            case "rPh":
                in_reading_aid = False
            case "si":
                strings.append(decode_escapes("".join(pieces)))
                pieces.clear()

    package.parse(part, start=start, end=end, text=buffer.append)
    return strings


def _read_date_styles(package: Package, part: str | None) -> frozenset[str]:
    """The numbers of the cell styles that show a number as a date or time of day."""
    if part is None or not package.has(part):
        return frozenset()
    names = SpreadsheetNames()
    formats: dict[str, str] = {}
    cell_formats: list[str] = []
    is_in_cell_formats = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal is_in_cell_formats
        match names[name]:
            case "numFmt":
                formats.setdefault(attributes.get("numFmtId", ""), attributes.get("formatCode", ""))
            case "cellXfs":
                is_in_cell_formats = True
            case "xf" if is_in_cell_formats:
                cell_formats.append(attributes.get("numFmtId", "0"))

    def end(name: str) -> None:
        nonlocal is_in_cell_formats
        if names[name] == "cellXfs":
            is_in_cell_formats = False

    package.parse(part, start=start, end=end)
    dates = {number for number, code in formats.items() if is_date_format(code)}
    dates |= BUILT_IN_DATE_FORMATS - formats.keys()
    return frozenset(str(style) for style, number in enumerate(cell_formats) if number in dates)
