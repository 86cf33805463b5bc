"""THE DECLARATION of what becomes of a change, field by field and by where it comes from: written at once, kept for
the center's review, or not possible (SOP 6.5, 6.7).

Who *reads* a field is `rights`' matter. Where a change comes from is told by the role of who makes it, never by what a
request says of itself. docs/permissions.md is written from this table.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .columns import Sensitivity
from .rights import ALL_FIELDS, ALUMNUS, CENTER, CONTACT, GIVEN, Field, is_at_work


class Way(StrEnum):
    AT_ONCE = "at_once"
    WAITS = "waits"  # for the center's review; in an import for a person's decision on the row
    NEVER = "never"


class Origin(StrEnum):
    """Where a change comes from."""

    REGISTRAR = "registrar"  # the registrar's file, imported
    CONTACT = "contact"
    CENTER = "center"
    ALUMNUS = "alumnus"


WAY_TITLES: MappingProxyType[Way, Promise] = MappingProxyType(
    {Way.AT_ONCE: _("立即生效"), Way.WAITS: _("須經審核"), Way.NEVER: _("不可修改")}
)
ORIGIN_TITLES: MappingProxyType[Origin, Promise] = MappingProxyType(
    {
        Origin.REGISTRAR: _("註冊課務組（匯入）"),
        Origin.CONTACT: _("系所聯絡人"),
        Origin.CENTER: _("校友服務中心"),
        Origin.ALUMNUS: _("校友本人"),
    }
)

_AT_ONCE, _WAITS, _NEVER = Way
_ORDER = (Origin.REGISTRAR, Origin.CONTACT, Origin.CENTER, Origin.ALUMNUS)


def _row(*ways: Way) -> MappingProxyType[Origin, Way]:
    return MappingProxyType(dict(zip(_ORDER, ways, strict=True)))


# In the order: registrar, contact, center, alumnus.
BY_CLASS: MappingProxyType[Sensitivity, MappingProxyType[Origin, Way]] = MappingProxyType(
    {
        Sensitivity.PERSONAL: _row(_WAITS, _WAITS, _AT_ONCE, _WAITS),
        Sensitivity.IDENTITY: _row(_WAITS, _WAITS, _AT_ONCE, _WAITS),
        Sensitivity.CONTACT: _row(_AT_ONCE, _AT_ONCE, _AT_ONCE, _AT_ONCE),
        # The registrar owns it.
        Sensitivity.STUDY: _row(_AT_ONCE, _NEVER, _AT_ONCE, _NEVER),
        Sensitivity.SUMMARY: _row(_AT_ONCE, _NEVER, _AT_ONCE, _NEVER),
        Sensitivity.CONSENT: _row(_AT_ONCE, _AT_ONCE, _AT_ONCE, _AT_ONCE),
        # Lines and an alumnus' exact words have ways of their own.
        Sensitivity.NOTES: _row(_NEVER, _NEVER, _NEVER, _NEVER),
    }
)
BY_ATTRIBUTE: MappingProxyType[str, MappingProxyType[Origin, Way]] = MappingProxyType(
    {
        "english_name": _row(_AT_ONCE, _AT_ONCE, _AT_ONCE, _AT_ONCE),
        # A degree in the wrong department is seen there first.
        "programme": _row(_NEVER, _WAITS, _AT_ONCE, _NEVER),
        # Given once for ever (SOP 6.1): a wrong one is put right by two people, also when the center finds it.
        "serial_number": _row(_NEVER, _WAITS, _WAITS, _NEVER),
        "student_number": _row(_NEVER, _NEVER, _AT_ONCE, _NEVER),
        # An objection and its end are acts of their own (SOP 6.9), not values.
        "objected_on": _row(_NEVER, _NEVER, _NEVER, _NEVER),
        "ended_on": _row(_NEVER, _NEVER, _NEVER, _NEVER),
    }
)
_GIVEN = _row(_NEVER, _NEVER, _NEVER, _NEVER)
_FIELDS = {field.attribute: field for field in ALL_FIELDS}


def origin_of(user: Any) -> Origin | None:
    """Where the changes of a user come from; None for a role that changes nobody's data, or without a login."""
    if not is_at_work(user):
        return None
    return {CONTACT: Origin.CONTACT, ALUMNUS: Origin.ALUMNUS}.get(
        user.role, Origin.CENTER if user.role in CENTER else None
    )


def way_of(origin: Origin | None, field: Field, *, strict: bool = False) -> Way:
    """What becomes of a change of `field`; in strict mode nothing of contacts and alumni is written at once."""
    if origin is None:
        return Way.NEVER
    if field.attribute in BY_ATTRIBUTE:
        ways = BY_ATTRIBUTE[field.attribute]
    else:
        ways = _GIVEN if field.attribute in GIVEN else BY_CLASS[field.sensitivity]
    is_outside = origin in (Origin.CONTACT, Origin.ALUMNUS)
    return Way.WAITS if strict and is_outside and ways[origin] is Way.AT_ONCE else ways[origin]


def ways_of(user: Any, *, strict: bool) -> dict[str, Way]:
    """Attribute → what becomes of a change that this user makes; every field of a person or a degree is named."""
    origin = origin_of(user)
    return {name: way_of(origin, field, strict=strict) for name, field in _FIELDS.items()}
