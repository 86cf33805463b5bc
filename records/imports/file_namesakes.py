"""Other rows of the same file that a row may belong with, with what speaks for it and what differs, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from .. import plans, policies
from ..columns import BY_ATTRIBUTE
from ..encryption import DamagedValue
from ..grouping import Item
from ..joins import against_join
from ..models import ImportBatch, ImportDecision, ImportRow
from ..planning import judged
from ..programmes import Lists
from ..rulings import Kind
from ..values import mask_national_id
from .row_decisions import newest_decision

_COMPARED = ("national_id", "birth_date", "sex", "student_number", "email", "mobile", "address", "programme")
# What naturally differs between two degrees of one person is told with the degree.
_OF_A_DEGREE = frozenset({"student_number", "programme"})
_DEGREE = ("programme", "graduation_date", "class_name", "student_number")


@dataclass(frozen=True, slots=True)
class RowCandidate:
    """Another row that may be the same person; `why_not` says why it cannot be declared so, "" when it can."""

    row_number: int
    name: str
    masked_id: str
    degree: str
    reasons: list[str]
    differences: list[tuple[str, str, str]]  # (header, in this row, in the other)
    why_not: str


class _Compared(NamedTuple):
    """What both rows say, as shown: of national IDs the masks, which two numbers may share."""

    attribute: str
    here: str
    there: str
    is_same: bool


def rows_alike(batch: ImportBatch, stored: ImportRow, item: Item, user: Any) -> list[RowCandidate]:
    """The rows that the plan found alike, and the one that was chosen."""
    numbers = set(plans.alike(stored))
    decision = newest_decision(stored)
    if decision is not None and decision.kind == Kind.ROW:
        numbers.add(decision.other_row)
    if not numbers:
        return []
    lists, options = Lists.load(), plans.options_of(batch)
    others = _readable(ImportRow.objects.filter(batch=batch, row_number__in=numbers))
    found = [
        _candidate(item, judged(plans.stored_row(other), lists, options), lists, user) for other in others
    ]
    return sorted(found, key=lambda one: (bool(one.why_not), -len(one.reasons), one.row_number))


def _readable(rows: Iterable[ImportRow]) -> Iterator[ImportRow]:
    """Those that can be opened; of the others the plan says that they are damaged."""
    for row in rows:
        try:
            row.open_payload()
        except DamagedValue:
            continue
        yield row


def joined_here(stored: ImportRow) -> list[int]:
    """The rows that were declared to be the same person as this one."""
    made = ImportDecision.objects.filter(batch=stored.batch_id, row_number__isnull=False)
    pointing = made.filter(kind=Kind.ROW, other_row=stored.row_number).values("row_number")
    newest = {one.row_number: one for one in made.filter(row_number__in=pointing)}
    return sorted(
        number
        for number, one in newest.items()
        if one.kind == Kind.ROW and one.other_row == stored.row_number
    )


def _candidate(item: Item, other: Item, lists: Lists, user: Any) -> RowCandidate:
    compared = [one for one in _compared(item, other, lists) if policies.may_read(user, one.attribute)]
    national_id = other.value("national_id")
    return RowCandidate(
        other.row.number,
        other.value("chinese_name"),
        mask_national_id(national_id) if national_id and policies.may_read(user, "national_id") else "",
        "，".join(filter(None, (lists.shown(name, other.value(name)) for name in _DEGREE))),
        [
            _("姓名相同")
            if item.value("chinese_name") == other.value("chinese_name")
            else _("姓名只有字形不同"),
            *(_("%(header)s相同") % {"header": _header(one.attribute)} for one in compared if one.is_same),
        ],
        [
            (_header(one.attribute), one.here, one.there)
            for one in compared
            if not one.is_same and one.attribute not in _OF_A_DEGREE
        ],
        "".join(one.sentence for one in against_join(item, other)),
    )


def _compared(item: Item, other: Item, lists: Lists) -> Iterator[_Compared]:
    for attribute in _COMPARED:
        one, two = item.value(attribute), other.value(attribute)
        if one and two:
            texts = [
                mask_national_id(text) if attribute == "national_id" else lists.shown(attribute, text)
                for text in (one, two)
            ]
            yield _Compared(attribute, *texts, is_same=one == two)


def _header(attribute: str) -> str:
    return BY_ATTRIBUTE[attribute].header
