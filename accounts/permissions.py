"""What an account can do, in plain words, and the same as a matrix for all roles (ASVS 8.1.1, 8.1.2).

Both read the one declaration that decides: `records.policies.FUNCTIONS` and `records.rights`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from records import field_policy, policies, rights
from records.columns import Sensitivity
from records.models import Department, Person
from records.rights import Access, Reach

from .models import Role, ScopeGrant, User

BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"


@dataclass(frozen=True, slots=True)
class Rights:
    """What one account can do today. `departments` is empty for who reaches everybody or nobody."""

    account: User
    functions: list[str]
    reach: Reach
    departments: list[Department]
    readable: list[tuple[str, str]]  # class of fields, the fields
    writable: list[str]  # classes
    grants: list[ScopeGrant]  # those that count today

    @property
    def people(self) -> int:
        """How many people it sees, counted when asked."""
        return Person.objects.visible_to(self.account).count()


def of_account(account: User) -> Rights:
    """The rights of an account as they are decided at its next request; none when it is switched off."""
    reads = [kind for kind in Sensitivity if _class_access(account, kind) >= Access.READ]
    writes = [kind for kind in Sensitivity if _class_access(account, kind) >= Access.WRITE]
    may_edit = bool(policies.can_edit_people(account))
    return Rights(
        account=account,
        functions=[str(function.title) for function in policies.FUNCTIONS.values() if function(account)],
        reach=rights.reach_of(account),
        departments=list(Department.objects.filter(pk__in=account.department_ids)),
        readable=[(str(rights.CLASS_TITLES[kind]), _titles(kind)) for kind in reads],
        writable=[str(rights.CLASS_TITLES[kind]) for kind in writes] if may_edit else [],
        grants=list(
            account.scope_grants.valid_on(timezone.localdate()).select_related("department", "college")
        ),
    )


def _class_access(account: User, kind: Sensitivity) -> Access:
    return rights.access_of_role(account.role, kind) if rights.is_at_work(account) else Access.NONE


def _titles(kind: Sensitivity) -> str:
    return "、".join(_title(field) for field in rights.ALL_FIELDS if field.sensitivity is kind)


def _title(field: rights.Field) -> str:
    if field.attribute in rights.MASKED:
        return _("%(field)s（遮罩）") % {"field": field.title}
    return str(field.title)


# --- the matrix -------------------------------------------------------------------------------------------------
def matrix() -> str:
    """Roles × functions, rows and fields as Markdown tables, in the language that is active."""
    return "\n\n".join(
        [
            f"## {_('功能')}\n\n" + _table(_("功能"), _function_rows()),
            f"## {_('資料列')}\n\n" + _table(_("範圍"), [(_("校友與學籍"), _reach_cell)]),
            f"## {_('欄位類別')}\n\n" + _table(_("類別"), _class_rows()),
            f"## {_('欄位')}\n\n" + _table(_("欄位"), _field_rows()),
            f"## {_('異動的處理')}\n\n" + _ways(),
        ]
    )


def written(text: str) -> str:
    """A document with the matrix of today between its two marks. Raises ValueError when a mark is missing."""
    head, _begin, rest = text.partition(BEGIN)
    _old, mark, tail = rest.partition(END)
    if not mark:
        raise ValueError(f"{BEGIN} … {END}")
    return f"{head}{BEGIN}\n\n{matrix()}\n\n{END}{tail}"


Cell = Callable[[str], str]


def _table(corner: str, rows: Iterable[tuple[str, Cell]]) -> str:
    roles = Role.choices
    lines = [
        f"| {corner} | " + " | ".join(str(label) for _role, label in roles) + " |",
        "|---" * (len(roles) + 1) + "|",
        *(f"| {title} | " + " | ".join(cell(role) for role, _label in roles) + " |" for title, cell in rows),
    ]
    return "\n".join(lines)


def _function_rows() -> Iterator[tuple[str, Cell]]:
    for function in policies.FUNCTIONS.values():
        yield str(function.title), lambda role, f=function: _function_cell(f, role)


def _function_cell(function: policies.Function, role: str) -> str:
    if role not in function.roles:
        return "－"
    return _reach_cell(role) if function.rows is policies.Rows.PEOPLE else "✓"


def _reach_cell(role: str) -> str:
    words = {Reach.ALL: _("全部"), Reach.OWN: _("負責與獲授予的系所"), Reach.NOBODY: "－"}
    return words[rights.REACH.get(role, Reach.NOBODY)]


def _class_rows() -> Iterator[tuple[str, Cell]]:
    for kind, title in rights.CLASS_TITLES.items():
        yield str(title), lambda role, k=kind: _access_cell(rights.access_of_role(role, k))


def _field_rows() -> Iterator[tuple[str, Cell]]:
    for field in rights.ALL_FIELDS:
        yield (
            f"{_title(field)} · {rights.CLASS_TITLES[field.sensitivity]}",
            lambda role, f=field: _access_cell(rights.field_access(role, f)),
        )


def _ways() -> str:
    """Fields × where a change comes from (`records.field_policy`)."""
    origins = list(field_policy.ORIGIN_TITLES.items())
    lines = [
        f"| {_('欄位')} | " + " | ".join(str(title) for _origin, title in origins) + " |",
        "|---" * (len(origins) + 1) + "|",
    ]
    for field in rights.ALL_FIELDS:
        ways = [field_policy.WAY_TITLES[field_policy.way_of(origin, field)] for origin, _title in origins]
        lines.append(f"| {field.title} | " + " | ".join(map(str, ways)) + " |")
    return "\n".join(lines)


def _access_cell(access: Access) -> str:
    return {Access.NONE: "－", Access.READ: _("讀"), Access.WRITE: _("讀、寫")}[access]
