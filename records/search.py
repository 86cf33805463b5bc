"""Finding people by what somebody typed: a name, a number, an address; a national ID only as a whole."""

from __future__ import annotations

import datetime
import re

from django.db.models import Q, QuerySet

from . import values
from .encryption import digest
from .models import AcademicRecord, Person
from .querysets import PersonQuerySet

_DIGITS = re.compile(r"\d{6,8}")  # a landline as people remember it, without its area code
_ASCII_LETTERS = re.compile(r"[A-Za-z]")


def national_id_in(text: str, today: datetime.date) -> str:
    """The national ID, resident or passport number that was typed, in its stored form; else ""."""
    cleaned = values.clean_national_id(text, today=today).value
    return cleaned if values.national_id_kind(cleaned) in ("national", "resident") else ""


def looks_like_national_id(text: str) -> bool:
    """Whether something shaped like a national ID stands in a text: it must not be stored or shown again."""
    return bool(re.search(r"[A-Z][A-D1289]\d{8}", values.tidy_text(text).replace(" ", "").upper()))


def is_serial_number(records: QuerySet[AcademicRecord], text: str) -> bool:
    """Whether one of these records bears the number typed; serial numbers have the shape of national IDs."""
    return records.filter(serial_number=values.tidy_text(text).upper()).exists()


def by_national_id(people: PersonQuerySet, text: str, today: datetime.date) -> Person | None:
    """The one person who bears exactly this number, among `people`."""
    number = values.clean_national_id(text, today=today).value
    return people.filter(national_id_digest=digest(number)).first() if number else None


def search(
    people: PersonQuerySet, records: QuerySet[AcademicRecord], text: str, today: datetime.date
) -> PersonQuerySet:
    """Those of `people` whose name, student or serial number, telephone or e-mail fits `text`.

    Student and serial numbers are looked for among `records`, those the user may see.
    Never part of a national ID: partial hits would give it away digit by digit (security.md H4).
    """
    text = values.tidy_text(text)
    if not text:
        return people
    if "@" in text:
        return people.filter(Q(email__iexact=text) | Q(other_emails__icontains=text))
    if text.isascii():
        return people.filter(_numbers(records, text) | _telephones(text, today) | _latin_name(text))
    return people.filter(Q(name_key__contains=values.fold_name(text)) | _telephones(text, today))


def _numbers(visible: QuerySet[AcademicRecord], text: str) -> Q:
    key = text.upper()
    records = visible.filter(
        Q(serial_number__startswith=key) | Q(student_number__startswith=key) | Q(student_number=text)
    )
    return Q(pk__in=records.values("person"))


def _telephones(text: str, today: datetime.date) -> Q:
    """A number in any spelling: 0912 345 678, (02)2462-2192 分機 1250, +886912345678."""
    found = Q(pk__in=[])
    for cleaned in (values.clean_mobile(text, today=today), values.clean_phone(text, today=today)):
        if cleaned.value:
            number = cleaned.value
            found |= Q(mobile=number) | Q(phone=number) | Q(phone__startswith=f"{number}#")
            found |= Q(other_phones__contains=number)
    digits = re.sub(r"[\s-]", "", text)
    if _DIGITS.fullmatch(digits):
        found |= Q(phone__contains=f"-{digits}")
    return found


def _latin_name(text: str) -> Q:
    if not _ASCII_LETTERS.search(text):
        return Q(pk__in=[])
    return Q(name_key__contains=values.fold_name(text)) | Q(english_name__icontains=text)
