"""Columns of codes and words: serial and student numbers, sex, programme, statuses, class, yes or no, annotations."""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import gettext as _

from .cells import EMPTY, Cleaned
from .text import EXCEL_CELL_LIMIT, half_width, lost_character_doubts, rare_character_doubts, readable
from .verdicts import Rejected, doubt, kept

SERIAL_LIMIT, STUDENT_NUMBER_LIMIT, PROGRAMME_LIMIT, STATUS_LIMIT, CLASS_LIMIT = 40, 20, 80, 40, 60
_YES_NO_LIMIT = 20

_SERIAL_NUMBER = re.compile(r"(?:[A-Z0-9][A-Z0-9-]*)?[0-9]")
_STUDENT_NUMBER = re.compile(r"[A-Z0-9](?:[A-Z0-9-]*[A-Z0-9])?")
_USUAL_STUDENT_NUMBER = range(5, 13)
_NOT_IN_A_LABEL = re.compile(r"[<>{}=%$\\|@^`\"~]|--|^[-+]")
_DATE_FROM_EXCEL = re.compile(r"[A-Z][a-z]{2}-[0-9]{2}|[0-9]{1,2}-[A-Z][a-z]{2}|[0-9]{1,2}月[0-9]{1,2}日")
_STATUS_CODE = re.compile(r"[0-9]{1,2}")

_MALE = frozenset("男 男性 男生 m male man boy 1".split())
_FEMALE = frozenset("女 女性 女生 f female woman girl 2".split())
_MALE_SIGNS = frozenset("先生 ♂ mr mr. 公 男士".split())
_FEMALE_SIGNS = frozenset("小姐 女士 太太 ♀ ms ms. mrs mrs. miss".split())
_TICKED = re.compile(r"[☑■✓✔√V][ ]*([男女])[ ]*□[ ]*[男女]|□[ ]*[男女][ ]*[☑■✓✔√V][ ]*([男女])")

_YES = frozenset("是 是的 y yes true t 願意 願 同意 要 可 可以 接受 願意接受 有意願 ok 好".split())
_NO = frozenset(
    "否 n no false f 不願意 不願 不同意 不要 不可 不可以 不接受 拒絕 不 不想 無意願 不願意接受".split()
)
_YES_SIGNS = frozenset("v ✓ ✔ ☑ √ ○ o ● ◎ 1 ■ 打勾 勾選".split())
_NO_SIGNS = frozenset("x ✗ ✘ × ☒ 0 ╳ 〤".split())


def read_serial_number(raw: str) -> Cleaned:
    """A serial number (SOP 6.1): letters, digits and hyphens ending in a digit; "" lets the system give one."""
    if len(raw) <= SERIAL_LIMIT and _SERIAL_NUMBER.fullmatch(raw):
        return Cleaned(raw)
    text = _code_text(raw, SERIAL_LIMIT)
    if text and not _SERIAL_NUMBER.fullmatch(text):
        raise Rejected("not_a_serial_number", _("流水號只能有英文字母、數字與連字號，並以數字結尾。"))
    return Cleaned(text)


def serial_number_from_number(number: int) -> Cleaned:
    """A number cell."""
    return read_serial_number(_whole_number_text(number))


def read_student_number(raw: str) -> Cleaned:
    """A student number as text; zeros in front and letters stay."""
    if len(raw) in _USUAL_STUDENT_NUMBER and raw.isdecimal() and raw.isascii():
        return Cleaned(raw)
    text = _code_text(raw, STUDENT_NUMBER_LIMIT)
    if not text:
        return EMPTY
    if not _STUDENT_NUMBER.fullmatch(text) or not any(char.isdecimal() for char in text):
        raise Rejected("not_a_student_number", _("學號只能有英文字母與數字。"))
    if len(text) not in _USUAL_STUDENT_NUMBER:
        return kept(text, doubt("length", _("學號的長度不尋常，請確認。")))
    return Cleaned(text)


def student_number_from_number(number: int) -> Cleaned:
    """A number cell: zeros in front may be lost."""
    cleaned = read_student_number(_whole_number_text(number))
    return kept(
        cleaned.value, *cleaned.notes, doubt("number_cell", _("學號是數值格式，開頭的 0 可能遺失，請確認。"))
    )


def _code_text(raw: str, limit: int) -> str:
    """Upper-case text of a code, without the quotation mark that Excel shows text by."""
    text = half_width(raw) if len(raw) <= limit * 2 else raw
    text = readable(text, limit).removeprefix("'").upper().replace(" ", "")
    return text[:-2] if text.endswith(".0") and text[:-2].isdecimal() else text


def _whole_number_text(number: int) -> str:
    if not 0 <= number < 10**15:  # Excel keeps 15 digits
        raise Rejected("not_a_number", _("數值超出範圍，請改為文字格式。"))
    return str(number)


@lru_cache(maxsize=1024)
def _sex(text: str) -> tuple[str, bool]:
    """ "M" or "F" and whether it was said by a title or sign only."""
    word = half_width(text).lower()
    for words, value, is_sign in (
        (_MALE, "M", False),
        (_FEMALE, "F", False),
        (_MALE_SIGNS, "M", True),
        (_FEMALE_SIGNS, "F", True),
    ):
        if word in words:
            return value, is_sign
    ticked = _TICKED.fullmatch(text)
    if ticked:
        return ("M" if (ticked[1] or ticked[2]) == "男" else "F"), True
    return "", False


def read_sex(raw: str) -> Cleaned:
    """ "M" or "F" from 男/女, M/F, Male/Female, 1/2; anything else is kept out."""
    if len(raw) <= 6:
        value, is_sign = _sex(raw)
        if value and not is_sign:
            return Cleaned(value)
    text = readable(raw, STATUS_LIMIT)
    if not text:
        return EMPTY
    value, is_sign = _sex(text)
    if not value:
        raise Rejected("not_a_sex", _("性別只能填男或女。"))
    if is_sign:
        return kept(value, doubt("title", _("以稱謂或符號判斷性別，請確認。")))
    return Cleaned(value)


def sex_from_number(number: int) -> Cleaned:
    """1 or 2 in a number cell."""
    return read_sex(str(number)[:STATUS_LIMIT])


def _label(raw: str, limit: int) -> Cleaned:
    """Words of a list or of a person: tidied, refused when they are markup, a formula or a template."""
    text = readable(raw, limit).removeprefix("'").strip()
    if _NOT_IN_A_LABEL.search(text):
        raise Rejected("odd_character", _("含有不應出現的符號，請確認。"))
    return kept(text, *lost_character_doubts(text), *rare_character_doubts(text))


def read_programme(raw: str) -> Cleaned:
    """The text of 畢業系所; which programme it is, `programmes` finds out."""
    return _label(raw, PROGRAMME_LIMIT)


def read_status(raw: str) -> Cleaned:
    """Code, label or `13-入學` of a status; which status it is, the list in the database says."""
    return _label(half_width(raw) if len(raw) <= STATUS_LIMIT and not raw.isascii() else raw, STATUS_LIMIT)


def status_from_number(number: int) -> Cleaned:
    """A number cell holding a status code of one or two digits."""
    if not _STATUS_CODE.fullmatch(str(number)):
        raise Rejected("not_a_code", _("沒有這個代碼。"))
    return Cleaned(str(number))


def read_class_name(raw: str) -> Cleaned:
    """Free text, e.g. 四年甲班; 3-1 that Excel made a date of is kept with a warning."""
    cleaned = _label(raw, CLASS_LIMIT)
    if _DATE_FROM_EXCEL.fullmatch(cleaned.value):
        note = doubt("date_like", _("像是被 Excel 改成日期的班級（例如 3-1），請確認。"))
        return kept(cleaned.value, *cleaned.notes, note)
    return cleaned


def label_from_number(number: int) -> Cleaned:
    """A number cell in a column of words: its digits as text."""
    return Cleaned(_whole_number_text(number))


@lru_cache(maxsize=1024)
def _yes_no(text: str) -> tuple[str, bool]:
    """是 or 否, and whether it was only a sign."""
    word = half_width(text).lower().rstrip("。.")
    for words, value, is_sign in (
        (_YES, "是", False),
        (_NO, "否", False),
        (_YES_SIGNS, "是", True),
        (_NO_SIGNS, "否", True),
    ):
        if word in words:
            return value, is_sign
    return "", False


def read_accepts_messages(raw: str) -> Cleaned:
    """是 or 否 (SOP 6.9); "" means never answered, which is not a yes."""
    if len(raw) <= 6:
        value, is_sign = _yes_no(raw)
        if value and not is_sign:
            return Cleaned(value)
    # A single cross or circle is an answer here, not a filler.
    text = (
        raw.strip() if len(raw) < _YES_NO_LIMIT and _yes_no(raw.strip())[0] else readable(raw, _YES_NO_LIMIT)
    )
    if not text:
        return EMPTY
    value, is_sign = _yes_no(text)
    if not value:
        raise Rejected("not_yes_or_no", _("只能填是或否。"))
    if is_sign:
        return kept(value, doubt("sign", _("以符號或代碼判斷是否願意，請確認。")))
    return Cleaned(value)


def accepts_messages_from_number(number: int) -> Cleaned:
    """1 or 0 in a number cell."""
    return read_accepts_messages(str(number)[:_YES_NO_LIMIT])


def accepts_messages_from_boolean(answer: bool) -> Cleaned:
    """TRUE or FALSE of a ticked box."""
    return Cleaned("是" if answer else "否")


def read_annotations(raw: str) -> Cleaned:
    """Remarks of the old system (SOP 6.7), line breaks kept; shown as text everywhere, hence nothing is refused."""
    text = readable(raw, EXCEL_CELL_LIMIT, lines=True)
    return kept(text, *rare_character_doubts(text))
