"""Texts that a number leaves behind when a sheet is saved as .csv and opened again: 912345678.0, 9.12E+08."""

from __future__ import annotations

import re
from typing import NamedTuple

from django.utils.translation import gettext as _

from .cells import Note
from .text import half_width
from .verdicts import Rejected, doubt

_LONGEST = 30
_WITH_DECIMALS = re.compile(r"([0-9]{1,15})\.0+")
# A number cell that ends so was most likely 9.12E+08 in a .csv file.
_MANY_ZEROS = 10**5
_SCIENTIFIC = re.compile(r"([0-9])(?:\.([0-9]+))?[Ee]\+([0-9]{1,2})")


class NumberBehind(NamedTuple):
    """The whole number, and what has to be said about it."""

    number: int
    notes: tuple[Note, ...] = ()


def number_behind(text: str) -> NumberBehind | None:
    """The whole number that such a text stands for; None for any other text.

    Raises Rejected where the scientific notation has fewer digits than the number had.
    """
    text = half_width(text[:_LONGEST]).strip()
    if found := _WITH_DECIMALS.fullmatch(text):
        return NumberBehind(int(found[1]))
    found = _SCIENTIFIC.fullmatch(text)
    if found is None:
        return None
    decimals, exponent = found[2] or "", int(found[3])
    if len(decimals) < exponent:
        raise Rejected(
            "digits_lost", _("儲存格是科學記號，後面的位數已經遺失，請以文字格式重新輸入完整的號碼。")
        )
    if len(decimals) > exponent:
        return None
    note = doubt("scientific", _("儲存格是科學記號，已還原為完整的號碼，請確認。"))
    return NumberBehind(int(found[1] + decimals), (note,))


def rounding_doubts(number: int) -> tuple[Note, ...]:
    """A warning for a number cell that ends in zeros only."""
    if number % _MANY_ZEROS:
        return ()
    return (doubt("rounded", _("數值的末尾是一連串的 0，可能曾以科學記號存檔而失去位數，請確認。")),)
