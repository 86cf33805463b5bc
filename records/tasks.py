"""Long work, done by the background worker (`manage.py worker`). Arguments are ids; nothing personal is queued."""

from __future__ import annotations

from django_tasks import task

from . import imports
from .models import ImportBatch


@task()
def read_batch(batch_id: int) -> None:
    """Read and plan an uploaded file."""
    imports.read_and_plan(ImportBatch.objects.get(pk=batch_id))


@task()
def replan_batch(batch_id: int) -> None:
    """Plan a batch again."""
    imports.replan(ImportBatch.objects.get(pk=batch_id))


@task()
def apply_batch(batch_id: int) -> None:
    """Write a confirmed plan."""
    imports.apply(ImportBatch.objects.get(pk=batch_id))


def request_apply(batch: ImportBatch, user: object) -> bool:
    """Confirm a plan: True for the first who asks, and the worker writes it."""
    if not imports.start_applying(batch, user):
        return False
    apply_batch.enqueue(batch.pk)
    return True
