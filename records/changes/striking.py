"""Striking a line of 註解: it stays with its number, and is no longer shown as valid (SOP 6.7)."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction

from .. import bulk
from ..models import Annotation, Source
from .act import Act


def strike_line(
    annotation_id: int, *, reason: str, editor: Any, source: Source, at: datetime.datetime
) -> bool:
    """Strike a numbered line, with its history; False when it was struck before. Raises Annotation.DoesNotExist for
    the pinned line and for one that is not there."""
    with transaction.atomic():
        lines = Annotation.objects.select_for_update().filter(number__isnull=False)
        line = lines.get(pk=annotation_id)
        if line.struck_at is not None:
            return False
        bulk.update_rows(
            Annotation,
            ["struck_at", "struck_by_id", "struck_reason"],
            [[line.pk, at, editor.pk, reason]],
        )
        Act(editor, source, at, reason=reason).remember(Annotation, [line.pk], "~")
    return True
