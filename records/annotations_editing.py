"""What people write into 註解 by hand, and strike there (SOP 6.7).

Lines are never edited: a remark gets the next number, date and name like every other line; what should not stand
there is struck with a reason and keeps its number. Struck lines are shown struck through to who reads free words,
and are left out of exports and of the text that is copied.
"""

from __future__ import annotations

import datetime
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .annotations import ACTIONS, NEW_RECORD, OBJECTION, PINNED_START, WITHDRAWAL
from .changes import PersonChange, apply_changes, strike_line
from .changes.act import REASON_LIMIT
from .columns import COLUMNS, SECONDARY_WORDS
from .identity_numbers import shows_national_id
from .models import Annotation, Person, Source
from .text import check_damage, half_width, tidy_text
from .verdicts import Rejected

REMARK_LIMIT = 300
# Numbers as people write them; a year or a postal code is too short to be one.
_PHONE = re.compile(r"(?<!\d)(?:\+\d[\d -]{7,}|\(?0\d{1,3}\)?[ -]?\d{3,4}[ -]?\d{3,4})(?!\d)")
# What 個人資料保護法 §6 protects most, in the words of everyday notes.
_HEALTH = re.compile(
    "病|癌|腫瘤|住院|手術|開刀|醫療|就醫|就診|診斷|確診|憂鬱|焦慮|躁鬱|精神科|身心科|身心障礙|殘障|懷孕|流產"
    "|服藥|用藥|化療|洗腎|中風|失智|復健|健康檢查|健檢"
)
# A remark that reads like the system's own lines would claim what did not happen: their words, whatever number or
# quotation marks stand around them, or somebody's date and name.
_LEADING = re.compile(r"^[\W\d_]+")
_ITEMS = "|".join(
    {*SECONDARY_WORDS.values(), *(column.word for column in COLUMNS), NEW_RECORD.removeprefix(ACTIONS[0])}
)
_ACTION = f"(?:{'|'.join(ACTIONS)})"
_SYSTEM_LINE = re.compile(rf"[\W\d_]*{_ACTION}(?:{_ITEMS})[\W\d_]*(?:{_ACTION}?(?:{_ITEMS})[\W\d_]*)*")
_DATE_AND_NAME = re.compile(r"[(（]\s*[0-9]{8}\s+[^()（）]+[)）]")


def clean_words(text: str, limit: int, *, field: str = "text") -> str:
    """Words typed by hand, tidied, on one line. Raises ValidationError at `field` when they are blank, too long,
    damaged, or hold a national ID, which belongs into its own field only."""
    words = tidy_text(text)
    if not words:
        raise ValidationError({field: _("請輸入內容。")})
    if len(words) > limit:
        raise ValidationError({field: _("內容過長，最多 %(limit)d 個字。") % {"limit": limit}})
    try:
        check_damage(words)
    except Rejected as rejection:
        raise ValidationError({field: rejection.note.message}) from rejection
    try:
        refuse_national_ids(words)
    except ValidationError as error:
        raise ValidationError({field: error.messages}) from error
    return words


def refuse_national_ids(text: str) -> None:
    """Validator of free words. Raises ValidationError for words with a national ID, however it is written."""
    if shows_national_id(text):
        raise ValidationError(_("內容含有身分證字號或統一證號，請刪除後再儲存；證號只能填在它自己的欄位。"))


def clean_remark(text: str) -> str:
    """A free remark for 註解. Raises ValidationError like `clean_words`, and for what the system writes itself."""
    words = clean_words(text, REMARK_LIMIT)
    read = half_width(words).replace(" ", "")
    if any(own in read for own in (OBJECTION, WITHDRAWAL)) or _LEADING.sub("", read).startswith(PINNED_START):
        raise ValidationError(
            {"text": _("這是系統自動產生的註解內容；訊息意願請使用「登錄不願接受訊息」或「登錄撤回」。")}
        )
    if _SYSTEM_LINE.fullmatch(read) or _DATE_AND_NAME.search(words):
        raise ValidationError(
            {"text": _("這看起來像系統自動產生的註解，請改用自己的話說明；日期與姓名由系統加上。")}
        )
    return words


def doubts(text: str) -> list[str]:
    """Sentences about a remark that somebody has to confirm before it is kept: a telephone number, words of health."""
    found = []
    if _PHONE.search(half_width(text)):
        found.append(_("內容像是含有電話號碼；電話請填在電話欄位，註解會隨匯出檔流傳。"))
    if _HEALTH.search(text):
        found.append(_("內容像是含有健康或醫療資訊；這類資料非有必要不應記錄。"))
    return found


def add_remark(
    person: Person, text: str, *, editor: Any, at: datetime.datetime, source: Source = Source.ADMIN
) -> None:
    """Write a remark as the person's next line: `5.電話訪問(20261121 王小明)`. Who asked has confirmed the `doubts`.

    Raises ValidationError ({"text": sentence}) for what no remark may hold.
    """
    words = clean_remark(text)
    apply_changes([PersonChange(person.pk, {}, remarks=[words])], editor=editor, source=source, at=at)


def strike(
    annotation: Annotation,
    *,
    reason: str,
    editor: Any,
    at: datetime.datetime,
    source: Source = Source.ADMIN,
) -> None:
    """Strike a numbered line; the objection or the change that it tells of stays what it is.

    Raises ValidationError ({"reason": sentence}) without a reason, for the pinned line and for one struck before.
    """
    words = clean_words(reason, REASON_LIMIT, field="reason")
    if annotation.is_pinned:
        raise ValidationError({"reason": _("置頂註解由系統依學籍維護，不能劃除。")})
    if not strike_line(annotation.pk, reason=words, editor=editor, source=source, at=at):
        raise ValidationError({"reason": _("這一則註解剛才已由他人劃除。")})
