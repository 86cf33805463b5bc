"""The one door: everything that changes a person's data is written here.

`apply_changes` writes people, records, annotations (SOP 6.6, 6.7), objections (SOP 6.9), follow-ups (SOP 6.10) and
the history rows of all of them in one transaction, in sets. Callers say what shall change and what they saw
before; what somebody else changed meanwhile is left alone and reported as stale.
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from . import bulk, follow_ups
from .annotations import NEW_RECORD, OBJECTION, Line, change_text, pinned_text
from .columns import COLUMNS, REPLACEABLE_ATTRIBUTES, SECONDARY_WORDS
from .encryption import digest
from .models import AcademicRecord, Annotation, FollowUp, MessageObjection, Person, Source
from .models import ImportBatch as Batch
from .serials import Need, SerialPool, ever_used, reserve
from .storing import current_record_values, current_values, person_columns, record_columns

__all__ = [
    "Applied",
    "NewObjection",
    "PersonChange",
    "RecordChange",
    "apply_changes",
    "current_record_values",
    "current_values",
    "serial_demand",
]

PEOPLE_PER_STEP = 5000
_FOLLOWED: tuple[str, ...] = tuple(FollowUp.Item.values)
_ORDER = {column.attribute: index for index, column in enumerate(COLUMNS)} | dict.fromkeys(
    SECONDARY_WORDS, 50
)
_HAND_EDITED = REPLACEABLE_ATTRIBUTES | set(SECONDARY_WORDS)
_PERSON_FIELDS = [f.attname for f in Person._meta.concrete_fields]
_RECORD_FIELDS = [f.attname for f in AcademicRecord._meta.concrete_fields]
_ANNOTATION_FIELDS = [f.attname for f in Annotation._meta.concrete_fields]
_OBJECTION_FIELDS = [f.attname for f in MessageObjection._meta.concrete_fields]


@dataclass(slots=True)
class NewObjection:
    """The alumnus does not want messages: when, by which channel, in which words (SOP 6.9)."""

    on: datetime.date
    channel: str
    words: str


@dataclass(slots=True)
class RecordChange:
    """A new academic record (`record_id` None) or new values of one. A new record without a serial number of its
    own names the series and prefix to take it from (`serials`)."""

    record_id: int | None
    values: dict[str, str]
    before: dict[str, str] = field(default_factory=dict)
    key: Any = None
    series_id: int | None = None
    prefix: str = ""

    @property
    def need(self) -> Need | None:
        if self.record_id is not None or self.values.get("serial_number"):
            return None
        return Need(self.series_id, self.prefix)


@dataclass(slots=True)
class PersonChange:
    """What shall change of one person. `values` are canonical text by attribute, `before` what the caller saw."""

    person_id: int | None
    values: dict[str, str]
    before: dict[str, str] = field(default_factory=dict)
    records: list[RecordChange] = field(default_factory=list)
    legacy_lines: list[Line] = field(default_factory=list)
    objection: NewObjection | None = None
    key: Any = None
    pinned_line: Line | None = None  # the identities line as the old system had it, with its date and name


@dataclass(slots=True)
class Applied:
    """What became of one PersonChange: ids in the order of its records, or why nothing of it was written."""

    key: Any
    person_id: int | None
    records: list[tuple[Any, int, str]] = field(default_factory=list)  # (key, record id, serial number)
    stale: list[str] = field(default_factory=list)  # attributes that somebody changed since


def serial_demand(changes: Iterable[PersonChange]) -> Counter[Need]:
    """How many numbers the new records among the changes need, by series and prefix."""
    return Counter(need for change in changes for record in change.records if (need := record.need))


def serials_brought(changes: Iterable[PersonChange]) -> list[str]:
    """The serial numbers that new records bring along."""
    return [
        serial
        for change in changes
        for record in change.records
        if record.record_id is None and (serial := record.values.get("serial_number"))
    ]


def apply_changes(
    changes: Iterable[PersonChange],
    *,
    editor: Any,
    source: Source,
    at: datetime.datetime,
    batch: Batch | None = None,
    reason: str = "",
    pool: SerialPool | None = None,
    after_step: Callable[[list[Applied]], None] = lambda applied: None,
) -> list[Applied]:
    """Write the changes, all or nothing, and say what became of each. `reason` stands in the history.

    `changes` may be a stream when the serial numbers it needs were reserved before (`pool`). `after_step` is
    called inside the transaction with the outcome of every few thousand people. The history rows carry `reason`, those
    of a batch its file name. A change whose `before` is no
    longer true is not written; its outcome names the attributes. Raises SeriesFull before anything is written.
    """
    if pool is None:
        changes = list(changes)
        pool = reserve(serial_demand(changes), brought=serials_brought(changes))
    outcome: list[Applied] = []
    with transaction.atomic():
        for step in bulk.batched(changes, PEOPLE_PER_STEP):
            applied = _Step(
                step, pool, editor=editor, source=source, at=at, batch=batch, reason=reason
            ).apply()
            after_step(applied)
            outcome += applied
    return outcome


class _Step:
    """One set of changes on its way through the tables."""

    def __init__(
        self,
        changes: list[PersonChange],
        pool: SerialPool,
        *,
        editor: Any,
        source: Source,
        at: datetime.datetime,
        batch: Batch | None,
        reason: str,
    ) -> None:
        self.changes = changes
        self.pool = pool
        self.editor, self.source, self.at, self.batch = editor, source, at, batch
        self.reason = (reason or (batch.file_name if batch else ""))[:100]
        self.today = timezone.localdate(at)  # SOP 6.7: the date in Taipei
        self.outcome = [Applied(change.key, change.person_id) for change in changes]

    def apply(self) -> list[Applied]:
        if any(c.values.get("accepts_messages") == "否" and not c.objection for c in self.changes):
            raise ValueError("accepts_messages 否 needs its objection (SOP 6.9)")
        self._load()
        going = [
            (change, applied)
            for change, applied in zip(self.changes, self.outcome, strict=True)
            if not self._find_stale(change, applied)
        ]
        self._write_people(going)
        self._write_records(going)
        self._write_objections(going)
        self._write_annotations(going)
        self._write_follow_ups(going)
        return self.outcome

    # --- what is there now --------------------------------------------------------------------------------
    def _load(self) -> None:
        ids = sorted({change.person_id for change in self.changes if change.person_id is not None})
        record_ids = sorted(
            {r.record_id for change in self.changes for r in change.records if r.record_id is not None}
        )
        self.people: dict[int, Person] = {}
        for chunk in bulk.batched(ids, bulk.KEYS_PER_STATEMENT):
            locked = Person.objects.select_for_update().filter(pk__any_of=chunk).order_by("pk")
            self.people |= {person.pk: person for person in locked}
        self.records: dict[int, AcademicRecord] = {}
        for chunk in bulk.batched(record_ids, bulk.KEYS_PER_STATEMENT):
            locked = AcademicRecord.objects.select_for_update().filter(pk__any_of=chunk).order_by("pk")
            self.records |= {record.pk: record for record in locked}
        self.objecting = set()
        for chunk in bulk.batched(ids, bulk.KEYS_PER_STATEMENT):
            self.objecting |= set(
                MessageObjection.objects.filter(person__any_of=chunk, ended_on=None).values_list(
                    "person", flat=True
                )
            )
        self._load_taken()

    def _load_taken(self) -> None:
        """Digests, serial numbers and student numbers that the changes bring and somebody already has."""
        self.digests = {
            national_id: digest(national_id)
            for change in self.changes
            if (national_id := change.values.get("national_id"))
        }
        self.digest_owners: dict[str, int] = {}
        for chunk in bulk.batched(self.digests.values(), bulk.KEYS_PER_STATEMENT):
            self.digest_owners.update(
                Person.objects.filter(national_id_digest__any_of=chunk).values_list(
                    "national_id_digest", "pk"
                )
            )
        brought = [
            r.values["serial_number"]
            for c in self.changes
            for r in c.records
            if r.values.get("serial_number")
        ]
        self.serial_owners = ever_used(brought)
        numbers = {
            r.values["student_number"]
            for c in self.changes
            for r in c.records
            if r.values.get("student_number")
        } | {record.student_number for record in self.records.values() if record.student_number}
        self.student_owners: dict[tuple[str, str], int] = {}
        for chunk in bulk.batched(sorted(numbers), bulk.KEYS_PER_STATEMENT):
            for pk, number, programme in AcademicRecord.objects.filter(
                student_number__any_of=chunk
            ).values_list("pk", "student_number", "programme"):
                self.student_owners[number, str(programme)] = pk

    def _find_stale(self, change: PersonChange, applied: Applied) -> list[str]:
        stale = applied.stale
        if change.person_id is not None:
            person = self.people.get(change.person_id)
            now = current_values(person) if person else None
            stale += _differing(change.values, change.before, now)
            if not stale:
                _drop_unchanged(change.values, now, person.national_id_digest, self.digests)
        national_id = change.values.get("national_id")
        owner = self.digest_owners.get(self.digests[national_id]) if national_id else None
        if owner is not None and owner != change.person_id:
            stale.append("national_id")
        for record in change.records:
            stale += self._stale_record(record)
        return stale

    def _stale_record(self, change: RecordChange) -> list[str]:
        stale: list[str] = []
        programme = change.values.get("programme", "")
        if change.record_id is not None:
            record = self.records.get(change.record_id)
            now = current_record_values(record) if record else None
            stale += _differing(change.values, change.before, now)
            if not stale:
                _drop_unchanged(change.values, now)
            programme = programme or (now or {}).get("programme", "")
        serial = change.values.get("serial_number")
        if serial and self.serial_owners.get(serial, change.record_id) != change.record_id:
            stale.append("serial_number")
        student = change.values.get("student_number")
        if student is None and change.record_id in self.records and "programme" in change.values:
            student = self.records[change.record_id].student_number
        if student and self.student_owners.get((student, programme), change.record_id) != change.record_id:
            stale.append("student_number")
        return stale

    # --- people and records -------------------------------------------------------------------------------
    def _write_people(self, going: list[tuple[PersonChange, Applied]]) -> None:
        new = [(change, applied) for change, applied in going if change.person_id is None]
        ids = bulk.reserve_ids(Person, len(new))
        for pk, (_change, applied) in zip(ids, new, strict=True):
            applied.person_id = pk
        # Made one by one while the database takes those before.
        bulk.insert_rows(Person, _PERSON_FIELDS, (self._new_person(*pair) for pair in new))
        self._remember(Person, ids, "+")
        self._update_people([pair for pair in going if pair[0].person_id is not None])

    def _new_person(self, change: PersonChange, applied: Applied) -> list[Any]:
        columns = _NEW_PERSON | person_columns(
            _without_refusal(change.values), applied.person_id, self.digests
        )
        columns |= {"id": applied.person_id, "created_at": self.at, "updated_at": self.at}
        columns["hand_edited"] = self._hand_edited([], change.values)
        if change.objection:
            columns["accepts_messages"] = False
        return [columns[name] for name in _PERSON_FIELDS]

    def _update_people(self, going: list[tuple[PersonChange, Applied]]) -> None:
        rows: dict[int, list[Any]] = {}  # once a person, also when two changes speak of one
        for change, _applied in going:
            person = self.people[change.person_id]
            values = dict(_without_refusal(change.values))
            if person.pk in self.objecting:
                # SOP 6.9: only the alumnus' own new wish ends an objection.
                values.pop("accepts_messages", None)
            if not values and not change.objection:
                continue
            for name, value in person_columns(values, person.pk).items():
                setattr(person, name, value)
            if change.objection:
                person.accepts_messages = False
            person.hand_edited = self._hand_edited(person.hand_edited, values)
            person.version += 1
            person.updated_at = self.at
            rows[person.pk] = [getattr(person, name) for name in _PERSON_FIELDS]
        bulk.update_rows(Person, _PERSON_FIELDS[1:], rows.values())
        self._remember(Person, list(rows), "~")

    def _hand_edited(self, before: list[str], values: dict[str, str]) -> list[str]:
        """Which contact values a person put there: an older file leaves them alone."""
        touched = _HAND_EDITED.intersection(values)
        kept = set(before) - touched if self.source == Source.IMPORT else set(before) | touched
        return sorted(kept)

    def _write_records(self, going: list[tuple[PersonChange, Applied]]) -> None:
        pairs = [(record, applied) for change, applied in going for record in change.records]
        new = [pair for pair in pairs if pair[0].record_id is None]
        ids = bulk.reserve_ids(AcademicRecord, len(new))
        following = iter(ids)
        for record, applied in pairs:
            if record.record_id is None:
                serial = record.values.get("serial_number") or self.pool.take(record.need)
                applied.records.append((record.key, next(following), serial))
            else:
                live = self.records[record.record_id]
                applied.records.append((record.key, live.pk, live.serial_number))
        rows = (
            self._new_record(record, applied.person_id, pk, serial)
            for change, applied in going
            for record, (_key, pk, serial) in zip(change.records, applied.records, strict=True)
            if record.record_id is None
        )
        bulk.insert_rows(AcademicRecord, _RECORD_FIELDS, rows)
        self._remember(AcademicRecord, ids, "+")
        self._update_records([record for record, _applied in pairs if record.record_id is not None])

    def _new_record(self, record: RecordChange, person_id: int, pk: int, serial: str) -> list[Any]:
        columns = _NEW_RECORD | record_columns(record.values)
        columns |= {"id": pk, "person_id": person_id, "serial_number": serial}
        columns |= {"created_at": self.at, "updated_at": self.at}
        return [columns[name] for name in _RECORD_FIELDS]

    def _update_records(self, changes: list[RecordChange]) -> None:
        rows: dict[int, list[Any]] = {}
        for record in changes:
            live = self.records[record.record_id]
            if record.values:
                for name, value in record_columns(record.values).items():
                    setattr(live, name, value)
                live.updated_at = self.at
                rows[live.pk] = [getattr(live, name) for name in _RECORD_FIELDS]
        bulk.update_rows(AcademicRecord, _RECORD_FIELDS[1:], rows.values())
        self._remember(AcademicRecord, list(rows), "~")

    # --- what follows from them ---------------------------------------------------------------------------
    def _write_objections(self, going: list[tuple[PersonChange, Applied]]) -> None:
        new = [
            (change.objection, applied.person_id)
            for change, applied in going
            if change.objection and applied.person_id not in self.objecting
        ]
        rows = [
            {
                "id": pk,
                "person_id": person_id,
                "objected_on": objection.on,
                "channel": objection.channel,
                "words": objection.words,
                "recorded_by_id": self.editor.pk,
                "recorded_at": self.at,
                "ended_on": None,
            }
            for pk, (objection, person_id) in zip(
                bulk.reserve_ids(MessageObjection, len(new)), new, strict=True
            )
        ]
        bulk.insert_rows(
            MessageObjection, _OBJECTION_FIELDS, ([row[name] for name in _OBJECTION_FIELDS] for row in rows)
        )
        self._remember(MessageObjection, [row["id"] for row in rows], "+")

    def _write_annotations(self, going: list[tuple[PersonChange, Applied]]) -> None:
        wanted = [(applied.person_id, lines) for change, applied in going if (lines := self._lines(change))]
        pinned = self._pinned_wanted(going)
        ids = {person_id for person_id, _lines in wanted}
        highest: dict[int, int] = {}
        for chunk in bulk.batched(sorted(ids), bulk.KEYS_PER_STATEMENT):
            highest.update(
                Annotation.objects.filter(person__any_of=chunk)
                .values_list("person")
                .annotate(Max("number"))
                .order_by()
                .exclude(number__max=None)
            )
        rows: list[list[Any]] = []
        for person_id, lines in wanted:
            taken = highest.get(person_id, 0)
            for line in lines:
                number = line.number if line.number and line.number > taken else taken + 1
                taken = number
                rows.append(self._annotation(person_id, number, line))
            highest[person_id] = taken
        old = {applied.person_id: change.pinned_line for change, applied in going if change.pinned_line}
        rows += self._pin(pinned, old)
        for pk, row in zip(bulk.reserve_ids(Annotation, len(rows)), rows, strict=True):
            row[0] = pk
        bulk.insert_rows(Annotation, _ANNOTATION_FIELDS, rows)
        self._remember(Annotation, [row[0] for row in rows], "+")

    def _lines(self, change: PersonChange) -> list[Line]:
        """Old lines first, then one line for each item changed, in column order (SOP 6.7). Entering somebody new
        is no change and leaves no line."""
        lines = list(change.legacy_lines)
        texts: list[tuple[int, str]] = []
        if change.person_id is not None:
            kept = change.person_id in self.objecting
            texts += [
                (_ORDER[name], change_text(name, change.before.get(name, ""), value))
                for name, value in _without_refusal(change.values).items()
                if not (kept and name == "accepts_messages")
            ]
            for record in change.records:
                texts += (
                    [(_ORDER["serial_number"], NEW_RECORD)]
                    if record.record_id is None
                    else [
                        (_ORDER[name], change_text(name, record.before.get(name, ""), value))
                        for name, value in record.values.items()
                    ]
                )
        lines += [self._line(text) for _order, text in sorted(texts)]
        told = any(line.text == OBJECTION for line in lines)
        if change.objection and change.person_id not in self.objecting and not told:
            lines.append(self._line(OBJECTION))
        return lines

    def _line(self, text: str) -> Line:
        return Line(None, text, self.today, self.editor.display_name)

    def _annotation(self, person_id: int, number: int | None, line: Line) -> list[Any]:
        own = line.made_on == self.today and line.editor_name == self.editor.display_name
        return [
            None,
            person_id,
            number,
            line.text,
            line.made_on,
            line.editor_name,
            self.editor.pk if own else None,
        ]

    def _pinned_wanted(self, going: list[tuple[PersonChange, Applied]]) -> dict[int, str]:
        """The identities line (SOP 6.6) of everybody whose records came, went or changed programme."""
        ids = [
            applied.person_id
            for change, applied in going
            if any(r.record_id is None or "programme" in r.values for r in change.records)
            and (change.person_id is not None or len(change.records) > 1)
        ]
        levels: dict[int, list[str]] = defaultdict(list)
        for chunk in bulk.batched(ids, bulk.KEYS_PER_STATEMENT):
            for person_id, level in AcademicRecord.objects.filter(person__any_of=chunk).values_list(
                "person", "programme__level"
            ):
                levels[person_id].append(level)
        return {person_id: pinned_text(levels[person_id]) for person_id in ids}

    def _pin(self, wanted: dict[int, str], old: dict[int, Line]) -> list[list[Any]]:
        """Keep existing identities lines true; returns the rows of those that are new."""
        existing: dict[int, Annotation] = {}
        for chunk in bulk.batched(wanted, bulk.KEYS_PER_STATEMENT):
            existing |= {a.person_id: a for a in Annotation.objects.filter(person__any_of=chunk, number=None)}
        changed = []
        for person_id, annotation in existing.items():
            if wanted[person_id] and annotation.text != wanted[person_id]:
                line = self._line(wanted[person_id])
                changed.append([annotation.pk, *self._annotation(person_id, None, line)[1:]])
        bulk.update_rows(Annotation, _ANNOTATION_FIELDS[1:], changed)
        self._remember(Annotation, [row[0] for row in changed], "~")
        return [
            self._annotation(person_id, None, old.get(person_id) or self._line(text))
            for person_id, text in wanted.items()
            if text and person_id not in existing
        ]

    def _write_follow_ups(self, going: list[tuple[PersonChange, Applied]]) -> None:
        """Open what is missing, close what has come, ask again who has new contact data (SOP 6.10)."""
        opening: list[tuple[int, str]] = []
        closing: dict[str, list[int]] = defaultdict(list)
        for change, applied in going:
            for item in _FOLLOWED:
                if change.person_id is None and not change.values.get(item):
                    opening.append((applied.person_id, item))
                elif change.person_id is not None and item in change.values:
                    if change.values[item]:
                        closing[item].append(applied.person_id)
                    else:
                        opening.append((applied.person_id, item))
        FollowUp.objects.bulk_create(
            [FollowUp(person_id=pk, item=item, opened_at=self.at) for pk, item in opening],
            ignore_conflicts=True,
        )
        for item, ids in closing.items():
            for chunk in bulk.batched(ids, bulk.KEYS_PER_STATEMENT):
                FollowUp.objects.filter(person__any_of=chunk, item=item, closed_at=None).update(
                    closed_at=self.at
                )
        reached = {
            applied.person_id
            for change, applied in going
            if change.person_id and any(change.values.get(name) for name in follow_ups.REACHING)
        }
        follow_ups.reopen(sorted(reached), at=self.at)

    def _remember(self, model: type, ids: list[int], kind: str) -> None:
        bulk.write_history(
            model,
            ids,
            kind=kind,
            at=self.at,
            user_id=self.editor.pk,
            reason=self.reason,
            source=self.source,
            batch_id=self.batch.pk if self.batch else None,
        )


def _differing(values: dict[str, str], before: dict[str, str], now: dict[str, str] | None) -> list[str]:
    """The attributes about to be written whose present value is not the one the caller saw."""
    if now is None:
        return list(values) or ["serial_number"]
    return [name for name in values if now[name] != before.get(name, "")]


def _drop_unchanged(
    values: dict[str, str],
    now: dict[str, str],
    stored_digest: str | None = None,
    digests: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """What is stored already is no change: it leaves neither history nor annotation."""
    for name, value in list(values.items()):
        same = digests.get(value) == stored_digest if name == "national_id" and value else now[name] == value
        if same:
            del values[name]


def _without_refusal(values: dict[str, str]) -> dict[str, str]:
    """否 is never a mere value: it is an objection with its own record (SOP 6.9)."""
    if values.get("accepts_messages") != "否":
        return values
    return {
        name: value for name, value in values.items() if not (name == "accepts_messages" and value == "否")
    }


def _blank_columns(model: type, fields: list[str]) -> dict[str, Any]:
    return {name: model._meta.get_field(name).get_default() for name in fields}


_NEW_PERSON = _blank_columns(Person, _PERSON_FIELDS)
_NEW_RECORD = _blank_columns(AcademicRecord, _RECORD_FIELDS)
