"""The lines of 註解 that changes leave (SOP 6.7), and the pinned line of identities (SOP 6.6)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Max

from .. import bulk
from ..annotations import (
    NEW_RECORD,
    OBJECTION,
    REMOVED_RECORD,
    WITHDRAWAL,
    Line,
    change_text,
    name_in_line,
    pinned_text,
)
from ..columns import COLUMNS, SECONDARY_WORDS
from ..models import AcademicRecord, Annotation
from .act import Act
from .asked import Going, PersonChange, without_refusal

_FIELDS = [field.attname for field in Annotation._meta.concrete_fields]
_ORDER = {column.attribute: index for index, column in enumerate(COLUMNS)} | dict.fromkeys(
    SECONDARY_WORDS, 50
)


def write(going: Going, objecting: set[int], refusing: set[int], act: Act) -> None:
    """Number the lines of every change and keep the pinned lines true.

    `objecting` objected before these changes, `refusing` does so after them.
    """
    wanted = [
        (applied.person_id, told)
        for change, applied in going
        if (told := _told(change, applied.person_id, objecting, refusing, act))
    ]
    highest = _highest({person_id for person_id, _lines in wanted})
    rows: list[list[Any]] = []
    for person_id, told in wanted:
        taken = highest.get(person_id, 0)
        for line in told:
            taken = line.number if line.number and line.number > taken else taken + 1
            rows.append(_row(person_id, taken, line, act))
        highest[person_id] = taken
    old = {applied.person_id: change.pinned_line for change, applied in going if change.pinned_line}
    rows += _pin(_pinned_wanted(going), old, act)
    for pk, row in zip(bulk.reserve_ids(Annotation, len(rows)), rows, strict=True):
        row[0] = pk
    bulk.insert_rows(Annotation, _FIELDS, rows)
    act.remember(Annotation, [row[0] for row in rows], "+")


def _highest(ids: set[int]) -> dict[int, int]:
    """The highest number that each person's lines bear, struck ones included: no number is used again."""
    highest: dict[int, int] = {}
    for chunk in bulk.batched(sorted(ids), bulk.KEYS_PER_STATEMENT):
        highest.update(
            Annotation.objects.filter(person__any_of=chunk)
            .values_list("person")
            .annotate(Max("number"))
            .order_by()
            .exclude(number__max=None)
        )
    return highest


def _told(
    change: PersonChange, person_id: int, objecting: set[int], refusing: set[int], act: Act
) -> list[Line]:
    """Old lines first, then one line for each item changed in column order, then what the alumnus wished and what
    somebody remarked (SOP 6.7). Entering somebody new is no change and leaves no line."""
    told = list(change.legacy_lines)
    if change.person_id is not None:
        told += map(act.line, _item_texts(change, keeps_answer=person_id in refusing))
    is_told = any(line.text == OBJECTION for line in told)
    if change.objection and person_id not in objecting and not is_told:
        told.append(act.line(OBJECTION))
    if change.withdrawal:
        told.append(act.line(WITHDRAWAL))
    return told + [act.line(text) for text in change.remarks]


def _item_texts(change: PersonChange, *, keeps_answer: bool) -> list[str]:
    texts = [
        (_ORDER[name], change_text(name, change.before.get(name, ""), value))
        for name, value in without_refusal(change.values).items()
        if not (keeps_answer and name == "accepts_messages")
    ]
    for record in change.records:
        if record.record_id is None:
            texts.append((_ORDER["serial_number"], NEW_RECORD))
        elif record.is_removed:
            texts.append((_ORDER["serial_number"], REMOVED_RECORD))
        else:
            texts += [
                (_ORDER[name], change_text(name, record.before.get(name, ""), value))
                for name, value in record.values.items()
            ]
    return [text for _order, text in sorted(texts)]


def _row(person_id: int, number: int | None, line: Line, act: Act) -> list[Any]:
    own = line.made_on == act.today and line.editor_name == name_in_line(act.editor.display_name)
    row = {
        "id": None,
        "person_id": person_id,
        "number": number,
        "text": line.text,
        "made_on": line.made_on,
        "editor_name": line.editor_name,
        "editor_id": act.editor.pk if own else None,
        "struck_at": None,
        "struck_by_id": None,
        "struck_reason": "",
    }
    return [row[name] for name in _FIELDS]


def _pinned_wanted(going: Going) -> dict[int, str]:
    """The identities line (SOP 6.6) of everybody whose records came, went or changed programme."""
    ids = [
        applied.person_id
        for change, applied in going
        if any(
            record.record_id is None or record.is_removed or "programme" in record.values
            for record in change.records
        )
        and (change.person_id is not None or len(change.records) > 1)
    ]
    levels: dict[int, list[str]] = defaultdict(list)
    for chunk in bulk.batched(ids, bulk.KEYS_PER_STATEMENT):
        records = AcademicRecord.objects.filter(person__any_of=chunk)
        for person_id, level in records.values_list("person", "programme__level"):
            levels[person_id].append(level)
    return {person_id: pinned_text(levels[person_id]) for person_id in ids}


def _pin(wanted: dict[int, str], old: dict[int, Line], act: Act) -> list[list[Any]]:
    """Keep existing identities lines true, which go with the second degree; returns the rows of those that are new."""
    existing: dict[int, Annotation] = {}
    for chunk in bulk.batched(wanted, bulk.KEYS_PER_STATEMENT):
        existing |= {a.person_id: a for a in Annotation.objects.filter(person__any_of=chunk, number=None)}
    changed = []
    for person_id, annotation in existing.items():
        if wanted[person_id] and annotation.text != wanted[person_id]:
            row = _row(person_id, None, act.line(wanted[person_id]), act)
            changed.append([annotation.pk, *row[1:]])
    bulk.update_rows(Annotation, _FIELDS[1:], changed)
    act.remember(Annotation, [row[0] for row in changed], "~")
    untrue = [annotation.pk for person_id, annotation in existing.items() if not wanted[person_id]]
    act.remember(Annotation, untrue, "-")
    bulk.delete_rows(Annotation, untrue)
    return [
        _row(person_id, None, old.get(person_id) or act.line(text), act)
        for person_id, text in wanted.items()
        if text and person_id not in existing
    ]
