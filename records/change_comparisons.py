"""A request beside what is stored: original, proposed and current value of each field, as pages show them and as an
approval is held against them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from .encryption import digest
from .models import ChangeItem, ChangeRequest
from .policies import may_read
from .programmes import Lists
from .rights import ALL_FIELDS, Reach, reach_of
from .storing import current_record_values, current_values

_TITLES = {field.attribute: field.title for field in ALL_FIELDS}


class Standing(StrEnum):
    """How the stored value stands to what a request proposes."""

    AS_BEFORE = "as_before"
    CHANGED = "changed"  # somebody changed it since
    THERE = "there"  # it is what was proposed already


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field of a request: original, proposed, current (as people read them), and how they stand to each other."""

    item: ChangeItem
    title: str
    subject: str  # "" for the person, else the degree
    before: str
    proposed: str
    current: str
    standing: Standing
    raw: str  # the stored value in canonical text, of a national ID its digest


def compared(request: ChangeRequest, lists: Lists) -> list[Comparison]:
    """The fields of a request beside what is stored. Of a decided request the current value is that of its day.

    Reads `person`, `items` and their `record.programme` from the request: prefetch them for many."""
    person = current_values(request.person)
    person_digest = request.person.national_id_digest or ""
    return [
        _comparison(item, current_record_values(item.record) if item.record else person, person_digest, lists)
        for item in request.items.all()
    ]


def _comparison(item: ChangeItem, now: dict[str, str], person_digest: str, lists: Lists) -> Comparison:
    is_identity = item.attribute == "national_id"
    current = now[item.attribute]
    raw = person_digest if is_identity else current
    if raw == (item.proposed_digest if is_identity else item.proposed):
        standing = Standing.THERE
    elif raw == (item.before_digest if is_identity else item.before):
        standing = Standing.AS_BEFORE
    else:
        standing = Standing.CHANGED

    def shown(value: str) -> str:
        return value if is_identity else lists.shown(item.attribute, value)

    return Comparison(
        item=item,
        title=str(_TITLES[item.attribute]),
        subject=f"{item.record.serial_number} {item.record.programme.name}" if item.record else "",
        before=shown(item.before),
        proposed=shown(item.proposed),
        current=shown(item.found if item.decision else current),
        standing=standing,
        raw=raw,
    )


def shown_to(reader: Any, request: ChangeRequest, lists: Lists) -> list[Comparison]:
    """`compared` for a page: without the degrees that the reader does not reach; of a field that the reader may not
    read, only what was proposed."""
    sees_all = reach_of(reader) is Reach.ALL
    return [
        one if may_read(reader, one.item.attribute) else replace(one, before="", current="")
        for one in compared(request, lists)
        if sees_all or not one.item.record or one.item.record.programme.department_id in reader.department_ids
    ]


def fingerprint(request: ChangeRequest, comparisons: Iterable[Comparison]) -> str:
    """What a page shows of a request, in short: an approval that brings another one was given to other values."""
    seen = [(one.item.pk, one.raw) for one in comparisons]
    return digest(json.dumps([request.pk, request.version, seen]))
