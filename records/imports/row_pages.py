"""What the page of one row shows: its cells as they came and as they were read, what was said, and its neighbours."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import NamedTuple

from django.utils import timezone

from .. import plans
from ..cells import ERROR, NOTE
from ..columns import BY_ATTRIBUTE, HEADERS
from ..models import ImportBatch, ImportCorrection, ImportRow
from ..programmes import Lists
from ..values import hide_national_ids, mask_national_id
from .correcting import cells_since, opened, text_of
from .row_decisions import open_rows

NATIONAL_ID, SERIAL = BY_ATTRIBUTE["national_id"].header, BY_ATTRIBUTE["serial_number"].header
# Not in front of everybody who corrects a cell: old lines of 註解 are many and taken over as they are.
_NEVER_OFFERED = {BY_ATTRIBUTE["annotations"].header}
# Questions about who a row's keys belong to: any of the keys may be the wrong one.
_KEYS = tuple(BY_ATTRIBUTE[name].header for name in ("serial_number", "student_number", "national_id"))
_ABOUT_KEYS = frozenset({"keys_disagree", "other_person", "two_records", "decision_overtaken"})


class Place(NamedTuple):
    """Where a row stands among those of its verdict that nobody has answered yet."""

    left: int
    first: int | None
    previous: int | None
    following: int | None


@dataclass(frozen=True, slots=True)
class CellView:
    header: str
    came: str
    read: str
    remarks: list[tuple[str, str]]  # (level, sentence)

    @property
    def is_wrong(self) -> bool:
        return any(level == ERROR for level, _sentence in self.remarks)


class Corrected(NamedTuple):
    """A cell that was corrected; national IDs by their mask."""

    header: str
    before: str
    after: str
    by: str
    at: datetime.datetime
    file_name: str


def place_of(batch: ImportBatch, stored: ImportRow) -> Place:
    """The neighbours of a row among the unanswered ones of its verdict."""
    numbers = open_rows(batch, stored.verdict).values_list("row_number", flat=True)
    return Place(
        numbers.count(),
        numbers.order_by("row_number").first(),
        numbers.filter(row_number__lt=stored.row_number).order_by("-row_number").first(),
        numbers.filter(row_number__gt=stored.row_number).order_by("row_number").first(),
    )


def cell_views(stored: ImportRow, view: plans.RowView) -> list[CellView]:
    """The cells of a row that hold something or about which something is said, in column order."""
    came, said = texts_as_they_came(stored), _said(stored)
    return [
        CellView(header, masked(header, came[header]), view.values[header], said.get(header, []))
        for header in HEADERS
        if came[header] or header in said
    ]


def texts_as_they_came(stored: ImportRow) -> dict[str, str]:
    """The cells of a row as text, by header; unmasked. Of a row without remarks, as they were read."""
    row = plans.stored_row(stored)
    if row.raw:
        return {header: text_of(cell) for header, cell in zip(HEADERS, row.raw, strict=True)}
    return plans.texts_of(stored, Lists.load())


def masked(header: str, text: str) -> str:
    """A cell as it may be shown: a national ID never whole, wherever it stands."""
    if header == NATIONAL_ID:
        return mask_national_id(text) if text else ""
    return text if header == SERIAL else hide_national_ids(text)


def _said(stored: ImportRow) -> dict[str, list[tuple[str, str]]]:
    said: dict[str, list[tuple[str, str]]] = {}
    for header, level, _code, sentence in stored.remarks:
        if header:
            said.setdefault(header, []).append((level, sentence))
    return said


def cells_to_correct(stored: ImportRow, *, everything: bool) -> dict[str, str]:
    """The cells that are offered to be corrected, by header, as they are by now: the bad ones and those asked about."""
    wanted = {header for header, level, _code, _sentence in stored.remarks if header and level != NOTE}
    if any(code in _ABOUT_KEYS for _header, _level, code, _sentence in stored.remarks):
        wanted.update(_KEYS)
    texts = texts_as_they_came(stored) | _corrected_texts(stored)
    return {
        header: texts[header]
        for header in HEADERS
        if header not in _NEVER_OFFERED and (everything or header in wanted)
    }


def _corrected_texts(stored: ImportRow) -> dict[str, str]:
    cells = cells_since(stored.batch, [stored.row_number]).get(stored.row_number, {})
    return {header: text_of(cell) for header, cell in cells.items()}


def sentences_by_header(stored: ImportRow) -> dict[str, list[str]]:
    """What is said about each cell, mere notes left out."""
    return {
        header: [sentence for level, sentence in said if level != NOTE]
        for header, said in _said(stored).items()
    }


def corrections_of(stored: ImportRow) -> list[Corrected]:
    """Every corrected cell of a row, the newest first."""
    made = ImportCorrection.objects.filter(batch=stored.batch_id, row_number=stored.row_number)
    return [
        Corrected(
            header,
            masked(header, text_of(before)),
            masked(header, text_of(after)),
            correction.corrected_by.display_name,
            timezone.localtime(correction.corrected_at),
            correction.file_name,
        )
        for correction in made.select_related("corrected_by").order_by("-corrected_at", "-pk")
        for header, (before, after) in opened(correction).items()
    ]
