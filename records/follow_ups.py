"""補正 as far as the contact's pages need it."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from .columns import BY_ATTRIBUTE
from .models import FollowUp, Person


def work_list(user: Any) -> QuerySet[FollowUp]:
    """The items of the people a user reaches."""
    return FollowUp.objects.filter(person__in=Person.objects.visible_to(user).values("pk"))


def waiting(items: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    """Of these, what somebody has to telephone for."""
    return items.filter(closed_at=None)


def open_items(person: Person) -> list[FollowUp]:
    """The required data of a person that are missing (SOP 6.10)."""
    return list(person.follow_ups.filter(closed_at__isnull=True))


def blank_refusal(person: Person, attribute: str, *, at: datetime.datetime) -> str:
    """ "" when a required field may be left blank, else the sentence why not (SOP 6.10)."""
    return _("%(field)s為必填，請以電話向校友查詢；查詢不到時請登錄電話紀錄。") % {
        "field": BY_ATTRIBUTE[attribute].header
    }
