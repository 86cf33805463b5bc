"""Which of our columns a foreign header probably means: by its words alone, folded; a person confirms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from ..columns import COLUMNS
from ..tables import read_table
from ..workbooks.headers import tidy

_MARKS = re.compile(r"[\W_]+")


def fold(header: str) -> str:
    """A header without width, case, blanks, punctuation and the words for "required": "Ｅ－mail (必填)" → "email"."""
    return _MARKS.sub("", tidy(header))


def known_headers() -> frozenset[str]:
    """Every header that is recognised, our own among them."""
    return frozenset(column.header for column in COLUMNS) | {
        line["header"] for line in read_table("header_synonyms.csv")
    }


def propose(headers: Sequence[str]) -> list[str]:
    """A target for each header, "" for none.

    A header that only stands in for a better one (a code for a name) is passed over when the better one is there;
    two equally good ones are both proposed, and a person says how they become one."""
    found = [_synonyms().get(fold(header), ("", 0)) for header in headers]
    best: dict[str, int] = {}
    for target, rank in found:
        best[target] = min(rank, best.get(target, rank))
    return [target if rank == best[target] else "" for target, rank in found]


@cache
def _synonyms() -> dict[str, tuple[str, int]]:
    """Folded header → (target, rank); rank 0 is the template's own header."""
    lines = read_table("header_synonyms.csv")
    synonyms = {fold(line["header"]): (line["target"], int(line["rank"])) for line in lines}
    return synonyms | {fold(column.header): (column.attribute, 0) for column in COLUMNS}
