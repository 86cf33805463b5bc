"""異動歷程: what was changed about a person, before → after, by whom, when and how it came in.

Read from the history rows of the person, the degrees, the pinned annotation and the objections. A national ID
is shown by its mask only. Fields that the reader may not read are left out (security.md H3), and so is what a degree
was while it belonged to a department that the reader does not reach.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Model
from django.utils.translation import gettext as _

from . import columns, policies
from .annotations import OBJECTION, change_text
from .models import AcademicRecord, Annotation, MessageObjection, Person, Programme, Source, StatusCode

_SHOWN = {
    Person: [c.attribute for c in columns.PERSON_COLUMNS] + list(columns.SECONDARY_WORDS),
    AcademicRecord: [c.attribute for c in columns.RECORD_COLUMNS],
    MessageObjection: ["objected_on", "words", "ended_on"],
    Annotation: ["pinned"],
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field: what it belongs to ("" for the person, else the serial number), its name, old and new text."""

    subject: str
    field: str
    before: str
    after: str


@dataclass(slots=True)
class Entry:
    """Everything that one act changed."""

    at: datetime.datetime
    who: str
    how: str
    batch_id: int | None
    changes: list[Change] = field(default_factory=list)


class NoteLine(NamedTuple):
    """A line of 註解 as its reader sees it."""

    text: str
    is_pinned: bool


def notes(person: Person, user: Any) -> list[NoteLine]:
    """The lines of 註解 that a user may read, the pinned one first (SOP 6.6, 6.7).

    A line does not say which degree it speaks of, and old lines say anything. Who does not read everything is told
    of the person's own fields only, and without the numbers, whose gaps would tell that something is left out.
    """
    lines = person.annotations.all()
    if policies.may_read(user, "annotations"):
        return [NoteLine(line.line, line.is_pinned) for line in lines]
    told = _told_lines(user)
    return [NoteLine(line.line.removeprefix(f"{line.number}."), False) for line in lines if line.text in told]


def _told_lines(user: Any) -> frozenset[str]:
    """The texts of lines about fields of the person that the user may read."""
    readable = [name for name in _SHOWN[Person] if policies.may_read(user, name)]
    texts = {
        change_text(name, before, after)
        for name in readable
        for before, after in (("", "x"), ("x", "y"), ("x", ""))
    }
    return frozenset(texts | ({OBJECTION} if "accepts_messages" in readable else set()))


def of_person(person: Person, user: Any) -> list[Entry]:
    """The entries of a person that a user may read, newest first; only of the degrees the user sees."""
    names, hidden = _list_names(), policies.hidden_programmes(user)
    record_ids = policies.visible_records(user).filter(person=person).values("pk")
    rows = [
        *_rows(Person.history.filter(id=person.pk)),
        *_rows(AcademicRecord.history.filter(id__in=record_ids), hidden),
        *_rows(MessageObjection.history.filter(person_id=person.pk)),
        *_rows(Annotation.history.filter(person_id=person.pk, number__isnull=True)),
    ]
    entries: dict[tuple, Entry] = {}
    for row, previous in rows:
        changes = [change for name, change in _changes(row, previous, names) if policies.may_read(user, name)]
        if not changes:
            continue
        key = (row.history_date.replace(microsecond=0), row.history_user_id, row.source, row.batch_id)
        entries.setdefault(key, _entry(row)).changes += changes
    return sorted(entries.values(), key=lambda entry: entry.at, reverse=True)


def _entry(row: Any) -> Entry:
    who = row.history_user.display_name if row.history_user else _("系統")
    return Entry(row.history_date, who, str(dict(Source.choices).get(row.source, row.source)), row.batch_id)


def _rows(history: Any, hidden: frozenset[int] = frozenset()) -> Iterator[tuple[Any, Any]]:
    """Every history row with the one before it of the same object, oldest first. What a degree was in one of the
    `hidden` programmes is passed over: it then begins when it came from there."""
    previous: dict[int, Any] = {}
    for row in history.select_related("history_user").order_by("history_date", "history_id"):
        if hidden and row.programme_id in hidden:
            previous.pop(row.id, None)
            continue
        yield row, previous.get(row.id)
        previous[row.id] = row


def _changes(row: Any, previous: Any, names: dict[str, dict[int, str]]) -> Iterator[tuple[str, Change]]:
    model = row.instance_type
    subject = row.serial_number if model is AcademicRecord else ""
    gone = row.history_type == "-"
    for attribute in _SHOWN[model]:
        before = "" if previous is None else _text(previous, attribute, names)
        after = "" if gone else _text(row, attribute, names)
        if before != after or _identity_changed(row, previous, attribute):
            yield attribute, Change(subject, _label(model, attribute), before, after)


def _identity_changed(row: Any, previous: Any, attribute: str) -> bool:
    """Two numbers may share a mask; that the number is another one has to show all the same."""
    if attribute != "national_id" or previous is None:
        return False
    return row.national_id_digest != previous.national_id_digest


def _text(row: Any, attribute: str, names: dict[str, dict[int, str]]) -> str:
    if attribute == "national_id":
        return row.national_id_mask
    if attribute in names:
        return names[attribute].get(getattr(row, f"{attribute}_id"), "")
    value = getattr(row, "text" if attribute == "pinned" else attribute)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return columns.shown(attribute, value) if value else ""


def _label(model: type[Model], attribute: str) -> str:
    if model is Annotation:
        return _("置頂註解")
    if model is MessageObjection:
        return {"objected_on": _("不願接受訊息：反應日期"), "words": _("不願接受訊息：原話或依據")}.get(
            attribute, _("不願接受訊息：撤回日期")
        )
    if attribute in columns.SECONDARY_WORDS:
        return columns.SECONDARY_WORDS[attribute]
    return columns.BY_ATTRIBUTE[attribute].header


def _list_names() -> dict[str, dict[int, str]]:
    statuses = {status.pk: str(status) for status in StatusCode.objects.all()}
    return {
        "programme": dict(Programme.objects.values_list("pk", "name")),
        "enrolment_status": statuses,
        "current_identity": statuses,
    }
