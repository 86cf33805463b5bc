"""Chinese and English names, and the key under which they are searched."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from .cells import EMPTY, Cleaned, Note
from .tables import read_table
from .text import (
    HAN,
    HAN_RANGES,
    WORDS_FOR_NOTHING,
    check_length,
    half_width,
    is_plain,
    lost_character_doubts,
    rare_character_doubts,
    readable,
    tidy_text,
    without_blanks_in_chinese,
)
from .verdicts import Rejected, doubt, kept

CHINESE_NAME_LIMIT, ENGLISH_NAME_LIMIT = 60, 200
# Beyond these a name may still be right, but more often two cells have run together.
USUAL_CHINESE_LENGTH, USUAL_ENGLISH_LENGTH = 16, 80

_CHARACTERS = read_table("characters.csv")
_FOLDING = str.maketrans({row["written"]: row["searched"] for row in _CHARACTERS})
# Rows of kind "variant" are written in Taiwan too (云, 礼, 峯): they are folded, but prove nothing about a name.
_SIMPLIFIED_ROWS = [row for row in _CHARACTERS if row["kind"] == "simplified"]
_SIMPLIFIED = re.compile("[" + "".join(row["written"] for row in _SIMPLIFIED_ROWS) + "]")
_TRADITIONAL = re.compile("[" + "".join(row["searched"] for row in _SIMPLIFIED_ROWS) + "]")

_FOLDED_AWAY = str.maketrans("", "", " ‧·．.•・･∙⋅,，-‐‑'’ʼʻ`´")

_ORDINARY_CHINESE = re.compile(r"[\u4e00-\u9fff]{2,4}")
# The separating dot of names from other languages is ‧ (U+2027); ．stays, as it is printed on ID cards.
_BULLETS = str.maketrans(dict.fromkeys("•·・･∙⋅", "‧"))
_NOT_IN_A_NAME = re.compile(r"[<>{}=%$\\;|@#&^~`+_\[\]!]")
_MASKED = re.compile(rf"[*＊○◯●□]|(?<=[{HAN_RANGES}])[OXＯＸox]+(?=[{HAN_RANGES}]|$)")
_IN_BRACKETS = re.compile(r"[(（【〔「].*")
_TITLES = frozenset(
    "博士 碩士 教授 老師 先生 小姐 女士 太太 同學 校友 主任 校長 院長 所長 經理 醫師 律師".split()
)
_NOT_A_PERSON = frozenset(
    "合計 總計 小計 共計 總和 總數 人數 姓名 中文姓名 英文姓名 以下空白 以上 備註 同上 "
    "name chinesename englishname total subtotal sum".split()
)
_FILLERS = frozenset("測試 某某 某某某 無名氏 匿名 不願透露".split())
_ORDINARY_BUT_NO_NAMES = WORDS_FOR_NOTHING | _NOT_A_PERSON | _FILLERS

_HYPHENS = str.maketrans("‐‑−", "---")
_ORDINARY_ENGLISH = re.compile(r"[A-Z][A-Za-z'’.,-]+(?: [A-Za-z'’.,-]+)+")
# Surnames and given names that look like a word for nothing; 'null' and 'nil' alone are an export's marks.
_WORDS_THAT_ARE_NAMES = frozenset(("na", "nan", "none"))
_LATIN = re.compile(r"[A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff]")
_NOT_LATIN_TEXT = re.compile(
    r"[^A-Za-z0-9 \u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02bf\u0300-\u036f\u1e00-\u1eff.,'’‘()/‧·．•・?-]"
)
_DIGIT_AT_LETTER = re.compile(r"[A-Za-z]\d|\d[A-Za-z]|(?<!\S)\d+(?!\S)")


def fold_name(text: str) -> str:
    """The search key of a name: NFKC, case folded, without blanks, dots and hyphens, variants and simplified
    characters as the usual Taiwanese ones (台 → 臺, 峯 → 峰, 黄 → 黃). Folding a key gives the key itself.
    """
    text = tidy_text(text)
    if is_plain(text):
        return text.lower().translate(_FOLDED_AWAY).translate(_FOLDING)
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = tidy_text(text).translate(_FOLDED_AWAY).translate(_FOLDING)
    return unicodedata.normalize("NFKC", text)  # what was apart may stand together now: a, dot, accent


def read_chinese_name(raw: str) -> Cleaned:
    """A Chinese name (required, SOP 6.10), written as the household registry writes it; never altered.

    Blanks between characters go, bullets become ‧. Private-use characters, remarks and mixtures are flagged.
    """
    if _ORDINARY_CHINESE.fullmatch(raw) and raw not in _ORDINARY_BUT_NO_NAMES and not _chinese_doubts(raw):
        return Cleaned(raw)
    text = without_blanks_in_chinese(readable(raw, CHINESE_NAME_LIMIT).removeprefix("'").strip())
    if not text:
        return EMPTY
    _check_chinese_name(text)
    text = text.translate(_BULLETS)
    bare = _IN_BRACKETS.sub("", text).strip()
    if bare and bare != text:
        _check_chinese_name(bare)
        # The message does not repeat the remark: it may hold anything, a national ID too.
        note = doubt("remark", _("姓名後括號內的文字未匯入，請確認。"))
        return kept(bare, note, *_chinese_doubts(bare))
    return kept(text, *_chinese_doubts(text))


def _check_chinese_name(text: str) -> None:
    if _NOT_IN_A_NAME.search(text) or text[0] in "-'\"":
        raise Rejected("not_a_name", _("姓名含有不應出現的符號，請確認。"))
    if "".join(text.lower().split()) in _NOT_A_PERSON:
        raise Rejected("not_a_name", _("這不是姓名，可能是標題或合計列。"))
    if _MASKED.search(text):
        raise Rejected("masked", _("姓名經過遮罩，請填寫完整姓名。"))
    if not any(char.isalpha() or _is_private(char) for char in text):
        raise Rejected("not_a_name", _("這不是姓名。"))
    if not HAN.search(text) and any(_is_symbol(char) for char in text):
        raise Rejected("broken_text", _("姓名是亂碼，可能以錯誤的編碼開啟，請重新輸入。"))
    if len(fold_name(text)) > CHINESE_NAME_LIMIT:  # some characters fold into several
        raise Rejected("too_long", _("內容過長，最多 %(limit)d 個字。") % {"limit": CHINESE_NAME_LIMIT})


def _is_private(char: str) -> bool:
    return unicodedata.category(char) == "Co"


def _is_symbol(char: str) -> bool:
    return (
        unicodedata.category(char) in ("Sc", "So", "Sm", "Sk", "No", "Pi", "Pf", "Po")
        and char not in ".,'’‘‧"
    )


def _chinese_doubts(name: str) -> tuple[Note, ...]:
    """What a person should look at in a name that is kept."""
    notes: list[Note] = []
    if _SIMPLIFIED.search(name) and _TRADITIONAL.search(name):
        notes.append(doubt("mixed_scripts", _("姓名混用正體字與簡體字，請確認。")))
    if name[-2:] in _TITLES:
        notes.append(doubt("title", _("姓名後面帶有稱謂或學位，請確認。")))
    if name in _FILLERS:
        notes.append(doubt("filler", _("像是測試資料或代稱，請確認姓名。")))
    if _ORDINARY_CHINESE.fullmatch(name):
        return tuple(notes)
    return (*notes, *_unusual_chinese_doubts(name))


def _unusual_chinese_doubts(name: str) -> tuple[Note, ...]:
    """Doubts that no name of two to four common characters can raise."""
    notes: list[Note] = []
    if not HAN.search(name):
        notes.append(doubt("not_chinese", _("中文姓名欄沒有中文字，請確認。")))
    elif len(name) == 1:
        notes.append(doubt("short", _("姓名只有一個字，請確認。")))
    if len(name) > USUAL_CHINESE_LENGTH and HAN.search(name) and not _LATIN.search(name):
        notes.append(doubt("long", _("姓名很長，請確認是否含有其他資料。")))
    if any(char.isdecimal() for char in name):
        notes.append(doubt("digit", _("姓名含有數字，請確認。")))
    if "〇" in name:
        notes.append(doubt("maybe_masked", _("姓名含有「〇」，請確認是本字或遮罩。")))
    if any(_is_symbol(char) and char not in "．?？" or char in "/、()（）" for char in name):
        notes.append(doubt("odd_character", _("姓名含有標點或符號，請確認。")))
    return (*notes, *lost_character_doubts(name), *rare_character_doubts(name))


def read_english_name(raw: str) -> Cleaned:
    """An English name in passport spelling, e.g. `Wang Ta-Ming`; upper and lower case stay as written."""
    if len(raw) <= USUAL_ENGLISH_LENGTH and _ORDINARY_ENGLISH.fullmatch(raw):
        return Cleaned(raw)
    text = half_width(check_length(raw, ENGLISH_NAME_LIMIT)).translate(_HYPHENS)
    if text.strip().lower() in _WORDS_THAT_ARE_NAMES:
        return kept(text.strip(), doubt("maybe_nothing", _("這是英文姓名，或表示沒有資料？請確認。")))
    text = readable(text, ENGLISH_NAME_LIMIT)
    if not text:
        return EMPTY
    _check_english_name(text)
    return kept(text, *_english_doubts(text))


def _check_english_name(text: str) -> None:
    if _NOT_IN_A_NAME.search(text) or text[0] in "-":
        raise Rejected("not_a_name", _("姓名含有不應出現的符號，請確認。"))
    if "*" in text:
        raise Rejected("masked", _("姓名經過遮罩，請填寫完整姓名。"))
    if not any(char.isalpha() for char in text) or "".join(text.lower().split()) in _NOT_A_PERSON:
        raise Rejected("not_a_name", _("這不是姓名。"))
    if HAN.search(text) and not _LATIN.search(text):
        raise Rejected("not_english", _("英文姓名欄填的是中文，請改填英文姓名。"))


def _english_doubts(name: str) -> tuple[Note, ...]:
    notes: list[Note] = []
    if sum(char.isalpha() for char in name) == 1:
        notes.append(doubt("short", _("姓名只有一個字母，請確認。")))
    if len(name) > USUAL_ENGLISH_LENGTH:
        notes.append(doubt("long", _("姓名很長，請確認是否含有其他資料。")))
    if _NOT_LATIN_TEXT.search(name):
        notes.append(doubt("odd_character", _("英文姓名含有非英文字母或符號，請確認。")))
    if _DIGIT_AT_LETTER.search(name):
        notes.append(doubt("digit", _("姓名含有數字，請確認。")))
    return (*notes, *lost_character_doubts(name))
