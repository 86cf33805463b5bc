"""Finding the person and the record a row speaks of: by serial number, national ID, student number with programme.

What the database knows about the keys of a file is loaded once (`Known`); after that matching asks nothing. What else
is stored of the people found is loaded later (`known_people`). A name alone never matches (SOP 6.5).
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import starmap
from typing import Any

from django.db.models import QuerySet

from .bulk import KEYS_PER_STATEMENT, batched
from .known_people import KnownPerson, KnownRecord, load_texts
from .models import AcademicRecord, Annotation, Person
from .serials import ever_used

# Lines of 註解 without their numbers (text, day, name), and how often each stands there.
LineCounts = Counter[tuple[str, datetime.date | None, str]]
_RECORD_KEYS = ("pk", "person", "serial_number", "student_number", "programme")


@dataclass(frozen=True, slots=True)
class Namesake:
    """Somebody of the same folded name; `digest` and `birth_date` may be unknown."""

    pk: int
    digest: str | None
    birth_date: datetime.date | None


class Known:
    """What is stored about the keys of one file."""

    def __init__(self, serials: Iterable[str], digests: Iterable[str], students: Iterable[str]) -> None:
        self.people: dict[int, KnownPerson] = {}
        self.by_digest: dict[str, KnownPerson] = {}
        self.by_serial: dict[str, KnownRecord] = {}
        self.by_student: dict[str, list[KnownRecord]] = defaultdict(list)
        serials = set(serials)
        if Person.objects.exists():  # the first import of all has thousands of keys and nobody to ask about
            self._find(digests, serials, students)
        self.burnt_serials = set(ever_used(serials)) - set(self.by_serial)

    def _find(self, digests: Iterable[str], serials: Iterable[str], students: Iterable[str]) -> None:
        for chunk in batched(set(digests), KEYS_PER_STATEMENT):
            self._add_people(Person.objects.filter(national_id_digest__any_of=chunk))
        records: dict[int, tuple[Any, ...]] = {}
        for attribute, values in (("serial_number", serials), ("student_number", students)):
            for chunk in batched(set(values), KEYS_PER_STATEMENT):
                found = AcademicRecord.objects.filter(**{f"{attribute}__any_of": chunk})
                records |= {row[0]: row for row in found.values_list(*_RECORD_KEYS)}
        self._add_people_of({person_id for _pk, person_id, *_keys in records.values()})
        for _pk, row in sorted(records.items()):
            self._add_record(*row)

    def load_more(self, ids: Iterable[int]) -> None:
        """Load further people with all that is stored of them, e.g. namesakes to be compared."""
        ids = set(ids)
        self._add_people_of(ids)
        people = [self.people[pk] for pk in sorted(ids & self.people.keys())]
        known = {record.pk for person in people for record in person.records}
        load_texts(people)
        for person in people:
            for record in person.records:
                if record.pk not in known:
                    self._remember(record)

    def _add_people_of(self, ids: set[int]) -> None:
        for chunk in batched(sorted(ids - self.people.keys()), KEYS_PER_STATEMENT):
            self._add_people(Person.objects.filter(pk__any_of=chunk))

    def _add_people(self, found: QuerySet[Person]) -> None:
        for known in starmap(KnownPerson, found.values_list("pk", "name_key", "national_id_digest")):
            self.people[known.pk] = known
            if known.digest:
                self.by_digest[known.digest] = known

    def _add_record(self, pk: int, person_id: int, serial: str, student: str, programme: int) -> None:
        person = self.people.get(person_id)
        if person is not None:  # else removed between two looks
            record = KnownRecord(pk, person, serial, student, str(programme))
            person.records.append(record)
            self._remember(record)

    def _remember(self, record: KnownRecord) -> None:
        self.by_serial[record.serial_number] = record
        if record.student_number:
            self.by_student[record.student_number].append(record)


def namesakes(name_keys: Iterable[str]) -> dict[str, list[Namesake]]:
    """The people of each folded name."""
    found: dict[str, list[Namesake]] = defaultdict(list)
    if not Person.objects.exists():
        return found
    for chunk in batched(set(name_keys), KEYS_PER_STATEMENT):
        for key, pk, digest, birth_date in Person.objects.filter(name_key__any_of=chunk).values_list(
            "name_key", "pk", "national_id_digest", "birth_date"
        ):
            found[key].append(Namesake(pk, digest, birth_date))
    return found


def annotation_lines(person_ids: Iterable[int]) -> defaultdict[int, LineCounts]:
    """What each person's annotations say, without their numbers: old lines that are there already."""
    found: defaultdict[int, LineCounts] = defaultdict(Counter)
    for chunk in batched(set(person_ids), KEYS_PER_STATEMENT):
        for pk, *line in Annotation.objects.filter(person__any_of=chunk).values_list(
            "person", "text", "made_on", "editor_name"
        ):
            found[pk][tuple(line)] += 1
    return found
