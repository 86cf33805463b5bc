"""The running logins of an account: seen, kept up to date, ended (ASVS 7.4.2, 7.4.3, 7.5.2)."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.http import HttpRequest

from .models import User


def running(account: User) -> list[UserSession]:
    """The sessions that still work, newest use first."""
    sessions = UserSession.objects.purge_and_list(account)
    return sorted(sessions, key=lambda session: session.last_seen_at, reverse=True)


def track(request: HttpRequest) -> None:
    """Note address, device and time of this request with its session."""
    UserSession.objects.create_from_request(request)


def end_sessions(account: User, *, keep: str | None = None) -> int:
    """End all running sessions of an account, but for the one with the key `keep`; how many there were."""
    ended = 0
    for session in UserSession.objects.filter(user=account).exclude(session_key=keep or ""):
        ended += session.exists()
        session.end()
    return ended
