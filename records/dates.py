"""Dates as people write them: ISO, ROC years in every spelling, Chinese numerals, Excel day numbers.

A two-digit year without 民國 may be ROC or Western: it is read as ROC, with a warning.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext as _

from .cells import EMPTY, Cleaned, Note
from .text import readable
from .verdicts import Rejected, doubt, kept

FOUNDED = 1953  # 臺灣省立海事專科學校
OLDEST_AGE, YOUNGEST_AGE = 110, 15
EARLIEST_YEAR = 1880
FUTURE_GRADUATION_YEARS = 2
ROC_OFFSET = 1911
_LIMIT = 60

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO_MONTH = re.compile(r"(?:19[5-9][0-9]|20[0-9]{2})-(?:0[1-9]|1[0-2])")
_EXCEL_EPOCH = datetime.date(1899, 12, 30)
_EXCEL_ZERO = (datetime.date(1899, 12, 30), datetime.date(1899, 12, 31))
_FIRST_DAY_NUMBER = 400  # below it rather a ROC year, or a year and month such as 112.06
_LAST_DAY_NUMBER = 80_000  # the year 2119
_FIRST_COMPACT_NUMBER = 100_000  # as a day number the year 2173, as digits 民國 10年

_TIME = re.compile(
    r"(?<=[0-9日])(?:[T ]*(?:上午|下午|早上|晚上)?[ ]*[0-9]{1,2}[:時][0-9]{2}(?:[:分][0-9]{2}秒?)?(?:\.[0-9]{1,6})?"
    r" ?(?:AM|PM)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)$"
)
_BLANKS_AT_MARKS = re.compile(" *([年月日民國]) *")
_WEEKDAY = re.compile(r"\(?(?:星期|週|禮拜)[一二三四五六日天]\)?|\([一二三四五六日]\)")
_ERA = re.compile(r"^(?:中華民國|民國|民|ROC|R\.O\.C\.)")
_BEFORE_ERA = re.compile(r"^(?:中華民國|民國)前([0-9]{1,2})年")
_WESTERN = re.compile(r"^(?:西元|公元|AD)")
_PARTS = re.compile(r"([0-9]{1,4})[-/.年,、 ·‧]+([0-9]{1,2})(?:[-/.月,、 ·‧]+([0-9]{1,2})日?|月?)")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})")
_TERM = re.compile(r"[0-9]{2,3}-[12]")
_MONTHS = {
    name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
_ENGLISH_MONTH = "(" + "|".join(_MONTHS) + ")[a-z]{0,6}"
_ENGLISH = re.compile(
    rf"(?:{_ENGLISH_MONTH}\.?[ -]*([0-9]{{1,2}})(?:st|nd|rd|th)?[ ,-]+([0-9]{{4}})"
    rf"|([0-9]{{1,2}})(?:st|nd|rd|th)?[ -]*{_ENGLISH_MONTH}\.?[ ,-]+([0-9]{{4}})"
    rf"|{_ENGLISH_MONTH}\.?[ ,-]*([0-9]{{4}}))",
    re.IGNORECASE,
)
_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {
    "零": 0,
    "○": 0,
    "Ｏ": 0,
    "兩": 2,
}
_CHINESE_NUMBER = re.compile("[〇零○一二兩三四五六七八九十廿卅百]+")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−－﹣─~～_", "-") | {"／": "/", "．": ".", "。": ".", "：": ":"})
_NOT_GRADUATED = frozenset("未畢業 尚未畢業 未畢 在學 在學中 就學中 就讀中 在校 在校生 肄業中 修業中".split())


class CalendarDate(NamedTuple):
    """A date as read; `day` 0 when only year and month were given."""

    year: int
    month: int
    day: int
    notes: tuple[Note, ...] = ()

    @property
    def iso(self) -> str:
        """`1989-05-06`, or `1989-05` without a day."""
        if self.day:
            return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"
        return f"{self.year:04d}-{self.month:02d}"


@lru_cache(maxsize=4096)
def academic_year(iso_date_or_month: str) -> int | None:
    """The ROC academic year (1 August to 31 July) of `2023-06-30` or `2023-06`, e.g. 111; None for other text."""
    year, month = iso_date_or_month[:4], iso_date_or_month[5:7]
    if not (year.isdecimal() and month.isdecimal()):
        return None
    return int(year) - ROC_OFFSET - (int(month) < 8)


def in_both_calendars(iso: str) -> str:
    """`1989-05-06（民國78年5月6日）`; other text, and days before the Republic, as they are."""
    try:
        date = datetime.date.fromisoformat(iso)
    except ValueError:
        return iso
    if date.year <= ROC_OFFSET:
        return iso
    return _("%(iso)s（民國%(year)d年%(month)d月%(day)d日）") % {
        "iso": iso,
        "year": date.year - ROC_OFFSET,
        "month": date.month,
        "day": date.day,
    }


def read_birth_date(raw: str, today: datetime.date) -> Cleaned:
    """A date of birth as ISO text; a real, whole date, not in the future."""
    if _ISO.fullmatch(raw) and _is_usual_birth_date(raw, today):
        return Cleaned(raw)
    found = _read_text(raw, is_month_enough=False)
    return EMPTY if found is None else _birth_date(found, today)


def birth_date_from_number(number: float, today: datetime.date) -> Cleaned:
    """A number cell: an Excel day number, or the digits of a date whose cell was no text."""
    found = _read_number(number, is_month_enough=False)
    return EMPTY if found is None else _birth_date(found, today)


def birth_date_from_date(date: datetime.date, today: datetime.date) -> Cleaned:
    """A real date cell."""
    if today.year - OLDEST_AGE < date.year < today.year - YOUNGEST_AGE:
        return Cleaned(date.isoformat())
    found = _read_date_cell(date, is_month_enough=False)
    return EMPTY if found is None else _birth_date(found, today)


def read_graduation_date(raw: str, today: datetime.date) -> Cleaned:
    """A graduation date as ISO text, `2023-06` when only the month is given; a day is never invented."""
    if _ISO.fullmatch(raw) and _is_usual_graduation_date(raw, today):
        return Cleaned(raw)
    if _ISO_MONTH.fullmatch(raw) and raw <= today.isoformat()[:7]:
        return Cleaned(raw)
    if len(raw) <= _LIMIT and "".join(raw.split()) in _NOT_GRADUATED:
        return EMPTY
    found = _read_text(raw, is_month_enough=True)
    return EMPTY if found is None else _graduation_date(found, today)


def graduation_date_from_number(number: float, today: datetime.date) -> Cleaned:
    """A number cell; 11206 is 民國112年6月 (with a warning), not the day number of 1930."""
    found = _read_number(number, is_month_enough=True)
    return EMPTY if found is None else _graduation_date(found, today)


def graduation_date_from_date(date: datetime.date, today: datetime.date) -> Cleaned:
    """A real date cell."""
    found = _read_date_cell(date, is_month_enough=True)
    return EMPTY if found is None else _graduation_date(found, today)


def _is_usual_birth_date(iso: str, today: datetime.date) -> bool:
    return today.year - OLDEST_AGE < int(iso[:4]) < today.year - YOUNGEST_AGE and is_real_date(
        int(iso[:4]), int(iso[5:7]), int(iso[8:])
    )


def _is_usual_graduation_date(iso: str, today: datetime.date) -> bool:
    return (
        FOUNDED <= int(iso[:4])
        and iso <= today.isoformat()
        and is_real_date(int(iso[:4]), int(iso[5:7]), int(iso[8:]))
    )


def is_real_date(year: int, month: int, day: int) -> bool:
    """Whether the calendar has this day."""
    if not (1 <= month <= 12 and 1 <= year <= 9999 and 1 <= day <= 31):
        return False
    if day <= 28:
        return True
    if month == 2:
        return day == 29 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= 30 or month in (1, 3, 5, 7, 8, 10, 12)


def _birth_date(found: CalendarDate, today: datetime.date) -> Cleaned:
    if not found.day:
        raise Rejected("no_day", _("生日缺少日期，請填寫年月日。"))
    date = datetime.date(found.year, found.month, found.day)
    if date > today:
        raise Rejected("future", _("生日在未來，請確認年份（民國或西元）。"))
    if found.year < EARLIEST_YEAR:
        raise Rejected("too_early", _("年份過早，請確認。"))
    notes = list(found.notes)
    age = today.year - date.year - ((today.month, today.day) < (date.month, date.day))
    if age > OLDEST_AGE:
        notes.append(doubt("very_old", _("依生日已逾 %(age)d 歲，請確認。") % {"age": OLDEST_AGE}))
    elif age < YOUNGEST_AGE:
        notes.append(doubt("very_young", _("依生日未滿 %(age)d 歲，請確認。") % {"age": YOUNGEST_AGE}))
    return kept(found.iso, *notes)


def _graduation_date(found: CalendarDate, today: datetime.date) -> Cleaned:
    notes = list(found.notes)
    if found.year > today.year + FUTURE_GRADUATION_YEARS:
        raise Rejected("future", _("畢業日期在遙遠的未來，請確認年份（民國或西元）。"))
    if found.year < 1900:
        raise Rejected("too_early", _("年份過早，請確認。"))
    if found.iso > today.isoformat()[: len(found.iso)]:
        notes.append(doubt("future", _("畢業日期在未來，請確認。")))
    elif found.year < FOUNDED:
        notes.append(
            doubt("before_founding", _("畢業日期早於本校創校（%(year)d年），請確認。") % {"year": FOUNDED})
        )
    return kept(found.iso, *notes)


def _read_date_cell(date: datetime.date, *, is_month_enough: bool) -> CalendarDate | None:
    if date in _EXCEL_ZERO:
        return None
    day_number = (date - _EXCEL_EPOCH).days
    if day_number >= _FIRST_COMPACT_NUMBER:
        found = _compact(str(day_number), is_month_enough=is_month_enough)
        note = doubt(
            "date_format", _("儲存格設為日期格式，填的卻像 780506 這樣的數字，已依數字讀取，請確認。")
        )
        return found._replace(notes=(*found.notes, note))
    return CalendarDate(date.year, date.month, date.day)


def _read_number(number: float, *, is_month_enough: bool) -> CalendarDate | None:
    """A date from a number cell; None for 0, which Excel shows as 1900/1/0."""
    if number == 0:
        return None
    if not 1 <= number < 100_000_000:
        raise _unreadable()
    whole = int(number)
    if whole < _FIRST_DAY_NUMBER:
        raise _unreadable()
    if 1800 <= whole <= 2200:
        raise Rejected("year_only", _("只有年份，請填寫完整日期。"))
    if whole >= _FIRST_COMPACT_NUMBER:
        if number != whole:
            raise _unreadable()
        return _compact(str(whole), is_month_enough=is_month_enough)
    if is_month_enough and (month := _roc_month(str(whole))):
        return month._replace(notes=(_roc_doubt(),))
    return _day_number(whole)


def _day_number(number: int) -> CalendarDate:
    """The date of Excel's day number."""
    if not _FIRST_DAY_NUMBER <= number <= _LAST_DAY_NUMBER:
        raise _unreadable()
    date = _EXCEL_EPOCH + datetime.timedelta(days=number)
    return CalendarDate(date.year, date.month, date.day)


def _read_text(raw: str, *, is_month_enough: bool) -> CalendarDate | None:
    """A date from typed text; None for blanks, unfilled forms and dates of zeros."""
    text = readable(raw, _LIMIT)
    if not text:
        return None
    text = unicodedata.normalize("NFKC", text).translate(_DASHES).upper().removesuffix("生")
    text = _WEEKDAY.sub("", _TIME.sub("", text)).strip()
    text = _BLANKS_AT_MARKS.sub(r"\1", text.removeprefix("'"))
    if not text.strip("民國西元年月日 -/.:"):
        return None
    if not text.strip("民國西元年月日 -/.:0") or text.replace("-", "/") in ("1900/1/0", "1900/01/00"):
        return None
    return _read_english(text) or _read_parts(_arabic(text), is_month_enough=is_month_enough)


def _read_english(text: str) -> CalendarDate | None:
    found = _ENGLISH.fullmatch(text)
    if found is None:
        return None
    month_a, day_a, year_a, day_b, month_b, year_b, month_c, year_c = found.groups()
    month = _MONTHS[(month_a or month_b or month_c).lower()]
    return _checked(int(year_a or year_b or year_c), month, int(day_a or day_b or 0))


def _arabic(text: str) -> str:
    """Chinese numerals as digits: 七十八 → 78, 七八 → 78, 一百一十二 → 112, 元年 → 1年."""
    return _CHINESE_NUMBER.sub(lambda found: _chinese_value(found[0]), text.replace("元年", "1年"))


def _chinese_value(text: str) -> str:
    text = text.replace("廿", "二十").replace("卅", "三十")
    if not any(char in "十百" for char in text):
        return "".join(str(_DIGITS[char]) for char in text)
    total = pending = 0
    for char in text:
        if char in "十百":
            total += (pending or 1) * (10 if char == "十" else 100)
            pending = 0
        else:
            pending = _DIGITS[char]
    return str(total + pending)


def _read_parts(text: str, *, is_month_enough: bool) -> CalendarDate:
    """A date in digits with separators, or digits only."""
    before = _BEFORE_ERA.match(text)
    if before:
        year = ROC_OFFSET + 1 - int(before[1])
        text, notes = f"{year}年" + text[before.end() :], (doubt("before_roc", _("民國前的日期，請確認。")),)
    else:
        notes = ()
    bare = _WESTERN.sub("", text).strip()
    is_western = bare != text
    text = _ERA.sub("", bare).strip()
    is_roc = text != bare
    found = _PARTS.fullmatch(text)
    if found is None:
        return _read_digits(text, is_roc=is_roc, is_month_enough=is_month_enough)
    if not found[3] and not is_roc and _TERM.fullmatch(text):
        raise Rejected("term", _("無法分辨是學年度學期或年月，請填寫完整日期。"))
    if is_western and len(found[1]) < 4:
        raise _unreadable()
    year, year_notes = _year(found[1], is_roc=is_roc)
    date = _checked(year, int(found[2]), int(found[3] or 0))
    return date._replace(notes=notes + year_notes)


def _year(digits: str, *, is_roc: bool) -> tuple[int, tuple[Note, ...]]:
    """The Western year; two digits without 民國 are ROC with a warning, one digit is no year."""
    if len(digits) == 4 and not is_roc:
        return int(digits), ()
    if is_roc or len(digits) == 3:
        return int(digits) + ROC_OFFSET, ()
    if len(digits) == 2:
        return int(digits) + ROC_OFFSET, (_roc_doubt(),)
    raise _unreadable()


def _read_digits(text: str, *, is_roc: bool, is_month_enough: bool) -> CalendarDate:
    """Text without separators, and the order of days first."""
    if text.isascii() and text.isdecimal():
        if is_roc:
            return _compact(text.zfill(7), is_month_enough=is_month_enough)
        return _compact(text, is_month_enough=is_month_enough)
    day_first = _DAY_FIRST.fullmatch(text)
    if day_first:
        return _day_first(int(day_first[1]), int(day_first[2]), int(day_first[3]))
    raise _unreadable()


def _day_first(first: int, second: int, year: int) -> CalendarDate:
    """05/06/1989 may be May or June and is refused; 25/12/1989 can only be Christmas."""
    if first != second and first <= 12 and second <= 12:
        raise Rejected("ambiguous", _("無法分辨日與月的順序，請以 1989-05-06 的形式填寫。"))
    day, month = (first, second) if first > 12 else (second, first)
    date = _checked(year, month, day)
    return date._replace(notes=(doubt("order", _("日期順序不是年月日，請確認。")),))


def _compact(digits: str, *, is_month_enough: bool) -> CalendarDate:
    """Digits only: 19890506, 0780506, 780506; months 11206 and 202306; day number 32634."""
    size = len(digits)
    if size == 8:
        return _checked(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    if size == 7:
        return _checked(int(digits[:3]) + ROC_OFFSET, int(digits[3:5]), int(digits[5:]))
    if size == 6:
        if is_month_enough and FOUNDED <= int(digits[:4]) <= 2100 and 1 <= int(digits[4:]) <= 12:
            return _checked(int(digits[:4]), int(digits[4:]), 0)
        return _checked(int(digits[:2]) + ROC_OFFSET, int(digits[2:4]), int(digits[4:]))._replace(
            notes=(_roc_doubt(),)
        )
    if size == 5:
        if is_month_enough and (month := _roc_month(digits)):
            return month
        return _day_number(int(digits))._replace(
            notes=(doubt("day_number", _("像是 Excel 的日期序號，請確認。")),)
        )
    if size in (2, 3, 4):
        raise Rejected("year_only", _("只有年份，請填寫完整日期。"))
    raise _unreadable()


def _roc_month(digits: str) -> CalendarDate | None:
    """11206 or 09806 as ROC year and month, when the school existed then."""
    if len(digits) != 5:
        return None
    year, month = int(digits[:3]) + ROC_OFFSET, int(digits[3:])
    return CalendarDate(year, month, 0) if FOUNDED <= year <= 2100 and 1 <= month <= 12 else None


def _checked(year: int, month: int, day: int) -> CalendarDate:
    """The date, day 0 for a month. Raises Rejected for a day that the calendar does not have."""
    if not is_real_date(year, month, day or 1):
        raise Rejected("no_such_date", _("沒有這個日期，請確認。"))
    return CalendarDate(year, month, day)


def _roc_doubt() -> Note:
    return doubt("roc_year", _("年份沒有註明民國或西元，視為民國，請確認。"))


def _unreadable() -> Rejected:
    return Rejected("not_a_date", _("無法辨識為日期，請以 1989-05-06 或民國78年5月6日的形式填寫。"))
