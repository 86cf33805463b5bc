"""The one way an account is closed and opened again, whoever or whatever does it."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from records import deliveries, imports

from . import grants
from .models import AccountClosing, AccountEvent, Role, User
from .notices import tell
from .sessions import end_sessions
from .trail import note

# Who can open the accounts of all others; the last of them stays, or nobody could get in any more.
KEEPERS = (Role.CENTER_DIRECTOR, Role.IT_STAFF)


def is_last_keeper(account: User) -> bool:
    """Whether no other account of the director or IT would be left that somebody can sign in to."""
    if account.role not in KEEPERS or not account.is_active:
        return False
    return not _who_can_sign_in().filter(role__in=KEEPERS).exclude(pk=account.pk).exists()


def _who_can_sign_in() -> QuerySet[User]:
    """Active accounts with a password, or which the single sign-on knows by their address."""
    way_in = ~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX) & ~Q(password="")
    if settings.OIDC_SERVER_URL:
        way_in |= ~Q(email="")
    return User.objects.filter(way_in, is_active=True)


def is_open_since(account: User, moment: float | None) -> bool:
    """Whether the account is open, and was not closed since a moment (seconds of the epoch)."""
    since = datetime.datetime.fromtimestamp(moment, datetime.UTC) if moment is not None else timezone.now()
    is_open = User.objects.filter(pk=account.pk, is_active=True).exists()
    return is_open and not account.closings.filter(at__gte=since).exists()


def held(account: User) -> User:
    """The account as it is stored, locked until the running transaction ends. All keepers are held with it, in one
    order, so that two changes at once cannot each leave the other as the last."""
    rows = User.objects.select_for_update().order_by("pk")
    list(rows.filter(role__in=KEEPERS, is_active=True).values_list("pk"))
    return rows.get(pk=account.pk)


@transaction.atomic
def close(
    account: User,
    *,
    reason: str,
    by: User | None,
    request: HttpRequest | None = None,
    ends_cooperation: bool = False,
) -> AccountClosing:
    """Close an account: out at once (ASVS 7.4.2), the reason in its trail, its agreement void, its grants ended, what
    waits of its imports withdrawn.

    `by` is nobody for a job. Raises ValidationError for an account that is closed already and for the last
    account of the director or IT.
    """
    stored = held(account)
    if not stored.is_active:
        raise ValidationError(_("這個帳號已經停用。"))
    if is_last_keeper(stored):
        raise ValidationError(_("這是最後一個可管理全部帳號的帳號（主任或校務系統組），不能停用。"))
    stored.is_active = account.is_active = False
    stored.save(update_fields=["is_active"])
    closing = AccountClosing.objects.create(
        account=account, by=by, reason=reason[:200], ends_cooperation=ends_cooperation
    )
    grants.end_all(account, by=by, request=request)
    ended = end_sessions(account)
    stopped = deliveries.withdraw(account) + imports.withdraw(account)
    detail = _("%(reason)s（結束 %(count)s 個登入，停止 %(stopped)s 個進行中的批次）") % {
        "reason": reason,
        "count": ended,
        "stopped": stopped,
    }
    note(account, AccountEvent.Kind.CLOSED, by=by, request=request, detail=detail)
    tell(account, _("您的帳號已停用。"))
    return closing


@transaction.atomic
def reopen(account: User, *, by: User | None, request: HttpRequest | None = None) -> None:
    """Let a closed account in again. What it signed before no longer counts: it signs anew before anything else.

    Raises ValidationError for an account that is open."""
    stored = User.objects.select_for_update().get(pk=account.pk)
    if stored.is_active:
        raise ValidationError(_("這個帳號並未停用。"))
    stored.is_active = account.is_active = True
    stored.save(update_fields=["is_active"])
    account.closings.filter(reopened_at=None).update(reopened_at=timezone.now())
    detail = _("下次登入須重新簽署保密切結書")
    note(account, AccountEvent.Kind.REOPENED, by=by, request=request, detail=detail)
    tell(account, _("您的帳號已重新啟用。"))
