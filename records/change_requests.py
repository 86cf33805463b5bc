"""Proposals of change: each field is written at once, kept for the center's review, or refused, as `field_policy` says.

`propose` is the way of every form that is not the center's own. What waits becomes one ChangeRequest; how it is
decided stands in `change_reviews`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from . import evidence as papers
from .changes import PersonChange, RecordChange, apply_changes
from .encryption import digest, seal, unseal
from .field_policy import Way, ways_of
from .identity_numbers import hide_national_ids
from .models import (
    WAITING,
    AcademicRecord,
    ChangeItem,
    ChangeRequest,
    ChangeRequestEvent,
    Person,
    ReviewMode,
    Source,
)
from .policies import can_propose_changes, can_see_change_requests, may_read, visible_records
from .rights import ALL_FIELDS, CONTACT, Reach, reach_of
from .storing import PERSON_ATTRIBUTES, current_record_values, current_values
from .values import mask_national_id

State, Step = ChangeRequest.State, ChangeRequestEvent.Step
NO_RECORDS: Mapping[int, dict[str, str]] = MappingProxyType({})
NEVER_BLANK = frozenset({"chinese_name", "programme", "serial_number"})
SHARED_SHOWN = 50
_TITLES = {field.attribute: field.title for field in ALL_FIELDS}


@dataclass(slots=True)
class Outcome:
    """What became of a proposal. Fields of the person are named by their attribute, those of a degree
    `<record id>.<attribute>`."""

    applied: list[str] = field(default_factory=list)
    waiting: ChangeRequest | None = None
    refused: dict[str, str] = field(default_factory=dict)  # name → sentence
    stale: dict[str, tuple[str, str]] = field(default_factory=dict)  # name → (value now, value proposed)


@dataclass(slots=True)
class _Field:
    """One field of a proposal beside what is stored; canonical text, of a national ID the mask."""

    attribute: str
    record: AcademicRecord | None
    value: str
    before: str
    now: str
    now_digest: str = ""  # of a national ID

    @property
    def name(self) -> str:
        return f"{self.record.pk}.{self.attribute}" if self.record else self.attribute

    @property
    def is_unchanged(self) -> bool:
        if self.attribute == "national_id" and self.value:
            return digest(self.value) == self.now_digest
        return self.value == self.now

    @property
    def shown(self) -> str:
        return mask_national_id(self.value) if self.attribute == "national_id" else self.value


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
        at_once, waiting = _sorted(fields, person, editor, outcome)
        _write(person, at_once, outcome, editor=editor, source=source, at=at)
        if waiting:
            outcome.waiting = _kept(person, waiting, editor=editor, source=source, at=at, reason=reason)
            if paper and not outcome.waiting.evidence:
                outcome.waiting.evidence = stored.use()
                outcome.waiting.save(update_fields=["evidence"])
    return outcome


def _sorted(
    fields: list[_Field], person: Person, editor: Any, outcome: Outcome
) -> tuple[list[_Field], list[_Field]]:
    """The fields to be written at once and those that wait; what is refused or stale goes to the outcome."""
    allowed, ways = can_propose_changes(editor), ways_for(editor)
    objecting = person.objections.filter(ended_on__isnull=True).exists()
    at_once: list[_Field] = []
    waiting: list[_Field] = []
    for one in fields:
        way, is_seen = ways[one.attribute], may_read(editor, one.attribute)
        refusal = _refusal(one, way, objecting) if allowed else str(allowed.reason)
        if refusal:
            outcome.refused[one.name] = refusal
        elif is_seen and one.is_unchanged:
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
) -> Iterator[_Field]:
    """The fields of a proposal with what is stored now; raises KeyError for a field that does not exist."""
    now = current_values(person)
    for name, value in values.items():
        stored = person.national_id_digest or "" if name == "national_id" else ""
        yield _Field(name, None, value, before.get(name, ""), now[name], stored)
    own = visible_records(editor).filter(person=person).select_for_update(of=("self",))
    for record_id, texts in records.items():
        record = own.get(pk=record_id)
        there, seen = current_record_values(record), records_before.get(record_id, {})
        for name, value in texts.items():
            yield _Field(name, record, value, seen.get(name, ""), there[name])


def _refusal(one: _Field, way: Way, objecting: bool) -> str:
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
    fields: list[_Field],
    outcome: Outcome,
    *,
    editor: Any,
    source: Source,
    at: datetime.datetime,
) -> None:
    """Through the one door. Person and degrees are locked, so what the door still refuses is a number that somebody
    else has; the other fields are written without it."""
    while fields:
        change = change_of(person, [(one.record, one.attribute, one.value, one.now) for one in fields])
        [applied] = apply_changes([change], editor=editor, source=source, at=at)
        if not applied.stale:
            outcome.applied += [one.name for one in fields]
            return
        taken = [one for one in fields if one.attribute in applied.stale]
        outcome.refused |= {one.name: taken_sentence(one.attribute) for one in taken}
        fields = [one for one in fields if one not in taken]


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


def _kept(
    person: Person,
    fields: list[_Field],
    *,
    editor: Any,
    source: Source,
    at: datetime.datetime,
    reason: str,
) -> ChangeRequest:
    """The request that keeps the fields; the one that waits already when the editor proposed the very same."""
    wanted = {(one.record.pk if one.record else None, one.attribute): one for one in fields}
    earlier = ChangeRequest.objects.filter(person=person, proposed_by=editor, state__in=WAITING)
    for request in earlier.prefetch_related("items"):
        items = {
            (item.record_id, item.attribute): proposed_value(item, request) for item in request.items.all()
        }
        if items == {key: one.value for key, one in wanted.items()}:
            return request
    request = ChangeRequest.objects.create(
        person=person,
        source=source,
        reason=hide_national_ids(reason)[:500],
        proposed_by=editor,
        proposed_at=at,
    )
    ChangeItem.objects.bulk_create(_item(request, one) for one in fields)
    request.events.create(step=Step.SUBMITTED, by=editor, at=at, note=request.reason)
    returned = ChangeRequest.objects.filter(person=person, proposed_by=editor, state=State.RETURNED)
    returned.filter(succeeded_by=None).update(succeeded_by=request)
    return request


def _item(request: ChangeRequest, one: _Field) -> ChangeItem:
    item = ChangeItem(
        request=request, record=one.record, attribute=one.attribute, before=one.now, proposed=one.shown
    )
    if one.attribute == "national_id":
        item.before_digest = one.now_digest
        if one.value:
            item.sealed, item.proposed_digest = seal(one.value, _context(request)), digest(one.value)
    return item


def _context(request: ChangeRequest) -> str:
    """What a sealed national ID is bound to (security.md §8)."""
    return f"changerequest.national_id:{request.pk}"


def proposed_value(item: ChangeItem, request: ChangeRequest) -> str:
    """The canonical value that an item of a waiting request proposes, a national ID in clear: for the door only."""
    return unseal(item.sealed, _context(request)) if item.sealed else item.proposed


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
