"""The states of a batch and who may move it from one to the next.

received → reading → planned → applying → applied, or refused, failed, discarded. A state changes only by
compare-and-set, so that of two people, two tabs or two workers one goes on.
"""

from __future__ import annotations

import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import progress
from ..models import ImportBatch
from .files import upload_path

State = ImportBatch.State
# A batch in a middle state without a sign of life for so long was left behind by a process that died.
LEASE = datetime.timedelta(minutes=2)


def move(batch: ImportBatch, before: str, after: str) -> bool:
    """From one state to another, unless somebody else was first."""
    moved = ImportBatch.objects.filter(pk=batch.pk, state=before).update(
        state=after, heartbeat_at=timezone.now()
    )
    batch.refresh_from_db()
    return bool(moved)


def leave(batch: ImportBatch, middle: str, state: str, sentence: str) -> None:
    """Whatever happened: no batch stays in a middle state that nobody works on."""
    left = ImportBatch.objects.filter(pk=batch.pk, state=middle)
    applier = {"applied_by": None} if state == State.PLANNED else {}
    if left.update(state=state, error=str(sentence)[:500], heartbeat_at=None, **applier):
        batch.refresh_from_db()


def end(batch: ImportBatch, state: str, sentence: str) -> None:
    """The last state of a batch, with the sentence that says why."""
    ImportBatch.objects.filter(pk=batch.pk).update(state=state, error=str(sentence)[:500], heartbeat_at=None)
    batch.refresh_from_db()


def recover(at: datetime.datetime) -> int:
    """Put batches right that a dead process left in a middle state: nothing of them was written."""
    waiting = ImportBatch.objects.filter(
        Q(heartbeat_at__lt=at - LEASE) | Q(heartbeat_at=None), state__in=(State.READING, State.APPLYING)
    )
    dead = [
        batch.pk for batch in waiting if not ((noted := progress.noted_at(batch.pk)) and noted > at - LEASE)
    ]
    left = ImportBatch.objects.filter(pk__in=dead)
    # A plan that was only being made again is still there.
    back = (
        left.filter(state=State.READING)
        .exclude(planned_at=None)
        .update(state=State.PLANNED, error=_("重新計畫中斷，請再試一次。"), heartbeat_at=None)
    )
    for batch in left.filter(state=State.READING):
        upload_path(batch).unlink(missing_ok=True)  # it holds personal data
    failed = left.filter(state=State.READING).update(
        state=State.FAILED, error=_("讀取中斷，沒有任何資料被更動；請重新上傳。"), heartbeat_at=None
    )
    back += left.filter(state=State.APPLYING).update(
        state=State.PLANNED,
        applied_by=None,
        error=_("寫入中斷，沒有任何資料被更動；請再確認一次。"),
        heartbeat_at=None,
    )
    return failed + back
