"""Identity numbers that pass every check and belong to nobody.

National IDs begin with a letter withdrawn with its county (L, R, S, Y) and have 9 as third character, a
combination that was not handed out. They count through a seeded circle, so no two people share a number.
"""

from __future__ import annotations

from random import Random

from records.synthetic.names import MALE

WITHDRAWN_LETTERS = "LRSY"
_LETTER_CODES = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))
_NUMBERS_A_LETTER = 10**6
_CIRCLE = len(WITHDRAWN_LETTERS) * _NUMBERS_A_LETTER
_STRIDE = 1_600_033  # prime to the circle: every number comes up once before one comes again


def with_check_digit(stem: str) -> str:
    """Append the check digit to a letter and eight digits (weights 1 9 8 7 6 5 4 3 2 1 1, sum ends in 0)."""
    tens, ones = divmod(_LETTER_CODES[stem[0]], 10)
    total = (
        tens
        + 9 * ones
        + sum(weight * int(digit) for weight, digit in zip(range(8, 0, -1), stem[1:], strict=True))
    )
    return f"{stem}{-total % 10}"


class IdentityNumbers:
    """Hands out national IDs, resident certificates (new form) and passport numbers, each once."""

    def __init__(self, random: Random) -> None:
        self._place = random.randrange(_CIRCLE)

    def _next(self) -> tuple[str, int]:
        self._place = (self._place + _STRIDE) % _CIRCLE
        letter, number = divmod(self._place, _NUMBERS_A_LETTER)
        return WITHDRAWN_LETTERS[letter], number

    def national_id(self, sex: str) -> str:
        letter, number = self._next()
        return with_check_digit(f"{letter}{1 if sex == MALE else 2}9{number:06d}")

    def resident_certificate(self, sex: str) -> str:
        letter, number = self._next()
        return with_check_digit(f"{letter}{8 if sex == MALE else 9}0{number:06d}")

    def passport(self) -> str:
        letter, number = self._next()
        return f"X{WITHDRAWN_LETTERS.index(letter) + 1}{number:06d}"
