"""Undoing imported batches in tests: planned, confirmed and written."""

from __future__ import annotations

from django.utils import timezone

from records.imports import undoing
from records.models import BatchUndo, ImportBatch, Person
from records.verification import INVARIANTS
from tests.factories import importer


def undo_planned(batch: ImportBatch, by: object = None) -> BatchUndo:
    """The plan of an undo, waiting for confirmation."""
    undo = undoing.open_undo(batch, reason="檔案錯了", by=by or importer(), at=timezone.now())
    undoing.plan_undo(undo)
    return undo


def undone(undo: BatchUndo | ImportBatch, by: object = None) -> BatchUndo:
    """The undo of a batch, or a planned one, after somebody confirmed it."""
    undo = undo_planned(undo) if isinstance(undo, ImportBatch) else undo
    assert undoing.start_undoing(undo, by or importer())
    undoing.undo_batch(undo)
    return undo


def outcomes(undo: BatchUndo) -> list[tuple[str, str, str]]:
    """Outcome, reason and fields of each row, by person and degree."""
    rows = undo.rows.order_by("person_id", "record_id", "outcome")
    return [(row.outcome, row.why, ",".join(row.fields)) for row in rows]


def faults() -> list[str]:
    """What `manage.py verify` would say of the alumni's data."""
    return [sentence for invariant in INVARIANTS for sentence in invariant.check(timezone.now())]


def values_of(person: Person) -> dict[str, object]:
    """Everything stored of a person and the degrees, but counters and times."""
    passing = {"version", "updated_at", "national_id_sealed", "_state"}

    def plain(row: object) -> dict[str, object]:
        return {name: value for name, value in vars(row).items() if name not in passing}

    fresh = Person.objects.get(pk=person.pk)
    degrees = fresh.academic_records.order_by("pk")
    return plain(fresh) | {"national_id": fresh.national_id, "degrees": [plain(row) for row in degrees]}
