"""The words of annotations (SOP 6.6, 6.7) and the reading of lines kept by the old system."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from .columns import annotation_word
from .models import Level

OBJECTION = "該校友反應不願意接受母校訊息"
WITHDRAWAL = "該校友反應願意接受母校訊息"
NEW_RECORD = "新增學籍身分"
REMOVED_RECORD = "刪除學籍身分"
PINNED_START = "身分具有"
ACTIONS = ("新增", "修改", "刪除")
_LINE = re.compile(r"^(?:(\d{1,6})[.．、]\s*)?(.*?)\s*(?:[(（](\d{8})\s+([^()（）]{1,60})[)）])?$")


# Round brackets end a line; a name that has some of its own is written with others (SOP 6.7).
_OTHER_BRACKETS = str.maketrans("()（）", "〔〕〔〕")


class Line(NamedTuple):
    """One annotation line taken apart; `number` and `made_on` None and `editor_name` "" where it has none."""

    number: int | None
    text: str
    made_on: datetime.date | None
    editor_name: str


def change_text(attribute: str, before: str, after: str) -> str:
    """`修改聯絡地址`, `新增英文名字` from blank, `刪除…` to blank (SOP 6.7)."""
    added, edited, removed = ACTIONS
    action = removed if not after else edited if before else added
    return action + annotation_word(attribute)


def name_in_line(display_name: str) -> str:
    """An editor's name as lines bear it, so that they read back: `王小明（代理）` is written 王小明〔代理〕."""
    return display_name.translate(_OTHER_BRACKETS)


def pinned_text(levels: Iterable[str]) -> str:
    """`身分具有學士、碩士、博士` for the levels of a person's records, "" for a single record (SOP 6.6)."""
    counted = Counter(levels)
    if counted.total() < 2:
        return ""
    parts = [
        str(level.label) + (f"{counted[level]}筆" if counted[level] > 1 and len(counted) == 1 else "")
        for level in Level
        if counted[level]
    ]
    return PINNED_START + "、".join(parts)


def parse_lines(text: str) -> list[Line]:
    """The lines of an old 註解 text; a line that has no number or no date keeps its words."""
    return [_parse(line.strip()) for line in text.splitlines() if line.strip()]


def _parse(line: str) -> Line:
    number, text, made, editor = _LINE.match(line).groups()
    made_on = _date(made)
    if not text or (made and made_on is None):
        return Line(None, line, None, "")
    return Line(int(number) if number else None, text, made_on, editor or "")


def _date(digits: str | None) -> datetime.date | None:
    if not digits:
        return None
    try:
        return datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
