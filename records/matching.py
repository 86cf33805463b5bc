"""Finding the person and the record a row speaks of: by serial number, national ID, student number with programme.

What the database knows about the keys of a file is loaded once (`Known`); after that matching asks nothing. A name
alone never matches (SOP 6.5).
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from .bulk import KEYS_PER_STATEMENT, batched
from .models import AcademicRecord, Annotation, MessageObjection, Person
from .serials import ever_used
from .storing import PERSON_TEXT_COLUMNS, RECORD_TEXT_COLUMNS, person_texts, record_texts

# Lines of 註解 without their numbers (text, day, name), and how often each stands there.
LineCounts = Counter[tuple[str, datetime.date | None, str]]
_PERSON_COLUMNS = ("pk", "name_key", "national_id_digest", "hand_edited", *PERSON_TEXT_COLUMNS)


@dataclass(slots=True)
class KnownRecord:
    pk: int
    person: KnownPerson
    values: dict[str, str]


@dataclass(slots=True)
class KnownPerson:
    pk: int
    values: dict[str, str]
    name_key: str
    digest: str | None
    hand_edited: frozenset[str]
    is_objecting: bool = False
    records: list[KnownRecord] = field(default_factory=list)


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
        # The first import of all has thousands of keys and nobody to ask about.
        self._load(_people_with(digests, serials, students) if Person.objects.exists() else set())
        self.burnt_serials = set(ever_used(serials)) - set(self.by_serial)

    def load_more(self, ids: Iterable[int]) -> None:
        """Load further people, e.g. namesakes to be compared."""
        self._load({pk for pk in ids if pk not in self.people})

    def _load(self, ids: Collection[int]) -> None:
        for chunk in batched(sorted(ids), KEYS_PER_STATEMENT):
            for columns in Person.objects.filter(pk__any_of=chunk).values(*_PERSON_COLUMNS):
                known = KnownPerson(
                    columns["pk"],
                    person_texts(columns),
                    columns["name_key"],
                    columns["national_id_digest"],
                    frozenset(columns["hand_edited"]),
                )
                self.people[known.pk] = known
                if known.digest:
                    self.by_digest[known.digest] = known
            records = AcademicRecord.objects.filter(person__any_of=chunk).order_by("pk")
            for pk, person_id, *columns in records.values_list("pk", "person_id", *RECORD_TEXT_COLUMNS):
                self._add_record(KnownRecord(pk, self.people[person_id], record_texts(columns)))
            for pk in MessageObjection.objects.filter(person__any_of=chunk, ended_on=None).values_list(
                "person", flat=True
            ):
                self.people[pk].is_objecting = True

    def _add_record(self, known: KnownRecord) -> None:
        known.person.records.append(known)
        self.by_serial[known.values["serial_number"]] = known
        if number := known.values["student_number"]:
            self.by_student[number].append(known)


def _people_with(digests: Iterable[str], serials: Iterable[str], students: Iterable[str]) -> set[int]:
    ids: set[int] = set()
    for chunk in batched(set(digests), KEYS_PER_STATEMENT):
        ids.update(Person.objects.filter(national_id_digest__any_of=chunk).values_list("pk", flat=True))
    for attribute, values in (("serial_number", serials), ("student_number", students)):
        for chunk in batched(set(values), KEYS_PER_STATEMENT):
            found = AcademicRecord.objects.filter(**{f"{attribute}__any_of": chunk})
            ids.update(found.values_list("person", flat=True))
    return ids


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
