"""Rows of one file that a person declared to be the same person (SOP 6.5): when that stands, and who follows whom."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from .columns import BY_ATTRIBUTE
from .encryption import digest
from .rulings import Contradiction, Speaks, identity_of
from .values import fold_name

_COMPARED = ("chinese_name", "birth_date", "sex")


def pair_identity(row: Speaks, other: Speaks) -> str:
    """The keyed digest of who two rows say they are: once either was corrected, nobody decided about them."""
    return digest(f"{identity_of(row)}\x1f{identity_of(other)}")


def against_join(row: Speaks, other: Speaks) -> list[Contradiction]:
    """What speaks against two rows being one person. All of it is final: the cells have to be corrected first, or the
    plan would keep what only one of the rows says."""
    found = []
    if row.digest and other.digest and row.digest != other.digest:
        found.append(_differs("national_id"))
    for attribute in _COMPARED:
        mine, theirs = row.value(attribute), other.value(attribute)
        if attribute == "chinese_name":
            mine, theirs = fold_name(mine), fold_name(theirs)
        if mine and theirs and mine != theirs:
            found.append(_differs(attribute))
    return found


def _differs(attribute: str) -> Contradiction:
    sentence = _("兩列的%(header)s不同，不能視為同一人；若是誤植，請先更正。")
    return Contradiction(
        f"{attribute}_differs", sentence % {"header": BY_ATTRIBUTE[attribute].header}, is_final=True
    )


def followers(joins: Mapping[int, int]) -> dict[int, int]:
    """Each joined row with the row that it follows, in an order in which no row comes before the one it follows. Where
    rows point at each other in a circle, the first of them leads and follows none."""
    following = dict(joins)
    for number in joins:
        if number == min(_circle(number, joins), default=None):
            following.pop(number)
    return {number: following[number] for number in sorted(following, key=lambda one: _depth(one, following))}


def _circle(number: int, joins: Mapping[int, int]) -> list[int]:
    """The rows of the circle that a row stands in, [] for a row in none."""
    way = [number]
    while (following := joins.get(way[-1])) is not None and following not in way:
        way.append(following)
    return way if joins.get(way[-1]) == number else []


def _depth(number: int, following: Mapping[int, int]) -> int:
    """How many rows stand between a row and the one that leads."""
    depth = 0
    while number in following:
        number, depth = following[number], depth + 1
    return depth
