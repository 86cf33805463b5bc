"""SOP 6.5: where several people bear one name, the editor first states what the alumnus told: national ID or its last
four, department and birthday. The system compares, shows none of them, and says which of the namesakes it is.

Every act is kept without its values (`VerificationAttempt`); five failures within fifteen minutes stop an editor at
these namesakes. What succeeded holds for thirty minutes, for this editor and this person.
"""

from __future__ import annotations

import datetime
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from .encryption import digest
from .models import AcademicRecord, Person, VerificationAttempt
from .querysets import PersonQuerySet

HOLDS = datetime.timedelta(minutes=30)
FAILURES, WITHIN = 5, datetime.timedelta(minutes=15)
LAST = 4
Outcome = VerificationAttempt.Outcome
# Whoever has everything right about another namesake has guessed nothing.
_COUNTED = (Outcome.FAILED, Outcome.AMBIGUOUS)


@dataclass(frozen=True, slots=True)
class Told:
    """What the alumnus told, in canonical form. `national_id` is a whole number or its last four characters;
    `student_number` counts where the record lacks national ID or birthday."""

    national_id: str
    department_id: int
    birth_date: str
    student_number: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """How a comparison ended; `person` is who it is, for `SUCCEEDED` and `ANOTHER`."""

    outcome: Outcome
    person: Person | None = None
    locked_until: datetime.datetime | None = None


def namesakes(person: Person) -> PersonQuerySet:
    """Everybody of that name in the whole database, variants and widths folded; the person among them."""
    return Person.objects.filter(name_key=person.name_key)


def needs_verification(user: Any, person: Person, at: datetime.datetime) -> bool:
    """Whether `user` has to verify before changing `person`: there are namesakes (or VERIFY_ALWAYS is set), and no
    comparison of this editor succeeded within the last thirty minutes."""
    if not settings.VERIFY_ALWAYS and not namesakes(person).exclude(pk=person.pk).exists():
        return False
    return verified_until(user, person, at) is None


def verified_until(user: Any, person: Person, at: datetime.datetime) -> datetime.datetime | None:
    """Until when a comparison of this editor that succeeded holds; None when none does."""
    succeeded = VerificationAttempt.objects.filter(
        editor=user, person=person, outcome=Outcome.SUCCEEDED, at__gt=at - HOLDS
    )
    last = succeeded.order_by("-at").first()
    return last.at + HOLDS if last else None


def locked_until(user: Any, person: Person, at: datetime.datetime) -> datetime.datetime | None:
    """When `user` may compare again with the people of this name; None when that is now."""
    failures = list(
        VerificationAttempt.objects.filter(
            editor=user, person__name_key=person.name_key, outcome__in=_COUNTED, at__gt=at - WITHIN
        )
        .order_by("-at")
        .values_list("at", flat=True)[:FAILURES]
    )
    return failures[-1] + WITHIN if len(failures) == FAILURES else None


def began_a_lock() -> Q:
    """Of an attempt in a query: whether it was the failure that stopped its editor at these namesakes."""
    failures = VerificationAttempt.objects.filter(
        editor=OuterRef("editor"),
        person__name_key=OuterRef("person__name_key"),
        outcome__in=_COUNTED,
        at__gt=OuterRef("at") - WITHIN,
        at__lte=OuterRef("at"),
    )
    several = failures.order_by().values("editor").annotate(count=Count("pk")).filter(count__gte=FAILURES)
    return Exists(several) & Q(outcome__in=_COUNTED)


def verify(user: Any, person: Person, told: Told, *, at: datetime.datetime) -> Verified:
    """Compare what was told with everybody of the name, and keep how it ended.

    Only people whom `user` reaches are named: a namesake of another department is answered like nobody. Two
    comparisons of one editor wait for each other, so that the limit cannot be passed by sending many at once."""
    with transaction.atomic():
        same = list(namesakes(person).select_for_update().order_by("pk"))
        if until := locked_until(user, person, at):
            _keep(user, person, Outcome.LOCKED, at)
            return Verified(Outcome.LOCKED, locked_until=until)
        verified = _verdict(user, person, _fitting(same, told))
        _keep(user, person, verified.outcome, at)
        if verified.outcome == Outcome.ANOTHER:
            _keep(user, verified.person, Outcome.SUCCEEDED, at)
    return verified


def _verdict(user: Any, person: Person, fitting: list[Person]) -> Verified:
    if len(fitting) > 1:
        return Verified(Outcome.AMBIGUOUS)
    if not fitting or not Person.objects.visible_to(user).filter(pk=fitting[0].pk).exists():
        return Verified(Outcome.FAILED)
    return Verified(Outcome.SUCCEEDED if fitting[0].pk == person.pk else Outcome.ANOTHER, fitting[0])


def _keep(user: Any, person: Person, outcome: Outcome, at: datetime.datetime) -> None:
    VerificationAttempt.objects.create(editor=user, person=person, outcome=outcome, at=at)


def _fitting(people: Iterable[Person], told: Told) -> list[Person]:
    """Whom everything told fits. Each item of each person is compared, whether an earlier one fitted or not, so that
    the time taken says nothing about which item was wrong."""
    people = list(people)
    records = _records([person.pk for person in people])
    told_digest = digest(told.national_id)
    whole, partial = [], []
    for person in people:
        studied = records.get(person.pk, [])
        birth_date = person.birth_date.isoformat() if person.birth_date else ""
        is_complete = bool(person.national_id_digest and birth_date)
        fits = [
            _same_number(person, told.national_id, told_digest) | (not person.national_id_digest),
            _same(birth_date, told.birth_date) | (not birth_date),
            any([department == told.department_id for department, _number in studied]),
            is_complete | any([_same(number, told.student_number) for _department, number in studied]),
        ]
        if all(fits):
            (whole if is_complete else partial).append(person)
    return whole or partial  # whoever fits in everything comes before a record with gaps


def _records(ids: list[int]) -> dict[int, list[tuple[int, str]]]:
    """Department and student number of every degree, by person."""
    found: dict[int, list[tuple[int, str]]] = {}
    rows = AcademicRecord.objects.filter(person__in=ids).values_list(
        "person", "programme__department", "student_number"
    )
    for person, department, number in rows:
        found.setdefault(person, []).append((department, number))
    return found


def _same_number(person: Person, told: str, told_digest: str) -> bool:
    """A whole number by its keyed digest; the last four by opening the sealed one, in memory and nowhere else."""
    if len(told) > LAST:
        return _same(person.national_id_digest or "", told_digest)
    return _same(person.national_id[-LAST:], told)


def _same(stored: str, told: str) -> bool:
    """Equal and not blank, in a time that does not tell how much is equal."""
    return hmac.compare_digest(stored.encode(), told.encode()) & bool(stored)
