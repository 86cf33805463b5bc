"""What surrounds a sign-in: second factors, locks, and what follows when a password was set.

allauth asks for password and factor, django-axes counts failures; the rules of this house stand here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.mfa.models import Authenticator
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django_tasks import task

from records.encryption import digest

from . import trail
from .models import AccountEvent, User
from .notices import tell
from .sessions import end_sessions

Type = Authenticator.Type
Kind = AccountEvent.Kind
# Recovery codes stand in for a factor and are none themselves.
FACTORS = (Type.TOTP, Type.WEBAUTHN)
# For so long another person has to take the second of two steps that hand an account over.
SECOND_PERSON_FOR = timedelta(hours=24)


# --- Second factors ---------------------------------------------------------------------------------------------
def fresh_factor_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Before a sensitive act the factor (the password, where the account has none) is asked for again, unless it
    was within ACCOUNT_REAUTHENTICATION_TIMEOUT (ASVS 7.5.3). Looking is free; what was posted is done after the
    answer."""
    return reauthentication_required(view, allow_get=True)


def fresh_factor_first(view: Callable[..., HttpResponse], back_to: str = "") -> Callable[..., HttpResponse]:
    """Likewise for what answers with a file, which cannot be the answer to the page that asks: the browser would take
    the file and stay there. So a page with such a form asks before it is shown; from a plain button the way leads back
    to the page of the name `back_to`, to press it once more."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_seeing_as = getattr(request, "seen_as", None) is not None  # and takes no file along
        if is_seeing_as or not is_reauthentication_required(request, app=""):
            return view(request, *args, **kwargs)
        if request.method == "POST":
            messages.info(request, _("確認身分後，請再按一次下載。"))
        back = reverse(back_to, args=args, kwargs=kwargs) if back_to else request.get_full_path()
        [way, *_others] = get_adapter().get_reauthentication_methods(request.user)
        return redirect(f"{way['url']}?{urlencode({REDIRECT_FIELD_NAME: back})}")

    return checked


def factors(account: User) -> list[Authenticator]:
    """The account's second factors, without its recovery codes."""
    return list(Authenticator.objects.filter(user=account, type__in=FACTORS).order_by("pk"))


def has_factor(account: User) -> bool:
    return Authenticator.objects.filter(user=account, type__in=FACTORS).exists()


def must_have_factor(account: User) -> bool:
    """Whether the account's role works with a second factor only (ASVS 6.3.3)."""
    return account.role in settings.SECOND_FACTOR_ROLES


@transaction.atomic
def remove_factors(account: User, *, request: HttpRequest) -> int:
    """Take all factors from an account whose owner lost them; its sessions end with them. How many there were.

    Raises ValidationError when the same person changed the account's e-mail address within a day: both together
    hand the account over, and need two people. Nobody takes the own factors away here, past the rule of the last."""
    if account == request.user:
        raise ValidationError(_("自己的第二因子請在「第二因子」頁面移除。"))
    if was_done_by(request.user, account, Kind.EMAIL_CHANGED):
        raise ValidationError(_("您剛變更了這個帳號的電子郵件，24 小時內須由另一位同仁移除第二因子。"))
    lost = len(factors(account))
    Authenticator.objects.filter(user=account).delete()
    if lost:
        trail.note(account, Kind.FACTOR_REMOVED, request=request, detail=_("由管理者移除全部第二因子"))
        end_sessions(account)
        tell(account, _("管理者移除了您帳號的第二因子。"))
    return lost


def was_done_by(person: User, account: User, kind: AccountEvent.Kind) -> bool:
    """Whether a person did something to an account within the last day, as the trail has it."""
    return account.events.filter(kind=kind, by=person, at__gt=timezone.now() - SECOND_PERSON_FOR).exists()


# --- Passwords -----------------------------------------------------------------------------------------------
def password_was_set(account: User, *, request: HttpRequest, keep: str | None = None) -> None:
    """What follows a new password: the other sessions end (ASVS 7.4.3), trail and owner are told."""
    trail.note(account, Kind.PASSWORD_SET, by=account, request=request)
    if ended := end_sessions(account, keep=keep):
        detail = _("因變更密碼結束 %(count)d 個登入") % {"count": ended}
        trail.note(account, Kind.SESSIONS_ENDED, by=account, request=request, detail=detail)
    tell(account, _("您的帳號設定了新的密碼。"))


# --- Locks ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Lock:
    """An account that is locked for one source until `until`."""

    address: str | None
    until: datetime


def locks(account: User) -> list[Lock]:
    """From where the account is locked now."""
    return [
        Lock(row["ip_address"], row["newest"] + _cool_off())
        for row in _counted(username=account.get_username())
        if row["failures"] >= settings.AXES_FAILURE_LIMIT
    ]


def failures_from(address: str | None) -> int:
    """How many tries from one source failed of late, whatever the account."""
    return sum(row["failures"] for row in _counted(ip_address=address))


def locked_until(username: str | None, address: str | None) -> datetime:
    """When a locked source may try again, for accounts that exist and for those that do not."""
    newest = [row["newest"] for row in _counted(username=username, ip_address=address)]
    newest = newest or [row["newest"] for row in _counted(ip_address=address)]
    return max(newest, default=timezone.now()) + _cool_off()


def unlock(account: User, *, request: HttpRequest) -> int:
    """Forget the failures of an account, from every source; how many records there were."""
    count = AxesProxyHandler.reset_attempts(username=account.get_username())
    if count:
        trail.note(account, Kind.UNLOCKED, request=request)
    return count


@task()
def note_failure(asked: str, address: str | None, kind: str) -> None:
    """Write a failed sign-in to the trail of the account whose name has this digest, if there is such an account:
    by the worker, so that the answer takes as long for an account that exists as for one that does not."""
    for account in User.objects.only("pk", "username").iterator():
        if _digest(account.username) == asked:
            trail.note(account, Kind(kind), address=address)


def report_failure(username: str, address: str | None, *, locked: bool) -> None:
    """Queue `note_failure`; `locked` when this failure was the last one allowed.

    The name goes in as a keyed digest only: sometimes it is a password, typed into the wrong field."""
    kind = Kind.LOCKED if locked else Kind.SIGN_IN_FAILED
    transaction.on_commit(partial(note_failure.enqueue, _digest(username), address, kind.value))


def _digest(username: str) -> str:
    return digest(f"accounts.sign_in:{username}")


def _counted(**conditions: Any) -> Any:
    """Recent failures per account and source."""
    recent = AccessAttempt.objects.filter(attempt_time__gt=timezone.now() - _cool_off(), **conditions)
    totals = recent.values("username", "ip_address").order_by("username", "ip_address")
    return totals.annotate(failures=Sum("failures_since_start"), newest=Max("attempt_time"))


def _cool_off() -> timedelta:
    return settings.AXES_COOLOFF_TIME
