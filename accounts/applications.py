"""The way of an account application (SOP 6.4): draft → submitted → received → checked → approved → opened, or
returned, refused, withdrawn.

The public part asks nothing about existing accounts, so that its answer cannot tell of any.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from records.models import Department
from records.policies import can_manage_account_of

from . import agreements, invitations, scans
from .application_links import new_link
from .application_steps import EDITABLE, StepRefused, advance, compare_and_set, record, step_of_center
from .models import AccountApplication, AccountEvent, ApplicationEvent, Role, User
from .trail import note as note_account

State, Step = AccountApplication.State, ApplicationEvent.Step

# The public page is for a whole campus behind few addresses: generous by source.
BEGUN_LIMIT, BEGUN_WINDOW = 30, datetime.timedelta(hours=1)
SCAN_LIMIT, SCAN_WINDOW = 20, datetime.timedelta(days=1)  # tries to upload, also of files that are refused
PDF_LIMIT, PDF_WINDOW = 20, datetime.timedelta(hours=1)
DRAFTS_KEPT = datetime.timedelta(days=60)
# What an application can lead to: the director's own account and those of alumni have other ways.
GRANTED_ROLES = frozenset(Role) - {Role.CENTER_DIRECTOR, Role.ALUMNUS}


# --- what the applicant does --------------------------------------------------------------------------------
def too_many_begun(address: str | None) -> bool:
    """Whether this source began as many drafts in the last hour as one may."""
    since = timezone.now() - BEGUN_WINDOW
    begun = ApplicationEvent.objects.filter(step=Step.BEGUN, address=address, at__gte=since)
    return begun.count() >= BEGUN_LIMIT


def begin(values: Mapping[str, Any], departments: Iterable[Department], *, request: HttpRequest) -> str:
    """Store a draft and mail a link; returns the token of one to go on with at once.

    An address that was written to often enough gets no further mail; the answer is the same.
    """
    forget_old_drafts()
    with transaction.atomic():
        application = AccountApplication.objects.create(**values)
        application.departments.set(departments)
        record(application, Step.BEGUN, request=request)
        return new_link(application)


def forget_old_drafts() -> None:
    """Delete drafts that nobody touched for 60 days: personal data without a purpose any more."""
    before = timezone.now() - DRAFTS_KEPT
    AccountApplication.objects.filter(state=State.DRAFT, changed_at__lt=before).delete()


def save(
    application: AccountApplication,
    values: Mapping[str, Any],
    departments: Iterable[Department],
    *,
    request: HttpRequest,
    submits: bool,
) -> None:
    """Store what the applicant corrected in a draft or a returned application, and submit it if `submits`.

    Submitting binds the agreement's version in force and starts the center's work anew: what was signed before was
    another paper, so its scan is deleted."""
    with transaction.atomic():
        if submits:
            fresh = _blank_of_the_center() | {"agreement": agreements.current()}
            _forget_scan(application)
            advance(application, Step.SUBMITTED, request=request, **values, **fresh)
        else:
            compare_and_set(application, EDITABLE, values)
        application.departments.set(departments)


def _blank_of_the_center() -> dict[str, Any]:
    """What an earlier round of the center left; the person who entered it stays known."""
    nobody = dict.fromkeys(("received_by", "checked_by", "approved_by", "received_on", "signed_on"))
    return nobody | dict.fromkeys(("receipt", "receipt_number", "role"), "")


def quota_is_used_up(
    application: AccountApplication, kind: str, limit: int, window: datetime.timedelta
) -> bool:
    """Whether this application was served `limit` times in the running window; this time is counted, too."""
    seconds = window.total_seconds()
    key = f"accounts.applications.{kind}.{application.pk}.{int(timezone.now().timestamp() // seconds)}"
    count = cache.get(key, 0) + 1
    cache.set(key, count, timeout=seconds)
    return count > limit


def attach_scan(application: AccountApplication, scan: scans.Scan, *, request: HttpRequest) -> None:
    """Keep the scan of the signed paper in place of an earlier one."""
    earlier, name = application.scan.name, scans.store(scan)
    try:
        with transaction.atomic():
            advance(application, Step.SCANNED, request=request, scan=name)
            transaction.on_commit(lambda: scans.delete(earlier))
    except StepRefused:
        scans.delete(name)
        raise


def withdraw(application: AccountApplication, *, request: HttpRequest) -> None:
    """The applicant's own end of it, until the account is opened."""
    with transaction.atomic():
        advance(application, Step.WITHDRAWN, request=request)
        _forget_scan(application)


# --- what the center does -----------------------------------------------------------------------------------
def warnings_for(application: AccountApplication) -> list[str]:
    """What stands in the way of opening; for the center's eyes only."""
    found = []
    if application.account_id is None:
        if User.objects.filter(username__iexact=application.username).exists():
            found.append(_("帳號名稱「%(name)s」已經有人使用。") % {"name": application.username})
        if User.objects.filter(email__iexact=application.email, is_active=True).exists():
            found.append(_("這個電子郵件已經有一個使用中的帳號。"))
    return found


def enter(
    values: Mapping[str, Any], departments: Iterable[Department], *, by: User, request: HttpRequest
) -> AccountApplication:
    """Enter an application that came on paper: it counts as submitted, and its link is mailed."""
    with transaction.atomic():
        application = AccountApplication.objects.create(
            state=State.SUBMITTED,
            entered_by=by,
            agreement=agreements.current(),
            **values,
        )
        application.departments.set(departments)
        record(application, Step.ENTERED, by=by, request=request)
    return application


def has_current_scan(application: AccountApplication) -> bool:
    """Whether there is a scan of what was submitted last."""
    newest = application.events.filter(step__in=(Step.SUBMITTED, Step.SCANNED)).last()
    return bool(application.scan) and newest is not None and newest.step == Step.SCANNED


def earliest_signature(application: AccountApplication) -> datetime.date:
    """The first day on which the paper can have been signed: the text was published, the form submitted. What the
    center entered was on paper before."""
    moments = [application.agreement.published_at]
    moments += application.events.filter(step=Step.SUBMITTED).values_list("at", flat=True)
    return timezone.localdate(max(moments))


def receive(
    application: AccountApplication,
    *,
    by: User,
    request: HttpRequest,
    receipt: str,
    received_on: datetime.date,
    signed_on: datetime.date,
    receipt_number: str = "",
) -> None:
    """Register that the signed papers are here: as the uploaded scan, or on paper with its number."""
    if receipt == AccountApplication.Receipt.SCAN and not has_current_scan(application):
        raise StepRefused(_("申請人還沒有上傳簽名掃描檔。"))
    if signed_on < earliest_signature(application):
        raise StepRefused(_("簽署日期不能早於切結書發布或申請送出的日期。"))
    values = {"receipt": receipt, "received_on": received_on, "signed_on": signed_on}
    values |= {"receipt_number": receipt_number, "received_by": by}
    step_of_center(application, Step.RECEIVED, by=by, request=request, **values)


def check(
    application: AccountApplication, *, by: User, request: HttpRequest, username: str, note: str = ""
) -> None:
    """The first pair of eyes; may give another account name than the one wished for."""
    if username != application.username:
        words = {"old": application.username, "new": username}
        note = " ".join(filter(None, [_("帳號名稱由 %(old)s 改為 %(new)s。") % words, note]))
    values = {"username": username, "checked_by": by}
    step_of_center(application, Step.CHECKED, by=by, request=request, note=note, **values)


def approve(
    application: AccountApplication,
    *,
    by: User,
    request: HttpRequest,
    role: str,
    departments: Iterable[Department],
    note: str = "",
) -> None:
    """The director's decision: the role, one of GRANTED_ROLES, and, for a contact, the departments."""
    if role not in GRANTED_ROLES:
        raise StepRefused(_("帳號申請不能核定這個角色。"))
    with transaction.atomic():
        values = {"role": role, "approved_by": by}
        step_of_center(application, Step.APPROVED, by=by, request=request, note=note, **values)
        application.granted.set(departments if role == Role.DEPARTMENT_CONTACT else [])


def open_account(application: AccountApplication, *, by: User, request: HttpRequest) -> User:
    """Open the account as approved, record the signature on paper, and send the invitation (SOP 6.4)."""
    allowed = can_manage_account_of(by, application.role)
    if not allowed:
        raise StepRefused(str(allowed.reason))
    problems = warnings_for(application)
    if problems:
        raise StepRefused("".join(problems) + _("請先退回申請人更正。"))
    try:
        with transaction.atomic():
            step_of_center(application, Step.OPENED, by=by, request=request)
            return _account_of(application, by, request)
    except agreements.OutdatedText as error:
        raise StepRefused(_("切結書的內容遭到更動，請先洽校務系統組。")) from error
    except ValidationError as error:  # received with a date that cannot be
        raise StepRefused("".join(error.messages)) from error
    except IntegrityError as error:  # somebody took the account name in this very moment
        raise StepRefused(_("帳號名稱「%(name)s」已經有人使用。") % {"name": application.username}) from error


def _account_of(application: AccountApplication, by: User, request: HttpRequest) -> User:
    account = User.objects.create_user(
        application.username,
        display_name=application.person_name,
        email=application.email,
        role=application.role,
    )
    for department in application.granted.all():
        account.memberships.create(department=department)
    AccountApplication.objects.filter(pk=application.pk).update(account=account)
    application.account = account
    detail = _("依帳號申請 %(number)s") % {"number": application.number}
    note_account(account, AccountEvent.Kind.OPENED, by=by, request=request, detail=detail)
    agreements.sign_on_paper(
        account,
        version=application.agreement,
        name=application.person_name,
        title=application.person_title,
        signed_on=application.signed_on,
        by=by,
        request=request,
    )
    invitations.invite(account, by=by, request=request)
    return account


def give_back(application: AccountApplication, *, by: User, request: HttpRequest, reason: str) -> None:
    """Return it to the applicant with what has to be corrected."""
    step_of_center(application, Step.RETURNED, by=by, request=request, reason=reason)


def refuse(application: AccountApplication, *, by: User, request: HttpRequest, reason: str) -> None:
    """End it without an account; the applicant reads the reason, the scan is deleted."""
    with transaction.atomic():
        step_of_center(application, Step.REFUSED, by=by, request=request, reason=reason)
        _forget_scan(application)


def send_new_link(application: AccountApplication, *, by: User, request: HttpRequest) -> None:
    """For an applicant who lost the mail, or let others see it: a new link, all earlier ones end."""
    with transaction.atomic():
        step_of_center(application, Step.LINKED, by=by, request=request)
        application.links.all().delete()


def take_scan(application: AccountApplication, *, by: User | None, request: HttpRequest) -> None:
    """Note that somebody of the center, or the applicant, takes the scan out, before it goes out."""
    record(application, Step.SCAN_TAKEN, by=by, request=request)


def take_print(application: AccountApplication, *, by: User, request: HttpRequest) -> None:
    """Note that somebody of the center prints the application, before it goes out."""
    record(application, Step.PRINTED, by=by, request=request)


def _forget_scan(application: AccountApplication) -> None:
    """What ended without an account, or is submitted anew, keeps no signature."""
    name = application.scan.name
    AccountApplication.objects.filter(pk=application.pk).update(scan="")
    transaction.on_commit(lambda: scans.delete(name))
