"""People who are removed: with their lines and what was to be asked of them; the history keeps both (SOP 6.7)."""

from __future__ import annotations

from .. import bulk
from ..models import Annotation, FollowUp, Person
from .act import Act


def write(ids: list[int], act: Act) -> None:
    """Remove people whose degrees are gone already. What else refers to them makes the database refuse."""
    lines: list[int] = []
    for chunk in bulk.batched(ids, bulk.KEYS_PER_STATEMENT):
        lines += Annotation.objects.filter(person__any_of=chunk).order_by("pk").values_list("pk", flat=True)
        FollowUp.objects.filter(person__any_of=chunk, closed_at=None).delete()
    act.remember(Annotation, lines, "-")
    bulk.delete_rows(Annotation, lines)
    act.remember(Person, ids, "-")
    bulk.delete_rows(Person, ids)
