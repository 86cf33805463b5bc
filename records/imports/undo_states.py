"""The states of an undo, which worker holds it, and what becomes of it when that worker dies; as `states` for batches.

planning → planned → applying → applied, or discarded; a state changes only by compare-and-set, and each worker that
begins counts the `lease` on.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator

from django.db.models import Count, F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import leases
from ..models import BatchUndo, ImportBatch
from .states import MOST_RESUMES

State = BatchUndo.State
UNDER_WAY = (State.PLANNING, State.APPLYING)


def progress_name(undo: BatchUndo) -> str:
    """Under which name `progress` keeps how far it is."""
    return f"undo-{undo.pk}"


def undo_of(batch: ImportBatch) -> BatchUndo | None:
    """The undo that stands of a batch, planned or written."""
    standing = BatchUndo.objects.filter(batch=batch).exclude(state=State.DISCARDED)
    return standing.select_related("made_by", "applied_by").first()


def counts_of(undo: BatchUndo) -> dict[str, int]:
    """How many rows have which outcome."""
    return dict(undo.rows.order_by().values_list("outcome").annotate(Count("pk")))


def take(undo: BatchUndo, state: str) -> bool:
    """Begin, or go on with, the work of a middle state, unless somebody who lives does it."""
    if leases.is_held(progress_name(undo), timezone.now()):
        return False
    taken = held(undo, state).update(heartbeat_at=timezone.now(), lease=F("lease") + 1)
    undo.refresh_from_db()
    return bool(taken)


def held(undo: BatchUndo, state: str) -> QuerySet[BatchUndo]:
    """The undo while it is in this state and this worker's: empty once another one took it over. Locked
    (`select_for_update`) at the beginning of a transaction, it stays this worker's until the end."""
    return BatchUndo.objects.filter(pk=undo.pk, state=state, lease=undo.lease)


def leave(undo: BatchUndo, middle: str, state: str, sentence: str) -> None:
    """Whatever happened: nothing stays in a middle state that nobody works on."""
    left = held(undo, middle).update(
        state=state, applied_by=None, heartbeat_at=None, resumes=0, error=sentence, counts=counts_of(undo)
    )
    if left:
        undo.refresh_from_db()


@contextlib.contextmanager
def working(undo: BatchUndo, middle: str, state: str, sentence: str) -> Iterator[None]:
    """Around the work of a middle state: others see that somebody is at it, and whatever fails in it, the undo goes
    on to `state` with the sentence. When not even that can be written, it stays, and is resumed later."""
    with leases.signs_of_life(progress_name(undo), undo.lease):
        try:
            yield
        finally:
            leave(undo, middle, state, sentence)


# --- after a crash ----------------------------------------------------------------------------------------------
def left_behind(at: datetime.datetime) -> Iterator[BatchUndo]:
    """Undos in a middle state that have given no sign of life for longer than a lease."""
    for undo in BatchUndo.objects.filter(state__in=UNDER_WAY).order_by("pk"):
        if leases.is_silent(progress_name(undo), undo.heartbeat_at, at):
            yield undo


def take_over(undo: BatchUndo) -> bool:
    """Take an undo from a worker that died, or was frozen and loses its session with the locks of its step: True when
    somebody is to go on with it. One that ends every worker is not tried for ever."""
    leases.end_session(progress_name(undo), undo.lease)
    if undo.resumes >= MOST_RESUMES:
        after = State.DISCARDED if undo.state == State.PLANNING else State.PLANNED
        leave(undo, undo.state, after, _("處理多次中斷；已還原的不變，其餘請再確認一次，或洽系統管理人員。"))
        return False
    taken = held(undo, undo.state).update(
        heartbeat_at=timezone.now(), lease=F("lease") + 1, resumes=F("resumes") + 1
    )
    return bool(taken)
