"""The rows of objections (SOP 6.9): opened by an objection, ended by a withdrawal, by nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import bulk
from ..models import MessageObjection
from .act import Act
from .asked import Going, NewObjection, PersonChange

_FIELDS = [field.attname for field in MessageObjection._meta.concrete_fields]
_BLANK = {name: MessageObjection._meta.get_field(name).get_default() for name in _FIELDS}


def check(changes: Iterable[PersonChange]) -> None:
    """Raises ValueError for a 否 without its objection, and for a wish and its contrary at once."""
    for change in changes:
        if change.values.get("accepts_messages") == "否" and not change.objection:
            raise ValueError("accepts_messages 否 needs its objection (SOP 6.9)")
        if change.withdrawal and (change.objection or change.person_id is None):
            raise ValueError("a withdrawal ends the recorded objection of a stored person (SOP 6.9)")


def write(going: Going, objecting: set[int], act: Act) -> None:
    """Open the objections of those who do not object yet, end those that are withdrawn."""
    new = {
        applied.person_id: change.objection
        for change, applied in going
        if change.objection and applied.person_id not in objecting
    }
    ids = bulk.reserve_ids(MessageObjection, len(new))
    rows = [_new_row(pk, *pair, act) for pk, pair in zip(ids, new.items(), strict=True)]
    bulk.insert_rows(MessageObjection, _FIELDS, rows)
    act.remember(MessageObjection, ids, "+")
    _end(going, act)


def _new_row(pk: int, person_id: int, objection: NewObjection, act: Act) -> list[Any]:
    row = _BLANK | {
        "id": pk,
        "person_id": person_id,
        "objected_on": objection.on,
        "channel": objection.channel,
        "words": objection.words,
        "evidence": objection.evidence,
        "told_by": objection.told_by,
        "told_by_other": objection.told_by_other,
        "recorded_by_id": act.editor.pk,
        "recorded_at": act.at,
    }
    return [row[name] for name in _FIELDS]


def _end(going: Going, act: Act) -> None:
    wishes = {applied.person_id: change.withdrawal for change, applied in going if change.withdrawal}
    if not wishes:
        return
    rows = []
    for chunk in bulk.batched(wishes, bulk.KEYS_PER_STATEMENT):
        for objection in MessageObjection.objects.filter(person__any_of=chunk, ended_on=None):
            wish = wishes[objection.person_id]
            objection.ended_on, objection.ended_channel = wish.on, wish.channel
            objection.ended_words, objection.ended_evidence = wish.words, wish.evidence
            objection.ended_by_id, objection.ended_at = act.editor.pk, act.at
            rows.append([getattr(objection, name) for name in _FIELDS])
    bulk.update_rows(MessageObjection, _FIELDS[1:], rows)
    act.remember(MessageObjection, [row[0] for row in rows], "~")
