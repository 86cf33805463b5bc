"""The rows of people."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from .. import bulk
from ..columns import REPLACEABLE_ATTRIBUTES, SECONDARY_WORDS
from ..models import Person, Source
from ..storing import person_columns
from .act import Act
from .asked import Applied, Going, PersonChange, without_refusal
from .present import Present

_FIELDS = [field.attname for field in Person._meta.concrete_fields]
_in_order = itemgetter(*_FIELDS)
_BLANK = {name: Person._meta.get_field(name).get_default() for name in _FIELDS}
_HAND_EDITED = REPLACEABLE_ATTRIBUTES | set(SECONDARY_WORDS)


def write(going: Going, present: Present, act: Act) -> None:
    """Enter those who are new, who get their ids here, and change the others."""
    new = [(change, applied) for change, applied in going if change.person_id is None]
    ids = bulk.reserve_ids(Person, len(new))
    for pk, (_change, applied) in zip(ids, new, strict=True):
        applied.person_id = pk
    # Made one by one while the database takes those before.
    bulk.insert_rows(Person, _FIELDS, (_new_row(*pair, present.digests, act) for pair in new))
    act.remember(Person, ids, "+")
    _update([change for change, _applied in going if change.person_id is not None], present, act)


def _new_row(change: PersonChange, applied: Applied, digests: dict[str, str], act: Act) -> tuple[Any, ...]:
    columns = _BLANK | person_columns(without_refusal(change.values), applied.person_id, digests)
    columns |= {"id": applied.person_id, "created_at": act.at, "updated_at": act.at}
    columns["hand_edited"] = _hand_edited([], change.values, act)
    if change.objection:
        columns["accepts_messages"] = False
    return _in_order(columns)


def _update(changes: list[PersonChange], present: Present, act: Act) -> None:
    refusing = present.objecting | {change.person_id for change in changes if change.objection}
    rows: dict[int, list[Any]] = {}  # once a person, also when two changes speak of one
    for change in changes:
        person = present.people[change.person_id]
        values = dict(without_refusal(change.values))
        if person.pk in refusing:
            # SOP 6.9: only the alumnus' own new wish ends an objection.
            values.pop("accepts_messages", None)
        if not (values or change.objection or change.withdrawal):
            continue
        for name, value in person_columns(values, person.pk).items():
            setattr(person, name, value)
        if change.objection or change.withdrawal:
            person.accepts_messages = change.withdrawal is not None
        person.hand_edited = _hand_edited(person.hand_edited, values, act, change.by_hand)
        person.version += 1
        person.updated_at = act.at
        rows[person.pk] = [getattr(person, name) for name in _FIELDS]
    bulk.update_rows(Person, _FIELDS[1:], rows.values())
    act.remember(Person, list(rows), "~")


def _hand_edited(
    before: list[str], values: dict[str, str], act: Act, by_hand: frozenset[str] | None = None
) -> list[str]:
    """Which contact values a person put there: an older file leaves them alone."""
    touched = _HAND_EDITED.intersection(values)
    if by_hand is None:
        by_hand = frozenset() if act.source == Source.IMPORT else touched
    return sorted(set(before) - touched | touched & by_hand)
