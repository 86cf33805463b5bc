"""What changed in the database since a plan was made: told before anybody confirms it.

The plan stays safe without this: what is no longer as the plan saw it is not written (`records.changes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from django.db.models import Max

from ..models import AcademicRecord, BatchUndo, ImportBatch, ImportRow, Person

# How many rows are named; the others are counted. And how many lines of history are looked at.
NAMED_ROWS = 10
LOOKED_AT = 2_000


@dataclass(frozen=True, slots=True)
class Overtaken:
    """`by_batches`: others were written or taken back; `rows`: how many rows mean people who were edited in any other
    way, at least where not `are_all` are counted; `first_rows`: the numbers of the first of these."""

    by_batches: bool
    rows: int
    first_rows: list[int]
    are_all: bool

    def __bool__(self) -> bool:
        return self.by_batches or bool(self.rows) or not self.are_all

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


def overtaken(batch: ImportBatch) -> Overtaken:
    """What a waiting plan does not tell of, because it came since the plan was made."""
    edited, are_all = _edited_since(batch)
    rows = ImportRow.objects.filter(batch=batch, person__any_of=sorted(edited)).order_by("row_number")
    numbers = list(rows.values_list("row_number", flat=True)) if edited else []
    return Overtaken(_by_batches(batch), len(numbers), numbers[:NAMED_ROWS], are_all)


def _edited_since(batch: ImportBatch) -> tuple[set[int], bool]:
    """Who has a newer line of history than the plan knows, and whether these are all: a bulk edit may have met a
    hundred thousand, and a page is to open at once."""
    seen = batch.history_seen
    people = Person.history.filter(history_id__gt=seen["people"], batch=None).order_by("history_id")
    degrees = AcademicRecord.history.filter(history_id__gt=seen["records"], batch=None).order_by("history_id")
    found = [
        list(lines[: LOOKED_AT + 1])
        for lines in (people.values_list("id", flat=True), degrees.values_list("person", flat=True))
    ]
    return {*chain(*found)}, all(len(lines) <= LOOKED_AT for lines in found)


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
