"""Which of our columns a foreign header probably means: by its words alone, folded; a person confirms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from ..columns import COLUMNS, SECONDARY
from ..tables import read_table
from ..workbooks.headers import tidy
from .targets import ALL, JOINED, attribute_of

_MARKS = re.compile(r"[\W_]+")
_A_NAME = 1  # the rank up to which a header means the column itself, not a code for it
_BEFORE = "before"


def fold(header: str) -> str:
    """A header without width, case, blanks, punctuation and the words for "required": "Ｅ－mail (必填)" → "email"."""
    return _MARKS.sub("", tidy(header))


def known_headers() -> frozenset[str]:
    """Every header that is recognised, our own among them."""
    tables = ("header_synonyms.csv", "header_parts.csv")
    return frozenset(column.header for column in COLUMNS) | {
        line["header"] for table in tables for line in read_table(table)
    }


def propose(headers: Sequence[str]) -> list[str]:
    """A target for each header, "" for none.

    A header that only stands in for a better one (a code for a name) is passed over when the better one is there;
    two equally good ones are both proposed. A part (an area code) is proposed beside the one column that it completes,
    and only where the order of the file joins them rightly: alone it says nothing."""
    found = [_synonyms().get(fold(header), ("", 0)) for header in headers]
    best: dict[str, int] = {}
    for target, rank in found:
        attribute = attribute_of(target)
        best[attribute] = min(rank, best.get(attribute, rank))
    targets = [target if rank == best[attribute_of(target)] else "" for target, rank in found]
    parts = {
        place: _parts()[fold(header)] for place, header in enumerate(headers) if fold(header) in _parts()
    }
    wanted = Counter(target for target, _side in parts.values())
    for place, (target, side) in parts.items():
        whole = [other for other, chosen in enumerate(targets) if chosen == target and other not in parts]
        is_one = len(whole) == wanted[target] == 1 and best[target] <= _A_NAME
        if is_one and (place < whole[0]) == (side == _BEFORE):
            targets[place] = target
    return targets


def propose_joins(headers: Sequence[str], targets: Sequence[str]) -> dict[str, str]:
    """How the several headers of one attribute probably become one: attribute → join. A part is joined to what it
    completes; of a column that keeps a second value all are kept. About all others a person has to be asked."""
    attributes = [attribute_of(target) for target in targets]
    joins = {}
    for attribute, count in Counter(filter(None, attributes)).items():
        has_part = any(
            fold(header) in _parts()
            for header, its in zip(headers, attributes, strict=True)
            if its == attribute
        )
        if count > 1 and (has_part or attribute in SECONDARY):
            joins[attribute] = JOINED if has_part else ALL
    return joins


@cache
def _parts() -> dict[str, tuple[str, str]]:
    """Folded header of a part → (target, on which side of the other column it belongs)."""
    return {fold(line["header"]): (line["target"], line["side"]) for line in read_table("header_parts.csv")}


@cache
def _synonyms() -> dict[str, tuple[str, int]]:
    """Folded header → (target, rank); rank 0 is the template's own header."""
    lines = read_table("header_synonyms.csv")
    synonyms = {fold(line["header"]): (line["target"], int(line["rank"])) for line in lines}
    return synonyms | {fold(column.header): (column.attribute, 0) for column in COLUMNS}
