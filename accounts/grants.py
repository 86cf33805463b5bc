"""Giving and ending a wider scope. A grant ends by itself at its last day; `end` ends it before."""

from __future__ import annotations

import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from records import policies
from records.models import College, Department

from .models import AccountEvent, ScopeGrant, User
from .trail import note

LONGEST_DAYS = 366  # a wider scope for longer is another membership


@transaction.atomic
def give(
    account: User,
    *,
    by: User,
    reason: str,
    starts_on: datetime.date,
    ends_on: datetime.date,
    department: Department | None = None,
    college: College | None = None,
    request: HttpRequest | None = None,
) -> ScopeGrant:
    """A department, a college or (neither) all departments for a contact, both days included; written to the trail.

    Raises PermissionDenied when `by` may not (never to oneself), ValidationError for days or a reason that will not
    do: an end in the past, before the start or more than LONGEST_DAYS later.
    """
    allowed = policies.can_give_scope_to(by, account)
    if not allowed:
        raise PermissionDenied(str(allowed.reason))
    if ends_on < timezone.localdate():
        raise ValidationError({"ends_on": _("迄日不可在今天之前。")})
    if (ends_on - starts_on).days > LONGEST_DAYS:
        raise ValidationError({"ends_on": _("最長一年，到期後可再授予。")})
    grant = ScopeGrant(
        account=account,
        department=department,
        college=college,
        reason=reason.strip(),
        starts_on=starts_on,
        ends_on=ends_on,
        given_by=by,
    )
    grant.full_clean()
    grant.save()
    note(account, AccountEvent.Kind.GRANT_GIVEN, by=by, request=request, detail=f"{grant}：{grant.reason}")
    return grant


@transaction.atomic
def end(grant: ScopeGrant, *, by: User, request: HttpRequest | None = None) -> bool:
    """End a grant now; False when it had ended already. Raises PermissionDenied when `by` may not."""
    allowed = policies.can_give_scope(by)
    if not allowed:
        raise PermissionDenied(str(allowed.reason))
    locked = ScopeGrant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    if locked.state(timezone.localdate()) in ("ended", "expired"):
        return False
    _end(locked, by, request)
    return True


@transaction.atomic
def end_all(account: User, *, by: User | None, request: HttpRequest | None = None) -> None:
    """End what an account was granted and has not expired, because the account is closed; `by` is nobody for a job."""
    open_ones = account.scope_grants.select_for_update(of=("self",))
    for grant in open_ones.filter(ended_at=None, ends_on__gte=timezone.localdate()):
        _end(grant, by, request)


def _end(grant: ScopeGrant, by: User | None, request: HttpRequest | None) -> None:
    grant.ended_by, grant.ended_at = by, timezone.now()
    grant.save(update_fields=["ended_by", "ended_at"])
    note(grant.account, AccountEvent.Kind.GRANT_ENDED, by=by, request=request, detail=str(grant))
