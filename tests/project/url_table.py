"""Every address of the product × who asks → the expected status. A new address needs a new row here.

A row is `key: row(…)`. The key is the pattern's name with its namespace ("admin:index"), or
for a pattern without a name its route. Roles that a row does not mention get `otherwise`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

ANONYMOUS = "anonymous"
STAFF = ("center_staff", "center_director", "it_staff", "registrar", "department_contact", "auditor")
CENTER_AND_IT = ("center_staff", "center_director", "it_staff")
ROLES = (*STAFF, "alumnus")
VISITORS = (ANONYMOUS, *ROLES)

OK, MOVED, TO_LOGIN, FORBIDDEN, NOT_FOUND, NOT_ALLOWED = 200, 302, 302, 403, 404, 405


@dataclass(frozen=True)
class Row:
    """What a GET of one address answers to each visitor; `kwargs` makes the address from the database."""

    expected: Mapping[str, int]
    kwargs: Callable[[], dict[str, Any]] = dict
    query: Mapping[str, str] = field(default_factory=dict)


def row(
    *allowed: str,
    status: int = OK,
    otherwise: int = FORBIDDEN,
    anonymous: int = TO_LOGIN,
    kwargs: Callable[[], dict[str, Any]] = dict,
    query: Mapping[str, str] | None = None,
) -> Row:
    """`status` for the `allowed` roles, `otherwise` for the other roles, `anonymous` without a login."""
    expected = {role: status if role in allowed else otherwise for role in ROLES}
    return Row({ANONYMOUS: anonymous} | expected, kwargs, query or {})


def model_rows(
    name: str,
    kwargs: Callable[[], dict[str, Any]],
    *,
    see: tuple[str, ...] = (),
    add: tuple[str, ...] = (),
    change: tuple[str, ...] = (),
    delete: tuple[str, ...] = (),
    history: tuple[str, ...] | None = None,
) -> dict[str, Row]:
    """The admin addresses of a model, `name` e.g. "records_person"; who may change may also see."""
    readers = (*see, *change)
    app, model = name.rsplit("_", 1)
    rows = {
        f"admin:{name}_changelist": row(*readers),
        f"admin:{name}_add": row(*add),
        f"admin:{name}_change": row(*readers, kwargs=kwargs),
        f"admin:{name}_delete": row(*delete, kwargs=kwargs),
        f"admin:{name}_history": row(*(readers if history is None else history), kwargs=kwargs),
        # The short address of a record only leads to the long one.
        f"admin/{app}/{model}/<path:object_id>/": everybody(MOVED),
    }
    return {key: _closed_to_alumni(value) for key, value in rows.items()}


def _closed_to_alumni(old: Row) -> Row:
    """The admin site sends whoever does not work there to the login page."""
    return Row({**old.expected, "alumnus": TO_LOGIN}, old.kwargs, old.query)


def everybody(status: int) -> Row:
    return Row(dict.fromkeys(VISITORS, status))


TABLE: dict[str, Row] = {
    # accounts
    "home": row("alumnus", otherwise=MOVED),
    "login": row(*ROLES, status=MOVED, anonymous=OK),
    "logout": everybody(NOT_ALLOWED),
    "password_change": row(*ROLES),
    # ways into the admin that lead to the one login
    "admin/login/": everybody(MOVED),
    "admin/password_change/": everybody(MOVED),
    # admin site
    "admin:index": _closed_to_alumni(row(*STAFF)),
    "admin:login": everybody(MOVED),
    "admin:logout": Row({**dict.fromkeys(STAFF, NOT_ALLOWED), ANONYMOUS: TO_LOGIN, "alumnus": TO_LOGIN}),
    "admin:password_change": everybody(MOVED),
    "admin:password_change_done": _closed_to_alumni(row(*STAFF)),
    "admin:jsi18n": _closed_to_alumni(row(*STAFF)),
    "admin:autocomplete": _closed_to_alumni(row()),  # without a field that may be searched
    "admin:view_on_site": _closed_to_alumni(
        row(otherwise=NOT_FOUND, kwargs=lambda: {"content_type_id": 0, "object_id": 0})
    ),
    "admin/(?P<url>.*)$": _closed_to_alumni(row(otherwise=NOT_FOUND)),
}
