"""Finding the person and the record a row speaks of: by serial number, national ID, student number with programme.

What the database knows about the keys of a file is loaded once (`Known`); after that matching asks nothing. What else
is stored of the people found is loaded for some thousand at a time (`texts_of`). A name alone never matches (SOP 6.5).
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any

from django.db.models import QuerySet

from .bulk import KEYS_PER_STATEMENT, batched
from .models import AcademicRecord, Annotation, Person
from .serials import ever_used
from .storing import (
    PERSON_ATTRIBUTES,
    PERSON_TEXT_COLUMNS,
    RECORD_ATTRIBUTES,
    RECORD_TEXT_COLUMNS,
    person_texts,
    record_texts,
)

# Lines of 註解 without their numbers (text, day, name), and how often each stands there.
LineCounts = Counter[tuple[str, datetime.date | None, str]]
PERSON_TEXT_AT = {attribute: index for index, attribute in enumerate(PERSON_ATTRIBUTES)}
RECORD_TEXT_AT = {attribute: index for index, attribute in enumerate(RECORD_ATTRIBUTES)}
_RECORD_KEYS = ("pk", "person", "serial_number", "student_number", "programme")
_KEY_TEXTS = [RECORD_TEXT_AT[name] for name in ("serial_number", "student_number", "programme")]
# Of whom somebody removes between the first look and the second; the door finds such a change stale.
_NO_TEXTS, _NO_RECORD_TEXTS = ("",) * len(PERSON_ATTRIBUTES), ("",) * len(RECORD_ATTRIBUTES)


@dataclass(slots=True)
class KnownRecord:
    """A stored record: its keys, and within `texts_of` the texts of the `RECORD_ATTRIBUTES` in their order."""

    pk: int
    person: KnownPerson
    serial_number: str
    student_number: str
    programme: str
    texts: tuple[str, ...] = ()

    def value(self, attribute: str) -> str:
        return self.texts[RECORD_TEXT_AT[attribute]]

    @property
    def values(self) -> dict[str, str]:
        """The texts by attribute, made anew each time."""
        return dict(zip(RECORD_ATTRIBUTES, self.texts, strict=True))


@dataclass(slots=True)
class KnownPerson:
    """A stored person: who it is, and the records that bear keys of the file; within `texts_of` all the records, and
    the texts of the `PERSON_ATTRIBUTES` in their order."""

    pk: int
    name_key: str
    digest: str | None
    records: list[KnownRecord] = field(default_factory=list)
    texts: tuple[str, ...] = ()
    hand_edited: Collection[str] = ()

    def value(self, attribute: str) -> str:
        return self.texts[PERSON_TEXT_AT[attribute]]

    @property
    def is_objecting(self) -> bool:
        """否 stands there exactly while an objection is open (SOP 6.9)."""
        return self.value("accepts_messages") == "否"

    @property
    def values(self) -> dict[str, str]:
        """The texts by attribute, made anew each time."""
        return dict(zip(PERSON_ATTRIBUTES, self.texts, strict=True))


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


def load_texts(people: Iterable[KnownPerson]) -> None:
    """Load all that is stored of people: their texts, and all of their records with theirs."""
    for some in batched(people, KEYS_PER_STATEMENT):
        by_pk = {person.pk: person for person in some}
        records = {record.pk: record for person in some for record in person.records}
        for person in some:
            person.texts = _NO_TEXTS
            for record in person.records:
                record.texts = _NO_RECORD_TEXTS
        chunk = sorted(by_pk)
        found = Person.objects.filter(pk__any_of=chunk)
        for pk, hand_edited, *columns in found.values_list("pk", "hand_edited", *PERSON_TEXT_COLUMNS):
            by_pk[pk].texts, by_pk[pk].hand_edited = person_texts(columns), hand_edited
        theirs = AcademicRecord.objects.filter(person__any_of=chunk).order_by("pk")
        for pk, person_id, *columns in theirs.values_list("pk", "person", *RECORD_TEXT_COLUMNS):
            texts = record_texts(columns)
            record = records.get(pk)
            if record is None:
                person = by_pk[person_id]
                record = KnownRecord(pk, person, *(texts[place] for place in _KEY_TEXTS))
                person.records.append(record)
            record.texts = texts


@contextmanager
def texts_of(people: Collection[KnownPerson]) -> Iterator[None]:
    """What is stored of people and their records, as long as they are planned: that of everybody in a large file
    together would be most of the memory."""
    load_texts(people)
    yield
    for person in people:
        person.texts, person.hand_edited = (), ()
        for record in person.records:
            record.texts = ()


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
