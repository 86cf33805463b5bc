"""The fields that a bulk edit may set, and how their values are read, stored and compared."""

from __future__ import annotations

import datetime
from types import MappingProxyType
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .cells import ERROR
from .columns import BY_ATTRIBUTE, Column, Owner
from .models import AcademicRecord, Person, StatusCode

# Where one value for many makes sense. Nothing that tells people apart, nothing that numbers or counts degrees.
FIELDS: tuple[str, ...] = (
    *("country", "city", "postal_code", "current_identity"),
    *("enrolment_status", "class_name", "graduation_date", "accepts_messages"),
)
# 否 is an objection with its own record, never a value for many; 是 only reaches who never answered (SOP 6.9).
ONLY = MappingProxyType({"accepts_messages": "是"})
_ANSWERS = MappingProxyType({None: "", True: "是", False: "否"})


def cleaned_value(attribute: str, text: str, today: datetime.date) -> str:
    """The canonical new value of a field, read as its column reads a cell. Raises `ValidationError` for what the column
    keeps out, for an empty value, and for a field or an answer that is not set for many."""
    if attribute not in FIELDS:
        raise ValidationError(_("這個欄位不能整批修改。"))
    column = BY_ATTRIBUTE[attribute]
    if column.list_name:
        return _status(column, text)
    cleaned = column.cleaned(text, today)
    for note in cleaned.notes:
        if note.level == ERROR:
            raise ValidationError(note.message)
    if not cleaned.value:
        raise ValidationError(_("請填新的值；整批修改不清除資料。"))
    if cleaned.value != ONLY.get(attribute, cleaned.value):
        raise ValidationError(_("不願接受訊息只能逐位登錄校友的反應，不能整批設定。"))
    longest = model_of(attribute)._meta.get_field(attribute).max_length
    if longest is not None and len(cleaned.value) > longest:
        raise ValidationError(_("新的值太長，請在 %(longest)s 字以內。") % {"longest": longest})
    return cleaned.value


def model_of(attribute: str) -> type[Person] | type[AcademicRecord]:
    """Whose field it is."""
    return AcademicRecord if BY_ATTRIBUTE[attribute].owner is Owner.RECORD else Person


def _status(column: Column, text: str) -> str:
    statuses = StatusCode.objects.filter(kind=column.list_name, is_active=True)
    status = statuses.filter(pk=text).first() if text.isdecimal() and len(text) < 10 else None
    if status is None:
        raise ValidationError(_("請從清單選擇一個使用中的項目。"))
    return str(status.pk)


def column_of(attribute: str) -> str:
    """The database column of a field: a status is stored as the id of its row in the list."""
    return f"{attribute}_id" if BY_ATTRIBUTE[attribute].list_name else attribute


def canonical(attribute: str, value: Any) -> str:
    """The text of what the column holds."""
    return _ANSWERS[value] if attribute == "accepts_messages" else str(value or "")
