"""Days as Excel counts them, in both directions, and which number formats show a number as a date."""

from __future__ import annotations

import datetime
import re

# ECMA-376 18.8.30: 27-36 and 50-58 are the East Asian date formats, which a Taiwanese Excel writes by number.
BUILT_IN_DATE_FORMATS = frozenset(
    str(number) for number in (*range(14, 23), *range(27, 37), 45, 47, *range(50, 59))
)
# Excel's own limit.
_LONGEST_FORMAT = 255
_NOT_DATE_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_DATE_LETTERS = re.compile(r"[dmyhs]", re.IGNORECASE)
_ELAPSED_TIME = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)

# Excel's calendar has a 29 February 1900 (day 60), so the days before it count from one day later.
_EPOCH_1900 = datetime.datetime(1899, 12, 30)
_EPOCH_1900_EARLY = datetime.datetime(1899, 12, 31)
_EPOCH_1904 = datetime.datetime(1904, 1, 1)
_DAY_THAT_NEVER_WAS = 60
_LAST_DAY_1900 = 2_958_465  # 9999-12-31
_LAST_DAY_1904 = _LAST_DAY_1900 - 1_462
_SECONDS_A_DAY = 86_400


def is_date_format(code: str) -> bool:
    """Whether a number format such as `[$-404]e/m/d;@` shows a date or a time of day (no elapsed time)."""
    if len(code) > _LONGEST_FORMAT:
        return False
    first_section = code.split(";")[0]
    if _ELAPSED_TIME.search(first_section):
        return False
    return bool(_DATE_LETTERS.search(_NOT_DATE_LETTERS.sub("", first_section)))


def from_serial(
    serial: float, *, counts_from_1904: bool = False
) -> float | datetime.date | datetime.datetime | datetime.time:
    """The date, moment, or (below one day) time of a serial number; the number itself if it is none."""
    last_day = _LAST_DAY_1904 if counts_from_1904 else _LAST_DAY_1900
    first_day = 0 if counts_from_1904 else 1
    day = int(serial)
    seconds = round((serial - day) * _SECONDS_A_DAY)
    if 0 < serial < 1 and seconds < _SECONDS_A_DAY:
        return (datetime.datetime.min + datetime.timedelta(seconds=seconds)).time()
    if not first_day <= serial < last_day + 1 or (day == _DAY_THAT_NEVER_WAS and not counts_from_1904):
        return serial
    if counts_from_1904:
        epoch = _EPOCH_1904
    else:
        epoch = _EPOCH_1900_EARLY if day < _DAY_THAT_NEVER_WAS else _EPOCH_1900
    moment = epoch + datetime.timedelta(days=day, seconds=min(seconds, _SECONDS_A_DAY - 1))
    return moment if seconds else moment.date()


def to_serial(value: datetime.date | datetime.datetime | datetime.time) -> float | None:
    """The serial number of a value in the calendar of 1900; None where Excel has none (before 1900)."""
    if isinstance(value, datetime.time):
        return (value.hour * 3600 + value.minute * 60 + value.second) / _SECONDS_A_DAY
    day = value.date() if isinstance(value, datetime.datetime) else value
    serial = (day - _EPOCH_1900.date()).days
    if serial <= _DAY_THAT_NEVER_WAS:
        serial -= 1
    if serial < 1:
        return None
    if isinstance(value, datetime.datetime):
        return serial + to_serial(value.time())
    return serial
