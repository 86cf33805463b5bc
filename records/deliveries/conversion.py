"""One foreign row → the cells of the template. What nobody said anything about stays the cell that it was, so that the
import judges it as if it had stood in the template."""

from __future__ import annotations

import datetime
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import cache, partial

from django.utils.translation import gettext as _

from ..cells import WARNING, ErrorCell, FormulaCell, Note, RawCell
from ..columns import BY_ATTRIBUTE, COLUMNS
from ..phones import without_mobiles
from ..programmes import Lists
from ..rows import INDEX
from ..tables import read_table
from ..text import is_nothing
from ..values import clean_sex, clean_student_number, hide_national_ids
from .classes import ClassReader
from .mappings import Mapping
from .samples import text_of
from .targets import ALL, CITY, CLASS, FIRST, JOINED, MOBILE, ROC, VALUED, attribute_of, way_of

# How many foreign values one column is asked about, the most frequent first; more is no list of codes.
ASKED_AT_MOST = 50
_LONGEST_VALUE = 80
_ROC_DIGITS = re.compile(r"[0-9]{4,7}")
_CITY_IN_FRONT = re.compile(r"\s*(?:[0-9]{3,6}\s*)?([\u4e00-\u9fff]{2}[市縣])")

Unknown = dict[str, list[tuple[str, int]]]


class Converter:
    """Converts the rows of one delivery and notes which values the university's lists do not know."""

    def __init__(self, mapping: Mapping, lists: Lists, today: datetime.date) -> None:
        self._mapping = mapping
        self._today = today
        self._lists = lists
        self._sources = mapping.sources
        self._ways = {attribute_of(target): way_of(target) for _header, target in mapping.used}
        self._valued = [attribute for attribute in VALUED if attribute in self._sources]
        self._values = {name: found for name, found in mapping.values.items() if name in self._sources}
        self._classes = ClassReader(lists)
        self._taken_off: Counter[tuple[str, str, str]] = Counter()
        self._unknown: dict[str, Counter[str]] = defaultdict(Counter)

    def row(self, foreign: Sequence[RawCell]) -> list[RawCell]:
        """The cells of the template, in the order of COLUMNS; `foreign` in the order of `Mapping.used`."""
        cells: list[RawCell] = [None] * len(COLUMNS)
        for attribute, places in self._sources.items():
            cells[INDEX[attribute]] = self._cell(attribute, [foreign[place] for place in places])
        self._take_apart(cells)
        for attribute, values in self._values.items():
            self._translate(attribute, values, cells)
        for attribute in self._valued:
            self._look_up(attribute, cells)
        return cells

    @property
    def unknown(self) -> Unknown:
        """Attribute → (foreign text, number of rows), for what a person may translate."""
        return {
            attribute: counts.most_common(ASKED_AT_MOST)
            for attribute, counts in self._unknown.items()
            if counts
        }

    @property
    def notes(self) -> list[Note]:
        """What was done to the file as a whole that a person should know: classes taken off their units."""
        if not self._taken_off:
            return []
        [(text, unit, class_name), _count] = self._taken_off.most_common(1)[0]
        message = _(
            "有 %(count)d 列的系所與班級寫在同一欄，已拆成畢業系所與班級資料"
            "（如「%(text)s」拆成「%(unit)s」與「%(class_name)s」），請抽查畢業系所是否正確；拆開後無法確定畢業系所的維持原文。"
        )
        told = {"count": self._taken_off.total(), "text": text, "unit": unit, "class_name": class_name}
        return [Note(WARNING, "class_taken_off", message % told)]

    def _cell(self, attribute: str, parts: list[RawCell]) -> RawCell:
        cell = parts[0] if len(parts) == 1 else _joined(attribute, parts, self._mapping.joins[attribute])
        if self._ways[attribute] == ROC:
            cell = roc_date(cell)
        return cell

    def _take_apart(self, cells: list[RawCell]) -> None:
        """What one foreign column says of two of ours, where the other one is blank."""
        if self._ways.get("address") == CITY:
            _bring_city(cells)
        if self._ways.get("programme") == CLASS:
            _divide(
                cells, "programme", "class_name", partial(self._without_class, self._student_number(cells))
            )
        if self._ways.get("phone") == MOBILE:
            _divide(cells, "phone", "mobile", without_mobiles)

    def _without_class(self, student_number: str, text: str) -> tuple[str, str]:
        unit, class_name = self._classes.taken_off(text, student_number)
        if unit != text:
            self._taken_off[text, unit, class_name] += 1
        return unit, class_name

    def _translate(self, attribute: str, values: dict[str, str], cells: list[RawCell]) -> None:
        """As a person answered: about the rows that the lists do not know. The same text may be known in another row,
        by its student number or class; nobody was asked about that one."""
        place = INDEX[attribute]
        text = text_of(cells[place])
        if text in values and not _is_broken(cells[place]) and not self._is_known(attribute, text, cells):
            cells[place] = values[text] or None

    def _look_up(self, attribute: str, cells: Sequence[RawCell]) -> None:
        cell = cells[INDEX[attribute]]
        text = text_of(cell)
        if (
            not text
            or _is_broken(cell)
            or len(text) > _LONGEST_VALUE
            or not text.isprintable()
            or hide_national_ids(text) != text
        ):
            return  # nothing to ask; the batch tells what is wrong with such a cell
        if not self._is_known(attribute, text, cells):
            self._unknown[attribute][text] += 1

    def _student_number(self, cells: Sequence[RawCell]) -> str:
        """As the import will read it."""
        return clean_student_number(cells[INDEX["student_number"]], today=self._today).value

    def _is_known(self, attribute: str, text: str, cells: Sequence[RawCell]) -> bool:
        if attribute == "programme":
            number, class_name = self._student_number(cells), text_of(cells[INDEX["class_name"]])
            found = self._lists.resolve_programme(text, student_number=number, class_name=class_name)
            return found.programme_id is not None
        if attribute == "sex":
            return bool(clean_sex(text, today=self._today).value)
        return self._lists.resolve_status(BY_ATTRIBUTE[attribute].list_name, text)[0] is not None


def _joined(attribute: str, parts: list[RawCell], join: str) -> RawCell:
    """Several cells as one. One that shows an error or is a formula without a value stays what it is, and the import
    tells: nothing is dropped silently but words for nothing."""
    filled = [part for part in parts if _is_broken(part) or not is_nothing(text_of(part))]
    if attribute == "phone" and join == JOINED and filled and filled[-1] is not parts[-1]:
        return None  # an area code alone is no number
    if len(filled) <= 1 or join == FIRST:
        return filled[0] if filled else None
    broken = next(filter(_is_broken, filled), None)
    if broken is not None:
        return broken
    texts = list(map(text_of, filled))
    text = ", ".join(texts) if join == ALL else _completed(attribute, texts)
    calculated = next((part for part in filled if isinstance(part, FormulaCell)), None)
    return FormulaCell(calculated.formula, text) if calculated else text


def _completed(attribute: str, texts: list[str]) -> str:
    """The parts in the order of the file; what the whole holds already, an area code or a level, is not said twice."""
    first, *others = texts
    if attribute == "phone":
        # No number within an area begins with 0.
        is_whole = first.startswith("0") and others[0].startswith(first)
        return "-".join(others if is_whole else texts)
    for text in others:
        first = first if first.endswith(text) else first + text
    return first


def _is_broken(cell: RawCell) -> bool:
    if isinstance(cell, FormulaCell):
        return cell.cached is None or isinstance(cell.cached, ErrorCell)
    return isinstance(cell, ErrorCell)


def roc_date(cell: RawCell) -> RawCell:
    """The digits of a ROC date as the import reads them beyond doubt: 1130630 → 民國113年6月30日, 11306 → 民國113年6月.

    Seven digits are a day, six a day of a year below 100, five and four a month; all else stays as it is."""
    if isinstance(cell, bool | FormulaCell):
        return cell
    text = text_of(cell) if isinstance(cell, str | int | float) else ""
    if not _ROC_DIGITS.fullmatch(text):
        return cell
    if len(text) >= 6:
        return f"民國{int(text[:-4])}年{int(text[-4:-2])}月{int(text[-2:])}日"
    return f"民國{int(text[:-2])}年{int(text[-2:])}月"


def _divide(
    cells: list[RawCell], attribute: str, other: str, divided: Callable[[str], tuple[str, str]]
) -> None:
    """One cell into two, as `divided` says of its text: what stays, and what goes into the other, blank one."""
    place, blank = INDEX[attribute], INDEX[other]
    cell = cells[place]
    if cell is None or _is_broken(cell) or text_of(cells[blank]):
        return
    stays, goes = divided(text_of(cell))
    if not goes:
        return
    formula = cell.formula if isinstance(cell, FormulaCell) else None
    for target, text in ((place, stays), (blank, goes)):
        cells[target] = FormulaCell(formula, text) if formula and text else text or None


def _bring_city(cells: list[RawCell]) -> None:
    """The city in front of the address into a blank 城市; the address itself stays whole."""
    found = _CITY_IN_FRONT.match(text_of(cells[INDEX["address"]]))
    if found and found[1].replace("台", "臺") in _cities() and not text_of(cells[INDEX["city"]]):
        cells[INDEX["city"]] = found[1]


@cache
def _cities() -> frozenset[str]:
    return frozenset(line["city"] for line in read_table("postal_districts.csv"))
