"""What a person decides about a whole batch: options, programmes that no list knows, giving up.

Every answer moves a plan only while it waits for confirmation, and counts when the plan is made again (`replan`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import plans
from ..models import ImportBatch, ImportCorrection, ImportDecision, ImportRow, Programme
from ..programmes import Lists
from .files import hold_refused, kept_for_mapping, upload_path
from .states import State, move

QUESTIONS_A_PAGE = 20
_ROW_NUMBERS = re.compile(r"（第 ?\d+ ?列[^）]*）")
_WITHDRAWN = (State.RECEIVED, State.READING, State.PLANNED)


@dataclass(frozen=True, slots=True)
class Question:
    """What a person has to decide, once for all like rows."""

    key: str
    text: str
    rows: int
    row_numbers: list[int]
    candidates: list[Programme]


@contextmanager
def planned_batch(batch: ImportBatch) -> Iterator[ImportBatch | None]:
    """The batch, held until the end of the transaction while its plan waits for confirmation; else None."""
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        yield locked if locked.state == State.PLANNED else None


def note_unplanned(held: ImportBatch) -> None:
    """The plan of the batch, held by `planned_batch`, does not tell of something any more: it is not confirmed as it
    is."""
    ImportBatch.objects.filter(pk=held.pk).update(needs_plan=True)


def change_options(batch: ImportBatch, *, mode: str, refusals: str) -> bool:
    """Choose how the batch treats contact data and refusals; the plan has to be made again (`replan`)."""
    batch.mode, batch.refusals, batch.needs_plan = mode, refusals, True
    return bool(
        ImportBatch.objects.filter(pk=batch.pk, state=State.PLANNED).update(
            mode=mode, refusals=refusals, needs_plan=True
        )
    )


def decide(batch: ImportBatch, question: str, programme: Programme, *, by: Any) -> bool:
    """Answer one question for all like rows; the plan has to be made again (`replan`)."""
    with planned_batch(batch) as locked:
        if locked is None or "\x00" in question or question.startswith(plans.ABOUT_ROWS):
            return False
        if not _asking(batch).filter(question=question).exists():
            return False
        locked.decisions[question] = str(programme.pk)
        locked.save(update_fields=["decisions"])
        ImportDecision.objects.create(
            batch=batch,
            kind=ImportDecision.Kind.PROGRAMME,
            question=question,
            programme=programme,
            decided_by=by,
            decided_at=timezone.now(),
        )
        note_unplanned(locked)
    batch.decisions = locked.decisions
    return True


class Asked(NamedTuple):
    """A question with the number of rows that ask it and the first of them."""

    question: str
    rows: int
    first: int


def asked_in(batch: ImportBatch) -> list[Asked]:
    """Every question of a plan, of either kind, the most frequent first."""
    found = _asking(batch).values_list("question").annotate(rows=Count("row_number"), first=Min("row_number"))
    return [Asked(*one) for one in found.order_by("-rows", "question")]


def _asking(batch: ImportBatch) -> QuerySet[ImportRow]:
    return ImportRow.objects.filter(batch=batch).exclude(question="").order_by()


def asked_about_rows(batch: ImportBatch, asked: list[Asked]) -> list[tuple[Asked, list[tuple[str, str]]]]:
    """What is asked about rows that are decided one by one, with the sentences as (header, sentence) of the first
    row; at most `QUESTIONS_A_PAGE` of them. Sentences that stand for several rows name none of them."""
    found = [one for one in asked if one.question.startswith(plans.ABOUT_ROWS)][:QUESTIONS_A_PAGE]
    first_rows = ImportRow.objects.filter(batch=batch, row_number__in=[one.first for one in found])
    remarks = dict(first_rows.values_list("row_number", "remarks"))
    return [
        (
            one,
            [
                (header, sentence if one.rows == 1 else _ROW_NUMBERS.sub("", sentence))
                for header, _level, code, sentence in remarks[one.first]
                if f"{code}@{header}" in one.question
            ],
        )
        for one in found
    ]


def open_questions(batch: ImportBatch, asked: list[Asked] | None = None) -> list[Question]:
    """The undecided programmes of the batch, the most frequent first; at most `QUESTIONS_A_PAGE` of them."""
    lists = Lists.load()
    found = [one for one in asked or asked_in(batch) if not one.question.startswith(plans.ABOUT_ROWS)][
        :QUESTIONS_A_PAGE
    ]
    firsts = {
        row.row_number: plans.stored_row(row)
        for row in ImportRow.objects.filter(batch=batch, row_number__in=[one.first for one in found])
    }
    questions = []
    for key, count, first in found:
        row = firsts[first]
        resolution = lists.resolve_programme(
            row.value("programme"),
            student_number=row.value("student_number"),
            class_name=row.value("class_name"),
        )
        candidates = [lists.programme(pk) for pk in resolution.candidates]
        numbers = list(
            _asking(batch)
            .filter(question=key)
            .order_by("row_number")
            .values_list("row_number", flat=True)[:5]
        )
        questions.append(Question(key, row.value("programme"), count, numbers, candidates))
    return questions


def discard(batch: ImportBatch) -> bool:
    """Give a planned batch up: its rows and what was corrected, which hold personal data, and the decisions on them
    are deleted. Or one with a refused file that nobody went on with."""
    return _given_up(batch, State.PLANNED) or give_up_refused(
        batch, _("檔案因標題與範本不同而退回，已經刪除；需要時請重新上傳。")
    )


def give_up_refused(batch: ImportBatch, sentence: str) -> bool:
    """Give a batch up, with a sentence, whose file was refused for its headers, unless somebody goes on with it."""
    with transaction.atomic():
        if not (hold_refused(batch) and _given_up(batch, State.REFUSED)):
            return False
        ImportBatch.objects.filter(pk=batch.pk).update(error=sentence)
    return True


def _given_up(batch: ImportBatch, before: str) -> bool:
    path = upload_path(batch)
    with transaction.atomic():
        if not move(batch, before, State.DISCARDED):
            return False
        for model in (ImportRow, ImportDecision, ImportCorrection):
            model.objects.filter(batch=batch).delete()
        ImportBatch.objects.filter(pk=batch.pk).update(heartbeat_at=None)
        transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return True


def withdraw(user: Any) -> int:
    """Give up what waits of a user: files not read yet, or refused for their headers only, and plans not confirmed,
    also those that a worker is reading or planning again, who then finds the batch given up; returns how many batches.

    A plan that is being written is not stopped: it was confirmed, and is written whole or not at all."""
    theirs = ImportBatch.objects.filter(uploaded_by=user)
    waiting = theirs.filter(state__in=_WITHDRAWN) | kept_for_mapping(theirs)
    sentence = _("上傳者的帳號已停用，這個批次已停止，檔案與計畫中的個人資料已刪除。")
    withdrawn = [batch.pk for batch in waiting if _withdrawn(batch, sentence)]
    ImportBatch.objects.filter(pk__in=withdrawn).update(error=sentence)
    return len(withdrawn)


def _withdrawn(batch: ImportBatch, sentence: str) -> bool:
    while batch.state in _WITHDRAWN:  # a worker may bring it one step on just now
        if _given_up(batch, batch.state):
            return True
    return give_up_refused(batch, sentence)
