"""The way back: what a judged part of a batch asks of the one door."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from ..changes import PersonChange, RecordChange
from ..encryption import unseal
from ..models import Person
from ..storing import current_record_values, seen_values
from .judging import Judgement, Part


def change_back(one: Judgement, parts: Iterable[Part], batch_id: int) -> PersonChange:
    """What the door is asked for: earlier values and removals of these parts, in one change of the person, with the
    line that names the batch (SOP 6.7). Its key is the person's id."""
    change = PersonChange(one.person_id, {}, key=one.person_id)
    for part in parts:
        if part.record_id is not None:
            change.records.append(_record_change(part, one))
        elif part.fields:
            change.values, change.before = _values(part, one)
            change.by_hand = frozenset(one.trace.before.hand_edited)
        else:
            change.records += [_removal(pk, trace.after) for pk, trace in one.records.items()]
            change.before, change.is_removed = seen_values(one.trace.after), True
    if not change.is_removed:
        change.remarks = [_("還原匯入批次 #%(number)s") % {"number": batch_id}]
    return change


def _values(part: Part, one: Judgement) -> tuple[dict[str, str], dict[str, str]]:
    earlier, after = seen_values(one.trace.before), seen_values(one.trace.after)
    values = {name: earlier[name] for name in part.fields}
    sealed = one.trace.before.national_id_sealed
    if "national_id" in values and sealed:
        values["national_id"] = unseal(sealed, Person.national_id_context(one.person_id))
    return values, {name: after[name] for name in part.fields}


def _record_change(part: Part, one: Judgement) -> RecordChange:
    trace = one.records[part.record_id]
    if not part.fields:
        return _removal(part.record_id, trace.after)
    earlier, after = current_record_values(trace.before), current_record_values(trace.after)
    values = {name: earlier[name] for name in part.fields}
    return RecordChange(part.record_id, values, {name: after[name] for name in part.fields})


def _removal(pk: int, row: Any) -> RecordChange:
    return RecordChange(pk, {}, current_record_values(row), is_removed=True)
