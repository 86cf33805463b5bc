"""The first page of a contact: search, and the own work."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Max, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from .. import change_requests, follow_ups, policies
from ..confirming import LONG, not_confirmed_since
from ..models import Person
from ..querysets import PersonQuerySet
from .access import OwnPage

SHOWN = 8
OTHERS_WITHIN = datetime.timedelta(days=14)


class HomeView(OwnPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "records/home.html", own_work(request.user, timezone.now()))


def own_work(user: Any, now: datetime.datetime) -> dict[str, Any]:
    """What waits for a user: missing data to be asked for, people not asked for long, what others changed, and the
    people last worked on. Of each the first few, and how many there are."""
    people = Person.objects.visible_to(user)
    calls = follow_ups.waiting(follow_ups.work_list(user)).select_related("person")
    first_calls = calls.order_by("opened_at", "pk")[:SHOWN]
    unconfirmed = not_confirmed_since(people, now - LONG)
    return {
        "returned": change_requests.returned_to(user),
        "calls": [(item, follow_ups.numbers_of(item.person, user)) for item in first_calls],
        "call_count": calls.count(),
        "unconfirmed": with_records(user, unconfirmed)[:SHOWN],
        "unconfirmed_count": unconfirmed.count(),
        "others": change_requests.recent_for_others(user, now - OTHERS_WITHIN),
        "recent": _recently_edited(user, people),
    }


def with_records(user: Any, people: PersonQuerySet) -> PersonQuerySet:
    """The people with the degrees that the user sees, in `shown_records`."""
    records = policies.visible_records(user).order_by("graduation_date", "pk")
    return people.prefetch_related(Prefetch("academic_records", records, to_attr="shown_records"))


def _recently_edited(user: Any, people: PersonQuerySet) -> list[Person]:
    """Whom the user changed last, newest first, as far as they are still within reach."""
    rows = (
        Person.history.filter(history_user=user)
        .order_by()
        .values("id")
        .annotate(last=Max("history_date"))
        .order_by("-last")
        .values_list("id", flat=True)[:SHOWN]
    )
    ids = list(rows)
    found = {person.pk: person for person in with_records(user, people.filter(pk__in=ids))}
    return [found[pk] for pk in ids if pk in found]
