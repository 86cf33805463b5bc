"""The states of a batch, who may move it from one to the next, and what becomes of it when its worker dies.

received → reading → planned → applying → applied, or refused, failed, discarded. A state changes only by
compare-and-set, so that of two people, two tabs or two workers one goes on. Each worker that begins counts the
batch's `lease` on; what an earlier one does afterwards finds another lease and changes nothing.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import logging
from collections.abc import Callable, Iterator

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import leases
from ..database_faults import PASSING, Fault, fault_of
from ..models import ImportBatch
from .files import upload_path

logger = logging.getLogger(__name__)
State = ImportBatch.State
UNDER_WAY = (State.RECEIVED, State.READING, State.APPLYING)
# A file that ends every worker that reads it is not tried for ever.
MOST_RESUMES = 3


def move(batch: ImportBatch, before: str, after: str) -> bool:
    """From one state to another, unless somebody else was first."""
    moved = ImportBatch.objects.filter(pk=batch.pk, state=before).update(
        state=after, heartbeat_at=timezone.now(), lease=F("lease") + 1
    )
    batch.refresh_from_db()
    return bool(moved)


def take(batch: ImportBatch, state: str) -> bool:
    """Begin, or go on with, the work of a middle state, unless somebody who lives does it."""
    if leases.is_held(batch.pk, timezone.now()):
        return False
    taken = ImportBatch.objects.filter(pk=batch.pk, state=state, lease=batch.lease).update(
        heartbeat_at=timezone.now(), lease=F("lease") + 1
    )
    batch.refresh_from_db()
    return bool(taken)


def held(batch: ImportBatch, *states: str) -> QuerySet[ImportBatch]:
    """The batch while it is in one of these states and this worker's: empty once another one took it over. Locked
    (`select_for_update`) at the beginning of a transaction, it stays this worker's until the end."""
    return ImportBatch.objects.filter(pk=batch.pk, lease=batch.lease, state__in=states)


def leave(batch: ImportBatch, middle: str, state: str, sentence: str) -> None:
    """Whatever happened: no batch stays in a middle state that nobody works on."""
    applier = {"applied_by": None} if state == State.PLANNED else {}
    left = held(batch, middle).update(
        state=state, error=str(sentence)[:500], heartbeat_at=None, resumes=0, **applier
    )
    if left:
        batch.refresh_from_db()


def end(batch: ImportBatch, state: str, sentence: str, refusal: str = "") -> None:
    """The last state of a batch this worker holds, with the sentence that says why, and the code of a refused file."""
    held(batch, State.READING).update(
        state=state, error=str(sentence)[:500], refusal=refusal, heartbeat_at=None
    )
    batch.refresh_from_db()


@contextlib.contextmanager
def working(batch: ImportBatch, middle: str, state: str, sentence: str) -> Iterator[None]:
    """Around the work of a middle state: others see that somebody is at it, and whatever fails in it, the batch goes
    on to `state` with the sentence. Where the database itself failed, `again_once` says what becomes of it."""
    is_passing = False
    with leases.signs_of_life(batch.pk, batch.lease):
        try:
            yield
        except PASSING:
            is_passing = True
            raise
        finally:
            if not is_passing:
                leave(batch, middle, state, sentence)


def again_once(middle: str, state: str) -> Callable[[Callable], Callable]:
    """Wraps a step: once more after a lost connection or a deadlock; then the batch goes from `middle` to `state` with
    the sentence that says why. When not even that can be written, the batch stays, and is resumed later."""

    def wrap(step: Callable[[ImportBatch], None]) -> Callable[[ImportBatch], None]:
        @functools.wraps(step)
        def stepping(batch: ImportBatch) -> None:
            try:
                step(batch)
            except PASSING as error:
                if connection.in_atomic_block:
                    raise
                _once_more(step, batch, error, (middle, state))

        return stepping

    return wrap


def _once_more(
    step: Callable[[ImportBatch], None],
    batch: ImportBatch,
    error: OperationalError | InterfaceError,
    states: tuple[str, str],
) -> None:
    fault = fault_of(error)
    logger.warning("batch %s: the database is %s", batch.pk, fault.value)
    connection.close()
    try:
        if fault is not Fault.FULL:
            batch.refresh_from_db()
            step(batch)
            return
    except PASSING as second:
        connection.close()
        fault = fault_of(second)
    leave(batch, *states, _("%(fault)s沒有任何資料被更動，請稍後再試。") % {"fault": fault.label})


def left_behind(at: datetime.datetime) -> Iterator[ImportBatch]:
    """Batches in a middle state that have given no sign of life for longer than a lease."""
    for batch in ImportBatch.objects.filter(state__in=UNDER_WAY).order_by("pk"):
        if leases.is_silent(batch.pk, batch.heartbeat_at or batch.uploaded_at, at):
            yield batch


def take_over(batch: ImportBatch) -> bool:
    """Take a batch from a worker that died: True when its work is to be done again, from the file that still lies
    there or from the stored rows; nothing of it was written. Otherwise it is put right with a sentence."""
    leases.end_session(batch.pk, batch.lease)
    if batch.resumes >= MOST_RESUMES:
        _give_up(batch, _("處理多次中斷，沒有任何資料被更動；請再試一次，或洽系統管理人員。"))
        return False
    state = batch.state
    # Once there is a plan, corrections and decisions belong to it: the file, should it still lie there, has none.
    if state == State.READING and batch.planned_at is None and upload_path(batch).exists():
        state = State.RECEIVED
    elif state == State.RECEIVED and not upload_path(batch).exists():
        _give_up(batch, _("檔案已經不在，沒有任何資料被更動；請重新上傳。"))
        return False
    elif state == State.READING and batch.planned_at is None:
        _give_up(batch, _("讀取中斷，沒有任何資料被更動；請重新上傳。"))
        return False
    return bool(
        held(batch, batch.state).update(
            state=state, heartbeat_at=timezone.now(), lease=F("lease") + 1, resumes=F("resumes") + 1
        )
    )


def _give_up(batch: ImportBatch, sentence: str) -> None:
    if batch.planned_at is not None:
        leave(batch, batch.state, State.PLANNED, sentence)
    else:
        leave(batch, batch.state, State.FAILED, sentence)
        upload_path(batch).unlink(missing_ok=True)  # it holds personal data
