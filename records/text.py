"""Text as it comes out of a cell: damage found, invisible characters out, one spelling of blanks and digits."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from .cells import Note
from .verdicts import Rejected, doubt, remark

# Whatever this does not find is already tidy but for blanks at the ends: ASCII, common Han and their punctuation.
_UNUSUAL = re.compile(r"[^ -~\u3001\u3002\u300c\u300d\u4e00-\u9fff\uff08\uff09\uff0c\uff1a\uff1b]|  ")

# Not allowed in XML, hence never in a workbook; C1 controls are the mark of text decoded with the wrong charset.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
PRIVATE_USE_RANGES = r"\ue000-\uf8ff\U000f0000-\U0010fffd"
_PRIVATE_USE = re.compile(f"[{PRIVATE_USE_RANGES}]")
# Kangxi and CJK radicals, description characters, ideographic variation selectors: shown, but not searchable.
_RARE = re.compile(r"[\u2e80-\u2fdf\u2ff0-\u2fff\U000e0100-\U000e01ef]")
# Han characters outside the basic block: few fonts have them.
_RARE_HAN = re.compile(r"[\u3400-\u4dbf\U00020000-\U000323af]")
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
HAN_RANGES = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_BREAK_IN_CHINESE = re.compile(
    rf"(?<=[{HAN_RANGES}，、；：（）])[ \t]*[\r\n]+[ \t]*(?=[{HAN_RANGES}0-9（）])"
)
_CHINESE = f"[{HAN_RANGES}{PRIVATE_USE_RANGES}]"
_BLANK_IN_CHINESE = re.compile(f"(?<={_CHINESE}) (?={_CHINESE})")
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")
# Not \s: the separators \x1c-\x1f are control characters and have been refused before.
_BLANKS = re.compile(r"[ \t\n\r\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000]+")
_BLANKS_IN_LINE = re.compile(r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]+")

_FULL_WIDTH_LETTERS = {
    code: code - 0xFEE0
    for first, last in ((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))
    for code in range(first, last + 1)
}
_FULL_WIDTH_ASCII = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

# A cell of nothing but these is an empty cell: dashes of every kind, strokes, dots.
_FILL_CHARACTERS = " -‐‑‒–—―−－﹘﹣─━ˉ_＿~～/／\\＼.．。…‥·・*＊?？"
WORDS_FOR_NOTHING = frozenset(
    "無 沒有 沒 暫無 尚無 查無 無資料 無此資料 查無資料 查無此人 "
    "無提供 未提供 不提供 未填 未填寫 未登錄 不詳 不明 不知 "
    "不知道 未知 不清楚 待補 待查 待填 待確認 待定 "
    "空 空白 空值 (空白) （空白） 〔空白〕 [空白] (無) （無） [無] 無。 「無」 略 從缺 缺 "
    "n/a n／a n.a. n.a na #n/a nil null (null) <null> [null] none (none) <na> nan undefined unknown blank "
    "(blank) (empty) empty tbd tba nothing \\n () （） [] {} ''".split()
)
_ERROR_TEXTS = frozenset(
    "#ref! #value! #div/0! #name? #null! #num! #getting_data #spill! #calc! #field! #n/a! #na".split()
)

HAN = re.compile(f"[{HAN_RANGES}]")
EXCEL_CELL_LIMIT = 32_767


def is_plain(text: str) -> bool:
    """Whether `text` holds only ASCII, common Han characters and their punctuation, with single blanks."""
    return not _UNUSUAL.search(text)


def tidy_text(text: str) -> str:
    """`text` on one line as it is stored: NFC, no invisible or control characters, single blanks, half-width letters.

    Full-width punctuation stays, rare and private-use characters stay. Damage is not looked for: see `readable`.
    """
    if _UNUSUAL.search(text):
        text = _CONTROL.sub("", _INVISIBLE.sub("", text)).translate(_FULL_WIDTH_LETTERS)
        text = unicodedata.normalize("NFC", text)
        text = _BREAK_IN_CHINESE.sub("", text.strip())
        text = _BLANKS.sub(" ", text)
    return text.strip()


def tidy_lines(text: str) -> str:
    """The same for text of several lines: line breaks stay (as \\n), blanks at line ends and blank outer lines go."""
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text)).translate(_FULL_WIDTH_LETTERS)
    text = unicodedata.normalize("NFC", text)
    return "\n".join(_BLANKS_IN_LINE.sub(" ", line).strip() for line in text.split("\n")).strip()


def without_blanks_in_chinese(text: str) -> str:
    """`text` without the blanks between two Chinese characters: 王　小　明 → 王小明."""
    return _BLANK_IN_CHINESE.sub("", text) if " " in text else text


def half_width(text: str) -> str:
    """All full-width ASCII made half width, punctuation too: for Latin names, numbers, addresses of mail."""
    return text.translate(_FULL_WIDTH_ASCII)


def is_nothing(text: str) -> bool:
    """Whether tidy `text` is blank or a word for nothing (無, N/A, nil, ——, \\N …)."""
    return not text.strip(_FILL_CHARACTERS) or text.lower() in WORDS_FOR_NOTHING


def check_length(text: str, limit: int) -> str:
    """`text`, cheaply stripped if it is long. Raises Rejected beyond `limit` characters."""
    if len(text) > limit:
        text = text.strip()
        if len(text) > limit:
            raise Rejected("too_long", _("內容過長，最多 %(limit)d 個字。") % {"limit": limit})
    return text


def check_damage(text: str) -> None:
    """Raises Rejected for what no database or workbook takes, and for text broken before it came here."""
    if _CONTROL.search(text):
        raise Rejected("control_characters", _("含有無法顯示的控制字元，請刪除後重新輸入。"))
    if _SURROGATE.search(text):
        raise Rejected("broken_text", _("含有不完整的字元，文字在轉檔時已毀損，請重新輸入。"))
    if "\ufffd" in text:
        raise Rejected("broken_text", _("含有「�」，文字在轉檔時已毀損，請重新輸入。"))


def readable(raw: str, limit: int, *, lines: bool = False) -> str:
    """The tidy text of a typed cell, "" for blanks and words for nothing. Raises Rejected for damage and overlength."""
    text = check_length(raw, limit)
    if _UNUSUAL.search(text):
        check_damage(text)
        # Composing can also lengthen: a few characters are stored as their parts.
        text = check_length(tidy_lines(text) if lines else tidy_text(text), limit)
    else:
        text = text.strip()
    if is_nothing(text):
        return ""
    if text[0] == "#" and text.lower() in _ERROR_TEXTS or text[0] == "#" and not text.strip("#"):
        raise Rejected("error_text", _("內容是 Excel 的錯誤訊息，請改填正確資料。"))
    return text


def rare_character_doubts(text: str) -> tuple[Note, ...]:
    """Warnings for characters that are kept but need an eye: private use, radicals, variants (domain §3)."""
    if not _UNUSUAL.search(text):
        return ()
    notes = []
    if _PRIVATE_USE.search(text):
        notes.append(doubt("private_use", _("含有造字（自造字區字元），已保留，請確認正確用字。")))
    if _RARE.search(text):
        notes.append(doubt("rare_character", _("含有部首、組字或異體字符號，已保留，請確認正確用字。")))
    if _RARE_HAN.search(text):
        notes.append(remark("rare_han", _("含有罕用字，已保留；部分電腦可能無法顯示。")))
    return tuple(notes)


def lost_character_doubts(text: str) -> tuple[Note, ...]:
    """A warning for a question mark inside: mostly a character that an old system could not write."""
    if "?" in text or "？" in text:
        return (doubt("lost_character", _("含有問號，可能是轉檔時遺失的字，請確認。")),)
    return ()
