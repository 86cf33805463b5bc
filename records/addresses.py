"""Postal addresses: kept as written; a postal code in front goes to its own column."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from .cells import EMPTY, Cleaned, Note
from .countries import postal_district
from .text import is_plain, lost_character_doubts, rare_character_doubts, readable
from .verdicts import Rejected, doubt, kept, remark

ADDRESS_LIMIT = 500
SHORTEST, USUAL_LENGTH = 4, 200

_CODE_IN_FRONT = re.compile(
    r"[(（〔\[【]?(?:郵遞區號[:：]?)?〒?([1-9][0-9]{2}(?:-?[0-9]{2,3})?)[)）〕\]】]?[ ,，]*"
    r"(?=[\u4e00-\u9fff])(?![號巷弄樓室之鄰里路街段年村棟戶])"
)
_FORMER_COUNTY = re.compile(r"[台臺](?:北|中|南)縣|高雄縣|桃園縣")
_CITY_ONLY = re.compile(r"[\u4e00-\u9fff]{2}[市縣](?:[\u4e00-\u9fff]{1,3}[區鄉鎮市])?")
_RECIPIENT = re.compile(r"[\u4e00-\u9fff]{2,4}(?:先生|小姐|女士)?[收啟][ ，,]")
_SAME_AS_OTHER = frozenset(
    (
        "同上",
        "同左",
        "同前",
        "同戶籍",
        "同戶籍地",
        "同戶籍地址",
        "同聯絡地址",
        "同聯絡住址",
        "同通訊地址",
        "〃",
        '"',
        "″",
        "”",
    )
)
_LETTER = re.compile(r"[^\W\d_]")
_ODD = re.compile(r"[<>{}|\\=`]|--|;|@|^[-+=@]")


def read_address(raw: str) -> Cleaned:
    """A contact address as written, on one line; the postal code in front of it is `rest`."""
    text = readable(raw, ADDRESS_LIMIT).removeprefix("'").strip()
    if not text:
        return EMPTY
    if text in _SAME_AS_OTHER:
        raise Rejected("same_as", _("「%(text)s」無法判斷是哪個地址，請填寫完整地址。") % {"text": text})
    notes: list[Note] = []
    address, code = text, ""
    found = _CODE_IN_FRONT.match(text)
    if found and postal_district(digits := found[1].replace("-", "")):
        address, code = text[found.end() :], digits
        notes.append(remark("postal_code", _("地址前的郵遞區號 %(code)s 移到郵遞區號欄。") % {"code": code}))
    return kept(address, *notes, *_doubts(address), rest=code)


def _doubts(address: str) -> tuple[Note, ...]:
    notes: list[Note] = []
    if _FORMER_COUNTY.match(address):
        notes.append(doubt("former_county", _("地址使用舊縣名，已保留，請確認現在的地址。")))
    if _CITY_ONLY.fullmatch(address) or len(address) < SHORTEST:
        notes.append(doubt("incomplete", _("地址不完整，請確認。")))
    elif not _LETTER.search(address):
        notes.append(doubt("incomplete", _("地址沒有文字，請確認。")))
    if _RECIPIENT.match(address):
        notes.append(doubt("recipient", _("地址前面有收件人姓名，請確認。")))
    if _ODD.search(address):
        notes.append(doubt("odd_character", _("地址含有不尋常的符號或電子郵件，已照原文保留，請確認。")))
    if len(address) > USUAL_LENGTH:
        notes.append(doubt("long", _("地址很長，請確認是否含有其他資料。")))
    if is_plain(address) and "?" not in address:
        return tuple(notes)
    return (*notes, *lost_character_doubts(address), *rare_character_doubts(address))
