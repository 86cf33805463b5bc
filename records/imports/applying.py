"""Confirming a plan and writing it through the one door, all or nothing."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import bulk, plans, progress
from ..cells import WARNING
from ..changes import Applied, apply_changes
from ..models import AcademicRecord, ImportBatch, ImportOutcome, ImportRow, Person, Source, Verdict
from ..serials import Need, SerialPool, SeriesFull, reserve
from .planning import plan_again, replan
from .states import State, again_once, held, leave, take, working

logger = logging.getLogger(__name__)
CHANGED_MEANWHILE = gettext_lazy("確認期間有人異動了相同的資料，計畫已重新產生，請再確認一次。")
# What applying says of the batch; anything else, its term for one, somebody may change meanwhile.
_WRITTEN = ("counts", "applied_at", "state", "error", "heartbeat_at", "resumes")
CHANGING = (Verdict.NEW_PERSON, Verdict.NEW_RECORD, Verdict.UPDATE)


def start_applying(batch: ImportBatch, user: Any) -> bool:
    """Planned → applying for the first who asks; False for everybody after, and while the plan does not tell of
    everything that was decided."""
    moved = ImportBatch.objects.filter(pk=batch.pk, state=State.PLANNED, needs_plan=False).update(
        state=State.APPLYING, applied_by=user, heartbeat_at=timezone.now(), error="", lease=F("lease") + 1
    )
    batch.refresh_from_db()
    return bool(moved)


def call_off(batch: ImportBatch, sentence: str) -> None:
    """A confirmed plan that is not to be written after all waits for confirmation again."""
    leave(batch, State.APPLYING, State.PLANNED, sentence)


@again_once(State.APPLYING, State.PLANNED)
@bulk.without_collection()
def apply(batch: ImportBatch) -> None:
    """Write the stored plan through the one door, all or nothing. When others wrote the same people first, the batch is
    planned again; after any other failure it waits for confirmation as it was."""
    batch.refresh_from_db()
    if not take(batch, State.APPLYING):
        return
    sentence = _("寫入時發生錯誤，沒有任何資料被更動；請再試一次，或洽系統管理人員。")
    with working(batch, State.APPLYING, State.PLANNED, sentence):
        try:
            _apply(batch)
        except SeriesFull as full:
            leave(batch, State.APPLYING, State.PLANNED, str(full))
        except IntegrityError:
            # Somebody else wrote one of these people between our look and our commit.
            logger.warning("batch %s met a concurrent change and was planned again", batch.pk)
            leave(batch, State.APPLYING, State.PLANNED, CHANGED_MEANWHILE)
            replan_keeping_error(batch)


def replan_keeping_error(batch: ImportBatch) -> None:
    """Plan again and keep the sentence that says why."""
    sentence = batch.error
    replan(batch)
    ImportBatch.objects.filter(pk=batch.pk).update(error=sentence)
    batch.error = sentence


def _still_holds(batch: ImportBatch) -> bool:
    """Whether the plan says the same after others entered people or records, or took them back, since it was made."""
    newer = {"created_at__gt": batch.planned_at}
    others = ImportBatch.objects.filter(applied_at__gt=batch.planned_at).exclude(pk=batch.pk)
    if not (
        others.exists()
        or Person.objects.filter(**newer).exists()
        or AcademicRecord.objects.filter(**newer).exists()
        or AcademicRecord.history.filter(history_type="-", history_date__gt=batch.planned_at).exists()
    ):
        return True
    confirmed = _outline(batch)
    plan_again(batch, State.APPLYING)
    return _outline(batch) == confirmed


def _outline(batch: ImportBatch) -> list[tuple[Any, ...]]:
    """What was confirmed: every row's verdict and whom it attaches to."""
    rows = ImportRow.objects.filter(batch=batch).order_by("row_number")
    return list(rows.values_list("row_number", "verdict", "person", "record"))


def _apply(batch: ImportBatch) -> None:
    if not _still_holds(batch):
        leave(batch, State.APPLYING, State.PLANNED, CHANGED_MEANWHILE)
        return
    pool = _reserved(batch)
    writer = _Outcome(batch)
    with transaction.atomic():
        if not held(batch, State.APPLYING).select_for_update().exists():
            return  # another worker was first, or took the batch over
        apply_changes(
            plans.stored_changes(batch),
            editor=batch.applied_by,
            source=Source.IMPORT,
            at=timezone.now(),
            batch=batch,
            pool=pool,
            after_step=writer.write,
        )
        batch.applied_at = timezone.now()
        batch.state, batch.error, batch.heartbeat_at, batch.resumes = State.APPLIED, "", None, 0
        batch.save(update_fields=_WRITTEN)


def _reserved(batch: ImportBatch) -> SerialPool:
    """The serial numbers that the plan needs, behind those that its rows bring along."""
    numbered = ImportRow.objects.filter(batch=batch, verdict__in=CHANGING).exclude(serial_prefix="")
    counted = numbered.order_by().values_list("series", "serial_prefix").annotate(Count("pk"))
    demand: Counter[Need] = Counter()
    brought = []
    for series, prefix, count in counted:
        if series is None:
            brought.append(prefix)  # the whole number of a row that has one
        else:
            demand[Need(series, prefix)] = count
    return reserve(demand, brought=brought)


class _Outcome:
    """Notes which person and record the rows became, and tells how far it is."""

    def __init__(self, batch: ImportBatch) -> None:
        rows = ImportRow.objects.filter(batch=batch, leader__isnull=False)
        found = list(rows.order_by().values_list("row_number", "pk", "leader"))
        self.batch, self.done = batch, 0
        self.total = sum(number == leader for number, _pk, leader in found)
        self.pks = {number: pk for number, pk, _leader in found}

    def write(self, applied: list[Applied]) -> None:
        became = []
        for outcome in applied:
            if outcome.stale:
                self._leave_to_a_person(outcome)
                continue
            became += [
                (self.pks[row], outcome.person_id, record)
                for rows, record, _serial in outcome.records
                for row in rows
            ]
        bulk.insert_rows(ImportOutcome, ["row_id", "person_id", "record_id"], became)
        self.done += len(applied)
        progress.write(self.batch.pk, "applying", self.done, self.total)

    def _leave_to_a_person(self, outcome: Applied) -> None:
        """Somebody changed the person since the plan was made: nothing is overwritten, the row says so."""
        sentence = _("計畫完成之後這位校友的資料有人異動過，本列未寫入；請下載待更正列，核對後重新上傳。")
        for row in ImportRow.objects.filter(batch=self.batch, leader=outcome.key):
            self.batch.counts[row.verdict] -= 1
            self.batch.counts[Verdict.NEEDS_PERSON] += 1
            self.batch.counts["remarks"] += 1
            self.batch.counts["not_written"] = self.batch.counts.get("not_written", 0) + 1
            row.verdict = Verdict.NEEDS_PERSON
            row.remarks = [*row.remarks, ["", WARNING, "changed_meanwhile", sentence]]
            row.save(update_fields=["verdict", "remarks"])
