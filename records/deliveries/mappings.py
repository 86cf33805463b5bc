"""A mapping of foreign headers to our columns, and what is stored of it under a name."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from ..columns import BY_ATTRIBUTE
from ..models import DeliveryMapping
from .proposals import fold
from .targets import JOINS, TARGETS, attribute_of


@dataclass(frozen=True, slots=True)
class Mapping:
    """`columns` are (foreign header, target or "") in the order of the file; `joins` says for each attribute with
    several headers how they become one; `values` maps attribute → foreign text → our text ("": left blank)."""

    columns: tuple[tuple[str, str], ...]
    joins: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def used(self) -> list[tuple[str, str]]:
        """The columns that are taken, with their targets."""
        return [(header, target) for header, target in self.columns if target]

    @property
    def left_out(self) -> list[str]:
        """The headers of the columns that are not taken."""
        return [header for header, target in self.columns if not target]

    @property
    def sources(self) -> dict[str, list[int]]:
        """Attribute → places in `used` that it is made of."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, (_header, target) in enumerate(self.used):
            places[attribute_of(target)].append(place)
        return dict(places)


def fingerprint(headers: Sequence[str]) -> str:
    """The same for the same headers, in whatever order and spelling of width and blanks."""
    return hashlib.sha256("\n".join(sorted(map(fold, headers))).encode()).hexdigest()


def mapping_of(stored: DeliveryMapping) -> Mapping:
    """The mapping that a stored version says."""
    columns = tuple((header, target) for header, target in stored.columns)
    return Mapping(columns, dict(stored.joins), dict(stored.values))


def save(name: str, mapping: Mapping, *, user: Any) -> DeliveryMapping:
    """Store a mapping under a name; the stored version itself when nothing in it is new."""
    stored = latest_named(name)
    if stored is not None and mapping_of(stored) == mapping:
        return stored
    return DeliveryMapping.objects.create(
        name=name,
        fingerprint=fingerprint([header for header, _target in mapping.columns]),
        columns=mapping.columns,
        joins=mapping.joins,
        values=mapping.values,
        saved_by=user,
    )


def latest_named(name: str) -> DeliveryMapping | None:
    """The version of this name that counts."""
    return DeliveryMapping.objects.filter(name=name).order_by("-pk").first()


def latest_for(headers: Sequence[str]) -> DeliveryMapping | None:
    """The mapping that was saved last for a file with these headers."""
    return DeliveryMapping.objects.filter(fingerprint=fingerprint(headers)).order_by("-pk").first()


def differences(before: Mapping, after: Mapping) -> list[str]:
    """What a version changed, in words, for the log of a mapping."""
    sentences = []
    old, new = dict(before.columns), dict(after.columns)
    for header in dict.fromkeys([*old, *new]):
        if old.get(header, "") != new.get(header, ""):
            sentences.append(_change(header, _target(old.get(header, "")), _target(new.get(header, ""))))
    for attribute in sorted(before.joins.keys() | after.joins.keys()):
        was, now = (_join(mapping.joins.get(attribute, "")) for mapping in (before, after))
        if was != now:
            sentences.append(_change(BY_ATTRIBUTE[attribute].header, was, now))
    for attribute in sorted(before.values.keys() | after.values.keys()):
        was, now = (mapping.values.get(attribute, {}) for mapping in (before, after))
        sentences += [
            _change(f"{BY_ATTRIBUTE[attribute].header}「{text}」", _value(was, text), _value(now, text))
            for text in dict.fromkeys([*was, *now])
            if was.get(text) != now.get(text)
        ]
    return sentences


def _change(what: str, before: str, after: str) -> str:
    return _("%(what)s：%(before)s → %(after)s") % {"what": what, "before": before, "after": after}


def _target(target: str) -> str:
    header, words = TARGETS.get(target, ("", ""))
    return f"{header}{words}" if header else _("不匯入")


def _join(join: str) -> str:
    return str(JOINS[join]) if join in JOINS else _("單一欄位")


def _value(values: dict[str, str], text: str) -> str:
    return (values[text] or _("空白")) if text in values else _("未對應")
