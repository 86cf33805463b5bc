"""A few values of each foreign column, so that a person can tell what it holds; no national ID in full."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..cells import ErrorCell, FormulaCell, RawCell
from ..text import half_width, tidy_text
from ..values import hide_national_ids, mask_national_id
from ..workbooks.texts import printable

SAMPLE_ROWS = 30
_SHOWN, _LONGEST = 3, 40
# Of a passport, or an ID that somebody spaced out or mistyped: a letter or two and many digits.
_LIKE_A_NUMBER_OF_SOMEBODY = re.compile(r"[A-Za-z]{1,2}[\s\-.]*[A-Da-d0-9](?:[\s\-.]*[0-9]){6,8}")


def text_of(cell: RawCell) -> str:
    """A cell as text on one line: a whole number without its point, a formula's value, "" for nothing."""
    if isinstance(cell, FormulaCell):
        cell = cell.cached
    if isinstance(cell, ErrorCell):
        return cell.text
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else tidy_text(str(cell))


def samples_of(rows: Sequence[Sequence[RawCell]], column: int, *, is_identity: bool) -> list[str]:
    """The first different values of a column. `is_identity`: its header says that it holds national IDs."""
    texts = list(dict.fromkeys(text for row in rows if (text := text_of(row[column]))))
    hides = is_identity or any(map(_looks_like_somebody, texts))
    return [_shown(text, hides) for text in texts[:_SHOWN]]


def _looks_like_somebody(text: str) -> bool:
    plain = half_width(text)
    return hide_national_ids(plain) != plain or bool(_LIKE_A_NUMBER_OF_SOMEBODY.search(plain))


def _shown(text: str, hides: bool) -> str:
    text = mask_national_id(text) if hides else text
    return printable(text, _LONGEST) + ("…" if len(text) > _LONGEST else "")
