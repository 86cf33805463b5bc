"""E-mail addresses: one is kept, more go to a secondary field; what could be a header or a script is refused."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from .cells import EMPTY, Cleaned, Note
from .text import HAN, HAN_RANGES, half_width, readable
from .verdicts import Rejected, doubt, kept

_CELL_LIMIT, _OTHERS_LIMIT, _ADDRESS_LIMIT, _LOCAL_LIMIT, _LABEL_LIMIT = 500, 1000, 254, 64, 63

# Each character belongs to one place of the pattern only, so that nothing is tried twice.
_CANONICAL = re.compile(
    r"[a-z0-9_]+(?:[.+-][a-z0-9_]+)*@[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*\.[a-z]{2,}"
)
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LOCAL_IN_CHINESE = re.compile(rf"[A-Za-z0-9._+{HAN_RANGES}-]+")
_DOMAIN_LABEL = re.compile(
    rf"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?|[{HAN_RANGES}\u3040-\u30ff\uac00-\ud7af]+|[a-z0-9à-öø-ÿ]+(?:-[a-z0-9à-öø-ÿ]+)*"
)
_TOP_LABEL = re.compile(rf"[A-Za-z]{{2,}}|[Xx][Nn]--[A-Za-z0-9-]+|[{HAN_RANGES}]+")
_HEADER = re.compile(r"(?:^|[\s,;])(?:bcc|cc|to|subject|from|reply-to|content-type)\s*:", re.IGNORECASE)
_LABEL = re.compile(
    r"^(?:e-?mail|mail(?:to)?|電子郵件(?:信箱|地址)?|電子信箱|信箱|郵件)\s*[:：]\s*", re.IGNORECASE
)
_NAME_AND_ADDRESS = re.compile(r"^[^<>@]*<([^<>\s]+@[^<>\s]+)>$")
_REMARK = re.compile(r"\([^()@]{1,20}\)$")
_BETWEEN_ADDRESSES = re.compile(r"[,;、|\n]|/(?=[^/@]*@)|(?<=[A-Za-z])[ ]+(?=[^ @]+@)")
_FILLERS = re.compile(
    r"(?:test|none|no|noemail|nomail|xxx*|aaa*|abc|123|example|user|a|n/a|null)@(?:test|none|no|noemail|nomail|xxx*|aaa*|abc|123|a|null)\.[a-z.]+"
)
_MISTYPED_DOMAINS = frozenset(
    "gmail.con gmail.co gmail.cm gmail.om gmai.com gmial.com gamil.com gmil.com gmaill.com gmail.com.tw "
    "hotmail.con hotmai.com hotmial.com yahoo.con yahoo.com.te yaho.com.tw yahoo.cm yahoo.com.tw.tw outlook.con".split()
)


def read_email(raw: str) -> Cleaned:
    """An e-mail address with its domain in lower case (required, SOP 6.10); further ones go to `rest`."""
    if len(raw) <= _ADDRESS_LIMIT and _CANONICAL.fullmatch(raw) and not _whole_address_doubts(raw):
        return Cleaned(raw)
    text = half_width(raw) if len(raw) <= _CELL_LIMIT else raw
    text = readable(text, _CELL_LIMIT, lines=True).strip("'\" ")
    if not text or text == "@":
        return EMPTY
    if _HEADER.search(text):
        raise Rejected("header", _("含有郵件標頭文字，請只填電子郵件地址。"))
    parts = [part.strip() for part in _BETWEEN_ADDRESSES.split(_LABEL.sub("", text))]
    first, *others = [_read_one(part) for part in parts if part] or [EMPTY]
    if not others:
        return first
    rest = dict.fromkeys(other.value for other in others if other.value != first.value)
    note = doubt("several", _("一格有多個電子郵件，第一個存入本欄，其餘存入其他電子郵件。"))
    return kept(first.value, *first.notes, note, rest=", ".join(rest))


def read_other_emails(raw: str) -> Cleaned:
    """Further addresses, joined with ", ". One that is none keeps the whole text out."""
    text = readable(half_width(raw), _OTHERS_LIMIT, lines=True)
    found = [read_email(part) for part in _BETWEEN_ADDRESSES.split(text) if part.strip()]
    notes = dict.fromkeys(note for one in found for note in one.notes)
    return kept(", ".join(dict.fromkeys(one.value for one in found if one.value)), *notes)


def _read_one(text: str) -> Cleaned:
    """One address, out of `"Name" <address>` too. Raises Rejected."""
    named = _NAME_AND_ADDRESS.match(text)
    text = _LABEL.sub("", named[1] if named else text)
    notes: list[Note] = []
    if remark := _REMARK.search(text):
        notes.append(doubt("remark", _("電子郵件後的註記未匯入，請確認。")))
        text = text[: remark.start()].strip()
    joined = "".join(text.split()).rstrip(".。")
    if joined != text:
        notes.append(doubt("blank", _("電子郵件含有多餘的空白或句點，已移除，請確認。")))
    local, at, domain = joined.partition("@")
    if not at or "@" in domain:
        raise Rejected("not_an_email", _("不是電子郵件地址。"))
    address = _local_part(local, notes) + "@" + _domain(domain.replace("。", "."), notes)
    if len(address) > _ADDRESS_LIMIT:
        raise Rejected("too_long", _("內容過長，最多 %(limit)d 個字。") % {"limit": _ADDRESS_LIMIT})
    return kept(address, *notes, *_whole_address_doubts(address))


def _local_part(local: str, notes: list[Note]) -> str:
    if len(local) <= _LOCAL_LIMIT and _LOCAL.fullmatch(local):
        if local[0] in "=+-":
            notes.append(doubt("odd_character", _("電子郵件以符號開頭，請確認。")))
        return local
    is_chinese = len(local) <= _LOCAL_LIMIT and HAN.search(local) and _LOCAL_IN_CHINESE.fullmatch(local)
    if is_chinese and not local.startswith(".") and ".." not in local and not local.endswith("."):
        notes.append(doubt("international", _("帳號含有中文，郵件系統可能無法寄送，請確認。")))
        return local
    raise Rejected("not_an_email", _("電子郵件 @ 前面的帳號有誤。"))


def _domain(domain: str, notes: list[Note]) -> str:
    """The domain in lower case, Chinese labels in their ASCII form (IDNA)."""
    labels = domain.split(".")
    if len(labels) < 2 or not _TOP_LABEL.fullmatch(labels[-1]):
        raise Rejected("not_an_email", _("電子郵件 @ 後面的網域有誤。"))
    if any(len(label) > _LABEL_LIMIT or not _DOMAIN_LABEL.fullmatch(label) for label in labels):
        raise Rejected("not_an_email", _("電子郵件 @ 後面的網域有誤。"))
    if domain.isascii():
        return domain.lower()
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise Rejected("not_an_email", _("電子郵件 @ 後面的網域有誤。")) from error
    notes.append(doubt("international", _("網域含有中文，已轉為國際化網域的編碼，請確認。")))
    return ascii_domain.lower()


def _whole_address_doubts(address: str) -> tuple[Note, ...]:
    if address.partition("@")[2] in _MISTYPED_DOMAINS:
        return (doubt("mistyped_domain", _("網域可能打錯（例如 gmail.con），請確認。")),)
    if _FILLERS.fullmatch(address.lower()):
        return (doubt("filler", _("像是隨意填寫的電子郵件，請確認。")),)
    return ()
