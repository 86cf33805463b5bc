"""What callers ask of the door, and what they are told."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..annotations import Line
from ..serials import Need


@dataclass(slots=True)
class NewObjection:
    """The alumnus does not want messages: when, by which channel, in which words (SOP 6.9); `evidence` is the name
    under which `evidence.store` keeps a file; `told_by` a `MessageObjection.Teller`, "" from a file."""

    on: datetime.date
    channel: str
    words: str
    evidence: str = ""
    told_by: str = ""
    told_by_other: str = ""


@dataclass(slots=True)
class Withdrawal:
    """The alumnus' own later wish, the only thing that ends an objection (SOP 6.9)."""

    on: datetime.date
    channel: str
    words: str
    evidence: str = ""


@dataclass(slots=True)
class RecordChange:
    """A new academic record (`record_id` None), new values of one, or that one be removed. A new record without a
    serial number of its own names the series and prefix to take it from (`serials`); the number of a removed one is
    never given again."""

    record_id: int | None
    values: dict[str, str]
    before: dict[str, str] = field(default_factory=dict)
    key: Any = None
    series_id: int | None = None
    prefix: str = ""
    is_removed: bool = False  # `before` holds everything that the caller saw

    @property
    def need(self) -> Need | None:
        if self.record_id is not None or self.values.get("serial_number"):
            return None
        return Need(self.series_id, self.prefix)


@dataclass(slots=True)
class PersonChange:
    """What shall change of one person. `values` are canonical text by attribute, `before` what the caller saw.

    Of the national ID `before` holds the digest (`storing.seen_values`); who was shown nothing but the mask gives
    the mask, which two numbers may share.
    """

    person_id: int | None
    values: dict[str, str]
    before: dict[str, str] = field(default_factory=dict)
    records: list[RecordChange] = field(default_factory=list)
    legacy_lines: list[Line] = field(default_factory=list)
    objection: NewObjection | None = None
    key: Any = None
    pinned_line: Line | None = None  # the identities line as the old system had it, with its date and name
    withdrawal: Withdrawal | None = None
    remarks: list[str] = field(default_factory=list)  # free words, a line each
    # Of the values, those that a person and no file once put there; None: the way of the change says so.
    by_hand: frozenset[str] | None = None
    # With the degrees, all of which `records` removes. `before` holds everything that the caller saw. Refused by the
    # database while anything else refers to the person.
    is_removed: bool = False


@dataclass(slots=True)
class Applied:
    """What became of one PersonChange: ids in the order of its records, or why nothing of it was written."""

    key: Any
    person_id: int | None
    records: list[tuple[Any, int, str]] = field(default_factory=list)  # (key, record id, serial number)
    stale: list[str] = field(default_factory=list)  # attributes that somebody changed since


# A change with its outcome; the steps of the door pass on those that are written.
Going = list[tuple[PersonChange, Applied]]


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


def without_refusal(values: dict[str, str]) -> dict[str, str]:
    """否 is never a mere value: it is an objection with its own record (SOP 6.9)."""
    if values.get("accepts_messages") != "否":
        return values
    return {name: value for name, value in values.items() if name != "accepts_messages"}
