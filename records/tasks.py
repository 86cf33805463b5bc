"""Long work, done by the background worker (`manage.py worker`). Arguments are ids; nothing personal is queued."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from . import bulk_edits, deliveries, imports
from .imports import undoing
from .models import BatchUndo, BulkEdit, Delivery, DeliveryMapping, ImportBatch
from .policies import can_import

logger = logging.getLogger(__name__)


class TaskFailed(Exception):
    """What kind of error ended a task. The database's own words quote the row it refused, and the queue keeps the
    text of errors in clear."""


@task()
def read_batch(batch_id: int) -> None:
    """Read and plan an uploaded file."""
    _work(imports.read_and_plan, batch_id)


@task()
def replan_batch(batch_id: int) -> None:
    """Plan a batch again."""
    _work(imports.replan, batch_id)


@task()
def apply_batch(batch_id: int) -> None:
    """Write a confirmed plan, if who confirmed it may still import (ASVS 8.3.3)."""
    _work(_apply, batch_id)


def _apply(batch: ImportBatch) -> None:
    allowed = can_import(batch.applied_by) if batch.applied_by else None
    if allowed is not None and not allowed:
        imports.call_off(batch, _("確認匯入的帳號已停用或沒有匯入權限，沒有寫入任何資料；請由其他同仁確認。"))
        return
    imports.apply(batch)


@task()
def convert_delivery(delivery_id: int) -> None:
    """Fill the template from a mapped delivery; its batch is read next."""
    try:
        batch = deliveries.convert(Delivery.objects.get(pk=delivery_id))
    except DatabaseError as error:
        raise _failure(f"delivery {delivery_id}", error) from None
    if batch is not None:
        read_batch.enqueue(batch.pk)


@task()
def apply_bulk_edit(edit_id: int) -> None:
    """Write a confirmed bulk edit."""
    try:
        bulk_edits.apply(BulkEdit.objects.get(pk=edit_id))
    except DatabaseError as error:
        raise _failure(f"bulk edit {edit_id}", error) from None


@task()
def plan_undo(undo_id: int) -> None:
    """Judge what of an imported batch can be taken back."""
    _work_on_undo(undoing.plan_undo, undo_id)


@task()
def undo_batch(undo_id: int) -> None:
    """Take back what was confirmed, or go on with it; who confirmed it is asked for anew (ASVS 8.3.3)."""
    _work_on_undo(undoing.undo_batch, undo_id)


def _work_on_undo(step: Callable[[BatchUndo], None], undo_id: int) -> None:
    try:
        step(BatchUndo.objects.select_related("batch").get(pk=undo_id))
    except DatabaseError as error:
        raise _failure(f"undo {undo_id}", error) from None


def _work(step: Callable[[ImportBatch], None], batch_id: int) -> None:
    try:
        step(ImportBatch.objects.get(pk=batch_id))
    except DatabaseError as error:
        raise _failure(f"batch {batch_id}", error) from None


def _failure(what: str, error: DatabaseError) -> TaskFailed:
    state = getattr(error.__cause__, "pgcode", None) or ""
    return TaskFailed(f"{what}: {type(error).__name__} {state}".rstrip())


def request_apply(batch: ImportBatch, user: object) -> bool:
    """Confirm a plan: True for the first who asks, and the worker writes it."""
    if not imports.start_applying(batch, user):
        return False
    apply_batch.enqueue(batch.pk)
    return True


def resume(at: datetime.datetime) -> int:
    """Queue again what a worker left behind when it died, or what was never queued because the web process died first;
    returns how much. A confirmed plan is resumed too: its confirmer is asked for the right again (`apply_batch`)."""
    resumed = 0
    for batch in imports.left_behind(at):
        step = _step_of(batch)
        if _is_queued(step, batch.pk) or not imports.take_over(batch):
            continue
        logger.warning("batch %s was left behind (%s) and is queued again", batch.pk, batch.state)
        batch.refresh_from_db()
        _step_of(batch).enqueue(batch.pk)
        resumed += 1
    return resumed + deliveries.recover(at) + bulk_edits.recover(at) + _resume_undos(at)


def _resume_undos(at: datetime.datetime) -> int:
    left = undoing.left_behind(at)
    for undo in left:
        (plan_undo if undo.state == BatchUndo.State.PLANNING else undo_batch).enqueue(undo.pk)
    return len(left)


def _step_of(batch: ImportBatch) -> Task:
    """The work that a batch in a middle state waits for."""
    if batch.state == ImportBatch.State.APPLYING:
        return apply_batch
    has_plan = batch.state == ImportBatch.State.READING and batch.planned_at is not None
    return replan_batch if has_plan else read_batch


def _is_queued(step: Task, batch_id: int) -> bool:
    """Whether a worker will come to it: behind longer work it only waits."""
    waiting = DBTaskResult.objects.ready().filter(task_path=step.module_path)
    return waiting.filter(args_kwargs={"args": [batch_id], "kwargs": {}}).exists()


def request_bulk_edit(edit: BulkEdit, user: object) -> bool:
    """Confirm a bulk edit: True for the first who asks and may, and the worker writes it."""
    if not bulk_edits.start_applying(edit, user):
        return False
    apply_bulk_edit.enqueue(edit.pk)
    return True


def request_conversion(delivery: Delivery, mapping: DeliveryMapping, *, values_settled: bool) -> bool:
    """Confirm the columns of a delivery, or the values: True for the first who does, and the worker converts it."""
    start = deliveries.settle if values_settled else deliveries.use
    if not start(delivery, mapping):
        return False
    convert_delivery.enqueue(delivery.pk)
    return True


def request_undo_plan(batch: ImportBatch, reason: str, user: object) -> BatchUndo:
    """Open the undo of a batch, and the worker plans it. Raises ValidationError with a sentence."""
    undo = undoing.open_undo(batch, reason=reason, by=user, at=timezone.now())
    plan_undo.enqueue(undo.pk)
    return undo


def request_undo(undo: BatchUndo, user: object) -> bool:
    """Confirm an undo: True for the first who asks and may, and the worker writes it."""
    if not undoing.start_undoing(undo, user):
        return False
    undo_batch.enqueue(undo.pk)
    return True
