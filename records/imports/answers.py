"""Who decided and corrected what in a batch: its own history, for the page and the report."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext as _

from ..models import ImportBatch, ImportCorrection, ImportDecision

SHOWN_AT_MOST = 100
ROWS_NAMED = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """Something that a person said about rows of a batch, in one go."""

    at: datetime.datetime
    by: str
    words: str
    reason: str
    rows: list[int]

    @property
    def first_rows(self) -> list[int]:
        return self.rows[:ROWS_NAMED]

    @property
    def more(self) -> int:
        return max(0, len(self.rows) - ROWS_NAMED)


def answers_of(batch: ImportBatch) -> list[Answer]:
    """Decisions and corrections of a batch, the newest first."""
    decisions = ImportDecision.objects.filter(batch=batch).select_related("decided_by", "programme")
    corrections = ImportCorrection.objects.filter(batch=batch).select_related("corrected_by").defer("payload")
    found = [
        *_joined(
            (d.decided_at, d.decided_by.display_name, _decided(d), d.reason, d.row_number) for d in decisions
        ),
        *_joined(
            (c.corrected_at, c.corrected_by.display_name, _corrected(c), "", c.row_number)
            for c in corrections
        ),
    ]
    return sorted(found, key=lambda answer: answer.at, reverse=True)[:SHOWN_AT_MOST]


def _joined(said: Iterable[tuple[datetime.datetime, str, str, str, int | None]]) -> Iterator[Answer]:
    """What was said in one go about several rows stands once."""
    for (at, by, words, reason), rows in groupby(said, key=lambda one: one[:4]):
        yield Answer(at, by, words, reason, [row[4] for row in rows if row[4] is not None])


def _decided(decision: ImportDecision) -> str:
    if decision.kind == ImportDecision.Kind.PROGRAMME:
        text = decision.question.partition("|")[0]
        return _("畢業系所「%(text)s」：%(name)s") % {"text": text, "name": decision.programme.name}
    if decision.is_new_degree:
        return _("是這位校友的另一個學籍")
    return str(decision.get_kind_display())


def _corrected(correction: ImportCorrection) -> str:
    if correction.file_name:
        return _("以檔案「%(file)s」更正") % {"file": correction.file_name}
    return _("更正%(headers)s") % {"headers": "、".join(correction.headers)}
