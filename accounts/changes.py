"""Opening an account without an application, and changing one: who may, what must not happen, who is told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from records import policies
from records.models import Department

from . import invitations
from .closing import KEEPERS, close, held, is_last_keeper, reopen
from .models import AccountEvent, Role, User
from .notices import tell
from .sign_in import was_done_by
from .trail import note

Kind = AccountEvent.Kind
# Whoever writes one of these lets somebody in, or further; the name is only what annotations say.
ACCESS = ("username", "email", "role")
NAMES = ("display_name", *ACCESS)


def shown(account: User) -> str:
    """The digest of what the form shows of an account; it changes with any of it, and with nothing else."""
    values = [getattr(account, name) for name in (*NAMES, "is_active")]
    departments = sorted(account.memberships.values_list("department_id", flat=True))
    return hashlib.sha256(json.dumps([*values, departments]).encode()).hexdigest()


@transaction.atomic
def open_directly(
    account: User, departments: Collection[Department], *, reason: str, by: User, request: HttpRequest
) -> None:
    """Store a new account that no application stands behind (SOP 6.4 asks for one: this is the exception) and
    invite its owner. Raises PermissionDenied when `by` may not."""
    allowed = policies.can_change_access(by) and policies.can_manage_account_of(by, account.role)
    if not allowed:
        raise PermissionDenied(str(allowed.reason))
    account.set_unusable_password()
    account.save()
    _set_departments(account, departments)
    detail = _("%(role)s，未經申請：%(reason)s") % {"role": account.get_role_display(), "reason": reason}
    note(account, Kind.OPENED, by=by, request=request, detail=detail)
    invitations.invite(account, by=by, request=request)


@transaction.atomic
def change(
    account: User,
    values: Mapping[str, Any],
    departments: Collection[Department],
    *,
    seen: str,
    by: User,
    request: HttpRequest,
) -> None:
    """Write what differs of NAMES, departments and `is_active`, line by line to the trail, and tell the owner.

    `seen` is `shown` of the account as the editor saw it. Raises PermissionDenied when `by` may not, and
    ValidationError when the account is not as it was seen, when nobody who opens accounts would be left, and when
    the e-mail address is changed by who has just removed the factors.
    """
    stored = held(account)
    if shown(stored) != seen:
        raise ValidationError(_("這個帳號在您編輯的同時已由他人變更，請重新開啟本頁，確認後再修改。"))
    chosen = departments if values["role"] == Role.DEPARTMENT_CONTACT else []
    changes = {name: values[name] for name in NAMES if values[name] != getattr(stored, name)}
    before = {one.department for one in stored.memberships.select_related("department")}
    opens_again = values["is_active"] and not stored.is_active
    if opens_again or before != set(chosen) or changes.keys() & set(ACCESS):
        allowed = policies.can_change_access_of(by, stored)
        if not allowed:
            raise PermissionDenied(str(allowed.reason))
    _refuse_takeover(stored, changes, by)
    _write(stored, changes, chosen, before, by, request)
    if opens_again:
        reopen(stored, by=by, request=request)
    elif stored.is_active and not values["is_active"]:
        close(stored, reason=_("於帳號頁停用"), by=by, request=request)


def _refuse_takeover(stored: User, changes: Mapping[str, Any], by: User) -> None:
    if "role" in changes and changes["role"] not in KEEPERS and is_last_keeper(stored):
        raise ValidationError(
            {"role": _("這是最後一個可管理全部帳號的帳號（主任或校務系統組），不能改為其他角色。")}
        )
    if "role" in changes:
        allowed = policies.can_manage_account_of(by, changes["role"])
        if not allowed:
            raise PermissionDenied(str(allowed.reason))
    if "email" in changes and was_done_by(by, stored, Kind.FACTOR_REMOVED):
        text = _("您剛移除了這個帳號的第二因子，24 小時內須由另一位同仁變更電子郵件。")
        raise ValidationError({"email": text})


def _write(
    stored: User,
    changes: Mapping[str, Any],
    chosen: Collection[Department],
    before: Collection[Department],
    by: User,
    request: HttpRequest,
) -> None:
    """Only what changed: a password set in this moment stays as it is."""
    former_address = stored.email
    lines = {name: _line(stored, name, value) for name, value in changes.items()}
    for name, value in changes.items():
        setattr(stored, name, value)
    stored.save(update_fields=list(changes))
    if set(chosen) != set(before):
        _set_departments(stored, chosen)
        words = {"before": _names(before), "after": _names(chosen)}
        lines["departments"] = _("負責系所：%(before)s → %(after)s") % words
    email = lines.pop("email", "")
    others = "；".join(lines.values())
    for kind, detail in ((Kind.EMAIL_CHANGED, email), (Kind.CHANGED, others)):
        if detail:
            note(stored, kind, by=by, request=request, detail=detail)
    if email or others:
        tell(stored, "\n".join(filter(None, [email, others])), former_address=former_address)


def _line(stored: User, name: str, value: Any) -> str:
    before = getattr(stored, name)
    if name == "role":
        before, value = Role(before).label, Role(value).label
    words = {
        "field": User._meta.get_field(name).verbose_name,
        "before": before or _("（空白）"),
        "after": value,
    }
    return _("%(field)s：%(before)s → %(after)s") % words


def _names(departments: Collection[Department]) -> str:
    return "、".join(sorted(one.name for one in departments)) or _("（空白）")


def _set_departments(account: User, chosen: Collection[Department]) -> None:
    """Make the departments of an account the chosen ones; other roles than contacts have none."""
    kept = chosen if account.role == Role.DEPARTMENT_CONTACT else []
    account.memberships.exclude(department__in=kept).delete()
    for department in kept:
        account.memberships.get_or_create(department=department)
