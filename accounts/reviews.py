"""Regular reviews (附表十: idle accounts off, accounts looked through): every day by the job, every half-year by
people."""

from __future__ import annotations

import datetime
import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from records.rights import Reach

from . import agreements, mails, permissions
from .closing import close, is_last_keeper
from .models import AccountEvent, AccountReview, Role, User
from .trail import note

logger = logging.getLogger(__name__)
WARNED_BEFORE = datetime.timedelta(days=14)


# --- every day: idle accounts ---------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class IdleOutcome:
    """What one run did: accounts warned, closed, kept as the last of director and IT, not reached by mail."""

    warned: list[User] = field(default_factory=list)
    closed: list[User] = field(default_factory=list)
    kept: list[User] = field(default_factory=list)
    unreached: list[User] = field(default_factory=list)


def idle_since(account: User) -> datetime.datetime:
    """When the account was last used: its last login, or since when it could be."""
    reopened = account.closings.aggregate(last=Max("reopened_at"))["last"]
    return max(moment for moment in (account.date_joined, account.last_login, reopened) if moment is not None)


def look_for_idle(at: datetime.datetime) -> IdleOutcome:
    """Warn accounts 14 days before they have been idle for ACCOUNT_IDLE_DAYS, and close those whose days are
    over. Nobody is closed without a warning at least 14 days old, also when the job did not run for a while.
    Alumni are left alone: they come rarely, and see only their own data."""
    outcome = IdleOutcome()
    limit = datetime.timedelta(days=settings.ACCOUNT_IDLE_DAYS)
    for account in User.objects.filter(is_active=True).exclude(role=Role.ALUMNUS).order_by("pk"):
        since = idle_since(account)
        if at - since < limit - WARNED_BEFORE:
            continue
        if is_last_keeper(account):
            outcome.kept.append(account)
            continue
        warnings = account.events.filter(kind=AccountEvent.Kind.WARNED_IDLE, at__gt=since)
        warned_at = warnings.aggregate(last=Max("at"))["last"]
        if warned_at is None:
            _warn(account, max(since + limit, at + WARNED_BEFORE), outcome)
        elif at - since >= limit and at - warned_at >= WARNED_BEFORE:
            _close_idle(account, outcome)
    return outcome


def _warn(account: User, closes_at: datetime.datetime, outcome: IdleOutcome) -> None:
    day = timezone.localdate(closes_at)
    if account.email:
        try:
            # At once, not through the queue: who was not reached is not closed on the strength of a warning.
            mails.deliver(account.email, *mails.render("idle_warning", {"account": account, "day": day}))
        except OSError:  # the mail server was not there (SMTPException is one, too): tomorrow again
            logger.exception("the idle warning of account %s was not sent", account.pk)
            outcome.unreached.append(account)
            return
        detail = _("已寄信提醒，%(day)s 停用") % {"day": day.isoformat()}
    else:
        detail = _("帳號沒有電子郵件，無法寄信；%(day)s 停用") % {"day": day.isoformat()}
        outcome.unreached.append(account)
    note(account, AccountEvent.Kind.WARNED_IDLE, detail=detail)
    outcome.warned.append(account)


def _close_idle(account: User, outcome: IdleOutcome) -> None:
    try:
        close(account, reason=_("閒置滿 %(days)s 天") % {"days": settings.ACCOUNT_IDLE_DAYS}, by=None)
    except ValidationError:  # closed by somebody, or become the last keeper, in this moment
        outcome.kept.append(account)
    else:
        outcome.closed.append(account)


# --- every half-year: the center confirms each account ------------------------------------------------------------
def period_of(at: datetime.datetime) -> str:
    """The half-year of a moment in Taipei: "2026-1" from January, "2026-2" from July."""
    day = timezone.localdate(at)
    return f"{day.year}-{1 if day.month <= 6 else 2}"


def waiting(period: str) -> QuerySet[User]:
    """The active accounts that nobody has confirmed in this period. Alumni have no rights to confirm."""
    open_ones = User.objects.filter(is_active=True).exclude(role=Role.ALUMNUS)
    return open_ones.exclude(reviews__period=period).order_by("role", "username")


@dataclass(frozen=True, slots=True)
class Shown:
    """What the reviewer reads of one account, in words, as it is decided now."""

    role: str
    departments: str
    rights: str

    @property
    def digest(self) -> str:
        """By which the confirmation knows that it is about what was read."""
        return hashlib.sha256(repr((self.role, self.departments, self.rights)).encode()).hexdigest()


def shown(account: User) -> Shown:
    """Role, departments with what was granted on top, and functions of an account."""
    rights = permissions.of_account(account)
    departments = _("全部系所") if rights.reach is Reach.ALL else "、".join(map(str, rights.departments))
    for grant in rights.grants:
        words = {"scope": grant.scope, "day": grant.ends_on.isoformat()}
        departments += _("；額外授予%(scope)s，至 %(day)s") % words
    return Shown(str(account.get_role_display()), departments, "、".join(rights.functions))


@transaction.atomic
def decide_all(
    accounts: Iterable[User],
    *,
    period: str,
    outcome: AccountReview.Outcome,
    seen: Mapping[int, str],
    by: User,
    request: HttpRequest,
) -> None:
    """`decide` for all accounts or for none; `seen` holds the digest of what was read of each.

    Raises ValidationError with a sentence for every account that stands in the way."""
    problems = []
    for account in accounts:
        try:
            if shown(account).digest != seen.get(account.pk):
                raise ValidationError(_("權限在您檢視之後已經變更，請重新檢視。"))
            decide(account, period=period, outcome=outcome, by=by, request=request)
        except ValidationError as error:
            problems.append(_("%(account)s：%(problem)s") % {"account": account, "problem": error.message})
    if problems:
        raise ValidationError(problems)


@transaction.atomic
def decide(
    account: User,
    *,
    period: str,
    outcome: AccountReview.Outcome,
    by: User,
    request: HttpRequest | None = None,
) -> AccountReview:
    """Keep what the center said of one account, with what it could do, and close it when it said so.

    Raises ValidationError for the own account, one that was reviewed in this period, and as `close` does."""
    if account == by:
        raise ValidationError(_("自己的帳號請由其他同仁清查。"))
    signature, now = agreements.valid_signature(account), shown(account)
    if outcome == AccountReview.Outcome.CLOSED:  # before any other lock: `close` takes its own in one order
        close(account, reason=_("%(period)s 定期清查停用") % {"period": period}, by=by, request=request)
    stored = User.objects.select_for_update().get(pk=account.pk)
    if outcome == AccountReview.Outcome.CONFIRMED and not stored.is_active:
        raise ValidationError(_("這個帳號已經停用。"))
    if stored.reviews.filter(period=period).exists():
        raise ValidationError(_("這個帳號在本期已經清查。"))
    review = AccountReview.objects.create(
        period=period,
        account=stored,
        outcome=outcome,
        confirmed_by=by,
        name=stored.display_name,
        role=now.role,
        departments=now.departments,
        rights=now.rights,
        last_used_at=stored.last_login,
        agreement=str(signature.version) if signature is not None else _("未簽署"),
    )
    detail = _("%(period)s 定期清查：%(outcome)s") % {
        "period": period,
        "outcome": review.get_outcome_display(),
    }
    note(stored, AccountEvent.Kind.CONFIRMED, by=by, request=request, detail=detail)
    return review
