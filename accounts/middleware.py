"""How long a login lasts, and what comes before anything else: a new password, a second factor."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from .passwords import policy
from .sessions import track
from .sign_in import has_factor, must_have_factor

STARTED = "started_at"
SEEN = "seen_at"
# Writing the session at every request would cost each page a write lock; once a minute is exact enough.
SEEN_EVERY_SECONDS = 60

Handler = Callable[[HttpRequest], HttpResponse]


class SessionLifetimeMiddleware:
    """Ends a login SESSION_ABSOLUTE_AGE after it began, and SESSION_COOKIE_AGE after the last request.

    The second limit is the session's own expiry, which every save moves on (ASVS 7.3.1, 7.3.2).
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = timezone.now().timestamp()
            started = request.session.setdefault(STARTED, now)
            if now - started > settings.SESSION_ABSOLUTE_AGE.total_seconds():
                logout(request)
                messages.info(request, _("登入時間已到上限，請重新登入。"))
                return redirect(settings.LOGIN_URL)
            if now - request.session.get(SEEN, 0) > SEEN_EVERY_SECONDS:
                request.session[SEEN] = now
                track(request)
        return self.get_response(request)


class _FirstMiddleware:
    """Leads an account to the page `first` while `is_due`; only that page and those in `OPEN` are open.

    It works when the address is resolved, so that a page is known by its name and not by its path.
    """

    first: str
    OPEN: frozenset[str]

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        name = request.resolver_match.view_name
        if request.user.is_authenticated and name not in self.OPEN and self.is_due(request):
            return redirect(self.first)
        return None

    def is_due(self, request: HttpRequest) -> bool:
        raise NotImplementedError


class PasswordAgeMiddleware(_FirstMiddleware):
    """A password older than the policy allows is changed before anything else."""

    first = "password_change"
    OPEN = frozenset(
        {"password_change", "account_change_password", "logout", "account_logout", "set_language"}
    )

    def is_due(self, request: HttpRequest) -> bool:
        return policy().is_too_old(request.user, timezone.now())


class SecondFactorMiddleware(_FirstMiddleware):
    """A role that works with a second factor only sets one up before anything else (ASVS 6.3.3)."""

    first = "mfa_index"
    OPEN = PasswordAgeMiddleware.OPEN | {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "account_reauthenticate",
    }

    def is_due(self, request: HttpRequest) -> bool:
        return must_have_factor(request.user) and not has_factor(request.user)
