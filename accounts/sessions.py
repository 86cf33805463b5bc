"""The running logins of an account: seen, kept up to date, ended (ASVS 7.4.2, 7.4.3, 7.5.2)."""

from __future__ import annotations

import re

from allauth.usersessions.models import UserSession
from django.http import HttpRequest

from .models import User

# The first that fits: Edge also says Chrome, and Chrome also says Safari.
_BROWSERS = (
    (r"Edg(?:A|iOS)?/", "Edge"),
    (r"OPR/", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Line/", "LINE"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrome/|CriOS/", "Chrome"),
    (r"Safari/", "Safari"),
)
_SYSTEMS = (
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"Mac OS X|Macintosh", "macOS"),
    (r"CrOS", "ChromeOS"),
    (r"Linux|X11", "Linux"),
)


def device_of(user_agent: str) -> str:
    """Browser and system as people call them, e.g. "Chrome · Windows"; "" for what is neither."""
    found = (
        next((name for pattern, name in kinds if re.search(pattern, user_agent)), "")
        for kinds in (_BROWSERS, _SYSTEMS)
    )
    return " · ".join(filter(None, found))


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
