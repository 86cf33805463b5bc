"""How long a login lasts, what comes before anything else (a new password, a second factor, the agreement), and
looking as somebody else."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from . import agreements, see_as
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
                if request.method not in ("GET", "HEAD"):
                    return self.get_response(request)  # as nobody: a form's page keeps what was typed
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


class AgreementMiddleware:
    """Leads an account without a valid signature to the agreement; no other page answers it (SOP 6.4).

    Asked at every request: a version published while somebody works is signed before the next page. What was
    sent by a form is not carried out, and the page says so.
    """

    OPEN = frozenset({"agreement", "agreement_pdf", "login", "logout", "set_language", "admin:logout"})
    # The pages by which one proves who one is come before the agreement; applications need no account at all.
    OPEN_PREFIXES = ("mfa_", "account_", "password_", "sessions", "openid_connect_", "socialaccount_", "appl")

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        user, name = request.user, request.resolver_match.view_name
        if not user.is_authenticated or not agreements.must_sign(user):
            return None
        if name in self.OPEN or name.startswith(self.OPEN_PREFIXES) or agreements.has_valid_signature(user):
            return None
        if request.method not in ("GET", "HEAD"):
            messages.warning(request, _("剛才送出的內容沒有處理：請先簽署保密切結書，再重新操作。"))
            return redirect("agreement")
        return redirect(f"{reverse('agreement')}?{urlencode({'next': request.get_full_path()})}")


class SeeAsMiddleware:
    """Shows the workspace as another account sees it (`see_as`): `request.user` is that account, `request.true_user`
    the person who looks. Only pages of the workspace, only read; logging out and ending it stay open.

    The last of the middlewares: what an account has to do first (password, agreement, second factor) is asked of the
    person who looks.
    """

    OPEN = frozenset({"logout", "admin:accounts_user_see_as_end"})
    CLOSED = frozenset({"admin:password_change", "admin:password_change_done", "admin:logout", "admin:login"})
    READING = frozenset({"GET", "HEAD", "OPTIONS"})

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Runs when the address is resolved, after the same step of the other middlewares."""
        request.true_user = request.user
        name = request.resolver_match.view_name
        if not request.user.is_authenticated or not see_as.is_on(request) or name in self.OPEN:
            return None
        account = see_as.current(request)
        if account is None:
            see_as.end(request)
            messages.info(request, _("以其他帳號檢視的時間已結束，現在是您自己的頁面。"))
            return redirect("home")
        request.seen_as = account
        is_page = name == "home" or name.startswith(("admin:", "records:")) and name not in self.CLOSED
        if request.method not in self.READING or not is_page:
            return render(request, "accounts/see_as_closed.html", status=403)
        request.user = account
        return None
