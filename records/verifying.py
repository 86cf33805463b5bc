"""SOP 6.5: where several people bear one name, the editor first states what the alumnus told: national ID or its last
four, department and birthday. The system compares, shows none of them, and says which of the namesakes it is.

Every act is kept without its values (`VerificationAttempt`). Five failures within fifteen minutes stop an editor at
these namesakes for so long, ten within a day (of the center twenty) for that day: four digits and a birthday cannot be
guessed. What succeeded holds for thirty minutes, for this editor and this person. A record with neither national ID
nor birthday cannot be compared: the center states how it was verified.
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

from . import policies
from .encryption import digest
from .models import Person, VerificationAttempt
from .querysets import PersonQuerySet
from .rights import CENTER

HOLDS = datetime.timedelta(minutes=30)
FAILURES, WITHIN = 5, datetime.timedelta(minutes=15)
FAILURES_A_DAY, FAILURES_A_DAY_OF_CENTER, DAY = 10, 20, datetime.timedelta(days=1)
LAST = 4
Outcome = VerificationAttempt.Outcome
# Whoever has everything right about another namesake has guessed nothing.
_COUNTED = (Outcome.FAILED, Outcome.AMBIGUOUS)

Degrees = dict[int, list[tuple[int, str]]]


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


def is_comparable(person: Person) -> bool:
    """Whether the record holds anything that only the alumnus can tell; department and student number every contact
    sees."""
    return bool(person.national_id_digest or person.birth_date)


def locked_until(user: Any, person: Person, at: datetime.datetime) -> datetime.datetime | None:
    """When `user` may compare again with the people of this name; None when that is now."""
    a_day = FAILURES_A_DAY_OF_CENTER if user.role in CENTER else FAILURES_A_DAY
    failures = list(
        VerificationAttempt.objects.filter(
            editor=user, person__name_key=person.name_key, outcome__in=_COUNTED, at__gt=at - DAY
        )
        .order_by("-at")
        .values_list("at", flat=True)[:a_day]
    )
    limits = ((FAILURES, WITHIN), (a_day, DAY))
    ends = [failures[most - 1] + span for most, span in limits if len(failures) >= most]
    return max((end for end in ends if end > at), default=None)


def began_a_lock() -> Q:
    """Of an attempt in a query: whether it was a failure that stopped its editor at these namesakes."""
    of_center = Q(editor__role__in=CENTER)
    return Q(outcome__in=_COUNTED) & (
        _as_many(FAILURES, WITHIN)
        | _as_many(FAILURES_A_DAY, DAY) & ~of_center
        | _as_many(FAILURES_A_DAY_OF_CENTER, DAY) & of_center
    )


def _as_many(most: int, span: datetime.timedelta) -> Q:
    failures = VerificationAttempt.objects.filter(
        editor=OuterRef("editor"),
        person__name_key=OuterRef("person__name_key"),
        outcome__in=_COUNTED,
        at__gt=OuterRef("at") - span,
        at__lte=OuterRef("at"),
    )
    return Q(Exists(failures.order_by().values("editor").annotate(count=Count("pk")).filter(count__gte=most)))


def verify(user: Any, person: Person, told: Told, *, at: datetime.datetime) -> Verified:
    """Compare what was told with everybody of the name, and keep how it ended.

    Only degrees that `user` reaches count: a namesake of another department is answered like nobody, and so is another
    degree of the same person. Two
    comparisons of one editor wait for each other, so that the limit cannot be passed by sending many at once."""
    with transaction.atomic():
        same = list(namesakes(person).select_for_update().order_by("pk"))
        if until := locked_until(user, person, at):
            _keep(user, person, Outcome.LOCKED, at)
            return Verified(Outcome.LOCKED, locked_until=until)
        verified = _verdict(person, _fitting(same, told, _degrees(user, same)))
        _keep(user, person, verified.outcome, at)
        if verified.outcome == Outcome.ANOTHER:
            _keep(user, verified.person, Outcome.SUCCEEDED, at)
    return verified


def state(user: Any, person: Person, how: str, *, at: datetime.datetime) -> None:
    """Keep in which way somebody of the center verified a person who is not comparable; the form opens as after a
    comparison. Who may: `policies.can_state_verification`."""
    _keep(user, person, Outcome.SUCCEEDED, at, stated=how)


def _verdict(person: Person, fitting: list[Person]) -> Verified:
    if len(fitting) > 1:
        return Verified(Outcome.AMBIGUOUS)
    if not fitting:
        return Verified(Outcome.FAILED)
    return Verified(Outcome.SUCCEEDED if fitting[0].pk == person.pk else Outcome.ANOTHER, fitting[0])


def _keep(user: Any, person: Person, outcome: Outcome, at: datetime.datetime, stated: str = "") -> None:
    VerificationAttempt.objects.create(editor=user, person=person, outcome=outcome, at=at, stated=stated)


def _fitting(people: Iterable[Person], told: Told, degrees: Degrees) -> list[Person]:
    """Whom everything told fits; what a record lacks cannot, and a student number has to stand in for it. Each item of
    each person is compared, whether an earlier one fitted or not, so that the time taken says nothing about which item
    was wrong."""
    told_digest = digest(told.national_id)
    whole, partial = [], []
    for person in people:
        studied = degrees.get(person.pk, [])
        birth_date = person.birth_date.isoformat() if person.birth_date else ""
        is_complete = bool(person.national_id_digest and birth_date)
        fits = [
            is_comparable(person),
            _same_number(person, told.national_id, told_digest) | (not person.national_id_digest),
            _same(birth_date, told.birth_date) | (not birth_date),
            any([department == told.department_id for department, _number in studied]),
            is_complete | any([_same(number, told.student_number) for _department, number in studied]),
        ]
        if all(fits):
            (whole if is_complete else partial).append(person)
    return whole or partial  # whoever fits in everything comes before a record with gaps


def _degrees(user: Any, people: Iterable[Person]) -> Degrees:
    """Department and student number of every degree that `user` reaches, by person."""
    found: Degrees = {}
    rows = policies.visible_records(user).filter(person__in=[person.pk for person in people])
    for person, department, number in rows.values_list("person", "programme__department", "student_number"):
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
