"""What a person decides about a batch: options, programmes that no list knows, giving up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from .. import plans
from ..models import ImportBatch, ImportRow, Programme, Verdict
from ..programmes import Lists
from .files import upload_path
from .states import State, move


@dataclass(frozen=True, slots=True)
class Question:
    """What a person has to decide, once for all like rows."""

    key: str
    text: str
    rows: int
    row_numbers: list[int]
    candidates: list[Programme]


def change_options(batch: ImportBatch, *, mode: str, refusals: str) -> bool:
    """Choose how the batch treats contact data and refusals; the plan has to be made again (`replan`)."""
    batch.mode, batch.refusals = mode, refusals
    return bool(
        ImportBatch.objects.filter(pk=batch.pk, state=State.PLANNED).update(mode=mode, refusals=refusals)
    )


def decide(batch: ImportBatch, question: str, programme: Programme) -> bool:
    """Answer one question for all like rows; the plan has to be made again (`replan`)."""
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        asked = "\x00" not in question and ImportRow.objects.filter(batch=batch, question=question).exists()
        if locked.state != State.PLANNED or not asked:
            return False
        locked.decisions[question] = str(programme.pk)
        locked.save(update_fields=["decisions"])
    batch.decisions = locked.decisions
    return True


def open_questions(batch: ImportBatch) -> list[Question]:
    """The undecided programmes of the batch, the most frequent first."""
    lists = Lists.load()
    rows = ImportRow.objects.filter(batch=batch, verdict=Verdict.NEEDS_PERSON).exclude(question="")
    found = rows.order_by().values_list("question").annotate(count=Count("pk")).order_by("-count", "question")
    questions = []
    for key, count in found:
        first = rows.filter(question=key).order_by("row_number")
        row = plans.stored_row(first[0])
        resolution = lists.resolve_programme(
            row.value("programme"),
            student_number=row.value("student_number"),
            class_name=row.value("class_name"),
        )
        candidates = [lists.programme(pk) for pk in resolution.candidates]
        numbers = list(first.values_list("row_number", flat=True)[:5])
        questions.append(Question(key, row.value("programme"), count, numbers, candidates))
    return questions


def discard(batch: ImportBatch) -> bool:
    """Give a planned batch up: its rows, which hold personal data, are deleted."""
    with transaction.atomic():
        if not move(batch, State.PLANNED, State.DISCARDED):
            return False
        ImportRow.objects.filter(batch=batch).delete()
        ImportBatch.objects.filter(pk=batch.pk).update(heartbeat_at=None)
    return True


def withdraw(user: Any) -> int:
    """Give up what waits of a user: files not read yet and plans not confirmed; returns how many batches.

    A plan that is being written is not stopped: it was confirmed, and is written whole or not at all."""
    waiting = ImportBatch.objects.filter(uploaded_by=user, state__in=(State.RECEIVED, State.PLANNED))
    withdrawn = [batch.pk for batch in waiting if _withdrawn(batch)]
    sentence = _("上傳者的帳號已停用，這個批次已停止，檔案與計畫中的個人資料已刪除。")
    ImportBatch.objects.filter(pk__in=withdrawn).update(error=sentence)
    return len(withdrawn)


def _withdrawn(batch: ImportBatch) -> bool:
    if batch.state == State.PLANNED:
        return discard(batch)
    if not move(batch, State.RECEIVED, State.DISCARDED):
        return False
    path = upload_path(batch)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return True
