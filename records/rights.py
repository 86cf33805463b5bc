"""THE DECLARATION of who reaches which rows and fields (domain.md §1, security.md §8; ASVS 8.1.1, 8.1.2).

`querysets`, `policies`, `search`, `timelines`, pages, forms and exports ask it, and docs/permissions.md is written
from it. What may be *done* is declared in `policies`, function by function.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .columns import BY_ATTRIBUTE, COLUMNS, SECONDARY, SECONDARY_WORDS, Owner, Sensitivity

STAFF, DIRECTOR, IT = "center_staff", "center_director", "it_staff"
REGISTRAR, CONTACT, AUDITOR, ALUMNUS = "registrar", "department_contact", "auditor", "alumnus"
CENTER = frozenset({STAFF, DIRECTOR, IT})


class Reach(StrEnum):
    """Whose data a role reaches: everybody's, that of people with a degree of the own departments, nobody's."""

    ALL = "all"
    OWN = "own"
    NOBODY = "nobody"


class Access(IntEnum):
    """What a role may do with the fields of a class. Each includes the ones before it."""

    NONE = 0
    READ = 1
    WRITE = 2


REACH = MappingProxyType(dict.fromkeys(CENTER, Reach.ALL) | {CONTACT: Reach.OWN})

CLASS_TITLES: dict[Sensitivity, Promise] = {
    Sensitivity.PERSONAL: _("姓名與性別"),
    Sensitivity.IDENTITY: _("身分證字號與生日"),
    Sensitivity.CONTACT: _("聯絡資料"),
    Sensitivity.STUDY: _("學籍資料"),
    Sensitivity.SUMMARY: _("跨學籍的彙總"),
    Sensitivity.CONSENT: _("訊息意願"),
    Sensitivity.NOTES: _("自由文字"),
}
# A class that is not named here is not there for the role: no column, no filter, no search, no star.
FIELDS = MappingProxyType(
    dict.fromkeys(CENTER, dict.fromkeys(Sensitivity, Access.WRITE))
    | {
        CONTACT: dict.fromkeys(
            (Sensitivity.PERSONAL, Sensitivity.CONTACT, Sensitivity.STUDY, Sensitivity.CONSENT), Access.READ
        )
    }
)
# Pages show these by their mask only, to whomever; the whole value leaves by an export that is logged.
MASKED = frozenset({"national_id"})
# The system gives and keeps these: nobody writes them, whatever may be done with the class (SOP 6.1, 6.6).
GIVEN = frozenset({"serial_number", "pinned", "annotations", "reason"})


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a person or a degree, with the class that decides who reads and writes it."""

    attribute: str
    title: str | Promise
    sensitivity: Sensitivity
    owner: Owner


# The columns, and what is kept beside them. Lines of 註解 are told by the field they speak of (`timelines.notes`).
ALL_FIELDS: tuple[Field, ...] = (
    *(
        Field(c.attribute, c.header, c.sensitivity, c.owner)
        for c in COLUMNS
        if c.owner is not Owner.ANNOTATION
    ),
    *(
        Field(name, word, BY_ATTRIBUTE[first].sensitivity, Owner.PERSON)
        for name, word in SECONDARY_WORDS.items()
        for first in [next(main for main, second in SECONDARY.items() if second == name)]
    ),
    Field("objected_on", _("不願接受訊息的日期與管道"), Sensitivity.CONSENT, Owner.ANNOTATION),
    Field("ended_on", _("不願接受訊息的撤回日期"), Sensitivity.CONSENT, Owner.ANNOTATION),
    Field("words", _("不願接受訊息的告知人與原話"), Sensitivity.NOTES, Owner.ANNOTATION),
    Field("ended_words", _("撤回不願接受訊息的原話"), Sensitivity.NOTES, Owner.ANNOTATION),
    Field("reason", _("異動與劃除註解的理由"), Sensitivity.NOTES, Owner.ANNOTATION),
    Field("pinned", _("置頂註解（各學籍的學制）"), Sensitivity.SUMMARY, Owner.ANNOTATION),
    Field("annotations", _("自由文字註解與已劃除的註解"), Sensitivity.NOTES, Owner.ANNOTATION),
)
_FIELDS = {field.attribute: field for field in ALL_FIELDS}


def access_of_role(role: str, sensitivity: Sensitivity) -> Access:
    """What a role may do with the fields of a class."""
    return FIELDS.get(role, {}).get(sensitivity, Access.NONE)


def field_access(role: str, field: Field) -> Access:
    """What a role may do with a field."""
    most = Access.READ if field.attribute in GIVEN else Access.WRITE
    return min(most, access_of_role(role, field.sensitivity))


def access(user: Any, attribute: str) -> Access:
    """What a user may do with a field, on the rows within reach; nothing when the account is switched off.

    Raises `KeyError` for a field that has no class: a new field is closed to everybody until it is declared."""
    field = _FIELDS[attribute]
    return field_access(user.role, field) if is_at_work(user) else Access.NONE


def reach_of(user: Any) -> Reach:
    """Whose data a user reaches."""
    return REACH.get(user.role, Reach.NOBODY) if is_at_work(user) else Reach.NOBODY


def is_at_work(user: Any) -> bool:
    """Whether an account is logged in and switched on."""
    return bool(user.is_authenticated and user.is_active)
