"""What an imported batch changed that can be taken back now, and what cannot, and why; nothing is written here.

The past is read from the history. A field goes back when nobody touched it since, there and back again included. A
person or a degree that the batch entered is removed when nothing else speaks of it: no later change, no line, and no
row of any table that refers to it, whatever table that may come to be.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from django.db.models import Model, Q, QuerySet

from ..models import (
    AcademicRecord,
    Annotation,
    BatchUndoRow,
    ChangeContext,
    FollowUp,
    ImportBatch,
    ImportRow,
    MessageObjection,
    Person,
    PersonConfirmation,
    Programme,
    Source,
    StatusCode,
)
from ..storing import PERSON_ATTRIBUTES, RECORD_ATTRIBUTES, current_record_values, seen_values
from .mentioning import Mentions, said_of

Outcome, Why = BatchUndoRow.Outcome, BatchUndoRow.Why
# A serial number stays for ever (SOP 6.1).
DEGREE_ATTRIBUTES = tuple(name for name in RECORD_ATTRIBUTES if name != "serial_number")
# What was to be asked of somebody new goes with the person, unless somebody has begun to ask.
_BEGUN = Q(closed_at__isnull=False) | Q(assigned_to__isnull=False) | Q(next_try__isnull=False)
_LISTS: dict[str, type[Model]] = {
    "programme": Programme,
    "enrolment_status": StatusCode,
    "current_identity": StatusCode,
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something stays: `BatchUndoRow.Why`, with who changed it when, or the model that refers to it."""

    why: str
    by: int | None = None
    at: datetime.datetime | None = None
    referred_by: str = ""


_MENTIONED = Reason(Why.REFERRED, referred_by=ImportRow._meta.label_lower)
# What somebody did or said since; anything else cannot be written.
_SOMEBODYS = frozenset({Why.CHANGED, Why.REFERRED})


@dataclass(frozen=True, slots=True)
class Part:
    """Fields of a person or a degree that share an answer; without `fields`, that it is removed again."""

    record_id: int | None
    fields: tuple[str, ...]
    outcome: str
    reason: Reason = Reason("")


@dataclass(slots=True)
class Trace:
    """What a batch did to one person or degree: the history row before (None: entered by the batch), the last one of
    the batch, and those since."""

    before: Any
    after: Any
    later: list[Any]

    @property
    def is_created(self) -> bool:
        return self.before is None

    @property
    def is_gone(self) -> bool:
        return bool(self.later) and self.later[-1].history_type == "-"


@dataclass(slots=True)
class Judgement:
    """One person of the batch: what becomes of each part, with the history that it was judged by."""

    person_id: int
    trace: Trace | None
    records: dict[int, Trace]
    parts: list[Part] = field(default_factory=list)


def people_of(batch: ImportBatch) -> list[int]:
    """The people whom the batch entered or changed, or whose degrees, in the order of their ids."""
    of_batch = {"batch": batch, "source": Source.IMPORT}
    people = Person.history.filter(**of_batch).order_by().values_list("id", flat=True)
    degrees = AcademicRecord.history.filter(**of_batch).order_by().values_list("person_id", flat=True)
    return sorted({*people.iterator(), *degrees.iterator()})


def judge(batch: ImportBatch, ids: Sequence[int], mentioned: Mentions) -> list[Judgement]:
    """Judge these people, a few thousand at most. Who is going to write holds their rows locked."""
    people = traces(Person.history.filter(id__any_of=list(ids)), batch)
    degrees: dict[int, dict[int, Trace]] = defaultdict(dict)
    touched = _Touched(mentioned.taken_back)
    rows = AcademicRecord.history.filter(person_id__any_of=list(ids))
    for pk, trace in traces(rows, batch, touched).items():
        degrees[trace.after.person_id][pk] = _without_taken_back(trace, current_record_values, mentioned)
    people = {pk: _without_taken_back(trace, seen_values, mentioned) for pk, trace in people.items()}
    found = [Judgement(pk, people.get(pk), degrees[pk]) for pk in ids]
    entered = [one.person_id for one in found if one.trace and one.trace.is_created]
    touched.load(batch, entered, [pk for one in found for pk, t in one.records.items() if t.is_created])
    for pk in entered:
        touched.by_rows(pk, people[pk].later)
    for pk in mentioned.people.intersection(entered):
        touched.people.setdefault(pk, _MENTIONED)
    for pk in mentioned.records:
        touched.records.setdefault(pk, _MENTIONED)
    obstacles = _Obstacles(found, mentioned)
    for one in found:
        one.parts = list(_parts(one, touched, obstacles))
    return found


def traces(history: QuerySet, batch: ImportBatch, touched: _Touched | None = None) -> dict[int, Trace]:
    """The traces of a batch in these history rows. What is not the batch's of degrees that it did not touch is told
    to `touched`: for somebody whom the batch entered, it came later."""
    found = {}
    for pk, group in groupby(history.order_by("id", "history_id").iterator(), key=lambda row: row.id):
        rows = list(group)
        own = [i for i, row in enumerate(rows) if row.batch_id == batch.pk and row.source == Source.IMPORT]
        if own:
            before = rows[own[0] - 1] if own[0] else None
            found[pk] = Trace(before, rows[own[-1]], rows[own[-1] + 1 :])
        elif touched is not None:
            touched.by_other_degree(rows)
    return found


def _without_taken_back(
    trace: Trace, values_of: Callable[[Any], Mapping[str, str]], mentioned: Mentions
) -> Trace:
    """What other batches did and took back again does not count, where it is all that happened and left nothing."""
    later = trace.later
    if not later or any(row.batch_id not in mentioned.taken_back for row in later):
        return trace
    is_as_before = not trace.is_gone and values_of(later[-1]) == values_of(trace.after)
    return replace(trace, later=[]) if is_as_before else trace


# --- what somebody whom the batch entered has come to since ----------------------------------------------------
class _Touched:
    """Why people and degrees that the batch entered have to stay, the earliest change first."""

    def __init__(self, taken_back: frozenset[int]) -> None:
        self._taken_back = taken_back
        self.people: dict[int, Reason] = {}
        self.records: dict[int, Reason] = {}

    def by_rows(self, person_id: int, rows: Iterable[Any]) -> None:
        """History rows that are not the batch's."""
        for row in rows:
            known = self.people.get(person_id)
            if known is None or known.at is None or row.history_date < known.at:
                self.people[person_id] = Reason(Why.CHANGED, row.history_user_id, row.history_date)

    def by_other_degree(self, rows: Sequence[Any]) -> None:
        """All history rows of a degree that the batch did not touch; one that came and went with another batch that
        was taken back was never there."""
        if rows[-1].history_type != "-" or any(row.batch_id not in self._taken_back for row in rows):
            self.by_rows(rows[0].person_id, rows)

    def load(self, batch: ImportBatch, people: Sequence[int], records: Sequence[int]) -> None:
        lines = Annotation.history.filter(person_id__any_of=list(people))
        for row in lines.exclude(batch=batch, source=Source.IMPORT).order_by("history_id").iterator():
            if row.batch_id not in self._taken_back:
                self.by_rows(row.person_id, [row])
        self.records = dict(_references(AcademicRecord, records))
        for pk, reason in _references(Person, people):
            self.people.setdefault(pk, reason)


def _references(model: type[Model], ids: Sequence[int]) -> Iterator[tuple[int, Reason]]:
    """Who of `ids` is referred to by a row of any table, and by which."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete and relation.field.db_constraint):
            continue  # plans only mention: see `mentions`
        owner, name = relation.related_model, relation.field.name
        if issubclass(owner, ChangeContext) or owner in (AcademicRecord, Annotation):
            continue  # judged by their history
        rows = owner._base_manager.filter(**{f"{name}__any_of": list(ids)}).order_by()
        if owner is FollowUp:
            rows = rows.filter(_BEGUN)
        is_wish = owner is MessageObjection
        reason = (
            Reason(Why.OBJECTION) if is_wish else Reason(Why.REFERRED, referred_by=owner._meta.label_lower)
        )
        yield from ((pk, reason) for pk in rows.values_list(name, flat=True).distinct())


# --- what stands in the way of an earlier value -----------------------------------------------------------------
class _Obstacles:
    """Earlier numbers that somebody else has by now, list entries that are gone, and data confirmed since, by a person
    or by a later file that says the same."""

    def __init__(self, found: Sequence[Judgement], mentioned: Mentions) -> None:
        self._said = said_of([one.person_id for one in found], mentioned)
        changed = [one.trace for one in found if one.trace and not one.trace.is_created]
        self._listed = {
            model: {str(pk) for pk in model.objects.values_list("pk", flat=True)}
            for model in {Programme, StatusCode}
        }
        digests = [trace.before.national_id_digest for trace in changed if trace.before.national_id_digest]
        owners = Person.objects.filter(national_id_digest__any_of=digests)
        self._digests = dict(owners.values_list("national_id_digest", "pk"))
        degrees = [t for one in found for t in one.records.values() if not t.is_created]
        numbers = sorted({t.before.student_number for t in degrees} - {""})
        bearers = AcademicRecord.objects.filter(student_number__any_of=numbers)
        self._students: dict[tuple[str, str], int] = {
            (number, str(programme)): pk
            for pk, number, programme in bearers.values_list("pk", "student_number", "programme")
        }
        ids = [trace.after.id for trace in changed]
        asked = PersonConfirmation.objects.filter(person__any_of=ids).order_by("at")
        self._confirmed: dict[int, list[tuple[datetime.datetime, int]]] = defaultdict(list)
        for pk, at, by in asked.values_list("person", "at", "by"):
            self._confirmed[pk].append((at, by))

    def of_person(self, trace: Trace, name: str, earlier: str, after: str) -> Reason | None:
        if after in self._said.people.get((trace.after.id, name), ()):
            return _MENTIONED
        if name == "national_id" and self._digests.get(earlier, trace.after.id) != trace.after.id:
            return Reason(Why.TAKEN)
        for at, by in self._confirmed[trace.after.id]:
            if at > trace.after.history_date:
                return Reason(Why.CHANGED, by, at)
        return self._unlisted(name, earlier)

    def of_record(self, trace: Trace, name: str, earlier: str, after: str) -> Reason | None:
        if after in self._said.records.get((trace.after.id, name), ()):
            return _MENTIONED
        if name in ("student_number", "programme"):
            before = current_record_values(trace.before)
            pair = (before["student_number"], before["programme"])
            if self._students.get(pair, trace.after.id) != trace.after.id:
                return Reason(Why.TAKEN)
        return self._unlisted(name, earlier)

    def _unlisted(self, name: str, earlier: str) -> Reason | None:
        model = _LISTS.get(name)
        return Reason(Why.NOT_LISTED) if model and earlier and earlier not in self._listed[model] else None


# --- the answer -------------------------------------------------------------------------------------------------
def _parts(one: Judgement, touched: _Touched, obstacles: _Obstacles) -> Iterator[Part]:
    if one.trace and one.trace.is_created:
        yield _removal(one, touched)  # with the degrees: a person stays whole or goes whole
        return
    if one.trace:
        fields = _fields(one.trace, PERSON_ATTRIBUTES, seen_values, obstacles.of_person)
        yield from _grouped(None, fields)
    for pk, trace in one.records.items():
        if trace.is_created:
            yield _degree_removal(pk, trace, touched)
        else:
            fields = _fields(trace, DEGREE_ATTRIBUTES, current_record_values, obstacles.of_record)
            yield from _grouped(pk, fields)


def _removal(one: Judgement, touched: _Touched) -> Part:
    if one.trace.is_gone:
        return Part(None, (), Outcome.CANNOT, Reason(Why.GONE))
    reasons = [touched.people.get(one.person_id)]
    reasons += [_degree_reason(pk, trace, touched) for pk, trace in one.records.items()]
    return _kept_or_waiting(None, next(filter(None, reasons), None))


def _degree_removal(pk: int, trace: Trace, touched: _Touched) -> Part:
    if trace.is_gone:
        return Part(pk, (), Outcome.CANNOT, Reason(Why.GONE))
    return _kept_or_waiting(pk, _degree_reason(pk, trace, touched))


def _degree_reason(pk: int, trace: Trace, touched: _Touched) -> Reason | None:
    if trace.later:
        return Reason(Why.CHANGED, trace.later[0].history_user_id, trace.later[0].history_date)
    return touched.records.get(pk)


def _kept_or_waiting(record_id: int | None, reason: Reason | None) -> Part:
    if reason is None:
        return Part(record_id, (), Outcome.WAITING)
    return Part(record_id, (), Outcome.KEPT, reason)


def _fields(
    trace: Trace,
    names: Iterable[str],
    values_of: Callable[[Any], Mapping[str, str]],
    obstacle: Callable[[Trace, str, str, str], Reason | None],
) -> Iterator[tuple[str, str, Reason]]:
    """Each field that the batch changed, with its outcome and reason."""
    before, after = values_of(trace.before), values_of(trace.after)
    later = [(row, values_of(row)) for row in trace.later]
    for name in names:
        if before[name] == after[name]:
            continue
        if trace.is_gone:
            yield name, Outcome.CANNOT, Reason(Why.GONE)
        elif name == "accepts_messages" and after[name] == "否":
            yield name, Outcome.KEPT, Reason(Why.OBJECTION)
        elif reason := _first_touch(name, after[name], later):
            yield name, Outcome.KEPT, reason
        elif reason := obstacle(trace, name, before[name], after[name]):
            yield name, Outcome.KEPT if reason.why in _SOMEBODYS else Outcome.CANNOT, reason
        else:
            yield name, Outcome.WAITING, Reason("")


def _first_touch(name: str, after: str, later: Iterable[tuple[Any, Mapping[str, str]]]) -> Reason | None:
    for row, values in later:
        if values[name] != after:
            return Reason(Why.CHANGED, row.history_user_id, row.history_date)
    return None


def _grouped(record_id: int | None, fields: Iterable[tuple[str, str, Reason]]) -> Iterator[Part]:
    """Fields with the same answer make one part."""
    groups: dict[tuple[str, Reason], list[str]] = defaultdict(list)
    for name, outcome, reason in fields:
        groups[outcome, reason].append(name)
    for (outcome, reason), names in groups.items():
        yield Part(record_id, tuple(names), outcome, reason)
