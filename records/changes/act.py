"""Who changes something, when, by which way and why; and the history rows that say so."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Model
from django.utils import timezone

from .. import bulk
from ..annotations import Line, name_in_line
from ..models import ImportBatch as Batch
from ..models import Source

REASON_LIMIT = 100  # simple-history's own column


@dataclass(frozen=True)  # without slots: `today` is kept
class Act:
    editor: Any
    source: Source
    at: datetime.datetime
    batch: Batch | None = None
    reason: str = ""

    @cached_property
    def today(self) -> datetime.date:
        """The date in Taipei, which annotations bear (SOP 6.7)."""
        return timezone.localdate(self.at)

    def line(self, text: str) -> Line:
        """An annotation line of this act, its number still to be given."""
        return Line(None, text, self.today, name_in_line(self.editor.display_name))

    def remember(self, model: type[Model], ids: Sequence[int], kind: str) -> None:
        """Write the history rows of live rows; `kind` is "+", "~", or "-" for rows about to be removed."""
        reason = self.reason or (self.batch.file_name if self.batch else "")
        bulk.write_history(
            model,
            ids,
            kind=kind,
            at=self.at,
            user_id=self.editor.pk,
            reason=reason[:REASON_LIMIT],
            source=self.source,
            batch_id=self.batch.pk if self.batch else None,
        )
