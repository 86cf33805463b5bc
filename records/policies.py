"""Who may do what (domain.md §1, security.md §8). Every page and command asks here, and nowhere else.

A decision is `Allowed` or `Denied`; its truth value is the decision, and a refusal carries its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import AcademicRecord
from .querysets import EVERYONE_ROLES

STAFF, DIRECTOR, IT = "center_staff", "center_director", "it_staff"
REGISTRAR, CONTACT, AUDITOR = "registrar", "department_contact", "auditor"


@dataclass(frozen=True, slots=True)
class Allowed:
    reason: str = ""

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Denied:
    """`reason` is the sentence that the person who asked reads."""

    reason: str | Promise

    def __bool__(self) -> bool:
        return False


Decision = Allowed | Denied
Policy = Callable[[Any], Decision]


def _for_roles(roles: frozenset[str], refusal: str | Promise) -> Policy:
    def decide(user: Any) -> Decision:
        if user.is_authenticated and user.is_active and user.role in roles:
            return Allowed()
        return Denied(refusal)

    return decide


can_import = _for_roles(EVERYONE_ROLES, _("您的角色不能匯入離校資料。"))
can_view_people = _for_roles(EVERYONE_ROLES | {CONTACT}, _("您的角色不能檢視校友資料。"))
can_edit_people = _for_roles(EVERYONE_ROLES, _("您的角色不能修改校友資料。"))
can_see_identity = _for_roles(EVERYONE_ROLES, _("您的角色不能檢視身分證字號與生日。"))
can_export = _for_roles(EVERYONE_ROLES, _("您的角色不能匯出校友資料。"))
can_edit_organisation = _for_roles(frozenset({DIRECTOR, IT}), _("系所與代碼由主任或校務系統組修改。"))
can_see_organisation = _for_roles(EVERYONE_ROLES, _("您的角色不能檢視系所與代碼設定。"))
# The registrar delivers the file and wants to know what became of it: counts and states, nobody's data.
can_see_batches = _for_roles(EVERYONE_ROLES | {REGISTRAR}, _("您的角色不能檢視匯入批次。"))
can_manage_accounts = _for_roles(EVERYONE_ROLES, _("帳號由校友服務中心與校務系統組管理。"))
can_see_applications = _for_roles(EVERYONE_ROLES, _("您的角色不能檢視帳號申請。"))
can_check_applications = _for_roles(frozenset({STAFF, DIRECTOR}), _("帳號申請由校友服務中心處理。"))
can_approve_applications = _for_roles(frozenset({DIRECTOR}), _("帳號申請由主任核定。"))
can_see_trail = _for_roles(frozenset({DIRECTOR, AUDITOR}), _("個資存取紀錄由主任與稽核人員檢視。"))


def visible_records(user: Any) -> QuerySet[AcademicRecord]:
    """The degrees a user may see: a contact sees those of the own departments only, also where the person has
    others (security.md §8)."""
    records = AcademicRecord.objects.select_related("programme__department", "enrolment_status")
    if can_view_people(user) and user.role == CONTACT:
        return records.filter(programme__department__in=user.department_ids)
    return records if can_view_people(user) else records.none()


def can_manage_account_of(user: Any, role: str) -> Decision:
    """Whether `user` may open, change or reset an account of this role: center staff not the director's or IT's,
    with which they could take rights they do not have."""
    allowed = can_manage_accounts(user)
    if allowed and user.role == STAFF and role in (DIRECTOR, IT):
        return Denied(_("主任與校務系統組的帳號由主任或校務系統組管理。"))
    return allowed
