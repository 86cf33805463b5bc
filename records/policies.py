"""Who may do what (domain.md §1, security.md §8). Every page and command asks here, and nowhere else.

A function is data: its title in plain words, the roles that have it, the rows it reaches, and the sentence that
everybody else reads. Called with a user it answers `Allowed` or `Denied`; the truth value is the decision. Rows and
fields are declared in `rights`; docs/permissions.md is written from both (`manage.py permissions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .columns import Sensitivity
from .models import AcademicRecord, Programme
from .rights import (
    AUDITOR,
    CENTER,
    CONTACT,
    DIRECTOR,
    IT,
    REGISTRAR,
    STAFF,
    Access,
    Reach,
    access,
    access_of_role,
    is_at_work,
    reach_of,
)


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


class Rows(StrEnum):
    """Which rows a function reaches: those of people within the role's reach, or no person's at all."""

    PEOPLE = "people"
    NO_PERSON = "no_person"


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """Something that some roles may do."""

    title: str | Promise
    roles: frozenset[str]
    refusal: str | Promise
    rows: Rows = Rows.NO_PERSON

    def __call__(self, user: Any) -> Decision:
        return Allowed() if is_at_work(user) and user.role in self.roles else Denied(self.refusal)


can_view_people = Function(
    _("檢視校友資料"), CENTER | {CONTACT}, _("您的角色不能檢視校友資料。"), Rows.PEOPLE
)
can_edit_people = Function(_("新增、修改校友資料"), CENTER, _("您的角色不能修改校友資料。"), Rows.PEOPLE)
can_propose_changes = Function(
    _("提出資料異動（依欄位立即生效或送審）"),
    CENTER | {CONTACT},
    _("您的角色不能提出資料異動。"),
    Rows.PEOPLE,
)
can_see_change_requests = Function(
    _("檢視異動申請（系所聯絡人：自己提出的）"),
    CENTER | {CONTACT},
    _("您的角色不能檢視異動申請。"),
    Rows.PEOPLE,
)
can_review_changes = Function(
    _("審核異動申請（自己提出的除外）"),
    frozenset({STAFF, DIRECTOR}),
    _("異動申請由校友服務中心審核。"),
    Rows.PEOPLE,
)
can_set_review_mode = Function(
    _("設定系所聯絡人的異動是否全部送審"), frozenset({DIRECTOR}), _("審核方式由主任設定。")
)
can_remark = Function(
    _("在註解加註（自己寫的仍可檢視）"), CENTER | {CONTACT}, _("您的角色不能在註解加註。"), Rows.PEOPLE
)
can_record_wishes = Function(
    _("登錄校友不願接受訊息，或後來願意"),
    CENTER | {CONTACT},
    _("您的角色不能登錄校友對訊息的意願。"),
    Rows.PEOPLE,
)
can_state_verification = Function(
    _("核對身分：資料缺身分證字號與生日時，說明如何核對"),
    CENTER,
    _("這筆資料缺身分證字號與生日，無法核對；請洽校友服務中心。"),
    Rows.PEOPLE,
)
can_strike = Function(_("劃除註解（須填理由）"), CENTER, _("註解由校友服務中心劃除。"), Rows.PEOPLE)
can_revert = Function(_("還原異動（須填理由）"), CENTER, _("異動由校友服務中心還原。"), Rows.PEOPLE)
can_see_identity = Function(
    _("以完整身分證字號查詢"), CENTER, _("您的角色不能檢視身分證字號與生日。"), Rows.PEOPLE
)
can_export = Function(
    _("匯出校友資料（含完整身分證字號，留有紀錄）"), CENTER, _("您的角色不能匯出校友資料。"), Rows.PEOPLE
)
can_import = Function(
    _("匯入離校資料、檢視匯入計畫的各列"), CENTER, _("您的角色不能匯入離校資料。"), Rows.PEOPLE
)
can_undo_imports = Function(
    _("還原已匯入的批次：計畫、確認（須填理由）"), CENTER, _("您的角色不能還原匯入批次。"), Rows.PEOPLE
)
can_confirm_large_undos = Function(
    _("核可他人超過 500 人的批次還原"),
    frozenset({DIRECTOR}),
    _("超過 500 人的批次還原由主任核可。"),
    Rows.PEOPLE,
)
# The registrar delivers the file and wants to know what became of it: counts and states, nobody's data.
can_see_batches = Function(
    _("檢視匯入批次的件數與狀態"), CENTER | {REGISTRAR}, _("您的角色不能檢視匯入批次。")
)
can_see_terms = Function(
    _("檢視年度作業：期限、件數、檢核與簽核表"), CENTER | {REGISTRAR}, _("您的角色不能檢視年度作業。")
)
can_expect_rows = Function(
    _("填寫學期的預計筆數"), CENTER | {REGISTRAR}, _("預計筆數由註冊課務組、校友服務中心與校務系統組填寫。")
)
can_set_due_dates = Function(
    _("變更學期的匯入期限"), frozenset({STAFF, DIRECTOR}), _("匯入期限由校友服務中心變更。")
)
can_prepare_terms = Function(
    _("指定批次的學期，說明檢核未通過的項目"), CENTER, _("批次的學期由校友服務中心與校務系統組指定。")
)
can_sign_off_terms = Function(
    _("簽核學期的匯入結果、重新開啟"), frozenset({DIRECTOR}), _("學期的匯入結果由主任簽核。")
)
can_follow_up = Function(
    _("電話補正：檢視缺漏、指派、登錄通話"),
    CENTER | {CONTACT},
    _("您的角色不處理電話補正。"),
    Rows.PEOPLE,
)
can_declare_unreachable = Function(
    _("電話補正：判定無法聯繫、恢復聯絡"),
    CENTER,
    _("無法聯繫由校友服務中心判定。"),
    Rows.PEOPLE,
)
can_take_call_sheets = Function(
    _("電話補正：下載電話名單（只含可檢視的欄位，留有紀錄）"),
    CENTER | {CONTACT},
    _("您的角色不能下載電話名單。"),
    Rows.PEOPLE,
)
can_bulk_edit = Function(
    _("整批修改校友資料：計畫、寫入、復原"),
    CENTER,
    _("整批修改由校友服務中心與校務系統組處理。"),
    Rows.PEOPLE,
)
can_confirm_bulk_edits = Function(
    _("核可他人超過 500 人的整批修改"),
    frozenset({DIRECTOR}),
    _("超過 500 人的整批修改由主任核可。"),
    Rows.PEOPLE,
)
can_see_organisation = Function(_("檢視系所與代碼"), CENTER, _("您的角色不能檢視系所與代碼設定。"))
can_edit_organisation = Function(
    _("修改系所與代碼"), frozenset({DIRECTOR, IT}), _("系所與代碼由主任或校務系統組修改。")
)
can_manage_accounts = Function(_("管理帳號"), CENTER, _("帳號由校友服務中心與校務系統組管理。"))
can_change_access = Function(
    _("直接開立帳號，變更帳號名稱、電子郵件、角色、負責系所，重新啟用帳號"),
    frozenset({DIRECTOR, IT}),
    _("帳號名稱、電子郵件、角色、負責系所與重新啟用由主任或校務系統組辦理。"),
)
can_give_scope = Function(
    _("授予系所聯絡人額外的系所範圍"), frozenset({DIRECTOR, IT}), _("額外的系所範圍由主任或校務系統組授予。")
)
can_see_as = Function(
    _("以其他帳號的視角檢視（唯讀）"), CENTER, _("您的角色不能以其他帳號的視角檢視。"), Rows.PEOPLE
)
can_publish_agreement = Function(
    _("發布保密切結書"), frozenset({DIRECTOR, IT}), _("切結書由主任或校務系統組發布。")
)
can_see_applications = Function(_("檢視帳號申請"), CENTER, _("您的角色不能檢視帳號申請。"))
can_check_applications = Function(
    _("登錄、收件與審查帳號申請"), frozenset({STAFF, DIRECTOR}), _("帳號申請由校友服務中心處理。")
)
can_approve_applications = Function(_("核定帳號申請"), frozenset({DIRECTOR}), _("帳號申請由主任核定。"))
can_see_trail = Function(
    _("檢視個資存取紀錄"), frozenset({DIRECTOR, AUDITOR}), _("個資存取紀錄由主任與稽核人員檢視。")
)
# A contact whose comparisons are stopped is sent to the center, whose staff then has to see what was tried.
can_see_verifications = Function(
    _("檢視身分核對紀錄"),
    frozenset({STAFF, DIRECTOR, AUDITOR}),
    _("身分核對紀錄由校友服務中心與稽核人員檢視。"),
)

# In the order above; whoever declares a function has declared it for the matrix as well.
FUNCTIONS: dict[str, Function] = {
    name: value for name, value in list(globals().items()) if isinstance(value, Function)
}


# --- fields -----------------------------------------------------------------------------------------------------
def may_read(user: Any, attribute: str) -> bool:
    """Whether a user may know a field of the rows within reach; for one of `rights.MASKED` that means its mask."""
    return access(user, attribute) >= Access.READ


def may_write(user: Any, attribute: str) -> bool:
    """Whether a user may change a field of the rows within reach, given `can_edit_people`."""
    return access(user, attribute) >= Access.WRITE


# --- rows -------------------------------------------------------------------------------------------------------
def visible_records(user: Any) -> QuerySet[AcademicRecord]:
    """The degrees a user may see: who reaches the own departments only sees theirs only, also where the person has
    others (security.md §8)."""
    records = AcademicRecord.objects.select_related("programme__department", "enrolment_status")
    reach = reach_of(user)
    if reach is Reach.OWN:
        return records.filter(programme__department__in=user.department_ids)
    return records if reach is Reach.ALL else records.none()


def hidden_programmes(user: Any) -> frozenset[int]:
    """The programmes of which a user may not even see what a degree was before it came to the own department."""
    if reach_of(user) is Reach.ALL:
        return frozenset()
    others = Programme.objects.order_by()
    if reach_of(user) is Reach.OWN:
        others = others.exclude(department__in=user.department_ids)
    return frozenset(others.values_list("pk", flat=True))


# --- accounts ---------------------------------------------------------------------------------------------------
# Who handles the accounts of a role: a director's only a director, the others never one of the own rank or above,
# with which they could take rights they do not have. An auditor reads who looked at whose data, which staff do not.
_HANDLED_BY = {
    DIRECTOR: frozenset({DIRECTOR}),
    IT: frozenset({DIRECTOR, IT}),
    STAFF: frozenset({DIRECTOR, IT}),
    AUDITOR: frozenset({DIRECTOR, IT}),
}


def can_manage_account_of(user: Any, role: str) -> Decision:
    """Whether `user` may open an approved account of this role, correct its name, send its link, unlock or close it."""
    allowed = can_manage_accounts(user)
    if allowed and user.role not in _HANDLED_BY.get(role, CENTER):
        if role == DIRECTOR:
            return Denied(_("主任的帳號由主任管理。"))
        return Denied(_("承辦人員、稽核人員與校務系統組的帳號由主任或校務系統組管理。"))
    return allowed


def can_change_access_of(user: Any, account: Any) -> Decision:
    """Whether `user` may change account name, e-mail, role and departments of `account`, or open it again: with
    these somebody gets in, or further; never the own ones."""
    allowed = can_change_access(user) and can_manage_account_of(user, account.role)
    if allowed and account.pk == user.pk:
        return Denied(_("自己的帳號名稱、電子郵件、角色、負責系所與狀態由其他同仁變更。"))
    return allowed


def can_review_account_of(user: Any, role: str) -> Decision:
    """Whether `user` may confirm an account of this role in the regular review. Confirming changes nothing, so
    director and IT look at each other's; closing needs `can_manage_account_of` as everywhere."""
    return can_change_access(user) or can_manage_account_of(user, role)


def can_give_scope_to(user: Any, account: Any) -> Decision:
    """Whether `user` may widen the departments of `account`: never the own, and only a contact has departments."""
    allowed = can_give_scope(user)
    if allowed and account.pk == user.pk:
        return Denied(_("不能授予自己額外的系所範圍。"))
    if allowed and account.role != CONTACT:
        return Denied(_("只有系所聯絡人需要額外的系所範圍。"))
    return allowed


def can_see_as_account(user: Any, account: Any) -> Decision:
    """Whether `user` may look at the pages of `account`: somebody else's who is at work, with no right that the
    own role lacks; center staff only a contact's."""
    allowed = can_see_as(user)
    if not allowed:
        return allowed
    if account.pk == user.pk:
        return Denied(_("這就是您自己的帳號。"))
    if not (account.is_active and account.is_staff):
        return Denied(_("這個帳號目前沒有可以檢視的頁面。"))
    if user.role == STAFF and account.role != CONTACT:
        return Denied(_("承辦人員只能以系所聯絡人的視角檢視。"))
    if not has_all_rights_of(user.role, account.role):
        return Denied(_("這個帳號有您的角色所沒有的權限。"))
    return allowed


def has_all_rights_of(role: str, other: str) -> bool:
    """Whether a role has every function and field of the other one."""
    return all(role in function.roles for function in FUNCTIONS.values() if other in function.roles) and all(
        access_of_role(role, kind) >= access_of_role(other, kind) for kind in Sensitivity
    )
