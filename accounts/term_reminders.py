"""Letters to registrar and IT about the due date of a term, once before it and once after (SOP 6.1–6.3)."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from records import terms
from records.models import Term, TermReminder

from . import mails
from .models import Role, User

REMINDED = (Role.REGISTRAR, Role.IT_STAFF)


def send_due(at: datetime.datetime) -> list[Term]:
    """Remind of every term that is to be reminded of on that day; those reminded of.

    What goes out is noted in the same transaction, so that a letter goes once. While nobody could be reached nothing is
    noted, and the next day's run tries again."""
    reminded = []
    for term, kind in terms.reminders_due(timezone.localdate(at)):
        if _remind(term, kind, at):
            reminded.append(term)
    return reminded


@transaction.atomic
def _remind(term: Term, kind: TermReminder.Kind, at: datetime.datetime) -> bool:
    accounts = User.objects.filter(role__in=REMINDED, is_active=True).exclude(email="").order_by("pk")
    if not accounts or not terms.note_reminder(term, kind, at=at, recipients=len(accounts)):
        return False
    link = settings.SITE_URL + reverse("admin:records_term_change", args=[term.key])
    context = {"term": term, "is_overdue": kind == TermReminder.Kind.AFTER, "link": link}
    for account in accounts:
        mails.send(account, "term_due", context | {"account": account}, to=account.email)
    return True
