"""以此帳號的視角檢視: the pages of the workspace as another account sees them, read only, for fifteen minutes.

The session keeps whose pages are looked at; `middleware.SeeAsMiddleware` puts that account in `request.user` and keeps
who really looks in `request.true_user`. Rights are asked anew at every request.
"""

from __future__ import annotations

import datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from records import policies

from .models import AccountEvent, User
from .trail import note

SESSION_KEY = "see_as"
LASTS = datetime.timedelta(minutes=15)


def begin(request: HttpRequest, account: User) -> None:
    """Look at the pages of `account` from the next request on; written to its trail before anything is shown.

    Raises PermissionDenied with the reason when the user may not (`policies.can_see_as_account`)."""
    allowed = policies.can_see_as_account(request.user, account)
    if not allowed:
        raise PermissionDenied(str(allowed.reason))
    until = timezone.now() + LASTS
    note(account, AccountEvent.Kind.SEEN_AS, request=request, detail=_("開始檢視，至多 15 分鐘"))
    request.session[SESSION_KEY] = {"account": account.pk, "until": until.timestamp()}


def end(request: HttpRequest) -> User | None:
    """Back to the own pages; the account that was looked at, None when there was none."""
    state = request.session.pop(SESSION_KEY, None)
    account = User.objects.filter(pk=state["account"]).first() if state else None
    if account is not None:
        note(account, AccountEvent.Kind.SEEN_AS, request=request, detail=_("結束檢視"))
    return account


def is_on(request: HttpRequest) -> bool:
    """Whether this session looks at somebody's pages."""
    return SESSION_KEY in request.session


def current(request: HttpRequest) -> User | None:
    """The account whose pages are to be shown; None when the time is over or the right is gone."""
    state = request.session[SESSION_KEY]
    if timezone.now().timestamp() > state["until"]:
        return None
    account = User.objects.filter(pk=state["account"]).first()
    return account if account and policies.can_see_as_account(request.user, account) else None
