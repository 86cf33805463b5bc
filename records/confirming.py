"""Confirming that the data of a person still hold, and finding those whom nobody has asked for long."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from .models import Person, PersonConfirmation
from .querysets import PersonQuerySet

LONG = datetime.timedelta(days=365)


def confirm(person: Person, *, by: Any, at: datetime.datetime) -> PersonConfirmation:
    """Keep that `by` asked the alumnus at `at` and nothing had changed. The caller has checked scope and right."""
    return PersonConfirmation.objects.create(person=person, by=by, at=at)


def latest(person: Person) -> PersonConfirmation | None:
    """The newest confirmation of a person, None when there is none."""
    return person.confirmations.select_related("by").first()


def not_confirmed_since(people: PersonQuerySet, day: datetime.datetime) -> PersonQuerySet:
    """Those of `people` whose data were neither changed nor confirmed since `day`, the longest first."""
    confirmed = PersonConfirmation.objects.filter(person=OuterRef("pk"), at__gte=day)
    return people.filter(~Exists(confirmed), updated_at__lt=day).order_by("updated_at", "pk")
