"""Proposals of change: each field is written at once, kept for the center's review, or refused, as `field_policy` says.

`propose` is the way of every form that is not the center's own. What waits becomes one ChangeRequest (`submissions`);
how it is decided stands in `change_reviews`. All three lock the person first and the requests after (a deadlock else).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from . import evidence as papers
from . import follow_ups
from .changes import Applied, PersonChange, RecordChange, apply_changes
from .field_policy import Way, ways_of
from .models import WAITING, AcademicRecord, ChangeRequest, Person, ReviewMode, Source
from .policies import can_propose_changes, can_see_change_requests, may_read, visible_records
from .rights import ALL_FIELDS, CONTACT, Reach, reach_of
from .storing import PERSON_ATTRIBUTES, current_record_values, current_values
from .submissions import NotTaken, ProposedField, Submission, submit

State = ChangeRequest.State
NO_RECORDS: Mapping[int, dict[str, str]] = MappingProxyType({})
NEVER_BLANK = frozenset({"chinese_name", "programme", "serial_number"})
SHARED_SHOWN = 50
_TITLES = {field.attribute: field.title for field in ALL_FIELDS}


@dataclass(slots=True)
class Outcome:
    """What became of a proposal. Fields of the person are named by their attribute, those of a degree
    `<record id>.<attribute>`."""

    applied: list[str] = field(default_factory=list)
    submission: Submission | None = None  # of what waits
    refused: dict[str, str] = field(default_factory=dict)  # name → sentence
    stale: dict[str, tuple[str, str]] = field(default_factory=dict)  # name → (value now, value proposed)

    @property
    def waiting(self) -> ChangeRequest | None:
        return self.submission.request if self.submission else None


def propose(
    person: Person,
    *,
    values: dict[str, str],
    before: dict[str, str],
    records: Mapping[int, dict[str, str]] = NO_RECORDS,
    records_before: Mapping[int, dict[str, str]] = NO_RECORDS,
    editor: Any,
    source: Source,
    at: datetime.datetime,
    reason: str = "",
    evidence: File | None = None,
) -> Outcome:
    """Take a proposal of new values (canonical text by attribute; `records` by record id), and say what became of it.

    `before` is what the editor saw. A field that somebody changed since is not written and told as stale; the others
    go their way. What the editor may not read cannot have been seen: it is neither compared nor told to be the same,
    so that nobody finds a birthday or a national ID out by proposing it.

    Raises Person.DoesNotExist or AcademicRecord.DoesNotExist outside the editor's scope, KeyError for a field that does
    not exist, and ValidationError for a paper that is not accepted.
    """
    paper = papers.check(evidence, evidence.size) if evidence else None
    outcome = Outcome()
    with papers.stored_for(paper) as stored, transaction.atomic():
        person = Person.objects.visible_to(editor).select_for_update().get(pk=person.pk)
        fields = list(_fields(person, values, before, records, records_before, editor))
        at_once, waiting = _sorted(fields, person, editor, at, outcome)
        _write(person, at_once, outcome, editor=editor, source=source, at=at)
        if waiting:
            act = {"editor": editor, "source": source, "at": at}
            try:
                outcome.submission = submit(person, waiting, words=reason, paper=stored, **act)
            except NotTaken as refusal:
                outcome.refused |= {one.name: str(refusal) for one in waiting}
    return outcome


def _sorted(
    fields: list[ProposedField], person: Person, editor: Any, at: datetime.datetime, outcome: Outcome
) -> tuple[list[ProposedField], list[ProposedField]]:
    """The fields to be written at once and those that wait; what is refused or stale goes to the outcome."""
    allowed, ways = can_propose_changes(editor), ways_for(editor)
    objecting = person.objections.filter(ended_on__isnull=True).exists()
    at_once: list[ProposedField] = []
    waiting: list[ProposedField] = []
    for one in fields:
        way, is_seen = ways[one.attribute], may_read(editor, one.attribute)
        is_unchanged = is_seen and one.is_unchanged
        refusal = _refusal(one, way, objecting) if allowed else str(allowed.reason)
        if not (refusal or is_unchanged or one.value):
            refusal = follow_ups.blank_refusal(person, one.attribute, at=at)
        if refusal:
            outcome.refused[one.name] = refusal
        elif is_unchanged:
            continue
        elif is_seen and one.before not in (one.now, one.now_digest or one.now):
            outcome.stale[one.name] = (one.now, one.shown)
        else:
            (at_once if way is Way.AT_ONCE else waiting).append(one)
    return at_once, waiting


def _fields(
    person: Person,
    values: Mapping[str, str],
    before: Mapping[str, str],
    records: Mapping[int, Mapping[str, str]],
    records_before: Mapping[int, Mapping[str, str]],
    editor: Any,
) -> Iterator[ProposedField]:
    """The fields of a proposal with what is stored now; raises KeyError for a field that does not exist."""
    now = current_values(person)
    for name, value in values.items():
        stored = person.national_id_digest or "" if name == "national_id" else ""
        yield ProposedField(name, None, value, before.get(name, ""), now[name], stored)
    own = visible_records(editor).filter(person=person).select_for_update(of=("self",))
    for record_id, texts in records.items():
        record = own.get(pk=record_id)
        there, seen = current_record_values(record), records_before.get(record_id, {})
        for name, value in texts.items():
            yield ProposedField(name, record, value, seen.get(name, ""), there[name])


def _refusal(one: ProposedField, way: Way, objecting: bool) -> str:
    """The sentence why a field cannot be proposed, "" when it can."""
    if way is Way.NEVER:
        return _("您不能修改「%(field)s」，如有錯誤請洽校友服務中心。") % {"field": _TITLES[one.attribute]}
    if one.attribute in NEVER_BLANK and not one.value:
        return _("「%(field)s」不可空白。") % {"field": _TITLES[one.attribute]}
    if one.attribute == "accepts_messages" and one.value == "否":
        return _("不願接受訊息須登錄校友的反應（日期、管道與原話），不能只改欄位。")
    if one.attribute == "accepts_messages" and one.now and not one.value:
        return _("已有的回覆不能改為未回覆。")
    if one.attribute == "accepts_messages" and objecting:
        return _("這位校友已反應不願接受訊息，只有校友本人的新意願可以改變。")
    return ""


def _write(
    person: Person,
    fields: list[ProposedField],
    outcome: Outcome,
    *,
    editor: Any,
    source: Source,
    at: datetime.datetime,
) -> None:
    """Through the one door. Person and degrees are locked, so what the door still refuses is a number that somebody
    else has; the other fields are written without it."""
    while fields:
        applied = _through_the_door(person, fields, editor=editor, source=source, at=at)
        if not applied.stale:
            outcome.applied += [one.name for one in fields]
            return
        taken = [one for one in fields if one.attribute in applied.stale]
        outcome.refused |= {one.name: taken_sentence(one.attribute) for one in taken}
        fields = [one for one in fields if one not in taken]


def _through_the_door(person: Person, fields: list[ProposedField], **act: Any) -> Applied:
    """Once more when somebody else wrote the same number between the door's look and its writing: now it sees it."""

    def write() -> Applied:
        change = change_of(person, [(one.record, one.attribute, one.value, one.now) for one in fields])
        with transaction.atomic():
            [applied] = apply_changes([change], **act)
        return applied

    try:
        return write()
    except IntegrityError:
        return write()


def change_of(person: Person, fields: list[tuple[AcademicRecord | None, str, str, str]]) -> PersonChange:
    """The change of (degree or None, attribute, new value, value before) as the door takes it."""
    change = PersonChange(person.pk, {}, {})
    records: dict[int, RecordChange] = {}
    for record, name, value, before in fields:
        target = change if record is None else records.setdefault(record.pk, RecordChange(record.pk, {}, {}))
        target.values[name], target.before[name] = value, before
    change.records = list(records.values())
    return change


def taken_sentence(attribute: str) -> str:
    """Why the door did not write a value although nobody changed the field since."""
    sentences = {
        "national_id": _("這個身分證字號已屬於另一位校友，請先查詢核對。"),
        "serial_number": _("這個流水號已經有人使用。"),
        "student_number": _("這個畢業系所已有相同學號的紀錄。"),
    }
    return sentences.get(attribute) or _("「%(field)s」剛才已由他人修改。") % {"field": _TITLES[attribute]}


# --- what a user sees of requests ---------------------------------------------------------------------------------
def visible_to(user: Any) -> QuerySet[ChangeRequest]:
    """The requests a user may see: all with the center, the own ones about people still in reach for a contact."""
    requests = ChangeRequest.objects.all()
    if not can_see_change_requests(user):
        return requests.none()
    if reach_of(user) is Reach.ALL:
        return requests
    return requests.filter(proposed_by=user, person__in=Person.objects.visible_to(user))


def returned_to(user: Any) -> QuerySet[ChangeRequest]:
    """The own requests that came back and wait for the user: to be proposed anew or withdrawn. Oldest first."""
    returned = visible_to(user).filter(proposed_by=user, state=State.RETURNED, succeeded_by=None)
    return returned.select_related("person", "decided_by").order_by("decided_at", "pk")


def open_about(person: Person, user: Any) -> QuerySet[ChangeRequest]:
    """The user's own requests about a person that wait for the center, or came back. Oldest first."""
    own = visible_to(user).filter(person=person, proposed_by=user, succeeded_by=None)
    return own.filter(state__in=[*WAITING, State.RETURNED])


def ways_for(user: Any) -> dict[str, Way]:
    """Attribute → what would become of a change by this user today, for the words beside the fields of a form."""
    return ways_of(user, strict=ReviewMode.is_strict_now())


class SharedChange(NamedTuple):
    """What another department's contact changed about somebody who is also ours."""

    person: Person
    at: datetime.datetime
    who: str
    fields: list[str]  # titles


def recent_for_others(user: Any, since: datetime.datetime) -> list[SharedChange]:
    """Changes since then of people of the user's departments by contacts of other departments, newest first; only
    fields that the user may read. Empty for who has no departments."""
    if reach_of(user) is not Reach.OWN:
        return []
    people = Person.objects.visible_to(user)
    history = Person.history.model.objects
    theirs = (
        history.filter(
            id__in=people.values("pk"),
            history_date__gte=since,
            history_user__role=CONTACT,
            source__in=(Source.FORM, Source.REVIEW),
        )
        .exclude(history_user=user)
        .exclude(history_user__memberships__department__in=user.department_ids)
        .order_by("-history_id")[:SHARED_SHOWN]
    )
    rows = {row.history_id: row for row in theirs.select_related("history_user")}
    ids = {row.id for row in rows.values()}
    named = people.in_bulk(ids)
    readable = [name for name in PERSON_ATTRIBUTES if may_read(user, name)]
    found, previous = [], {}
    for row in history.filter(id__in=ids).order_by("history_id"):
        now, earlier = current_values(row), previous.get(row.id)
        previous[row.id] = now
        changed = [str(_TITLES[name]) for name in readable if earlier and now[name] != earlier[name]]
        if row.history_id in rows and changed:
            who = rows[row.history_id].history_user.display_name
            found.append(SharedChange(named[row.id], row.history_date, who, changed))
    return found[::-1]
