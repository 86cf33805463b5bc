"""Who decided and corrected what in a batch: its own history, for the page and the report."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.utils.translation import gettext as _

from ..models import ImportBatch, ImportCorrection, ImportDecision

SHOWN_AT_MOST = 100
ROWS_NAMED = 5
_SAME_DECISION = ("decided_by_id", "kind", "is_new_degree", "other_row", "question", "programme_id", "reason")
_SAME_CORRECTION = ("corrected_by_id", "file_name")


@dataclass(frozen=True, slots=True)
class Answer:
    """Something that a person said about rows of a batch, in one go."""

    at: datetime.datetime
    by: str
    words: str
    reason: str
    first_rows: list[int]
    count: int  # of all rows; 0 for what is about no row

    @property
    def more(self) -> int:
        return self.count - len(self.first_rows)


def answers_of(batch: ImportBatch) -> list[Answer]:
    """The newest decisions and corrections of a batch, the newest first."""
    decisions = ImportDecision.objects.filter(batch=batch).select_related("decided_by", "programme")
    corrections = ImportCorrection.objects.filter(batch=batch).select_related("corrected_by").defer("payload")
    found = [
        *(
            Answer(d.decided_at, d.decided_by.display_name, _decided(d), d.reason, rows, count)
            for d, rows, count in _in_one_go(decisions, "decided_at", _SAME_DECISION)
        ),
        *(
            Answer(c.corrected_at, c.corrected_by.display_name, _corrected(c), "", rows, count)
            for c, rows, count in _in_one_go(corrections, "corrected_at", _SAME_CORRECTION)
        ),
    ]
    return sorted(found, key=lambda answer: answer.at, reverse=True)[:SHOWN_AT_MOST]


def _in_one_go(said: QuerySet, at: str, same: tuple[str, ...]) -> Iterator[tuple[Any, list[int], int]]:
    """What was said in one go about several rows: once, with the first of the rows and their number. The database
    counts, for one may say twenty thousand things; what was stored in one go stands together."""
    goes = said.order_by().values(at, *same).annotate(first=Min("pk"), count=Count("row_number"))
    newest = list(goes.order_by(f"-{at}", "-first")[:SHOWN_AT_MOST])
    firsts = said.in_bulk([go["first"] for go in newest])
    for go in newest:
        first, count = firsts[go.pop("first")], go.pop("count")
        rows = [first.row_number] if count else []
        if count > 1:
            like = said.model.objects.filter(**go, pk__gte=first.pk).order_by("pk")
            rows = list(like.values_list("row_number", flat=True)[:ROWS_NAMED])
        yield first, rows, count


def _decided(decision: ImportDecision) -> str:
    if decision.kind == ImportDecision.Kind.PROGRAMME:
        text = decision.question.partition("|")[0]
        return _("畢業系所「%(text)s」：%(name)s") % {"text": text, "name": decision.programme.name}
    return decision.words


def _corrected(correction: ImportCorrection) -> str:
    if correction.file_name:
        return _("以檔案「%(file)s」更正") % {"file": correction.file_name}
    return _("更正%(headers)s") % {"headers": "、".join(correction.headers)}
