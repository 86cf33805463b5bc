"""異動歷程: what was changed about a person, before → after, by whom, when, why and how it came in.

Read from the history rows of the person, the degrees, the pinned annotation and the objections. A national ID
is shown by its mask only. Fields that the reader may not read are left out (security.md H3), and so is what a degree
was while it belonged to a department that the reader does not reach.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from . import columns, policies
from .annotations import OBJECTION, WITHDRAWAL, change_text
from .models import AcademicRecord, Annotation, MessageObjection, Person, Programme, Source, StatusCode

_SHOWN = {
    Person: [c.attribute for c in columns.PERSON_COLUMNS] + list(columns.SECONDARY_WORDS),
    AcademicRecord: [c.attribute for c in columns.RECORD_COLUMNS],
    MessageObjection: ["objected_on", "words", "ended_on", "ended_words"],
    Annotation: ["pinned"],
}
# What can be taken back (`reverting`), by the kind that a `Change.ref` names. A serial number stays for ever; an answer
# about messages is the alumnus' (SOP 6.9).
REVERTIBLE: dict[str, frozenset[str]] = {
    "person": frozenset(_SHOWN[Person]) - {"accepts_messages"},
    "record": frozenset(_SHOWN[AcademicRecord]) - {"serial_number"},
}
_KINDS = {Person: "person", AcademicRecord: "record"}


class Ref(NamedTuple):
    """Which change of which field `reverting.find` is to find."""

    kind: str
    history_id: int
    attribute: str


@dataclass(frozen=True, slots=True)
class Change:
    """One field: what it belongs to ("" for the person, else the serial number), its name, old and new text. `ref`
    is there when it can be taken back unless `is_overtaken`: something later touched the field."""

    subject: str
    field: str
    before: str
    after: str
    ref: Ref | None = None
    is_overtaken: bool = False


@dataclass(slots=True)
class Entry:
    """Everything that one act changed."""

    at: datetime.datetime
    who: str
    how: str
    batch_id: int | None
    why: str = ""
    changes: list[Change] = field(default_factory=list)


class NoteLine(NamedTuple):
    """A line of 註解 as its reader sees it. `struck` says who struck it, when and why; "" for a line that stands."""

    text: str
    is_pinned: bool
    pk: int
    struck: str = ""


def notes(person: Person, user: Any) -> list[NoteLine]:
    """The lines of 註解 that a user may read, the pinned one first (SOP 6.6, 6.7).

    A line does not say which degree it speaks of, and old lines say anything. Who does not read everything is told
    of the person's own fields and of what they wrote themselves only, nothing of it struck, and without the numbers,
    whose gaps would tell that something is left out.
    """
    lines = person.annotations.select_related("struck_by")
    if policies.may_read(user, "annotations"):
        return [NoteLine(line.line, line.is_pinned, line.pk, _struck(line)) for line in lines]
    told = _told_lines(user)
    return [
        NoteLine(line.line.removeprefix(f"{line.number}."), False, line.pk)
        for line in lines
        if (line.text in told or _is_own(line, user)) and not line.is_struck
    ]


def _is_own(line: Annotation, user: Any) -> bool:
    return line.editor_id == user.pk and not line.is_pinned and policies.can_remark(user)


def _struck(line: Annotation) -> str:
    if not line.is_struck:
        return ""
    return _("%(who)s於 %(day)s 劃除：%(reason)s") % {
        "who": line.struck_by.display_name,
        "day": f"{timezone.localdate(line.struck_at):%Y-%m-%d}",
        "reason": line.struck_reason,
    }


def _told_lines(user: Any) -> frozenset[str]:
    """The texts of lines about fields of the person that the user may read."""
    readable = [name for name in _SHOWN[Person] if policies.may_read(user, name)]
    texts = {
        change_text(name, before, after)
        for name in readable
        for before, after in (("", "x"), ("x", "y"), ("x", ""))
    }
    return frozenset(texts | ({OBJECTION, WITHDRAWAL} if "accepts_messages" in readable else set()))


def of_person(person: Person, user: Any) -> list[Entry]:
    """The entries of a person that a user may read, newest first; only of the degrees the user sees."""
    names, hidden = _list_names(), policies.hidden_programmes(user)
    record_ids = policies.visible_records(user).filter(person=person).values("pk")
    degrees = AcademicRecord.history.filter(person_id=person.pk)
    gone = set(
        degrees.filter(history_type="-").values_list("id", flat=True)
    )  # they have no page to go back on
    rows = [
        *_rows(Person.history.filter(id=person.pk)),
        *_rows(degrees.filter(Q(id__in=record_ids) | Q(id__in=gone)), hidden),
        *_rows(MessageObjection.history.filter(person_id=person.pk)),
        *_rows(Annotation.history.filter(person_id=person.pk, number__isnull=True)),
    ]
    entries: dict[tuple, Entry] = {}
    latest: dict[
        tuple, tuple[list[Change], int]
    ] = {}  # the last change of each field so far: where it stands
    for row, previous in rows:
        changes = [change for name, change in _changes(row, previous, names) if policies.may_read(user, name)]
        if not changes:
            continue
        at = row.history_date.replace(microsecond=0)
        key = (at, row.history_user_id, row.source, row.batch_id, row.history_change_reason)
        told = entries.setdefault(key, _entry(row, user)).changes
        for change in changes:
            if row.instance_type is AcademicRecord and row.id in gone:
                change = replace(change, ref=None)
            _overtake(latest, (row.instance_type, row.id, change.field), told)
            told.append(change)
    return sorted(entries.values(), key=lambda entry: entry.at, reverse=True)


def _overtake(latest: dict[tuple, tuple[list[Change], int]], key: tuple, told: list[Change]) -> None:
    """Mark the earlier change of a field; the next one is about to be appended to `told`."""
    if key in latest:
        changes, index = latest[key]
        changes[index] = replace(changes[index], is_overtaken=True)
    latest[key] = (told, len(told))


def how(row: Any) -> str:
    """The way in which a history row came about, in words."""
    return str(dict(Source.choices).get(row.source, row.source))


def _entry(row: Any, user: Any) -> Entry:
    who = row.history_user.display_name if row.history_user else _("系統")
    # Of an import the reason is the file, which its batch names.
    is_told = row.source != Source.IMPORT and policies.may_read(user, "reason")
    return Entry(
        row.history_date, who, how(row), row.batch_id, (row.history_change_reason or "") if is_told else ""
    )


def _rows(history: Any, hidden: frozenset[int] = frozenset()) -> Iterator[tuple[Any, Any]]:
    """Every history row with the one before it of the same object, in the order they were written (two editors wait
    for one another at the row, so their clocks do not tell). What a degree was in one of the
    `hidden` programmes is passed over: it then begins when it came from there."""
    previous: dict[int, Any] = {}
    for row in history.select_related("history_user").order_by("history_id"):
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
            yield (
                attribute,
                Change(subject, _label(model, attribute), before, after, _ref(row, previous, attribute)),
            )


def _ref(row: Any, previous: Any, attribute: str) -> Ref | None:
    kind = _KINDS.get(row.instance_type, "")
    if previous is None or attribute not in REVERTIBLE.get(kind, ()):
        return None
    return Ref(kind, row.history_id, attribute)


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
        return {
            "objected_on": _("不願接受訊息：反應日期"),
            "words": _("不願接受訊息：原話或依據"),
            "ended_on": _("不願接受訊息：撤回日期"),
            "ended_words": _("不願接受訊息：撤回的原話"),
        }[attribute]
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
