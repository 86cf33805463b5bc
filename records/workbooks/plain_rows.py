"""A short way for the plainest rows of a worksheet (child process).

Most sheets hold nothing else, and to call Python for each of their tags costs five times as much as reading their
rows by one pattern. It is no second parser of XML: a row goes this way only when every byte of it fits the narrow
pattern below and expat stands directly inside the rows of the sheet; all else goes through expat, which so reads the
same document with these rows left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.parsers.expat import XMLParserType

_BEGIN, _END = b"<sheetData>", b"</row>"
# Neither what stands before the rows nor one row is longer in any sheet worth a short way.
_LONGEST_PROLOG, _LONGEST_ROW = 1 << 20, 1 << 20
# Attributes that say nothing about the cells. A hidden row is not plain.
_ROW = re.compile(
    r'<row r="([1-9][0-9]{0,6})"'
    r'(?: (?:spans|s|customFormat|ht|customHeight|thickTop|thickBot|x14ac:dyDescent)="[A-Za-z0-9.: -]*")*>'
)
# No entities, no line breaks that XML would change, no characters that XML forbids.
_TEXT = r"[^<&\x00-\x08\x0b-\x1f\ufffe\uffff]"
_CELL = re.compile(
    r'(<c r="([A-Z]{1,3})([0-9]{1,7})"(?: s="([0-9]{1,6})")?(?: t="(s|n|inlineStr)")?(?:/>|>'
    rf'(?:<v>({_TEXT}+)</v>|<is><t(?: xml:space="preserve")?>({_TEXT}*)</t></is>)</c>))'
)

# Of a cell: all of it, the letters of its column, its row, style and kind ("" when not told), value, inline text.
PlainCell = tuple[str, str, str, str, str, str, str]
Take = Callable[[str, list[PlainCell]], bool]


class PlainRows:
    """Stands between the bytes of a worksheet and its parser, which keeps `rows_began` and `row_ended` told.

    `take` gets the number of a plain row, as written, and its cells, and says whether it took them; what it does not
    take goes through the parser.
    """

    def __init__(self, parser: XMLParserType, take: Take) -> None:
        self._parser, self._take = parser, take
        self._rest = b""
        self._fed = 0  # bytes that the parser has been given
        self._began_at = self._ended_at = -1
        self._is_open = True  # whether there is a short way at all
        self._is_among_rows = self._is_between_rows = False
        parser.XmlDeclHandler = self._note_encoding

    def rows_began(self) -> None:
        """The parser meets the element that holds the rows."""
        self._began_at = self._parser.CurrentByteIndex

    def row_ended(self) -> None:
        """The parser meets the end of a row."""
        self._ended_at = self._parser.CurrentByteIndex

    def feed(self, chunk: bytes) -> None:
        """The next bytes of the part."""
        data, self._rest = self._rest + chunk, b""
        if self._is_open and not self._is_among_rows:
            data = self._look_for_rows(data)
        if self._is_among_rows:
            data = self._sort(data)
        if self._is_open:
            self._rest = data
        else:
            self._give(data)

    def close(self) -> None:
        """The part is at its end."""
        self._give(self._rest)
        self._parser.Parse(b"", True)

    def _note_encoding(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.casefold() != "utf-8":
            self._is_open = False

    def _look_for_rows(self, data: bytes) -> bytes:
        """Give the parser what stands before the rows; returns what follows, or all when it is still to come."""
        start = data.find(_BEGIN)
        if start < 0:
            self._is_open = len(data) <= _LONGEST_PROLOG
            return data
        start += len(_BEGIN)
        self._give(data[:start])
        # Elsewhere, as in a comment, these letters are no element.
        self._is_open &= self._began_at == self._fed - len(_BEGIN)
        self._is_among_rows = self._is_between_rows = self._is_open
        return data[start:]

    def _sort(self, data: bytes) -> bytes:
        """Each row on its way; returns the row that is not yet complete, or what follows the last one."""
        *rows, rest = data.split(_END)
        for row in rows:
            if self._is_between_rows and self._is_taken(row):
                continue
            self._give(row + _END)
            # In a comment these letters end no row.
            self._is_between_rows = self._ended_at == self._fed - len(_END)
        if len(rest) > _LONGEST_ROW:
            self._is_open = self._is_among_rows = False
        return rest

    def _is_taken(self, row: bytes) -> bool:
        try:
            text = row.decode()
        except UnicodeDecodeError:
            return False
        head = _ROW.match(text)
        if head is None:
            return False
        cells: list[PlainCell] = _CELL.findall(text, head.end())
        has_nothing_else = sum([len(cell[0]) for cell in cells]) == len(text) - head.end()
        return has_nothing_else and self._take(head[1], cells)

    def _give(self, data: bytes) -> None:
        self._fed += len(data)
        self._parser.Parse(data, False)
