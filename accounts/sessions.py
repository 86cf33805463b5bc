"""The logins that run."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from .models import User


def end_sessions(account: User) -> int:
    """End every login of an account at once; how many there were (ASVS 7.4.2)."""
    mine = [one.pk for one in Session.objects.all() if one.get_decoded().get(SESSION_KEY) == str(account.pk)]
    return Session.objects.filter(pk__in=mine).delete()[0]
