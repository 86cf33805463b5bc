"""The cleaners: one function per attribute, from a raw cell to a `Cleaned` value. Pure, no database, no clock.

Text goes to the reader of its attribute (`names`, `phones`, `dates` …); this module only decides what numbers,
dates, formulas and error cells mean in a column. Canonical forms: domain §3 and the docstrings of the readers.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import addresses, countries, dates, emails, identity_numbers, labels, names, phones
from .cells import EMPTY, Cleaned, ErrorCell, FormulaCell, RawCell
from .countries import HOME, country_choices, country_name, is_at_home, postal_code_of, postal_district
from .dates import academic_year, in_both_calendars
from .identity_numbers import (
    hide_national_ids,
    mask_national_id,
    may_show_national_id,
    national_id_kind,
    sex_of_national_id,
    shows_national_id,
)
from .names import fold_name
from .number_texts import number_behind, rounding_doubts
from .text import tidy_text
from .verdicts import Rejected, doubt

# The rest of the system asks this module only; how a value is read stays behind it.
__all__ = [
    "HOME",
    "academic_year",
    "clean_accepts_messages",
    "clean_address",
    "clean_annotations",
    "clean_birth_date",
    "clean_chinese_name",
    "clean_city",
    "clean_class_name",
    "clean_country",
    "clean_current_identity",
    "clean_email",
    "clean_english_name",
    "clean_enrolment_status",
    "clean_graduation_date",
    "clean_mobile",
    "clean_national_id",
    "clean_other_address",
    "clean_other_emails",
    "clean_other_phones",
    "clean_phone",
    "clean_postal_code",
    "clean_programme",
    "clean_serial_number",
    "clean_sex",
    "clean_student_number",
    "country_choices",
    "country_name",
    "fold_name",
    "hide_national_ids",
    "in_both_calendars",
    "is_at_home",
    "mask_national_id",
    "may_show_national_id",
    "national_id_kind",
    "postal_code_of",
    "postal_district",
    "sex_of_national_id",
    "shows_national_id",
    "tidy_text",
]


@dataclass(frozen=True, slots=True)
class Readers:
    """How one attribute reads each type of cell; a type without a reader is kept out."""

    text: Callable[[str], Cleaned]
    whole_number: Callable[[int], Cleaned] | None = None
    fraction: Callable[[float], Cleaned] | None = None
    date: Callable[[datetime.date], Cleaned] | None = None
    boolean: Callable[[bool], Cleaned] | None = None
    # A column of digits, in which the number that a formula gives is an accident: =02-24622192 is -24622190.
    refuses_calculated_numbers: bool = False


# Looked up when needed only: most date cells stand in a column of dates.
_IS_BOOLEAN = gettext_lazy("儲存格是 TRUE 或 FALSE，請改填文字。")
_IS_DATE = gettext_lazy("儲存格是日期格式，原來的內容可能已被 Excel 改掉，請改為文字格式。")
_IS_NUMBER = gettext_lazy("儲存格是數值，不是這個欄位的資料，請改為文字格式。")


def _clean(cell: RawCell, readers: Readers) -> Cleaned:
    try:
        if type(cell) is str:
            return readers.text(cell)
        if cell is None:
            return EMPTY
        if isinstance(cell, FormulaCell):
            return _calculated(cell, readers)
        return _typed(cell, readers)
    except Rejected as rejection:
        return _restored(cell, readers) or Cleaned("", (rejection.note,))


def _typed(cell: RawCell, readers: Readers) -> Cleaned:
    """A cell that holds no text. Raises Rejected."""
    if isinstance(cell, str):  # a subclass of str, made by some reader
        return readers.text(str(cell))
    if isinstance(cell, ErrorCell):
        raise Rejected("error_cell", _("儲存格顯示 Excel 錯誤，請改填正確資料。"))
    if isinstance(cell, bool):
        return _read(readers.boolean, cell, _IS_BOOLEAN)
    if isinstance(cell, (int, float)):
        return _number(cell, readers)
    if isinstance(cell, datetime.datetime):
        cell = cell.date()
    if isinstance(cell, datetime.date):
        return _read(readers.date, cell, _IS_DATE)
    raise Rejected("wrong_type", _("儲存格的格式無法讀取，請改為文字格式。"))


def _number(cell: int | float, readers: Readers) -> Cleaned:
    if not math.isfinite(cell):
        raise Rejected("wrong_type", _("儲存格的數值無法讀取。"))
    if cell == int(cell) and readers.whole_number is not None:
        cleaned = readers.whole_number(int(cell))
        if readers.refuses_calculated_numbers and cleaned.value:
            return cleaned._replace(notes=(*cleaned.notes, *rounding_doubts(int(cell))))
        return cleaned
    return _read(readers.fraction, float(cell), _IS_NUMBER)


def _restored(cell: RawCell, readers: Readers) -> Cleaned | None:
    """A text that is a number as Excel shows or saves it, read as that number; None for any other text."""
    if not isinstance(cell, str) or not readers.refuses_calculated_numbers:
        return None
    try:
        found = number_behind(cell)
    except Rejected as rejection:
        return Cleaned("", (rejection.note,))
    if found is None:
        return None
    cleaned = _clean(found.number, readers)
    return cleaned._replace(notes=(*cleaned.notes, *found.notes)) if cleaned.value else cleaned


def _read(reader: Callable | None, cell: bool | float | datetime.date, refusal: str) -> Cleaned:
    if reader is None:
        raise Rejected("wrong_type", str(refusal))
    return reader(cell)


def _calculated(cell: FormulaCell, readers: Readers) -> Cleaned:
    """The value that Excel last calculated, with a warning: it may be stale. Raises Rejected without one."""
    value = cell.cached
    if value is None or isinstance(value, ErrorCell):
        raise Rejected("formula", _("儲存格是公式而沒有結果，請貼上值。"))
    if isinstance(value, str):
        cleaned = readers.text(value)
    elif readers.refuses_calculated_numbers:
        raise Rejected("formula", _("儲存格是公式，結果不是原來的號碼，請以文字格式重新輸入。"))
    else:
        cleaned = _typed(value, readers)
    if not cleaned.value:
        return cleaned
    note = doubt("formula", _("儲存格是公式，採用 Excel 上次計算的結果，請確認。"))
    return cleaned._replace(notes=(*cleaned.notes, note))


_SERIAL_NUMBER = Readers(
    labels.read_serial_number,
    whole_number=labels.serial_number_from_number,
    refuses_calculated_numbers=True,
)
_STUDENT_NUMBER = Readers(
    labels.read_student_number,
    whole_number=labels.student_number_from_number,
    refuses_calculated_numbers=True,
)
_CHINESE_NAME = Readers(names.read_chinese_name)
_ENGLISH_NAME = Readers(names.read_english_name)
_SEX = Readers(labels.read_sex, whole_number=labels.sex_from_number)
_NATIONAL_ID = Readers(
    identity_numbers.read_national_id,
    whole_number=identity_numbers.national_id_from_number,
    refuses_calculated_numbers=True,
)
_EMAIL = Readers(emails.read_email)
_PHONE = Readers(phones.read_phone, whole_number=phones.phone_from_number, refuses_calculated_numbers=True)
_MOBILE = Readers(phones.read_mobile, whole_number=phones.mobile_from_number, refuses_calculated_numbers=True)
_OTHER_EMAILS = Readers(emails.read_other_emails)
_OTHER_PHONES = Readers(phones.read_other_phones)
_COUNTRY = Readers(countries.read_country)
_CITY = Readers(countries.read_city)
_POSTAL_CODE = Readers(
    countries.read_postal_code,
    whole_number=countries.postal_code_from_number,
    refuses_calculated_numbers=True,
)
_ADDRESS = Readers(addresses.read_address)
_PROGRAMME = Readers(labels.read_programme, whole_number=labels.label_from_number)
_STATUS = Readers(labels.read_status, whole_number=labels.status_from_number)
_CLASS_NAME = Readers(labels.read_class_name, whole_number=labels.label_from_number)
_ACCEPTS_MESSAGES = Readers(
    labels.read_accepts_messages,
    whole_number=labels.accepts_messages_from_number,
    boolean=labels.accepts_messages_from_boolean,
)
_ANNOTATIONS = Readers(labels.read_annotations, whole_number=labels.label_from_number)


@lru_cache(maxsize=8)
def _birth_date(today: datetime.date) -> Readers:
    from_number = partial(dates.birth_date_from_number, today=today)
    return Readers(
        partial(dates.read_birth_date, today=today),
        whole_number=from_number,
        fraction=from_number,
        date=partial(dates.birth_date_from_date, today=today),
    )


@lru_cache(maxsize=8)
def _graduation_date(today: datetime.date) -> Readers:
    from_number = partial(dates.graduation_date_from_number, today=today)
    return Readers(
        partial(dates.read_graduation_date, today=today),
        whole_number=from_number,
        fraction=from_number,
        date=partial(dates.graduation_date_from_date, today=today),
    )


def clean_serial_number(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """流水號: letters, digits, hyphens, ending in a digit; "" lets the system give the number (SOP 6.1)."""
    return _clean(cell, _SERIAL_NUMBER)


def clean_student_number(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """學號: upper-case text with its leading zeros; a number cell is kept with a warning."""
    return _clean(cell, _STUDENT_NUMBER)


def clean_chinese_name(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """中文姓名 as written, rare and private-use characters kept and flagged."""
    return _clean(cell, _CHINESE_NAME)


def clean_english_name(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """英文姓名 as written, half width."""
    return _clean(cell, _ENGLISH_NAME)


def clean_sex(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """性別: "M" or "F"; anything else is kept out."""
    return _clean(cell, _SEX)


def clean_national_id(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """身分證字號, 統一證號 (old and new) or passport number: upper case, check digit verified."""
    return _clean(cell, _NATIONAL_ID)


def clean_birth_date(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """生日: ISO date, real, not in the future."""
    return _clean(cell, _birth_date(today))


def clean_email(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """電子郵件: one address, domain in lower case; further addresses in `rest`, joined with ", "."""
    return _clean(cell, _EMAIL)


def clean_phone(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """聯絡電話: `02-24622192#1250`, abroad E.164 (SOP 6.8); further numbers in `rest`."""
    return _clean(cell, _PHONE)


def clean_mobile(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """行動電話: `0912-345678`, abroad E.164 (SOP 6.8); further numbers in `rest`."""
    return _clean(cell, _MOBILE)


def clean_other_emails(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """其他電子郵件: addresses joined with ", ", each like 電子郵件."""
    return _clean(cell, _OTHER_EMAILS)


def clean_other_phones(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """其他電話: numbers joined with ", ", each in the form of SOP 6.8, landlines and mobiles alike."""
    return _clean(cell, _OTHER_PHONES)


def clean_country(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """所在國家: ISO 3166 alpha-2 code."""
    return _clean(cell, _COUNTRY)


def clean_city(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """城市: official name of a Taiwanese city or county, others as written."""
    return _clean(cell, _CITY)


def clean_postal_code(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """郵遞區號: 3, 5 or 6 digits as text."""
    return _clean(cell, _POSTAL_CODE)


def clean_address(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """聯絡住址 as written; a postal code found in front is `rest`."""
    return _clean(cell, _ADDRESS)


def clean_other_address(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """其他住址, like 聯絡住址."""
    return _clean(cell, _ADDRESS)


def clean_programme(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """畢業系所: tidied text, to be looked up by `programmes`."""
    return _clean(cell, _PROGRAMME)


def clean_graduation_date(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """畢業日期: ISO date, or `2023-06` when only the month is known."""
    return _clean(cell, _graduation_date(today))


def clean_enrolment_status(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """在學狀態: tidied code, label or `13-入學`, to be looked up in the list."""
    return _clean(cell, _STATUS)


def clean_current_identity(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """目前身分: likewise."""
    return _clean(cell, _STATUS)


def clean_class_name(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """班級資料: free text."""
    return _clean(cell, _CLASS_NAME)


def clean_accepts_messages(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """是否願意接受母校訊息: 是 or 否, "" when not answered (SOP 6.9)."""
    return _clean(cell, _ACCEPTS_MESSAGES)


def clean_annotations(cell: RawCell, *, today: datetime.date) -> Cleaned:
    """註解: text with its line breaks (SOP 6.7)."""
    return _clean(cell, _ANNOTATIONS)
