"""What is stored at the moment of writing, locked; and what of a change is therefore stale or no change at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Model

from .. import bulk
from ..encryption import digest
from ..models import AcademicRecord, MessageObjection, Person
from ..serials import ever_used
from ..storing import current_record_values, current_values
from .asked import PersonChange, RecordChange


class Present:
    """The people and records that a set of changes speaks of, and who has the numbers that it brings."""

    def __init__(self) -> None:
        self.people: dict[int, Person] = {}
        self.records: dict[int, AcademicRecord] = {}
        self.objecting: set[int] = set()
        self.digests: dict[str, str] = {}
        self._digest_owners: dict[str, int] = {}
        self._serial_owners: dict[str, int] = {}
        self._student_owners: dict[tuple[str, str], int] = {}
        self._degrees: dict[int, set[int]] = defaultdict(set)  # of those who are to be removed

    @classmethod
    def load(cls, changes: list[PersonChange]) -> Present:
        """Lock what the changes speak of, people before records, each in the order of their ids."""
        present = cls()
        ids = sorted({change.person_id for change in changes if change.person_id is not None})
        records = [record for change in changes for record in change.records]
        record_ids = sorted({record.record_id for record in records if record.record_id is not None})
        present.people = _locked(Person, ids)
        present.records = _locked(AcademicRecord, record_ids)
        for chunk in bulk.batched(ids, bulk.KEYS_PER_STATEMENT):
            present.objecting |= set(
                MessageObjection.objects.filter(person__any_of=chunk, ended_on=None).values_list(
                    "person", flat=True
                )
            )
        present._load_taken(changes, records)
        present._load_degrees([change.person_id for change in changes if change.is_removed])
        return present

    def _load_degrees(self, ids: list[int]) -> None:
        for chunk in bulk.batched(ids, bulk.KEYS_PER_STATEMENT):
            found = AcademicRecord.objects.filter(person__any_of=chunk)
            for person_id, pk in found.values_list("person", "pk"):
                self._degrees[person_id].add(pk)

    def _load_taken(self, changes: list[PersonChange], records: list[RecordChange]) -> None:
        """Digests, serial numbers and student numbers that the changes bring and somebody already has."""
        self.digests = {
            national_id: digest(national_id)
            for change in changes
            if (national_id := change.values.get("national_id"))
        }
        for chunk in bulk.batched(self.digests.values(), bulk.KEYS_PER_STATEMENT):
            found = Person.objects.filter(national_id_digest__any_of=chunk)
            self._digest_owners.update(found.values_list("national_id_digest", "pk"))
        self._serial_owners = ever_used(
            [serial for record in records if (serial := record.values.get("serial_number"))]
        )
        numbers = {number for record in records if (number := record.values.get("student_number"))}
        numbers |= {record.student_number for record in self.records.values() if record.student_number}
        for chunk in bulk.batched(sorted(numbers), bulk.KEYS_PER_STATEMENT):
            bearers = AcademicRecord.objects.filter(student_number__any_of=chunk)
            for pk, number, programme in bearers.values_list("pk", "student_number", "programme"):
                self._student_owners[number, str(programme)] = pk

    # --- what of a change can no longer be written --------------------------------------------------------
    def stale(self, change: PersonChange) -> list[str]:
        """The attributes that somebody changed since the caller looked, or took. What is stored already is taken out
        of the change: it leaves neither history nor annotation."""
        stale: list[str] = []
        if change.person_id is not None:
            stale += self._stale_person(change, self.people.get(change.person_id))
        national_id = change.values.get("national_id")
        owner = self._digest_owners.get(self.digests[national_id]) if national_id else None
        if owner is not None and owner != change.person_id:
            stale.append("national_id")
        for record in change.records:
            stale += self._stale_record(record)
        return stale

    def _stale_person(self, change: PersonChange, person: Person | None) -> list[str]:
        if person is None:
            return list(change.values) or ["serial_number"]
        if change.withdrawal and person.pk not in self.objecting:
            return ["ended_on"]
        if change.objection and person.pk in self.objecting and not (change.values or change.legacy_lines):
            return ["objected_on"]  # recorded twice: who spoke second has to know
        now = current_values(person)
        if change.is_removed:
            removed = {record.record_id for record in change.records if record.is_removed}
            return self._stale_removal(change, person, now, removed)
        stale = _differing(change.values, change.before, now, person.national_id_digest or "")
        if not stale:
            _drop_unchanged(change.values, now)
            number = change.values.get("national_id")
            if number and self.digests[number] == person.national_id_digest:
                del change.values["national_id"]
        return stale

    def _stale_removal(
        self, change: PersonChange, person: Person, now: dict[str, str], removed: set[int]
    ) -> list[str]:
        """Nobody goes who is another than the caller saw, has further degrees, or objects (SOP 6.9)."""
        stale = _differing(now, change.before, now, person.national_id_digest or "")
        if self._degrees[person.pk] != removed:
            stale.append("serial_number")
        if person.pk in self.objecting:
            stale.append("objected_on")
        return stale

    def _stale_record(self, change: RecordChange) -> list[str]:
        stale: list[str] = []
        programme = change.values.get("programme", "")
        if change.record_id is not None:
            record = self.records.get(change.record_id)
            if record is None:
                return list(change.values) or ["serial_number"]
            now = current_record_values(record)
            if change.is_removed:
                return _differing(now, change.before, now)
            stale += _differing(change.values, change.before, now)
            if not stale:
                _drop_unchanged(change.values, now)
            programme = programme or now["programme"]
        serial = change.values.get("serial_number")
        if serial and self._serial_owners.get(serial, change.record_id) != change.record_id:
            stale.append("serial_number")
        student = change.values.get("student_number")
        if student is None and change.record_id in self.records and "programme" in change.values:
            student = self.records[change.record_id].student_number
        if student and self._student_owners.get((student, programme), change.record_id) != change.record_id:
            stale.append("student_number")
        return stale


def _locked(model: type[Model], ids: Iterable[int]) -> dict[int, Model]:
    found: dict[int, Model] = {}
    for chunk in bulk.batched(ids, bulk.KEYS_PER_STATEMENT):
        rows = model.objects.select_for_update().filter(pk__any_of=chunk).order_by("pk")
        found |= {row.pk: row for row in rows}
    return found


def _differing(
    values: Iterable[str], before: dict[str, str], now: dict[str, str], digest_now: str | None = None
) -> list[str]:
    """The attributes about to be written (or removed) whose present value is not the one the caller saw."""
    stale = []
    for name in values:
        seen = before.get(name, "")
        if now[name] != seen and not (name == "national_id" and seen == digest_now):
            stale.append(name)
    return stale


def _drop_unchanged(values: dict[str, str], now: dict[str, str]) -> None:
    for name, value in list(values.items()):
        # Of the national ID `now` holds the mask, which says nothing about a number; none is "" in both.
        if now[name] == value:
            del values[name]
