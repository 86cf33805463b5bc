"""Required data that may not stay blank (SOP 6.10)."""

from __future__ import annotations

import datetime

from django.utils.translation import gettext as _

from .columns import BY_ATTRIBUTE
from .models import FollowUp, Person


def open_items(person: Person) -> list[FollowUp]:
    """What is missing of a person and has to be asked for."""
    return list(person.follow_ups.filter(closed_at__isnull=True))


def blank_refusal(person: Person, attribute: str, *, at: datetime.datetime) -> str:
    """Why a field may not be left blank, "" when it may."""
    column = BY_ATTRIBUTE.get(attribute)
    if column is None or not column.is_required:
        return ""
    return _("%(field)s不可空白；請先以電話向校友查詢並登錄通話結果。") % {"field": column.header}
