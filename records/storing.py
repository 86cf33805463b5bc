"""Between canonical text, as plans and forms speak, and the columns of a person or an academic record."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from .columns import PERSON_COLUMNS, RECORD_COLUMNS, SECONDARY_WORDS
from .encryption import digest, seal
from .models import AcademicRecord, Person
from .values import fold_name, mask_national_id

PERSON_ATTRIBUTES = (*(column.attribute for column in PERSON_COLUMNS), *SECONDARY_WORDS)
RECORD_ATTRIBUTES = tuple(column.attribute for column in RECORD_COLUMNS)
_LISTED = {"programme", "enrolment_status", "current_identity"}
# What the canonical text of a person and of a record is made of (`attname`s), in the order of the attributes.
_STORED_AS = {"national_id": "national_id_mask", "current_identity": "current_identity_id"}
PERSON_TEXT_COLUMNS = tuple(_STORED_AS.get(name, name) for name in PERSON_ATTRIBUTES)
RECORD_TEXT_COLUMNS = tuple(f"{name}_id" if name in _LISTED else name for name in RECORD_ATTRIBUTES)
_BIRTH_DATE = PERSON_ATTRIBUTES.index("birth_date")
_CURRENT_IDENTITY = PERSON_ATTRIBUTES.index("current_identity")
_ACCEPTS_MESSAGES = PERSON_ATTRIBUTES.index("accepts_messages")
_RECORD_COLUMN_OF = dict(zip(RECORD_ATTRIBUTES, RECORD_TEXT_COLUMNS, strict=True))
_ANSWERS = {None: "", True: "是", False: "否"}


def person_columns(
    values: Mapping[str, str], pk: int, digests: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """The columns (`attname` → Python value) that canonical values of the person `pk` are stored in.

    `digests` are those of national IDs that the caller has computed already. `accepts_messages` takes 是 only;
    否 is stored by recording an objection (SOP 6.9).
    """
    columns: dict[str, Any] = dict(values)
    if "national_id" in columns:
        columns.update(_national_id_columns(columns.pop("national_id"), pk, digests))
    if "birth_date" in columns:
        birth_date = columns["birth_date"]
        columns["birth_date"] = datetime.date.fromisoformat(birth_date) if birth_date else None
    if "accepts_messages" in columns:
        columns["accepts_messages"] = {"是": True, "": None}[columns["accepts_messages"]]
    if "current_identity" in columns:
        columns["current_identity_id"] = _id(columns.pop("current_identity"))
    if "chinese_name" in columns:
        columns["name_key"] = fold_name(columns["chinese_name"])
    return columns


def record_columns(values: Mapping[str, str]) -> dict[str, Any]:
    """The columns that canonical values of an academic record are stored in."""
    return {
        _RECORD_COLUMN_OF[attribute]: _id(value) if attribute in _LISTED else value
        for attribute, value in values.items()
    }


def _id(value: str) -> int | None:
    return int(value) if value else None


def current_values(person: Person) -> dict[str, str]:
    """The canonical text of a person as stored; the national ID appears as its mask only."""
    texts = person_texts([getattr(person, column) for column in PERSON_TEXT_COLUMNS])
    return dict(zip(PERSON_ATTRIBUTES, texts, strict=True))


def person_texts(columns: Sequence[Any]) -> tuple[str, ...]:
    """The texts of the `PERSON_ATTRIBUTES`, out of the columns named in `PERSON_TEXT_COLUMNS`: thousands of people are
    read without a model, and without a dictionary each."""
    texts = list(columns)
    birth_date, identity_id = texts[_BIRTH_DATE], texts[_CURRENT_IDENTITY]
    texts[_BIRTH_DATE] = birth_date.isoformat() if birth_date else ""
    texts[_CURRENT_IDENTITY] = str(identity_id) if identity_id else ""
    texts[_ACCEPTS_MESSAGES] = _ANSWERS[texts[_ACCEPTS_MESSAGES]]
    return tuple(texts)


def seen_values(person: Person) -> dict[str, str]:
    """What a caller of the door saw of a person: the same, with the digest of the national ID, because two numbers
    may share a mask. Never for a page."""
    return current_values(person) | {"national_id": person.national_id_digest or ""}


def current_record_values(record: AcademicRecord) -> dict[str, str]:
    """The canonical text of an academic record as stored."""
    texts = record_texts([getattr(record, column) for column in RECORD_TEXT_COLUMNS])
    return dict(zip(RECORD_ATTRIBUTES, texts, strict=True))


def record_texts(columns: Iterable[Any]) -> tuple[str, ...]:
    """The texts of the `RECORD_ATTRIBUTES`, out of the columns named in `RECORD_TEXT_COLUMNS`."""
    return tuple([value if type(value) is str else str(value or "") for value in columns])


def _national_id_columns(value: str, pk: int, digests: Mapping[str, str]) -> dict[str, Any]:
    if not value:
        return {"national_id_sealed": None, "national_id_digest": None, "national_id_mask": ""}
    return {
        "national_id_sealed": seal(value, Person.national_id_context(pk)),
        "national_id_digest": digests.get(value) or digest(value),
        "national_id_mask": mask_national_id(value),
    }
