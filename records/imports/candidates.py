"""Whom a row may mean, with what speaks for it and what differs, in words (SOP 6.5).

Only people within the reader's scope and fields the reader may read are named; national IDs by their mask.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from .. import policies
from ..columns import BY_ATTRIBUTE
from ..grouping import Item
from ..known_people import KnownPerson, KnownRecord
from ..matching import namesakes
from ..models import ImportRow, Person
from ..programmes import Lists
from ..values import mask_national_id
from .row_decisions import known_about

SHOWN_AT_MOST = 20
_COMPARED = ("chinese_name", "sex", "birth_date", "email", "mobile")
_IDENTITY = ("chinese_name", "sex", "birth_date")


@dataclass(frozen=True, slots=True)
class Degree:
    """A degree of a candidate in words."""

    pk: int
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody stored whom the row may mean."""

    pk: int
    name: str
    masked_id: str
    reasons: list[str]
    differences: list[tuple[str, str, str]]  # (header, in the file, as stored)
    degrees: list[Degree]


def candidates_of(stored: ImportRow, item: Item, user: Any) -> list[Candidate]:
    """The people a row may mean, the most likely first."""
    known = known_about([item], filter(None, [stored.person_id]))
    known.load_more(_further(item))
    visible = set(
        Person.objects.visible_to(user).filter(pk__any_of=list(known.people)).values_list("pk", flat=True)
    )
    lists = Lists.load()
    found = [
        _candidate(item, person, lists, user) for pk, person in sorted(known.people.items()) if pk in visible
    ]
    found.sort(key=lambda one: (-len(one.reasons), len(one.differences)))
    return found[:SHOWN_AT_MOST]


def _further(item: Item) -> set[int]:
    """Namesakes, and who has the row's birthday and a degree of its department."""
    found = {one.pk for one in namesakes([item.name_key])[item.name_key][: 2 * SHOWN_AT_MOST]}
    if item.value("birth_date") and item.value("programme"):
        same = Person.objects.filter(
            birth_date=item.value("birth_date"),
            academic_records__programme__department__programmes=int(item.value("programme")),
        )
        found.update(same.values_list("pk", flat=True)[:SHOWN_AT_MOST])
    return found


def _candidate(item: Item, person: KnownPerson, lists: Lists, user: Any) -> Candidate:
    return Candidate(
        person.pk,
        person.value("chinese_name"),
        person.value("national_id") if policies.may_read(user, "national_id") else "",
        [reason for attribute, reason in _reasons(item, person) if policies.may_read(user, attribute)],
        [
            (BY_ATTRIBUTE[attribute].header, theirs, ours)
            for attribute, theirs, ours in _differences(item, person, lists)
            if policies.may_read(user, attribute)
        ],
        [_degree(record, lists) for record in person.records],
    )


def _reasons(item: Item, person: KnownPerson) -> Iterator[tuple[str, str]]:
    """What speaks for the person: (attribute, words)."""
    if item.digest and item.digest == person.digest:
        yield "national_id", _("身分證字號相同")
    for attribute in ("serial_number", "student_number"):
        value = item.value(attribute)
        if value and any(record.value(attribute) == value for record in person.records):
            yield attribute, _("%(header)s相同") % {"header": BY_ATTRIBUTE[attribute].header}
    for attribute in _COMPARED:
        value, stored = item.value(attribute), person.value(attribute)
        if value and value == stored:
            yield attribute, _("%(header)s相同") % {"header": BY_ATTRIBUTE[attribute].header}
        elif attribute == "chinese_name" and item.name_key == person.name_key:
            yield attribute, _("姓名只有字形不同")
    programme = item.value("programme")
    if programme and any(record.programme == programme for record in person.records):
        yield "programme", _("畢業系所相同")


def _differences(item: Item, person: KnownPerson, lists: Lists) -> Iterator[tuple[str, str, str]]:
    """What speaks against the person: (attribute, in the file, as stored)."""
    if item.digest and person.digest and item.digest != person.digest:
        yield "national_id", mask_national_id(item.value("national_id")), person.value("national_id")
    for attribute in _IDENTITY:
        value, stored = item.value(attribute), person.value(attribute)
        if value and stored and value != stored:
            yield attribute, lists.shown(attribute, value), lists.shown(attribute, stored)


def _degree(record: KnownRecord, lists: Lists) -> Degree:
    values = record.values
    parts = [
        lists.shown("programme", values["programme"]),
        values["graduation_date"] or _("無畢業日期"),
        _("學號 %(number)s") % {"number": values["student_number"]} if values["student_number"] else "",
        _("流水號 %(number)s") % {"number": values["serial_number"]},
    ]
    return Degree(record.pk, "，".join(filter(None, parts)))
