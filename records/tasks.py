"""Long work, done by the background worker (`manage.py worker`). Arguments are ids; nothing personal is queued."""

from __future__ import annotations

import datetime
import logging
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from . import bulk_edits, deliveries, imports
from .imports import undo_states, undoing
from .models import BatchUndo, BulkEdit, Delivery, DeliveryMapping, ImportBatch
from .policies import can_import

logger = logging.getLogger(__name__)


class TaskFailed(Exception):
    """What kind of error ended a task, and where. An error's own words may quote a cell, or the row that the database
    refused, and the queue keeps the text of errors in clear."""


class _WithoutData:
    """Around a task's work: any error leaves it as `TaskFailed`."""

    def __init__(self, work: str) -> None:
        self._work = work

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception):
            return
        state = getattr(error.__cause__, "pgcode", None) or ""
        place = traceback.extract_tb(trace)[-1]
        what = f"{self._work}: {type(error).__name__} {state}".rstrip()
        raise TaskFailed(f"{what} ({Path(place.filename).name}:{place.lineno})") from None


@task()
def read_batch(batch_id: int) -> None:
    """Read and plan an uploaded file."""
    with _WithoutData(f"batch {batch_id}"):
        imports.read_and_plan(ImportBatch.objects.get(pk=batch_id))


@task()
def replan_batch(batch_id: int) -> None:
    """Plan a batch again."""
    with _WithoutData(f"batch {batch_id}"):
        imports.replan(ImportBatch.objects.get(pk=batch_id))


@task()
def apply_batch(batch_id: int) -> None:
    """Write a confirmed plan, if who confirmed it may still import (ASVS 8.3.3)."""
    with _WithoutData(f"batch {batch_id}"):
        _apply(ImportBatch.objects.get(pk=batch_id))


def _apply(batch: ImportBatch) -> None:
    allowed = can_import(batch.applied_by) if batch.applied_by else None
    if allowed is not None and not allowed:
        imports.call_off(batch, _("確認匯入的帳號已停用或沒有匯入權限，沒有寫入任何資料；請由其他同仁確認。"))
        return
    imports.apply(batch)


@task()
def convert_delivery(delivery_id: int) -> None:
    """Fill the template from a mapped delivery; its batch is read next."""
    with _WithoutData(f"delivery {delivery_id}"):
        batch = deliveries.convert(Delivery.objects.get(pk=delivery_id))
    if batch is not None:
        read_batch.enqueue(batch.pk)


@task()
def apply_bulk_edit(edit_id: int) -> None:
    """Write a confirmed bulk edit."""
    with _WithoutData(f"bulk edit {edit_id}"):
        bulk_edits.apply(BulkEdit.objects.get(pk=edit_id))


@task()
def plan_undo(undo_id: int) -> None:
    """Judge what of an imported batch can be taken back."""
    with _WithoutData(f"undo {undo_id}"):
        undoing.plan_undo(BatchUndo.objects.select_related("batch").get(pk=undo_id))


@task()
def undo_batch(undo_id: int) -> None:
    """Take back what was confirmed, or go on with it; who confirmed it is asked for anew (ASVS 8.3.3)."""
    with _WithoutData(f"undo {undo_id}"):
        undoing.undo_batch(BatchUndo.objects.select_related("batch").get(pk=undo_id))


def request_apply(batch: ImportBatch, user: object) -> bool:
    """Confirm a plan: True for the first who asks, and the worker writes it."""
    if not imports.start_applying(batch, user):
        return False
    apply_batch.enqueue(batch.pk)
    return True


def resume(at: datetime.datetime) -> int:
    """Queue again what a worker left behind when it died, or what was never queued because the web process died first;
    returns how much. What was confirmed is resumed too: its confirmer is asked for the right again. A bulk edit waits
    for its confirmation again; files and plans that nobody went on with are purged."""
    resumed = _queue_again(imports.left_behind(at), imports.take_over, _step_of)
    resumed += _queue_again(
        deliveries.left_behind(at), deliveries.take_over, lambda _delivery: convert_delivery
    )
    resumed += _queue_again(undo_states.left_behind(at), undo_states.take_over, _step_of_undo)
    dead = [edit for edit in bulk_edits.left_behind(at) if not _is_queued(apply_bulk_edit, edit.pk)]
    resumed += sum(bulk_edits.put_back(edit) for edit in dead)
    return resumed + deliveries.purge(at) + imports.purge(at)


def _queue_again(
    left: Iterable[Any], take_over: Callable[[Any], bool], step_of: Callable[[Any], Task]
) -> int:
    """Whatever nobody works on and no worker will come to."""
    resumed = 0
    for work in left:
        if _is_queued(step_of(work), work.pk) or not take_over(work):
            continue
        work.refresh_from_db()
        logger.warning("%s %s was left behind and is queued again", work._meta.model_name, work.pk)
        step_of(work).enqueue(work.pk)
        resumed += 1
    return resumed


def _step_of(batch: ImportBatch) -> Task:
    """The work that a batch in a middle state waits for."""
    if batch.state == ImportBatch.State.APPLYING:
        return apply_batch
    has_plan = batch.state == ImportBatch.State.READING and batch.planned_at is not None
    return replan_batch if has_plan else read_batch


def _step_of_undo(undo: BatchUndo) -> Task:
    return plan_undo if undo.state == BatchUndo.State.PLANNING else undo_batch


def _is_queued(step: Task, work_id: int) -> bool:
    """Whether a worker will come to it: behind longer work it only waits."""
    waiting = DBTaskResult.objects.ready().filter(task_path=step.module_path)
    return waiting.filter(args_kwargs={"args": [work_id], "kwargs": {}}).exists()


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
