"""What is stored of the people whom a file speaks of: few keys of all of them, all else of some thousand at a time.

Matching needs the keys (`matching.Known`); rulings, namesakes and plans need the texts too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .bulk import KEYS_PER_STATEMENT, batched
from .models import AcademicRecord, Person
from .storing import (
    PERSON_ATTRIBUTES,
    PERSON_TEXT_COLUMNS,
    RECORD_ATTRIBUTES,
    RECORD_TEXT_COLUMNS,
    person_texts,
    record_texts,
)

PERSON_TEXT_AT = {attribute: index for index, attribute in enumerate(PERSON_ATTRIBUTES)}
RECORD_TEXT_AT = {attribute: index for index, attribute in enumerate(RECORD_ATTRIBUTES)}
_KEY_TEXTS = [RECORD_TEXT_AT[name] for name in ("serial_number", "student_number", "programme")]
_NO_TEXTS, _NO_RECORD_TEXTS = ("",) * len(PERSON_ATTRIBUTES), ("",) * len(RECORD_ATTRIBUTES)


@dataclass(slots=True)
class KnownRecord:
    """A stored record: its keys, and once they are loaded the texts of the `RECORD_ATTRIBUTES` in their order."""

    pk: int
    person: KnownPerson
    serial_number: str
    student_number: str
    programme: str
    texts: tuple[str, ...] = ()

    def value(self, attribute: str) -> str:
        """A text; only while the person's texts are loaded."""
        return self.texts[RECORD_TEXT_AT[attribute]]

    @property
    def values(self) -> dict[str, str]:
        """The texts by attribute, made anew each time."""
        return dict(zip(RECORD_ATTRIBUTES, self.texts, strict=True))


@dataclass(slots=True)
class KnownPerson:
    """A stored person: who it is, and the records that bear keys of the file; once the texts are loaded all the records
    in the order of their ids, and the texts of the `PERSON_ATTRIBUTES` in their order."""

    pk: int
    name_key: str
    digest: str | None
    records: list[KnownRecord] = field(default_factory=list)
    texts: tuple[str, ...] = ()
    hand_edited: Collection[str] = ()

    def value(self, attribute: str) -> str:
        """A text; only while the texts are loaded."""
        return self.texts[PERSON_TEXT_AT[attribute]]

    @property
    def is_objecting(self) -> bool:
        """否 stands there exactly while an objection is open (SOP 6.9)."""
        return self.value("accepts_messages") == "否"

    @property
    def values(self) -> dict[str, str]:
        """The texts by attribute, made anew each time."""
        return dict(zip(PERSON_ATTRIBUTES, self.texts, strict=True))


def load_texts(people: Iterable[KnownPerson]) -> None:
    """Load all that is stored of people: their texts, and all of their records with theirs.

    Who was removed since the keys were looked up, or got another national ID, is no longer whom the rows were matched
    to: blank texts stand for such a person, and the door finds every change of it stale.
    """
    for some in batched(people, KEYS_PER_STATEMENT):
        by_pk = {person.pk: person for person in some}
        records = {record.pk: record for person in some for record in person.records}
        for person in some:
            person.texts, person.hand_edited = _NO_TEXTS, ()
            for record in person.records:
                record.texts = _NO_RECORD_TEXTS
        found = Person.objects.filter(pk__any_of=sorted(by_pk)).values_list(
            "pk", "national_id_digest", "hand_edited", *PERSON_TEXT_COLUMNS
        )
        for pk, digest, hand_edited, *columns in found:
            person = by_pk[pk]
            if person.digest == digest:
                person.texts, person.hand_edited = person_texts(columns), hand_edited
        found = AcademicRecord.objects.filter(person__any_of=sorted(by_pk)).values_list(
            "pk", "person", *RECORD_TEXT_COLUMNS
        )
        for pk, person_id, *columns in found:
            person, texts = by_pk[person_id], record_texts(columns)
            record = records.get(pk)
            if record is None:
                record = KnownRecord(pk, person, *(texts[place] for place in _KEY_TEXTS))
                person.records.append(record)
            record.texts = _NO_RECORD_TEXTS if person.texts is _NO_TEXTS else texts
        for person in some:
            person.records.sort(key=lambda record: record.pk)


@contextmanager
def texts_loaded(people: Collection[KnownPerson]) -> Iterator[None]:
    """The texts of people as long as these are planned: those of everybody in a large file together would be most of
    the memory."""
    load_texts(people)
    yield
    for person in people:
        person.texts, person.hand_edited = (), ()
        for record in person.records:
            record.texts = ()
