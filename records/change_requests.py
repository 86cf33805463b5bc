"""What somebody proposes to change of a person: written at once, or kept out with a sentence."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from django.core.files import File
from django.utils.translation import gettext as _

from .changes import PersonChange, apply_changes
from .columns import BY_ATTRIBUTE, CONTACT_ATTRIBUTES, SECONDARY_WORDS
from .models import Person, Source
from .rights import CENTER
from .storing import current_values

AT_ONCE = CONTACT_ATTRIBUTES | set(SECONDARY_WORDS) | {"english_name"}


@dataclass(slots=True)
class Outcome:
    """What became of each attribute."""

    applied: list[str] = field(default_factory=list)
    waiting: Any = None
    refused: dict[str, str] = field(default_factory=dict)
    stale: dict[str, tuple[str, str]] = field(default_factory=dict)


def propose(
    person: Person,
    *,
    values: dict[str, str],
    before: dict[str, str],
    records: Mapping[int, dict[str, str]] = MappingProxyType({}),
    records_before: Mapping[int, dict[str, str]] = MappingProxyType({}),
    editor: Any,
    source: Source,
    at: datetime.datetime,
    reason: str = "",
    evidence: File | None = None,
) -> Outcome:
    """Write what may be written at once; the rest is refused."""
    outcome = Outcome()
    for name in values:
        if name not in AT_ONCE and editor.role not in CENTER:
            outcome.refused[name] = _("這項資料由校友服務中心修改，請洽中心。")
    going = {name: value for name, value in values.items() if name not in outcome.refused}
    while going:
        change = PersonChange(person.pk, dict(going), {name: before.get(name, "") for name in going})
        [applied] = apply_changes([change], editor=editor, source=source, at=at)
        if not applied.stale:
            outcome.applied = list(going)
            break
        now = current_values(Person.objects.get(pk=person.pk))
        for name in applied.stale:
            outcome.stale[name] = (now[name], going.pop(name))
    return outcome


class SharedChange(NamedTuple):
    """What another department's contact changed about somebody who is also ours."""

    person: Person
    at: datetime.datetime
    who: str
    fields: list[str]  # titles


def recent_for_others(user: Any, since: datetime.datetime) -> list[SharedChange]:
    """What contacts of other departments changed on people shared with the user's departments."""
    return []


def ways_for(user: Any) -> dict[str, str]:
    """Attribute → what would become of a change by this user: "at_once", "waits" or "never"."""
    names = [*BY_ATTRIBUTE, *SECONDARY_WORDS]
    return {name: "at_once" if name in AT_ONCE or user.role in CENTER else "waits" for name in names}


def returned_to(user: Any) -> list[Any]:
    """The own requests that came back."""
    return []
