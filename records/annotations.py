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
_LINE = re.compile(r"^(?:(\d{1,6})[.．、]\s*)?(.*?)\s*(?:[(（](\d{8})\s+([^()（）]{1,60})[)）])?$")


class Line(NamedTuple):
    """One annotation line taken apart; `number` and `made_on` None and `editor_name` "" where it has none."""

    number: int | None
    text: str
    made_on: datetime.date | None
    editor_name: str


def change_text(attribute: str, before: str, after: str) -> str:
    """`修改聯絡地址`, `新增英文名字` from blank, `刪除…` to blank (SOP 6.7)."""
    action = "刪除" if not after else "修改" if before else "新增"
    return action + annotation_word(attribute)


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
