"""Where synthetic people live and how they are reached: districts, phones, streets, example addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from records.synthetic.names import FEMALE, MALE, Name

EMAIL_DOMAINS = ("example.com", "example.org", "example.edu.tw", "mail.example.edu.tw")
TAIWAN = "臺灣"


class City(NamedTuple):
    """A city, its area code, the shape of a local number (`#` a digit), its districts (postal code, name)."""

    name: str
    area_code: str
    number: str
    districts: tuple[tuple[str, str], ...]


def _city(name: str, area_code: str, number: str, districts: str) -> City:
    return City(name, area_code, number, tuple((item[:3], item[3:]) for item in districts.split()))


CITIES = (
    _city(
        "基隆市", "02", "24######", "200仁愛區 201信義區 202中正區 203中山區 204安樂區 205暖暖區 206七堵區"
    ),
    _city(
        "臺北市",
        "02",
        "27######",
        "100中正區 103大同區 104中山區 105松山區 106大安區 111士林區 114內湖區 116文山區",
    ),
    _city(
        "新北市",
        "02",
        "29######",
        "220板橋區 221汐止區 224瑞芳區 231新店區 235中和區 241三重區 242新莊區 251淡水區",
    ),
    _city("桃園市", "03", "3######", "320中壢區 330桃園區 333龜山區"),
    _city("臺中市", "04", "22######", "403西區 406北屯區 407西屯區 420豐原區"),
    _city("高雄市", "07", "3######", "802苓雅區 804鼓山區 807三民區 813左營區 830鳳山區"),
    _city("臺南市", "06", "2######", "701東區 704北區 710永康區"),
    _city("宜蘭縣", "03", "9######", "260宜蘭市 261頭城鎮 265羅東鎮 270蘇澳鎮"),
    _city("新竹市", "03", "5######", "300東區"),
    _city("新竹縣", "03", "5######", "302竹北市 310竹東鎮"),
    _city("彰化縣", "04", "7######", "500彰化市 510員林市"),
    _city("屏東縣", "08", "7######", "900屏東市 928東港鎮"),
    _city("花蓮縣", "03", "8######", "970花蓮市 973吉安鄉"),
    _city("苗栗縣", "037", "3#####", "351頭份市 360苗栗市"),
    _city("雲林縣", "05", "5######", "632虎尾鎮 640斗六市"),
    _city("嘉義市", "05", "2######", "600東區"),
    _city("南投縣", "049", "2######", "540南投市 545埔里鎮"),
    _city("臺東縣", "089", "3#####", "950臺東市"),
    _city("澎湖縣", "06", "9######", "880馬公市"),
    _city("金門縣", "082", "3#####", "893金城鎮"),
    _city("連江縣", "0836", "2####", "209南竿鄉"),
)
# Most alumni of a university in Keelung stay in the north.
_CITY_WEIGHTS = [40 / (rank + 1) for rank in range(len(CITIES))]
_ROADS = tuple(
    f"{road}路"
    for road in re.findall("..", "中正中山中華民生民權信義和平復興光復建國自強文化成功大同三民新生")
)
_SECTIONS = ("", "", "", "一段", "二段", "三段", "四段")
_EXTENSION_SHARE, _OTHER_ADDRESS_SHARE = 0.05, 0.25


class Abroad(NamedTuple):
    """A country where people come from or live, with the patterns of an address and a mobile number."""

    country: str
    city: str
    address: str
    mobile: str
    surnames: tuple[tuple[str, str], ...] = ()
    given: dict[str, tuple[tuple[str, str], ...]] | None = None


ABROAD = (
    Abroad(
        "越南",
        "河內",
        "So {number} Duong Le Loi, Ha Noi",
        "+8491#######",
        (("阮", "Nguyen"), ("黎", "Le"), ("范", "Pham"), ("陳", "Tran")),
        {
            MALE: (("文雄", "Van Hung"), ("德明", "Duc Minh"), ("國勇", "Quoc Dung"), ("青山", "Thanh Son")),
            FEMALE: (("氏蘭", "Thi Lan"), ("氏秋", "Thi Thu"), ("玉梅", "Ngoc Mai"), ("明月", "Minh Nguyet")),
        },
    ),
    Abroad(
        "馬來西亞",
        "吉隆坡",
        "{number}, Jalan Bunga Raya, Kuala Lumpur",
        "+6012#######",
        (("陳", "Tan"), ("林", "Lim"), ("黃", "Ng"), ("李", "Lee")),
        {
            MALE: (("偉強", "Wai Keong"), ("志豪", "Chee Hao"), ("俊賢", "Choon Hian")),
            FEMALE: (("美玲", "Mei Ling"), ("慧敏", "Hui Min"), ("嘉欣", "Ka Yan")),
        },
    ),
    Abroad(
        "日本",
        "東京",
        "東京都港区芝{number}丁目",
        "+81905#######",
        (("田中", "Tanaka"), ("鈴木", "Suzuki"), ("高橋", "Takahashi"), ("山本", "Yamamoto")),
        {
            MALE: (("健一", "Kenichi"), ("大輔", "Daisuke"), ("直樹", "Naoki")),
            FEMALE: (("美咲", "Misaki"), ("陽子", "Yoko"), ("由美", "Yumi")),
        },
    ),
    Abroad("美國", "San Francisco", "{number} Harbor St., San Francisco, CA", "+1415555010#"),
    Abroad("加拿大", "Vancouver", "{number} Ocean Ave., Vancouver, BC", "+1604555010#"),
)
HOMELANDS = tuple(place for place in ABROAD if place.surnames)


@dataclass(frozen=True, slots=True)
class Contact:
    """One person's contact cells at one time; None is a blank cell."""

    email: str
    landline: str | None
    mobile: str | None
    country: str | None
    city: str | None
    postal_code: str | None
    address: str
    other_address: str | None


def make_foreign_name(random: Random, sex: str, homeland: Abroad) -> Name:
    """A name as families of `homeland` bear it, in Chinese characters and in Latin letters."""
    surname, surname_latin = random.choice(homeland.surnames)
    given, given_latin = random.choice(homeland.given[sex])
    return Name(surname + given, f"{surname_latin}, {given_latin}")


def make_email(random: Random, english_name: str, number: int) -> str:
    """An address at a domain reserved for examples; `number` makes it the only one in the file."""
    parts = re.findall("[a-z]+", english_name.lower())
    separator = random.choice((".", "_", ""))
    return f"{separator.join([*parts[:1], ''.join(parts[1:])])}{number}@{random.choice(EMAIL_DOMAINS)}"


def make_landline(random: Random, city: City) -> str:
    """SOP 6.8: area code, hyphen, number; one in twenty with an extension."""
    extension = f"#{random.randrange(10, 9999)}" if random.random() < _EXTENSION_SHARE else ""
    return f"{city.area_code}-{fill_digits(random, city.number)}{extension}"


def make_mobile(random: Random) -> str:
    """SOP 6.8: four digits, hyphen, six."""
    return f"090{random.randrange(10)}-{random.randrange(100_000, 999_999)}"


def fill_digits(random: Random, pattern: str) -> str:
    """Replace every `#` by a digit."""
    return "".join(str(random.randrange(10)) if character == "#" else character for character in pattern)


def make_address(random: Random, city: City, district: str) -> str:
    """A street address in Chinese; the streets exist in most towns, the numbers are drawn."""
    section, lane, floor = random.choice(_SECTIONS), random.random() < 0.3, random.random() < 0.4
    return (
        f"{city.name}{district}{random.choice(_ROADS)}{section}"
        f"{f'{random.randrange(1, 300)}巷' if lane else ''}{random.randrange(1, 400)}號"
        f"{f'{random.randrange(2, 15)}樓' if floor else ''}"
    )


def make_contact(random: Random, name: Name, number: int, abroad: Abroad | None = None) -> Contact:
    """Contact cells of a person in Taiwan, or `abroad`; optional ones are sometimes blank."""
    email = make_email(random, name.english, number)
    if abroad is not None:
        return _contact_abroad(random, email, abroad)
    city = random.choices(CITIES, _CITY_WEIGHTS)[0]
    prefix, district = random.choice(city.districts)
    postal_code = random.choice((prefix, f"{prefix}{random.randrange(1, 500):03d}"))
    return Contact(
        email=email,
        landline=make_landline(random, city) if random.random() < 0.7 else None,
        mobile=make_mobile(random) if random.random() < 0.95 else None,
        country=TAIWAN if random.random() < 0.97 else None,
        city=city.name if random.random() < 0.95 else None,
        postal_code=postal_code if random.random() < 0.93 else None,
        address=make_address(random, city, district),
        other_address=_other_address(random),
    )


def _other_address(random: Random) -> str | None:
    if random.random() >= _OTHER_ADDRESS_SHARE:
        return None
    city = random.choices(CITIES, _CITY_WEIGHTS)[0]
    return make_address(random, city, random.choice(city.districts)[1])


def _contact_abroad(random: Random, email: str, place: Abroad) -> Contact:
    return Contact(
        email=email,
        landline=None,
        mobile=fill_digits(random, place.mobile),
        country=place.country,
        city=place.city,
        postal_code=None,
        address=place.address.format(number=random.randrange(1, 400)),
        other_address=None,
    )
