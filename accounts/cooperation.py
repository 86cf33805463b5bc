"""The end of a cooperation (annex 7.2): out at once, the files taken listed, their destruction or return noted."""

from __future__ import annotations

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from records import deliveries, imports
from records.models import Disclosure

from .closing import close
from .models import AccountClosing, AccountEvent, User
from .trail import note


@transaction.atomic
def end(account: User, *, reason: str, by: User, request: HttpRequest | None = None) -> AccountClosing:
    """Close the account of a cooperation that ended: its sessions and what waited of its imports end at once.

    Raises ValidationError as `closing.close` does. An account closed before, by the idle job for instance,
    ends its cooperation with the same note."""
    if account.is_active:
        closing = close(account, reason=reason, by=by, request=request, ends_cooperation=True)
    else:
        closing = _end_of_closed(account, reason, by)
    stopped = imports.withdraw(account) + deliveries.withdraw(account)
    files = files_taken(closing).count()
    detail = _("%(reason)s（曾取得 %(files)s 份檔案，停止 %(stopped)s 個進行中的批次）") % {
        "reason": reason,
        "files": files,
        "stopped": stopped,
    }
    note(account, AccountEvent.Kind.COOPERATION_ENDED, by=by, request=request, detail=detail)
    return closing


def _end_of_closed(account: User, reason: str, by: User) -> AccountClosing:
    User.objects.select_for_update().get(pk=account.pk)
    if account.closings.filter(ends_cooperation=True, reopened_at=None).exists():
        raise ValidationError(_("這個帳號的合作已經結束。"))
    return AccountClosing.objects.create(account=account, by=by, reason=reason[:200], ends_cooperation=True)


def files_taken(closing: AccountClosing) -> QuerySet[Disclosure]:
    """What the account took out up to this end, since the end before it whose note was registered."""
    taken = Disclosure.objects.filter(user=closing.account_id, at__lte=closing.at)
    taken = taken.exclude(kind=Disclosure.Kind.LIMIT)
    settled = AccountClosing.objects.filter(
        account=closing.account_id, at__lt=closing.at, data_registered_at__isnull=False
    )
    before = settled.order_by("-at").first()
    return taken.filter(at__gt=before.at) if before is not None else taken


def waiting_for_note() -> QuerySet[AccountClosing]:
    """The ended cooperations whose note has not come back."""
    return AccountClosing.objects.filter(ends_cooperation=True, data_registered_at=None)


@transaction.atomic
def register_note(
    closing: AccountClosing,
    *,
    handled_on: datetime.date,
    manner: str,
    handled_by: str,
    by: User,
    remark: str = "",
    request: HttpRequest | None = None,
) -> None:
    """Register the destruction or return note that came back signed; `manner` is an AccountClosing.Manner.

    Raises ValidationError when it was registered before, and for a date that lies in the future."""
    if handled_on > timezone.localdate():
        raise ValidationError(_("銷毀或返還日期不能晚於今天。"))
    registered = (
        waiting_for_note()
        .filter(pk=closing.pk)
        .update(
            data_handled_on=handled_on,
            data_manner=manner,
            data_handled_by=handled_by,
            data_note=remark,
            data_registered_by=by,
            data_registered_at=timezone.now(),
        )
    )
    if not registered:
        raise ValidationError(_("這份紀錄已經登記。"))
    closing.refresh_from_db()
    detail = _("%(day)s %(manner)s，由%(name)s辦理") % {
        "day": handled_on.isoformat(),
        "manner": closing.get_data_manner_display(),
        "name": handled_by,
    }
    note(closing.account, AccountEvent.Kind.DATA_RETURNED, by=by, request=request, detail=detail)
