"""The short way for plain rows reads what the long way reads, whatever stands between them."""

from __future__ import annotations

from collections.abc import Iterator
from xml.parsers.expat import ExpatError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.workbooks import plain_rows
from records.workbooks.book import Book
from records.workbooks.faults import Fault
from records.workbooks.names import MAIN_NAMESPACE
from records.workbooks.worksheet import Worksheet

BOOK = Book(sheets=(), strings=["甲", "乙 & 丙"], date_styles=frozenset({"3"}), counts_from_1904=False)
# Cells of row #, plain or not; `#` becomes the number of the row.
CELLS = (
    '<c r="A#" t="inlineStr"><is><t>王小明</t></is></c>',
    '<c r="A#" t="inlineStr"><is><t xml:space="preserve"> 空白 </t></is></c>',
    '<c r="B#" s="3"><v>45000</v></c>',
    '<c r="C#" t="s"><v>1</v></c>',
    '<c r="C#" t="s"><v>9</v></c>',
    '<c r="D#" s="5"/>',
    '<c r="E#" t="n"><v>1.23E+09</v></c>',
    '<c r="F#"><v></v></c>',
    '<c r="F#" t="s"><v></v></c>',
    '<c r="F#"><f>1+1</f><v>2</v></c>',
    '<c r="G#" t="e"><v>#N/A</v></c>',
    '<c r="G#" t="b"><v>1</v></c>',
    '<c r="H#" t="inlineStr"><is><t>王&amp;李 &#x4E00;</t></is></c>',
    '<c r="H#" t="inlineStr"><is><r><t>分</t></r><r><t>段</t></r></is></c>',
    '<c r="H#" t="inlineStr"><is><t>_x0041_\n次行</t></is></c>',
    '<c r="H#" t="inlineStr"><is><t>\r\n</t></is></c>',
    '<c r="H#" t="inlineStr"><is><t><![CDATA[</row>]]></t></is></c>',
    '<c r="I1"><v>3</v></c>',
    '<c r="A#"><v>4</v></c>',
    '<c r="ZZZ#"><v>5</v></c>',
    "<c><v>6</v></c>",
    '<c r="J#"><v>7</v></c>\n',
    '<c r="J#" t="str"><v>文字</v></c>',
    '<c r="J#" t="inlineStr"><is><t>\x01</t></is></c>',
    "<!-- </row> -->",
)
ROWS = (
    '<row r="#">@</row>',
    '<row r="#" spans="1:20" s="1" customFormat="1" ht="16.5" x14ac:dyDescent="0.25">@</row>',
    '<row r="#" hidden="1">@</row>',
    '<row r="#">@</row >',
    '<row r="#">@</row ><!-- </row>',
    "--><!-- -->",
    "<row>@</row>",
    "\n  ",
    '<!-- <row r="#">@</row> -->',
    '<other xmlns="urn:other"><row r="#">@</row></other>',
    '<row r="#">@<row r="999">@</row></row>',
    "<?pi </row> ?>",
    f'<x:row xmlns:x="{MAIN_NAMESPACE}" r="#">@</x:row>',
    '<row r="1">@</row>',
)
HEADS = (
    "<sheetData>",
    "<!-- <sheetData> --><sheetData>",
    '<sheetData x="1">',
    '<cols><col min="2" max="2" hidden="1"/></cols><sheetData>',
    '<x xmlns="urn:other"><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></x><sheetData>',
)


class Part:
    """The one part of a package, in pieces of any size."""

    def __init__(self, xml: bytes, size: int) -> None:
        self.xml, self.size = xml, size

    def chunks(self, _part: str) -> Iterator[bytes]:
        for start in range(0, len(self.xml), self.size):
            yield self.xml[start : start + self.size]


def outcome(xml: bytes, size: int) -> object:
    sheet = Worksheet(Part(xml, size), "sheet1.xml", "工作表1", BOOK)
    try:
        return list(sheet), sheet.hidden_rows, sheet.hidden_columns, sheet.merged
    except Fault as fault:
        return fault.code, fault.params
    except ExpatError:
        return "malformed"


def by_the_long_way(xml: bytes) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_rows, "_LONGEST_PROLOG", -1)
        patch.setattr(plain_rows, "_BEGIN", b"\xff")
        return outcome(xml, len(xml))


def sheet(head: str, rows: list[tuple[str, list[str]]], encoding: str = "utf-8") -> bytes:
    body = "".join(
        row.replace("@", "".join(cells)).replace("#", str(number))
        for number, (row, cells) in enumerate(rows, start=2)
    )
    xml = (
        f'<?xml version="1.0" encoding="{encoding}"?><worksheet xmlns="{MAIN_NAMESPACE}" '
        f'xmlns:x14ac="urn:ac">{head}{body}</sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells></worksheet>'
    )
    return xml.encode(encoding)


@given(
    st.sampled_from(HEADS),
    st.lists(st.tuples(st.sampled_from(ROWS), st.lists(st.sampled_from(CELLS), max_size=4)), max_size=8),
    st.sampled_from((1, 7, 64, 100_000)),
)
def test_both_ways_read_the_same(head, rows, size):
    xml = sheet(head, rows)
    assert outcome(xml, size) == by_the_long_way(xml)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_an_encoding_does_not_change_what_is_read(encoding):
    rows = [(ROWS[0], ['<c r="A#" t="inlineStr"><is><t>é</t></is></c>'])] * 3
    found = outcome(sheet("<sheetData>", rows, encoding), 64)
    assert found[0] == [(number, {1: "é"}) for number in (2, 3, 4)]


def test_plain_rows_call_nothing_for_each_cell(monkeypatch):
    """That the short way is taken at all, and taken again after a row that is not plain."""
    taken = []
    monkeypatch.setattr(Worksheet, "_open_cell", lambda self, _attributes: taken.append(self._row))
    plain, other = (ROWS[0], [CELLS[2]]), (ROWS[2], [CELLS[2]])
    outcome(sheet("<sheetData>", [plain, other, plain, plain]), 100)
    assert taken == [3]
