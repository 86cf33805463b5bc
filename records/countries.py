"""Countries, Taiwanese cities and postal codes.

The table of countries is our own: the zh-Hant names of django-countries call Greenland 冰島 and Martinique
茅利塔尼亞. A test holds the codes to those of django-countries.
"""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import gettext as _

from .cells import EMPTY, Cleaned
from .names import fold_name
from .tables import read_table
from .text import check_length, half_width, readable, without_blanks_in_chinese
from .verdicts import Rejected, doubt, kept

HOME = "TW"
COUNTRY_LIMIT, CITY_LIMIT, POSTAL_LIMIT = 100, 60, 30

_COUNTRY_ROWS = read_table("countries.csv")
_COUNTRY_NAMES = {row["code"]: row["name"] for row in _COUNTRY_ROWS}
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_SEVERAL = re.compile(r"[/／、,，;；+]|及|和|與")
# Two-letter codes that as a word in a form rather mean "not available" and "no".
_AMBIGUOUS_CODES = frozenset(("na", "no"))
_FORMER_STATES = frozenset(
    "蘇聯 蘇維埃 南斯拉夫 捷克斯洛伐克 東德 ussr sovietunion yugoslavia czechoslovakia".split()
)

_CITIES = (
    "臺北市 新北市 桃園市 臺中市 臺南市 高雄市 基隆市 新竹市 嘉義市 新竹縣 "
    "苗栗縣 彰化縣 南投縣 雲林縣 嘉義縣 屏東縣 宜蘭縣 "
    "花蓮縣 臺東縣 澎湖縣 金門縣 連江縣"
).split()
_TWO_PLACES = ("新竹", "嘉義")
_FORMER_COUNTIES = frozenset("臺北縣 桃園縣 臺中縣 臺南縣 高雄縣 陽明山管理局 臺灣省".split())
_NOT_IN_A_PLACE = re.compile(r"[<>{}=%$\\;|@#^~`\"*!]")
_IN_TAIWAN = re.compile("|".join({*_CITIES, *_FORMER_COUNTIES}))

_DISTRICTS = {row["code"]: (row["city"], row["district"]) for row in read_table("postal_districts.csv")}
_POSTAL_CODE = re.compile(r"[1-9][0-9]{2}(?:[0-9]{2,3})?")
_POSTAL_MARKS = str.maketrans("", "", " -‐–—－()（）[]〔〕【】〒'")
_POSTAL_LABEL = re.compile(r"郵遞區號[:：]?|郵區[:：]?")
_POSTAL_ABROAD = re.compile(r"(?=[A-Z0-9 -]*[0-9])[A-Z0-9][A-Z0-9 -]{2,10}[A-Z0-9]")


def _country_key(text: str) -> str:
    return _NOT_ALPHANUMERIC.sub("", fold_name(text))


def _country_keys() -> dict[str, str]:
    """Every spelling, folded, → code. Names come before aliases, so that an alias never takes a name away."""
    keys: dict[str, str] = {}
    for row in _COUNTRY_ROWS:
        for name in (row["code"], row["alpha3"], row["name"], row["english"]):
            keys[_country_key(name)] = row["code"]
    for row in _COUNTRY_ROWS:
        for alias in filter(None, row["aliases"].split("|")):
            keys.setdefault(_country_key(alias), row["code"])
    return keys


_COUNTRIES = _country_keys()


def country_name(code: str) -> str:
    """The Chinese name shown for an ISO code, `TW` → 台灣; an unknown code is returned as it is."""
    return _COUNTRY_NAMES.get(code, code)


def country_choices() -> list[tuple[str, str]]:
    """Code and Chinese name of every country, Taiwan first, the others by their names."""
    others = sorted((name, code) for code, name in _COUNTRY_NAMES.items() if code != HOME)
    return [(HOME, _COUNTRY_NAMES[HOME]), *((code, name) for name, code in others)]


@lru_cache(maxsize=4096)
def _country_code(text: str) -> str:
    return _COUNTRIES.get(_country_key(text), "")


def read_country(raw: str) -> Cleaned:
    """A country as ISO code, from its Chinese or English name, alpha-2 or alpha-3."""
    if raw in _COUNTRY_NAMES and raw.lower() not in _AMBIGUOUS_CODES:
        return Cleaned(raw)
    raw = half_width(check_length(raw, COUNTRY_LIMIT))
    if raw.strip().lower() in _AMBIGUOUS_CODES:
        return kept("", doubt("ambiguous", _("無法分辨是國碼或表示沒有資料，請填寫國名。")))
    if raw.isalpha() and (code := _country_code(raw)):
        return Cleaned(code)
    text = readable(raw, COUNTRY_LIMIT)
    if not text:
        return EMPTY
    if text[0] in "=+-@" or _NOT_IN_A_PLACE.search(text):
        raise Rejected("not_a_country", _("這不是國家名稱。"))
    if code := _country_code(text):
        return Cleaned(code)
    if _country_key(text) in _FORMER_STATES:
        raise Rejected("former_state", _("這個國家已不存在，請填寫現在的國名。"))
    if _SEVERAL.search(text):
        raise Rejected("several", _("一格只能填一個國家。"))
    raise Rejected("not_a_country", _("查無此國家，請填寫國名或 ISO 國碼。"))


@lru_cache(maxsize=4096)
def _taiwanese_city(text: str) -> str:
    """The official name of a Taiwanese city or county, also from its short form; "" for other places."""
    text = text.replace("台", "臺")
    if text in _CITIES:
        return text
    if text == "馬祖":
        return "連江縣"
    if text in _TWO_PLACES:
        return ""
    return next((city for city in _CITIES if city[:-1] == text), "")


def read_city(raw: str) -> Cleaned:
    """A city. Taiwanese ones get their official name (基隆 → 基隆市, 台北市 → 臺北市), others stay as written."""
    if len(raw) <= 4 and (city := _taiwanese_city(raw)):
        return Cleaned(city)
    text = without_blanks_in_chinese(readable(raw, CITY_LIMIT).removeprefix("'").strip())
    if not text:
        return EMPTY
    if city := _taiwanese_city(text):
        return Cleaned(city)
    if text[0] in "=+-@" or _NOT_IN_A_PLACE.search(text) or not any(char.isalpha() for char in text):
        raise Rejected("not_a_city", _("這不是城市名稱。"))
    official = text.replace("台", "臺")
    if official in _FORMER_COUNTIES:
        return kept(text, doubt("former_county", _("舊縣市名稱，已保留，請確認現在的縣市。")))
    if official in _TWO_PLACES:
        return kept(text, doubt("ambiguous", _("請註明是市或縣。")))
    if _IN_TAIWAN.match(official):
        return kept(text, doubt("more_than_a_city", _("城市欄含有其他地址資料，請確認。")))
    if any(char.isdecimal() for char in text):
        return kept(text, doubt("digit", _("城市名稱含有數字，請確認。")))
    return Cleaned(text)


def postal_district(code: str) -> tuple[str, str] | None:
    """City and district of a Taiwanese postal code of 3, 5 or 6 digits; the district is "" where a whole city
    (新竹市, 嘉義市) has one code. None when there is no such district.
    """
    return _DISTRICTS.get(code[:3]) if _POSTAL_CODE.fullmatch(code) else None


def is_at_home(city: str = "", postal_code: str = "") -> bool:
    """Whether a canonical city or postal code lies in Taiwan."""
    return city in _CITIES or postal_district(postal_code) is not None


def postal_code_of(city: str, address: str) -> str:
    """The three digits of the district that an address in Taiwan begins with, its city written there or in `city`;
    "" when no district, or more than one, fits."""
    place = (address if _IN_TAIWAN.match(address.replace("台", "臺")) else city + address).replace("台", "臺")
    codes = {code for code, (name, district) in _DISTRICTS.items() if place.startswith(name + district)}
    return codes.pop() if len(codes) == 1 else ""


def read_postal_code(raw: str) -> Cleaned:
    """A postal code: 3, 5 or 6 digits in Taiwan; codes from abroad with letters are kept with a warning."""
    if raw[:3] in _DISTRICTS and _POSTAL_CODE.fullmatch(raw):
        return Cleaned(raw)
    text = readable(half_width(raw) if len(raw) <= POSTAL_LIMIT else raw, POSTAL_LIMIT).upper()
    text = _POSTAL_LABEL.sub("", text).removesuffix(".0")
    code = text.translate(_POSTAL_MARKS)
    if not code.strip("0"):
        if len(code) >= 3:
            return kept("", doubt("filler", _("郵遞區號全為 0，視為未填，請確認。")))
        return EMPTY
    if _POSTAL_CODE.fullmatch(code):
        if code[:3] in _DISTRICTS:
            return Cleaned(code)
        return kept(code, doubt("no_such_district", _("臺灣沒有這個郵遞區號，請確認。")))
    if len(code) in (7, 9) and code.isdecimal() or not code.isdecimal() and _POSTAL_ABROAD.fullmatch(text):
        return kept(text, doubt("abroad", _("不是臺灣的郵遞區號，視為國外郵遞區號，請確認。")))
    raise Rejected("not_a_postal_code", _("郵遞區號應為 3、5 或 6 碼數字。"))


def postal_code_from_number(number: int) -> Cleaned:
    """A number cell; Taiwanese postal codes never begin with zero, so none is lost."""
    if not 0 <= number < 1_000_000:
        raise Rejected("not_a_postal_code", _("郵遞區號應為 3、5 或 6 碼數字。"))
    return read_postal_code(str(number))
