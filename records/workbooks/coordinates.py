"""Column numbers and the letters Excel writes for them."""

from __future__ import annotations

import re

from records.workbooks.faults import Fault

_LETTERS = re.compile(r"[A-Z]{1,3}")


def column_number(letters: str) -> int:
    """A → 1, Z → 26, AA → 27; raises Fault for what is no column."""
    if not _LETTERS.fullmatch(letters):
        raise Fault("broken")
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def column_letters(number: int) -> str:
    """1 → A, 27 → AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
