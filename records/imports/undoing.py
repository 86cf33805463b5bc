"""Taking an imported batch back: planned, looked at, confirmed, written through the one door in steps.

A step is a transaction of its own, in which some people are locked, judged anew and written: others wait for a moment
only, what they changed meanwhile stays, and whoever goes on after a crash (`undo_states`) finds done what is done and
waiting what waits. An undo is not undone: the file can be imported again.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import bulk, policies, progress, terms
from ..changes import apply_changes
from ..models import BatchUndo, BatchUndoRow, ImportBatch, Person, Source
from ..policies import Allowed, Decision, Denied
from ..values import hide_national_ids
from .judging import Judgement, Part, Reason, judge, people_of
from .mentioning import Mentions, mentions
from .undo_states import State, counts_of, held, leave, progress_name, take, undo_of, working
from .ways_back import change_back

Outcome, Why = BatchUndoRow.Outcome, BatchUndoRow.Why
ALONE = 500  # people that one may take back without a second person (ASVS 2.3.5), as with bulk edits
PEOPLE_PER_STEP = 1_000
ROWS_PER_STEP = 1_000  # many times what one person can have
REASON_LIMIT = BatchUndo._meta.get_field("reason").max_length
_FIELDS = (
    *("undo_id", "person_id", "record_id", "fields", "outcome"),
    *("why", "later_by_id", "later_at", "referred_by"),
)


# --- planning ---------------------------------------------------------------------------------------------------
def checked_reason(text: str) -> str:
    """A reason that may stand in the history. Raises `ValidationError`."""
    text = text.strip()
    if not 0 < len(text) <= REASON_LIMIT:
        raise ValidationError(_("請填理由（%(limit)s 字以內）。") % {"limit": REASON_LIMIT})
    if hide_national_ids(text) != text:
        raise ValidationError(_("理由請勿填寫身分證字號。"))
    return text


def open_undo(batch: ImportBatch, *, reason: str, by: Any, at: datetime.datetime) -> BatchUndo:
    """Open the undo of an imported batch; `plan_undo` makes its plan. Raises `ValidationError` with a sentence, also
    when there is one already."""
    reason = checked_reason(reason)
    if not (allowed := policies.can_undo_imports(by)):
        raise ValidationError(str(allowed.reason))
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state != ImportBatch.State.APPLIED:
            raise ValidationError(_("只有已匯入的批次可以還原。"))
        if undo_of(locked):
            raise ValidationError(_("這個批次已經有還原計畫。"))
        return BatchUndo.objects.create(batch=locked, reason=reason, made_by=by, made_at=at, heartbeat_at=at)


@bulk.without_collection()
def plan_undo(undo: BatchUndo) -> None:
    """Judge everybody of the batch and store what is found; nothing is written to anybody. Can be run again after a
    crash. After an error the plan is given up, with a sentence."""
    if not take(undo, State.PLANNING):
        return
    sentence = _("產生計畫時發生錯誤，沒有任何資料被更動；請再試一次，或洽系統管理人員。")
    with working(undo, State.PLANNING, State.DISCARDED, sentence):
        _plan(undo)
    undo.refresh_from_db()


def _plan(undo: BatchUndo) -> None:
    rows = list(_judged(undo))
    with transaction.atomic():
        locked = held(undo, State.PLANNING).select_for_update().first()
        if locked is None:
            return  # another worker took it over
        bulk.insert_rows(BatchUndoRow, _FIELDS, rows)
        locked.people = locked.rows.filter(outcome=Outcome.WAITING).values("person_id").distinct().count()
        locked.state, locked.heartbeat_at, locked.resumes = State.PLANNED, None, 0
        locked.counts = counts_of(locked)
        locked.save()


def _judged(undo: BatchUndo) -> Iterator[tuple[Any, ...]]:
    ids, mentioned, done = people_of(undo.batch), mentions(undo.batch), 0
    for chunk in bulk.batched(ids, PEOPLE_PER_STEP):
        for one in judge(undo.batch, chunk, mentioned):
            yield from (_row(undo.pk, one.person_id, part, part.outcome) for part in one.parts)
        done += len(chunk)
        progress.write(progress_name(undo), "judging", done, len(ids))


def _row(undo_id: int, person_id: int, part: Part, outcome: str) -> tuple[Any, ...]:
    reason = part.reason
    found = (part.record_id, list(part.fields), outcome)
    return undo_id, person_id, *found, reason.why, reason.by, reason.at, reason.referred_by


def discard_undo(undo: BatchUndo) -> bool:
    """Give a plan up of which nothing was written; its rows are deleted."""
    with transaction.atomic():
        locked = BatchUndo.objects.select_for_update().get(pk=undo.pk)
        if locked.state != State.PLANNED or locked.rows.filter(outcome=Outcome.DONE).exists():
            return False
        locked.rows.all().delete()
        locked.state = State.DISCARDED
        locked.save(update_fields=["state"])
    return True


# --- confirming -------------------------------------------------------------------------------------------------
def needs_second_person(undo: BatchUndo) -> bool:
    """Whether who made the plan may not confirm it (ASVS 2.3.5)."""
    return undo.people > ALONE


def may_confirm(user: Any, undo: BatchUndo) -> Decision:
    """Whether a user may have this plan written."""
    allowed = policies.can_undo_imports(user)
    if not allowed or not needs_second_person(undo):
        return allowed
    if user.pk == undo.made_by_id:
        return Denied(_("這項還原須由第二人（主任）確認，不能由計畫人自己確認。"))
    confirming = policies.can_confirm_large_undos(user)
    return Allowed() if confirming else confirming


def start_undoing(undo: BatchUndo, user: Any) -> bool:
    """Planned → applying for the first who asks and may; False for everybody after. A term that was signed off with
    this batch is open again."""
    undo.refresh_from_db()
    if not may_confirm(user, undo) or not undo.people:
        return False
    now = timezone.now()
    with transaction.atomic():
        moved = BatchUndo.objects.filter(pk=undo.pk, state=State.PLANNED).update(
            state=State.APPLYING, applied_by=user, heartbeat_at=now, error="", lease=F("lease") + 1
        )
        undo.refresh_from_db()
        if moved:
            _reopen_term(undo, now)
    return bool(moved)


def _reopen_term(undo: BatchUndo, at: datetime.datetime) -> None:
    """What was signed off with this batch holds no longer. Held with the batch, so that nobody signs off, or moves the
    batch to another term, beside it."""
    term = (
        ImportBatch.objects.select_for_update(of=["self"]).select_related("term").get(pk=undo.batch_id).term
    )
    if term:
        why = _("還原匯入批次 #%(batch)d：%(reason)s") % {"batch": undo.batch_id, "reason": undo.reason}
        terms.reopen(terms.hold(term), by=undo.applied_by, at=at, reason=why)


# --- writing (the worker) ---------------------------------------------------------------------------------------
@bulk.without_collection()
def undo_batch(undo: BatchUndo) -> None:
    """Write what waits, step by step, until nothing waits; also goes on where a dead process stopped. After an error
    the rest waits for confirmation again."""
    undo.refresh_from_db()
    if not take(undo, State.APPLYING):
        return
    if not may_confirm(undo.applied_by, undo):  # ASVS 8.3.3
        leave(undo, State.APPLYING, State.PLANNED, _("確認還原的帳號已停用或沒有權限；請由其他同仁確認。"))
        return
    sentence = _("還原時發生錯誤；已還原的不變，其餘請再確認一次。")
    with working(undo, State.APPLYING, State.PLANNED, sentence):
        _write_all(undo)
    undo.refresh_from_db()


def _write_all(undo: BatchUndo) -> None:
    mentioned, last, done = mentions(undo.batch), 0, 0
    total = undo.rows.filter(outcome=Outcome.WAITING).count()
    while step := _step(undo, mentioned, last):
        done, last = done + step.rows, step.last
        progress.write(progress_name(undo), "undoing", done, total)


class _Step(NamedTuple):
    """How many rows were written, and the last of them."""

    rows: int
    last: int


def _step(undo: BatchUndo, mentioned: Mentions, last: int) -> _Step | None:
    """Some people in one transaction, those behind the row `last` first; None when nothing waits any more."""
    with transaction.atomic():
        locked = held(undo, State.APPLYING).select_for_update().first()
        if locked is None:
            return None
        rows = _some_waiting(locked, last)
        if not rows:
            _finish(locked)
            return None
        confirmed = defaultdict(list)
        for row in rows:
            confirmed[row.person_id].append(row)
        ids = sorted(confirmed)
        # Locked before it is judged: nobody changes, and refers to, what is about to be written or removed.
        list(Person.objects.select_for_update().filter(pk__any_of=ids).order_by("pk").values_list("pk"))
        _write(locked, judge(locked.batch, ids, mentioned), confirmed)
        locked.heartbeat_at, locked.resumes = timezone.now(), 0
        locked.save(update_fields=["heartbeat_at", "resumes"])
    return _Step(len(rows), rows[-1].pk)


def _some_waiting(undo: BatchUndo, last: int) -> list[BatchUndoRow]:
    """The next rows that wait, each person's together, as they were stored."""
    waiting = undo.rows.filter(outcome=Outcome.WAITING).order_by("pk")
    rows = list(waiting.filter(pk__gt=last)[:ROWS_PER_STEP]) or list(waiting[:ROWS_PER_STEP])
    if len(rows) < ROWS_PER_STEP:
        return rows
    return [row for row in rows if row.person_id != rows[-1].person_id]


def _finish(undo: BatchUndo) -> None:
    undo.state, undo.applied_at, undo.heartbeat_at = State.APPLIED, timezone.now(), None
    undo.error, undo.resumes, undo.counts = "", 0, counts_of(undo)
    undo.save()
    _reopen_term(undo, undo.applied_at)  # signed off meanwhile, with what was still there


def _write(undo: BatchUndo, judged: Iterable[Judgement], confirmed: dict[int, list[BatchUndoRow]]) -> None:
    """Write what was confirmed and still holds; the rest is kept, with the reason that there is now."""
    changes, done, anew = [], {}, []
    for one in judged:
        rows = confirmed[one.person_id]
        waiting = {(row.record_id, name) for row in rows for name in row.fields or [""]}
        parts = [part for part in one.parts for part in _within(part, waiting)]
        go = [part for part in parts if part.outcome == Outcome.WAITING]
        if sum(len(part.fields or [""]) for part in go) == len(waiting):
            done[one.person_id] = [row.pk for row in rows]
        else:
            anew.append((one.person_id, rows, parts))
        if go:
            changes.append(change_back(one, go, undo.batch_id))
    applied = apply_changes(
        changes,
        editor=undo.applied_by,
        source=Source.UNDO,
        at=timezone.now(),
        batch=undo.batch,
        reason=undo.reason,
    )
    stale = {outcome.key for outcome in applied if outcome.stale}
    finished = [pk for person_id, pks in done.items() if person_id not in stale for pk in pks]
    _note(finished, outcome=Outcome.DONE)
    _note([pk for key in stale for pk in done.get(key, [])], outcome=Outcome.KEPT, why=Why.CHANGED)
    _replace(undo, anew, stale)


def _within(part: Part, waiting: set[tuple[int | None, str]]) -> Iterator[Part]:
    """The part as far as it was confirmed: what became possible since then was looked at by nobody."""
    names = tuple(name for name in part.fields or ("",) if (part.record_id, name) in waiting)
    if names:
        yield Part(part.record_id, names if part.fields else (), part.outcome, part.reason)


def _note(pks: list[int], **values: Any) -> None:
    for chunk in bulk.batched(pks, bulk.KEYS_PER_STATEMENT):
        BatchUndoRow.objects.filter(pk__any_of=chunk).update(**values)


def _replace(
    undo: BatchUndo, anew: Iterable[tuple[int, list[BatchUndoRow], list[Part]]], stale: set[int]
) -> None:
    """The rows of those of whom not everything still holds: done what was written, kept what was not."""
    rows, old = [], []
    for person_id, before, parts in anew:
        old += [row.pk for row in before]
        for part in parts:
            if part.outcome == Outcome.WAITING and person_id in stale:
                part = replace(part, outcome=Outcome.KEPT, reason=Reason(Why.CHANGED))
            outcome = Outcome.DONE if part.outcome == Outcome.WAITING else part.outcome
            rows.append(_row(undo.pk, person_id, part, outcome))
    for chunk in bulk.batched(old, bulk.KEYS_PER_STATEMENT):
        BatchUndoRow.objects.filter(pk__any_of=chunk).delete()
    bulk.insert_rows(BatchUndoRow, _FIELDS, rows)
