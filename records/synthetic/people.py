"""Synthetic people with their degrees, and the rows of the Excel template that tell of them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from records.synthetic.contacts import ABROAD, HOMELANDS, Contact, make_contact, make_foreign_name
from records.synthetic.identity_numbers import IdentityNumbers
from records.synthetic.layout import Cell, Row
from records.synthetic.names import FEMALE, MALE, Name, make_name
from records.synthetic.studies import LEVELS, ROC_OFFSET, Registry, Study, status_text

_FOREIGN_SHARE, _PASSPORT_SHARE, _EMIGRANT_SHARE = 0.04, 0.25, 0.02
_SAME_NAME_SHARE = 0.03
_NEXT_DEGREE_SHARE = {"bachelor": 0.21, "master": 0.10, "doctor": 0.0}
_SAME_DEPARTMENT_SHARE = 0.6
_MOVED_SHARE = 0.4
_STAFF_SHARE = 0.02
_NAMES_REMEMBERED = 200
_ENTRY_AGE = {"bachelor": 18, "master": 22, "doctor": 25}


@dataclass(frozen=True, slots=True)
class SyntheticPerson:
    """One person and the studies in order; `contacts[n]` was true when study n began."""

    name: Name
    sex: str
    identity_number: str
    birthday: datetime.date
    current_identity: str
    studies: tuple[Study, ...]
    contacts: tuple[Contact, ...]

    def rows(self, random: Random) -> list[Row]:
        """One row of the template for each study."""
        return [self._row(random, *pair) for pair in zip(self.studies, self.contacts, strict=True)]

    def _row(self, random: Random, study: Study, contact: Contact) -> Row:
        row: Row = [None] * len(Cell)
        row[Cell.STUDENT_NUMBER] = study.student_number
        row[Cell.CHINESE_NAME] = self.name.chinese
        row[Cell.ENGLISH_NAME] = self.name.english if random.random() < 0.95 else None
        row[Cell.SEX] = self.sex
        row[Cell.NATIONAL_ID] = self.identity_number
        row[Cell.BIRTH_DATE] = self.birthday
        row[Cell.EMAIL] = contact.email
        row[Cell.PHONE] = contact.landline
        row[Cell.MOBILE] = contact.mobile
        row[Cell.COUNTRY] = contact.country
        row[Cell.CITY] = contact.city
        row[Cell.POSTAL_CODE] = contact.postal_code
        row[Cell.ADDRESS] = contact.address
        row[Cell.OTHER_ADDRESS] = contact.other_address
        row[Cell.PROGRAMME] = study.programme.name
        row[Cell.GRADUATION_DATE] = study.graduated_on
        row[Cell.ENROLMENT_STATUS] = study.enrolment_status
        row[Cell.CURRENT_IDENTITY] = self.current_identity
        row[Cell.CLASS_NAME] = study.class_name if random.random() < 0.9 else None
        row[Cell.ACCEPTS_MESSAGES] = "是" if random.random() < 0.9 else None
        return row


class Population:
    """Makes people, one after another, each with an identity number and student numbers of their own."""

    def __init__(self, random: Random, *, today: datetime.date) -> None:
        self._random = random
        self._identity_numbers = IdentityNumbers(random)
        self._registry = Registry(random, today=today)
        self._names: dict[str, list[Name]] = {MALE: [], FEMALE: []}
        self._born = 0

    def people(self) -> Iterator[SyntheticPerson]:
        """People without end."""
        while True:
            studies = self._studies()
            if studies:
                yield self._person(studies)

    def _studies(self) -> tuple[Study, ...]:
        first = self._registry.enrol()
        studies = [first] if first else []
        while studies and self._continues(studies[-1]):
            following = self._next_study(studies[-1])
            if following is None:
                break
            studies.append(following)
        return tuple(studies)

    def _continues(self, study: Study) -> bool:
        share = _NEXT_DEGREE_SHARE[study.programme.level]
        return study.graduated_on is not None and self._random.random() < share

    def _next_study(self, last: Study) -> Study | None:
        level = LEVELS[LEVELS.index(last.programme.level) + 1]
        stays = self._random.random() < _SAME_DEPARTMENT_SHARE
        department = last.programme.department if stays else None
        return self._registry.enrol(level=level, department=department, after=last.end_year)

    def _person(self, studies: tuple[Study, ...]) -> SyntheticPerson:
        random = self._random
        self._born += 1
        sex = random.choice((MALE, FEMALE))
        homeland = random.choice(HOMELANDS) if random.random() < _FOREIGN_SHARE else None
        name = make_foreign_name(random, sex, homeland) if homeland else self._name(sex)
        return SyntheticPerson(
            name=name,
            sex=sex,
            identity_number=self._identity_number(sex, is_foreign=homeland is not None),
            birthday=self._birthday(studies[0]),
            current_identity=self._current_identity(studies),
            studies=studies,
            contacts=self._contacts(name, len(studies), homeland if random.random() < 0.7 else None),
        )

    def _name(self, sex: str) -> Name:
        """A new name, or, for a few people, the name of somebody else (SOP 6.5)."""
        known = self._names[sex]
        if known and self._random.random() < _SAME_NAME_SHARE:
            return self._random.choice(known)
        name = make_name(self._random, sex)
        if len(known) < _NAMES_REMEMBERED:
            known.append(name)
        return name

    def _identity_number(self, sex: str, *, is_foreign: bool) -> str:
        if not is_foreign:
            return self._identity_numbers.national_id(sex)
        if self._random.random() < _PASSPORT_SHARE:
            return self._identity_numbers.passport()
        return self._identity_numbers.resident_certificate(sex)

    def _birthday(self, study: Study) -> datetime.date:
        """Old enough on entering; those who study beside their work are older."""
        age = _ENTRY_AGE[study.programme.level] + int(self._random.expovariate(1))
        if study.programme.division != "day":
            age += int(self._random.triangular(0, 25, 5))
        school_year_begins = datetime.date(study.entry_year + ROC_OFFSET - age - 1, 9, 1)
        return school_year_begins + datetime.timedelta(days=self._random.randrange(365))

    def _current_identity(self, studies: tuple[Study, ...]) -> str:
        if studies[-1].is_current:
            return status_text("identity", "學生兼校友" if len(studies) > 1 else "學生")
        return status_text("identity", "教職員兼校友" if self._random.random() < _STAFF_SHARE else "校友")

    def _contacts(self, name: Name, count: int, abroad: object) -> tuple[Contact, ...]:
        """Contact data for each study: the same, or newer where the person has moved in between."""
        place = abroad or (self._random.choice(ABROAD) if self._random.random() < _EMIGRANT_SHARE else None)
        contacts = [make_contact(self._random, name, self._born, place)]
        while len(contacts) < count:
            moved = self._random.random() < _MOVED_SHARE
            contacts.append(make_contact(self._random, name, self._born) if moved else contacts[-1])
        return tuple(contacts)
