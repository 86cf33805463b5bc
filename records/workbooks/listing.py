"""The rows below the headers, without those that are no people: totals, signatures, headers again (child process)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import count

from records.cells import FormulaCell
from records.workbooks.worksheet import Cells

# A row of totals or signatures fills a few cells; a person's fills most.
_FEW_CELLS = 6
_BLANKS = re.compile(r"\s+")
_SUMMARY = re.compile(
    r"※?(?:合計|總計|小計|共計|總數|總人數|總筆數|總和|以上(?:共|合計|資料|空白)|以下空白|製表|製作(?:人|日期|單位)|列印|填表"
    r"|填報|造冊|承辦|經辦|單位主管|主管(?:核章|簽章)|覆核|審核|核章|資料(?:來源|日期)|(?:備註|附註|註|說明)[0-9]*[:.]"
    r"|共[0-9,〇零一二兩三四五六七八九十百千]+[筆人名位列]|第[0-9]+頁|[Tt]otal\b)"
)
_ID_NUMBER = re.compile(r"[A-Z][A-D0-9][0-9]{8}", re.IGNORECASE)
_ADDRESS_OF_MAIL = re.compile(r"[^@]+@[^@]+\.[^@]+")
_DIGITS = re.compile(r"[0-9]{3}|[@/]")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LONGEST_HEADER = 20
# A title above a list may give an address to ask at.
_CELLS_OF_A_TITLE = 3


class Listing:
    """Iterating gives (row number, cells) of each row that may be a person.

    What was left out stands in `summaries` and `repeated` (row numbers); `headless` holds the columns that have
    contents under no header. All are complete after the last row.
    """

    def __init__(self, rows: Iterator[tuple[int, Cells]], header_cells: Cells) -> None:
        self.summaries: list[int] = []
        self.repeated: list[int] = []
        self.headless: set[int] = set()
        self._rows = rows
        self._header_cells = header_cells
        self._headed = frozenset(column for column, cell in header_cells.items() if str(cell).strip())
        self._headed_to = next(column for column in count() if column + 1 not in self._headed)

    def __iter__(self) -> Iterator[tuple[int, Cells]]:
        for number, cells in self._rows:
            if len(cells) <= _FEW_CELLS and _is_summary(cells):
                self.summaries.append(number)
            elif cells == self._header_cells:
                self.repeated.append(number)
            else:
                # Columns ascend: where every column up to the last one has a header, nothing else need be looked at.
                if next(reversed(cells)) > self._headed_to and not cells.keys() <= self._headed:
                    self._note_headless(cells)
                yield number, cells

    def _note_headless(self, cells: Cells) -> None:
        self.headless.update(
            column for column in cells.keys() - self._headed if str(cells[column]).strip() != ""
        )


def _is_summary(cells: Cells) -> bool:
    """Whether the first text of a row says so, and nothing in it tells of a person."""
    texts = _texts(cells) or [""]
    return bool(_SUMMARY.match(texts[0])) and not _is_personal(texts)


def looks_personal(cells: Cells) -> bool:
    """Whether a row is somebody's rather than headers or a title."""
    texts = _texts(cells)
    return any(map(_ID_NUMBER.fullmatch, texts)) or (len(texts) > _CELLS_OF_A_TITLE and _is_personal(texts))


def looks_like_headers(cells: Cells) -> bool:
    """Whether a row may be headers: several short texts, and nothing that could be anybody's."""
    texts = _texts(cells)
    return (
        len(texts) == len(cells) >= _CELLS_OF_A_TITLE
        and any(map(_CHINESE.search, texts))
        and all(len(text) <= _LONGEST_HEADER and not _DIGITS.search(text) for text in texts)
        and not looks_personal(cells)
    )


def _is_personal(texts: list[str]) -> bool:
    return any(_ID_NUMBER.fullmatch(text) or _ADDRESS_OF_MAIL.fullmatch(text) for text in texts)


def _texts(cells: Cells) -> list[str]:
    """The texts of a row from left to right, half width and without blanks."""
    values = (cell.cached if isinstance(cell, FormulaCell) else cell for cell in cells.values())
    tidied = (
        _BLANKS.sub("", unicodedata.normalize("NFKC", value)) for value in values if isinstance(value, str)
    )
    return [text for text in tidied if text]
