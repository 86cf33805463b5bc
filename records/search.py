"""Finding people by what somebody typed: a name, a number, an address; a national ID only as a whole."""

from __future__ import annotations

import datetime
import re
from typing import Any

from django.db.models import Q, QuerySet

from . import policies, values
from .encryption import digest
from .models import AcademicRecord, Person
from .querysets import PersonQuerySet

_LAST_DIGITS = re.compile(r"\d{3,9}")  # the end of a number, or a landline without its area code
NOBODY = Q(pk__in=())
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


def search(user: Any, people: PersonQuerySet, text: str, today: datetime.date) -> PersonQuerySet:
    """Those of `people` whose name, student or serial number, telephone or e-mail fits `text`.

    Only fields that the user may read are looked at, numbers of degrees only among those the user sees: a hit says
    as much as the field itself. Never part of a national ID: it would be given away digit by digit (security.md H4).
    """
    text = values.tidy_text(text)
    if not text:
        return people
    if "@" in text:
        fitting = _emails(user, text)
    elif text.isascii():
        fitting = _numbers(user, text) | _telephones(user, text, today) | _latin(user, text)
    else:
        fitting = _names(user, text) | _telephones(user, text, today)
    return people.filter(fitting)


def _names(user: Any, text: str) -> Q:
    return _if_read(user, "chinese_name", Q(name_key__contains=values.fold_name(text)))


def _emails(user: Any, text: str) -> Q:
    """A whole address or a part of one."""
    return _if_read(user, "email", Q(email__icontains=text)) | _if_read(
        user, "other_emails", Q(other_emails__icontains=text)
    )


def _numbers(user: Any, text: str) -> Q:
    key = text.upper()
    fitting = _if_read(user, "serial_number", Q(serial_number__startswith=key)) | _if_read(
        user, "student_number", Q(student_number__startswith=key)
    )
    return Q(pk__in=policies.visible_records(user).filter(fitting).values("person"))


def _telephones(user: Any, text: str, today: datetime.date) -> Q:
    """A number in any spelling (0912 345 678, (02)2462-2192 分機 1250, +886912345678), or its last digits."""
    found = NOBODY
    for cleaned in (values.clean_mobile(text, today=today), values.clean_phone(text, today=today)):
        if cleaned.value:
            number = cleaned.value
            found |= _if_read(user, "mobile", Q(mobile=number))
            found |= _if_read(user, "phone", Q(phone=number) | Q(phone__startswith=f"{number}#"))
            found |= _if_read(user, "other_phones", Q(other_phones__contains=number))
    digits = re.sub(r"[\s-]", "", text)
    if _LAST_DIGITS.fullmatch(digits):
        found |= _if_read(user, "mobile", Q(mobile__endswith=_as_stored(digits)))
        found |= _if_read(user, "phone", Q(phone__endswith=digits) | Q(phone__contains=f"{digits}#"))
        found |= _if_read(user, "other_phones", Q(other_phones__contains=digits))
    return found


def _as_stored(digits: str) -> str:
    """The last digits of a mobile number with the hyphen before the last six (SOP 6.8)."""
    return digits if len(digits) <= 6 else f"{digits[:-6]}-{digits[-6:]}"


def _latin(user: Any, text: str) -> Q:
    if not _ASCII_LETTERS.search(text):
        return NOBODY
    return (
        _names(user, text)
        | _if_read(user, "english_name", Q(english_name__icontains=text))
        | _emails(user, text)
    )


def _if_read(user: Any, attribute: str, condition: Q) -> Q:
    return condition if policies.may_read(user, attribute) else NOBODY
