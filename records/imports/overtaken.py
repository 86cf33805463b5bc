"""What changed in the database since a plan was made: told before anybody confirms it.

The plan stays safe without this: what is no longer as the plan saw it is not written (`records.changes`).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max, QuerySet

from ..models import AcademicRecord, BatchUndo, ImportBatch, ImportRow, Person

# How many rows are named; the others are counted.
NAMED_ROWS = 10


@dataclass(frozen=True, slots=True)
class Overtaken:
    """`by_batches`: others were written or taken back; `rows`: how many rows mean people who were edited in any other
    way; `first_rows`: the numbers of the first of these."""

    by_batches: bool
    rows: int
    first_rows: list[int]

    def __bool__(self) -> bool:
        return self.by_batches or bool(self.rows)

    @property
    def more(self) -> int:
        """How many rows are not named."""
        return self.rows - len(self.first_rows)


def history_now() -> dict[str, int]:
    """How far the histories of people and degrees go, to be kept with a plan that is begun."""
    return {
        "people": Person.history.aggregate(newest=Max("history_id"))["newest"] or 0,
        "records": AcademicRecord.history.aggregate(newest=Max("history_id"))["newest"] or 0,
    }


def is_current(batch: ImportBatch) -> bool:
    """Whether nobody was entered, changed or removed since the plan was begun. Who writes at this very moment does not
    show; the database's constraints refuse the later one."""
    return history_now() == batch.history_seen


def overtaken(batch: ImportBatch) -> Overtaken:
    """What a waiting plan does not tell of, because it came since the plan was made."""
    rows = ImportRow.objects.none() if is_current(batch) else _rows_of_edited(batch)
    count = rows.count()
    first = list(rows.values_list("row_number", flat=True)[:NAMED_ROWS]) if count else []
    return Overtaken(_by_batches(batch), count, first)


def _rows_of_edited(batch: ImportBatch) -> QuerySet[ImportRow]:
    """The rows of a plan that mean somebody with a newer line of history than the plan knows. One set of people, so
    that a database joins it however large it is."""
    seen = batch.history_seen
    people = Person.history.filter(history_id__gt=seen["people"], batch=None).order_by()
    degrees = AcademicRecord.history.filter(history_id__gt=seen["records"], batch=None).order_by()
    edited = people.values_list("id", flat=True).union(degrees.values_list("person", flat=True))
    return ImportRow.objects.filter(batch=batch, person__in=edited).order_by("row_number")


def _by_batches(batch: ImportBatch) -> bool:
    """Whether another batch was written or taken back since, or while the plan was made."""
    since = {"applied_at__gt": batch.planned_at}
    if ImportBatch.objects.filter(**since).exclude(pk=batch.pk).exists():
        return True
    seen = batch.history_seen
    people = Person.history.filter(history_id__gt=seen["people"])
    degrees = AcademicRecord.history.filter(history_id__gt=seen["records"])
    return BatchUndo.objects.filter(**since).exists() or any(
        newer.exclude(batch=None).exists() for newer in (people, degrees)
    )
