"""身分證字號, 統一證號 and passport numbers: shape, check digit, what they tell, how they are masked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from .cells import EMPTY, Cleaned
from .text import half_width, readable
from .verdicts import Rejected, doubt, kept, remark

# Letters stand for 10–35, in the order of the household registration offices; only the last digit of the
# second letter of an old resident number counts.
_LETTER_CODES = {letter: code for code, letter in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO", start=10)}
_FIRST_SUM = {letter: code // 10 + code % 10 * 9 for letter, code in _LETTER_CODES.items()}
_SECOND_SUM = {letter: code % 10 * 8 for letter, code in _LETTER_CODES.items()} | {
    str(digit): digit * 8 for digit in range(10)
}

_NATIONAL = re.compile(r"[A-Z][12][0-9]{8}")
_RESIDENT = re.compile(r"[A-Z][89][0-9]{8}|[A-Z][A-D][0-9]{8}")
_CHECKED = re.compile(r"[A-Z][1289A-D][0-9]{8}")
# As long as an ID and begun like one, or one digit away from it: a mistyped ID, not a passport.
_MISTYPED = re.compile(
    r"[A-Z][0-9A-D][0-9A-Z]{8}|[A-Z][1289][0-9A-Z]{9,10}|[A-Z][0-9]{10}|[A-DFH-Z][1289][0-9]{7}"
)
_PASSPORT = re.compile(r"(?=[A-Z]*[0-9])[A-Z0-9]{6,12}")
_PHONE_LIKE = re.compile(r"09[0-9]{8}")
_LABEL = re.compile(
    r"(?:中華民國)?(?:國民)?(護照|PASSPORT|身分證|身份證|居留證|統一證|外僑居留證|ARC|ID)(?:統一)?(?:字號|號碼|證號|編號|號|NO)?[.:：#]*",
    re.IGNORECASE,
)
_SEPARATORS = str.maketrans("", "", " -‐‑–—_'`’.")
_SEX = {"1": "M", "8": "M", "A": "M", "C": "M", "2": "F", "9": "F", "B": "F", "D": "F"}

# Nothing longer is looked at: an ID with label and blanks is far shorter.
_LIMIT = 60
_MASKING = re.compile(r"[*＊●○•]|[Xx]{3,}")


def has_valid_check_digit(number: str) -> bool:
    """Whether the weighted sum (1 9 8 7 6 5 4 3 2 1 1) of an upper-case national or resident number fits."""
    a, b, c, d, e, f, g, check = map(int, number[2:])
    weighted = 7 * a + 6 * b + 5 * c + 4 * d + 3 * e + 2 * f + g
    return (_FIRST_SUM[number[0]] + _SECOND_SUM[number[1]] + weighted + check) % 10 == 0


def national_id_kind(text: str) -> str:
    """ "national", "resident" (old and new 統一證號) or "passport"; "" for anything else or a wrong check digit."""
    if _CHECKED.fullmatch(text):
        if not has_valid_check_digit(text):
            return ""
        return "national" if text[1] in "12" else "resident"
    if _PASSPORT.fullmatch(text) and not _MISTYPED.fullmatch(text) and not _PHONE_LIKE.fullmatch(text):
        return "passport"
    return ""


def sex_of_national_id(text: str) -> str:
    """ "M" or "F" as the second character of a valid national or resident number says, else ""."""
    return _SEX[text[1]] if national_id_kind(text) in ("national", "resident") else ""


# In free words: of any width, with up to three blanks, dashes, dots or commas after each character. What begins inside
# another find is found as well (the A of idA123456789).
_BETWEEN = r"[\s\-‐‑‒–—−－_＿.．·・,，、'`’]{0,3}"
_SHAPE = rf"[A-Za-zＡ-Ｚａ-ｚ]{_BETWEEN}[A-Da-dＡ-Ｄａ-ｄ1289１２８９](?:{_BETWEEN}\d){{8}}"
_IN_WORDS = re.compile(rf"(?=({_SHAPE}))")
_SHAPE_ONCE = re.compile(_SHAPE)


def mask_national_id(text: str) -> str:
    """The number as it may be shown: first character and last two, `A*******89`; short texts all stars."""
    if len(text) <= 4:
        return "*" * len(text)
    return text[0] + "*" * (len(text) - 3) + text[-2:]


def shows_national_id(text: str) -> bool:
    """Whether a national ID or resident number with a right check digit stands in the words, however it is written.
    Serial numbers have the same shape, and one in ten of them the check digit too: never ask this of a serial number.
    """
    return any(is_checked for _places, is_checked in _numbers_in(text))


def may_show_national_id(text: str) -> bool:
    """Whether it is worth asking `shows_national_id`: many texts are looked through at once, joined
    by what never stands within a number, as | does."""
    return _SHAPE_ONCE.search(text) is not None


def hide_national_ids(text: str) -> str:
    """`text` with everything masked that is shaped like a national ID, wherever it stands, and every right one that
    is written with something between its characters."""
    hidden: list[str] | None = None
    for places, is_checked in _numbers_in(text):
        if is_checked or places[-1] - places[0] == len(places) - 1:
            hidden = hidden or list(text)
            for place in places[1:-2]:
                hidden[place] = "*"
    return "".join(hidden) if hidden else text


def _numbers_in(text: str) -> Iterator[tuple[list[int], bool]]:
    """Where the characters of everything shaped like a national ID stand, and whether its check digit is right."""
    for found in _IN_WORDS.finditer(text):
        places = [place for place in range(*found.span(1)) if text[place].isalnum()]
        yield places, has_valid_check_digit(half_width("".join(text[place] for place in places)).upper())


def read_national_id(raw: str) -> Cleaned:
    """A national ID, resident number or passport number, upper case. No message repeats the number."""
    if _NATIONAL.fullmatch(raw) and has_valid_check_digit(raw):
        return Cleaned(raw)
    text = readable(half_width(raw) if len(raw) <= _LIMIT else raw, _LIMIT)
    if not text:
        return EMPTY
    label = _LABEL.match(text)
    is_called_passport = label is not None and label[1].upper() in ("護照", "PASSPORT")
    number = (text[label.end() :] if label else text).upper().translate(_SEPARATORS)
    if _CHECKED.fullmatch(number) and not is_called_passport:
        return _checked_number(number)
    if _PASSPORT.fullmatch(number) and (is_called_passport or national_id_kind(number) == "passport"):
        return kept(number, doubt("passport", _("格式不是身分證字號，視為護照號碼，請確認。")))
    raise _why_not(text, number)


def national_id_from_number(number: int) -> Cleaned:
    """A number cell: at best a passport of nine digits, whose leading zeros would be lost."""
    if not 10**8 <= number < 10**9:
        raise Rejected("not_an_id", _("這不是身分證字號、統一證號或護照號碼。"))
    return read_national_id(str(number))


def _checked_number(number: str) -> Cleaned:
    if not has_valid_check_digit(number):
        raise Rejected("check_digit", _("身分證字號的檢查碼不符，請核對後重新輸入。"))
    if number[1] in "CD":
        return kept(
            number, doubt("old_resident", _("舊式統一證號（無戶籍國民等），請確認是否已換發新證號。"))
        )
    if number[1] in "AB":
        return kept(number, remark("old_resident", _("舊式統一證號，2031年起停用。")))
    return Cleaned(number)


def _why_not(text: str, number: str) -> Rejected:
    """The sentence for what is no ID, most telling reason first."""
    if _MASKING.search(text):
        return Rejected("masked", _("證號經過遮罩，請填寫完整號碼。"))
    if not number.isascii():
        return Rejected("not_an_id", _("證號只能有英文字母與數字，一格一個號碼，不可加註文字。"))
    if _MISTYPED.fullmatch(number):
        return Rejected(
            "mistyped", _("像是身分證字號，但長度或字元有誤；若是護照號碼，請在前面加註「護照」。")
        )
    if _PHONE_LIKE.fullmatch(number):
        return Rejected("not_an_id", _("這是電話號碼，不是證號。"))
    return Rejected("not_an_id", _("這不是身分證字號、統一證號或護照號碼。"))
