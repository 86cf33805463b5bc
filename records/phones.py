"""Phone numbers in the form of SOP 6.8: `02-24622192#1250`, `0912-345678`, abroad E.164.

Taiwanese numbers are read with an area-code table of our own: libphonenumber passes numbers a digit short and
guesses area codes. Only numbers written with + or an international prefix go to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

import phonenumbers
from django.utils.translation import gettext as _

from .cells import EMPTY, Cleaned, Note
from .text import half_width, readable
from .verdicts import Rejected, doubt, kept

# Area code → lengths of a subscriber number, longest code first (04 is 8 in Taichung, 7 in Changhua).
_AREAS = {
    "0826": (5,),
    "0836": (5,),
    "0800": (6,),
    "0809": (6,),
    "037": (6,),
    "049": (7,),
    "070": (8,),
    "082": (6,),
    "089": (6,),
    "02": (8,),
    "03": (7,),
    "04": (7, 8),
    "05": (7,),
    "06": (7,),
    "07": (7,),
    "08": (7,),
}
_AREA = re.compile("|".join(_AREAS))
# What is in the form of the SOP already; numbers that could belong to a longer code take the long way.
_CANONICAL_LANDLINE = re.compile(
    r"(?:02-[2-8][0-9]{7}|03-[2-689][0-9]{6}|04-[78][0-9]{6}|04-2[0-9]{7}|0[567]-[2-9][0-9]{6}|08-[78][0-9]{6}"
    r"|037-[2-9][0-9]{5}|049-2[0-9]{6}|089-[2-9][0-9]{5}|082-3[0-9]{5})(?:#[1-9][0-9]{0,5})?"
)
_CANONICAL_MOBILE = re.compile(r"09[0-9]{2}-[1-9][0-9]{5}")
_TEN_DIGITS = re.compile(r"(09[0-9]{2})([1-9][0-9]{5})")
_FORMER_MOBILE_LENGTH = 9
_LOCAL = re.compile(r"[1-9][0-9]{4,7}(?:#[0-9]*)?")
_LIMIT, _OTHERS_LIMIT = 100, 1000
_MOST_DIGITS = 24

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−－﹣─━~～∼_ー", "-") | {"．": ".", "＃": "#", "＋": "+"})
_LABEL = re.compile(
    r"^\(?(?:(?:聯絡|連絡|住家|住宅|公司|行動|市內|家用|室內)?電話|手機|行動|市話|住家|公司|家|公|宅|日|夜|傳真|telephone|tel|phone|mobile"
    r"|cell|home|office|fax|[homtp])\)?[.:：)\s]*(?=[(+0-9])",
    re.IGNORECASE,
)
_EXTENSION = re.compile(
    r"\s*,?\s*\(?(?:#|轉接|轉分機|分機|轉|內線|extension|extn|ext|x|\*)[\s.:：#號]*([0-9]{0,6})\s*號?\)?\s*$",
    re.IGNORECASE,
)
_SWITCHBOARD = re.compile(r"\((?:代表號?|總機|代)\)|代表號|總機")
_REMARK = re.compile(r"\([^()0-9]{1,20}\)|[ ]*[^ -~]{1,10}$")
_BETWEEN_NUMBERS = re.compile(r"[、,，;；/／\\\n|&]|或|及|和|以及")
_NEXT_NUMBER = re.compile(r"(?<=[0-9)]) +(?=[(A-Za-z\u4e00-\u9fff]{0,6}[:.)]{0,2}(?:0|\+))")
_ONE_MOBILE = re.compile("09[0-9]{2}[,/][0-9]{3}[,/]?[0-9]{3}")
_NUMBER_TEXT = re.compile(r"[(+]{0,3}[0-9][0-9 ().-]*")
_TAIWAN_PREFIX = re.compile(r"(?:\+|00|002|009)?8860*")
_TRAILING_EXTENSION = re.compile(r"(.*[0-9])[ ]?[-(]([0-9]{1,6})\)?")


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """One number as read. kind: landline, mobile, abroad, local (no area code), short (digits missing)."""

    kind: str
    number: str
    notes: tuple[Note, ...] = ()


def read_phone(raw: str) -> Cleaned:
    """A landline `02-24622192#1250`; other numbers of the cell go to `rest`. Mobiles are kept with a warning."""
    if _CANONICAL_LANDLINE.fullmatch(raw):
        return Cleaned(raw)
    return _cleaned(_read_all(raw), wanted="landline")


def read_mobile(raw: str) -> Cleaned:
    """A mobile number `0912-345678`; other numbers of the cell go to `rest`. Landlines are kept with a warning."""
    if _CANONICAL_MOBILE.fullmatch(raw):
        return Cleaned(raw)
    if digits := _TEN_DIGITS.fullmatch(raw):
        return Cleaned(f"{digits[1]}-{digits[2]}")
    return _cleaned(_read_all(raw), wanted="mobile")


def read_other_phones(raw: str) -> Cleaned:
    """Further numbers, each in its own form, joined with ", ". One that is none keeps the whole text out."""
    text = readable(half_width(raw), _OTHERS_LIMIT, lines=True).translate(_DASHES)
    numbers: list[PhoneNumber] = []
    for part in _BETWEEN_NUMBERS.split(text):
        numbers += _read_all(part)
    notes = [note for number in numbers for note in number.notes]
    if any(note.code == "left_out" for note in notes):
        raise Rejected("not_a_phone", _("其中有不是電話號碼的文字，請以逗號分隔各個號碼。"))
    return kept(", ".join(dict.fromkeys(number.number for number in numbers)), *dict.fromkeys(notes))


def without_mobiles(raw: str) -> tuple[str, str]:
    """The numbers of a cell that are no mobiles, and the mobiles, each joined with ", ". What cannot be read beyond
    doubt is not divided: (raw, "")."""
    try:
        numbers = _read_all(raw)
    except Rejected:
        return raw, ""
    if any(number.notes for number in numbers):
        return raw, ""
    mobiles = [number.number for number in numbers if number.kind == "mobile"]
    others = [number.number for number in numbers if number.kind != "mobile"]
    return (", ".join(others), ", ".join(mobiles)) if mobiles else (raw, "")


def without_area_code(numbers: str) -> list[str]:
    """Those of stored numbers (", " between them) that lack their area code."""
    return [number for number in numbers.split(", ") if _LOCAL.fullmatch(number)]


def phone_from_number(number: int) -> Cleaned:
    """A landline from a number cell: leading zeros are lost, only an area code of two digits is certain."""
    return _cleaned(_read_all(_with_zero(number)), wanted="landline")


def mobile_from_number(number: int) -> Cleaned:
    """A mobile number from a number cell: Excel has taken its leading zero."""
    return _cleaned(_read_all(_with_zero(number)), wanted="mobile")


def _with_zero(number: int) -> str:
    if number < 0:
        raise Rejected("not_a_phone", _("這是負數，不是電話號碼；可能把號碼當成算式。"))
    if number >= 10**_MOST_DIGITS:
        raise Rejected("too_long", _("電話號碼的位數過多。"))
    return str(number)


def _cleaned(numbers: list[PhoneNumber], *, wanted: str) -> Cleaned:
    """The first number as value, the others as rest, and what has to be said about them."""
    if not numbers:
        return EMPTY
    first, *others = numbers
    notes = list(first.notes)
    number = first.number
    if wanted == "landline" and first.kind == "mobile":
        notes.append(doubt("mobile", _("聯絡電話欄填的是行動電話，請確認。")))
    if wanted == "mobile" and first.kind == "landline":
        notes.append(doubt("landline", _("行動電話欄填的是市內電話，請確認。")))
    elif wanted == "mobile" and first.kind in ("mobile", "abroad") and "#" in number:
        number = number.partition("#")[0]
        notes.append(doubt("extension", _("行動電話不會有分機，分機未匯入，請確認。")))
    if others:
        notes.append(doubt("several", _("一格有多個電話，第一個存入本欄，其餘存入其他電話。")))
    return kept(number, *notes, rest=", ".join(dict.fromkeys(other.number for other in others)))


def _read_all(raw: str) -> list[PhoneNumber]:
    """Every number in a cell; [] for an empty cell or a filler. Raises Rejected when one is none."""
    text = readable(half_width(raw) if len(raw) <= _LIMIT else raw, _LIMIT, lines=True)
    text = text.translate(_DASHES).strip("'\" ")
    if not text:
        return []
    if _ONE_MOBILE.fullmatch(text):
        text = re.sub("[,/]", "-", text)
    parts = [
        piece for part in _BETWEEN_NUMBERS.split(text) for piece in _split_at_blanks(part) if piece.strip()
    ]
    numbers: list[PhoneNumber] = []
    for part in parts:
        try:
            number = _read_one(part.strip())
        except Rejected:
            if not numbers:
                raise
            note = doubt("left_out", _("另有不是電話號碼的文字，未匯入，請確認。"))
            numbers[0] = replace(numbers[0], notes=(*numbers[0].notes, note))
        else:
            if number is not None:
                numbers.append(number)
    return numbers


def _split_at_blanks(part: str) -> list[str]:
    """Numbers divided by blanks only, e.g. `0912345678 0922333444`; `02 2462 2192` stays one."""
    pieces = _NEXT_NUMBER.split(part)
    if len(pieces) > 1 and all(sum(map(str.isdigit, piece)) >= 8 for piece in pieces):
        return pieces
    return [part]


def _read_one(text: str) -> PhoneNumber | None:
    """One number with its label, remark and extension; None for a filler (02-, 0000000000)."""
    notes: list[Note] = []
    text = _SWITCHBOARD.sub("", _LABEL.sub("", text)).strip()
    found = _EXTENSION.search(text)
    extension = found[1].lstrip() if found else ""
    text = text[: found.start()] if found else text
    remark = _REMARK.search(text)
    if remark:
        notes.append(doubt("remark", _("電話的註記未匯入，請確認。")))
        text = (text[: remark.start()] + text[remark.end() :]).strip()
        if not extension and (found := _EXTENSION.search(text)):
            extension, text = found[1], text[: found.start()]
    text = text.rstrip("-. ")
    if not _NUMBER_TEXT.fullmatch(text):
        raise Rejected("not_a_phone", _("這不是電話號碼。"))
    if sum(map(str.isdigit, text)) > _MOST_DIGITS:
        raise Rejected("too_long", _("電話號碼的位數過多。"))
    number = _number(text)
    if number is None:
        return None
    written = f"{number.number}#{extension}" if extension else number.number
    return PhoneNumber(number.kind, written, (*number.notes, *notes))


def _number(text: str) -> PhoneNumber | None:
    digits = re.sub("[^0-9]", "", text)
    is_international = text.lstrip("(").startswith("+") or digits.startswith("00")
    if not digits.strip("0") or digits in ("886", "09"):
        return None
    taiwan = _TAIWAN_PREFIX.match(digits)
    if taiwan and (is_international or len(digits) - taiwan.end() in (8, 9)):
        national = digits[taiwan.end() :]
        return _taiwanese("0" + national, text) if national else None
    if is_international:
        return _abroad(digits)
    return _taiwanese(digits, text)


@lru_cache(maxsize=4096)
def _e164(digits: str) -> tuple[str, bool]:
    """A number with country code in E.164, and whether it is a valid one; ("", False) if it cannot exist."""
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return "", False
    if not phonenumbers.is_possible_number(number):
        return "", False
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return text, phonenumbers.is_valid_number(number)


def _abroad(digits: str) -> PhoneNumber:
    """A number with country code, after + or an international prefix (00, in Taiwan also 002 and 009)."""
    without_prefix = [digits]
    if digits.startswith("00"):
        without_prefix = [digits[2:]] + ([digits[3:]] if digits[2] in "29" else [])
    readings = [_e164(candidate) for candidate in without_prefix]
    for text, is_valid in sorted(readings, key=lambda reading: not reading[1]):
        if is_valid:
            return PhoneNumber("abroad", text)
        if text:
            return PhoneNumber("abroad", text, (doubt("unusual", _("國外電話的號碼不尋常，請確認。")),))
    raise Rejected("not_a_phone", _("國碼或號碼有誤，請以「+國碼號碼」填寫。"))


def _taiwanese(digits: str, text: str) -> PhoneNumber | None:
    """A number without country code. Raises Rejected for one too long or without any meaning."""
    if digits.startswith("09"):
        return _mobile(digits, text)
    if digits[0] != "0":
        return _without_zero(digits)
    area = _AREA.match(digits)
    if area is None:
        raise Rejected("not_a_phone", _("沒有這個區域號碼，請確認。"))
    code, subscriber = area[0], digits[area.end() :]
    if not subscriber.strip("0"):
        return None
    if len(subscriber) in _AREAS[code] and not (
        code == "04" and len(subscriber) == 7 and subscriber[0] == "2"
    ):
        return PhoneNumber("landline", f"{code}-{subscriber}")
    return _wrong_length(code, subscriber, text)


def _mobile(digits: str, text: str) -> PhoneNumber | None:
    if not digits[2:].strip("0"):
        return None
    if len(digits) == 10:
        return PhoneNumber("mobile", f"{digits[:4]}-{digits[4:]}")
    if len(digits) == _FORMER_MOBILE_LENGTH:
        split = 3 if text[3:4] == "-" else 4
        note = doubt("short", _("行動電話少一碼（可能為舊號碼），請確認。"))
        return PhoneNumber("short", f"{digits[:split]}-{digits[split:]}", (note,))
    raise Rejected("not_a_phone", _("行動電話應為十碼，請確認。"))


def _wrong_length(code: str, subscriber: str, text: str) -> PhoneNumber:
    longest = max(_AREAS[code])
    extension = _TRAILING_EXTENSION.fullmatch(text)
    if extension and len(subscriber) > longest:
        main = re.sub("[^0-9]", "", extension[1])
        if main.startswith(code) and len(main) - len(code) in _AREAS[code]:
            note = doubt("extension", _("號碼後的數字視為分機，請確認。"))
            return PhoneNumber("landline", f"{code}-{main[len(code) :]}#{extension[2]}", (note,))
    if len(subscriber) < longest and len(subscriber) >= 5:
        note = doubt("short", _("電話號碼的位數不足，請確認。"))
        return PhoneNumber("short", f"{code}-{subscriber}", (note,))
    raise Rejected("not_a_phone", _("電話號碼的位數不符，請確認。"))


def _without_zero(digits: str) -> PhoneNumber:
    """A number that begins with another digit: without area code, or its zero was lost in Excel."""
    if len(digits) == 9 and digits[0] in "23456789":
        restored = _taiwanese("0" + digits, "")
        if restored is not None and restored.kind in ("mobile", "landline"):
            note = doubt("zero_restored", _("號碼開頭少了 0，已補上，請確認。"))
            return PhoneNumber(restored.kind, restored.number, (note,))
    if 5 <= len(digits) <= 8:
        note = doubt("no_area_code", _("電話缺少區域號碼，請補上。"))
        return PhoneNumber("local", digits, (note,))
    raise Rejected("not_a_phone", _("不是臺灣的電話號碼；國外電話請以「+國碼號碼」填寫。"))
