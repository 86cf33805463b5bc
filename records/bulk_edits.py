"""Bulk edit: one field of many people set to one value (plan → look → apply → undo), for the center.

The plan is a set of rows with the value before and after. What is applied is what was stored and looked at, through
the one door, which leaves alone what somebody changed meanwhile. States change by compare-and-set only; the rows are
written in one transaction, so that a process that dies leaves either nothing or everything. More than `ALONE` people,
and whether messages are accepted (SOP 6.9), need a second person (ASVS 2.3.5).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from . import bulk, leases, policies, progress
from .bulk_edit_fields import FIELDS, canonical, column_of, model_of
from .changes import Applied, PersonChange, RecordChange, apply_changes
from .models import AcademicRecord, BulkEdit, BulkEditRow, MessageObjection, Person, Source
from .policies import Allowed, Decision, Denied
from .values import hide_national_ids

State, Outcome = BulkEdit.State, BulkEditRow.Outcome
ALONE = 500  # people that one may change without a second person
_ROWS_AT_ONCE = 2000
_ROW_FIELDS = ("bulk_edit_id", "person_id", "record_id", "before", "after", "outcome")


# --- planning ---------------------------------------------------------------------------------------------------
def make_plan(
    people: QuerySet[Person],
    records: QuerySet[AcademicRecord],
    *,
    attribute: str,
    value: str,
    reason: str,
    chosen_by: str,
    by: Any,
    at: datetime.datetime,
) -> BulkEdit:
    """Store what would change of these people, or of these degrees when the field is a degree's.

    `value` as `cleaned_value` gave it; `chosen_by` says in words how the set was chosen. Nothing is written to anybody.
    Raises `ValidationError` when nothing would change."""
    if attribute not in FIELDS or not policies.may_write(by, attribute):
        raise ValidationError(_("這個欄位不能整批修改。"))
    edit = BulkEdit(
        attribute=attribute,
        value=value,
        reason=checked_reason(reason),
        chosen_by=chosen_by[:500],
        made_by=by,
        made_at=at,
    )
    owners = records if model_of(attribute) is AcademicRecord else people
    with transaction.atomic():
        edit.save()
        _store_rows(edit, _planned_rows(edit, owners))
    return edit


def checked_reason(text: str) -> str:
    """A reason that may stand in the history. Raises `ValidationError`."""
    text = text.strip()
    if not 0 < len(text) <= BulkEdit._meta.get_field("reason").max_length:
        raise ValidationError(_("請填理由（200 字以內）。"))
    if hide_national_ids(text) != text:
        raise ValidationError(_("理由請勿填寫身分證字號。"))
    return text


def _planned_rows(edit: BulkEdit, owners: QuerySet) -> Iterator[tuple[Any, ...]]:
    objecting = frozenset()
    if edit.attribute == "accepts_messages":
        objecting = frozenset(MessageObjection.objects.filter(ended_on=None).values_list("person", flat=True))
    for person, record, before in _present(edit.attribute, owners):
        if before == edit.value:
            edit.same += 1
            continue
        refused = person in objecting or before == "否"
        yield edit.pk, person, record, before, edit.value, Outcome.OBJECTED if refused else Outcome.WAITING


def _present(attribute: str, owners: QuerySet) -> Iterator[tuple[int, int | None, str]]:
    """Person, degree (None for a field of the person) and canonical present value."""
    column = column_of(attribute)
    is_record = owners.model is AcademicRecord
    plain = owners.select_related(None).prefetch_related(None).order_by("pk")
    person, names = ("person_id", ("pk",)) if is_record else ("pk", ())
    for person_id, *record, value in plain.values_list(person, *names, column):
        yield person_id, record[0] if record else None, canonical(attribute, value)


def _store_rows(edit: BulkEdit, rows: Iterable[tuple[Any, ...]]) -> None:
    """Store the rows of a new plan with its counts. Raises `ValidationError` when there is nothing to write."""
    # Read to the end first: PostgreSQL reads nothing while it takes rows in.
    bulk.insert_rows(BulkEditRow, _ROW_FIELDS, list(rows))
    waiting = edit.rows.filter(outcome=Outcome.WAITING)
    edit.people = waiting.values("person").distinct().count()
    edit.counts = _counts(edit)
    if not edit.people:
        raise ValidationError(_("沒有任何一位的資料會因此改變，計畫沒有建立。"))
    edit.save()


def _counts(edit: BulkEdit) -> dict[str, int]:
    return dict(edit.rows.order_by().values_list("outcome").annotate(Count("pk")))


# --- confirming -------------------------------------------------------------------------------------------------
def needs_second_person(edit: BulkEdit) -> bool:
    """Whether who made the plan may not apply it (ASVS 2.3.5; SOP 6.9 for messages)."""
    return edit.people > ALONE or edit.attribute == "accepts_messages"


def may_apply(user: Any, edit: BulkEdit) -> Decision:
    """Whether a user may have this plan written."""
    allowed = policies.can_bulk_edit(user)
    if not allowed or not needs_second_person(edit):
        return allowed
    if user.pk == edit.made_by_id:
        return Denied(_("這項整批修改須由第二人（主任）確認，不能由計畫人自己確認。"))
    confirming = policies.can_confirm_bulk_edits(user)
    return Allowed() if confirming else confirming


def start_applying(edit: BulkEdit, user: Any) -> bool:
    """Planned → applying for the first who asks and may; False for everybody after."""
    edit.refresh_from_db()
    if not may_apply(user, edit):
        return False
    moved = BulkEdit.objects.filter(pk=edit.pk, state=State.PLANNED).update(
        state=State.APPLYING, applied_by=user, heartbeat_at=timezone.now(), error=""
    )
    edit.refresh_from_db()
    return bool(moved)


def discard(edit: BulkEdit) -> bool:
    """Give a plan up; its rows are deleted."""
    with transaction.atomic():
        moved = BulkEdit.objects.filter(pk=edit.pk, state=State.PLANNED).update(state=State.DISCARDED)
        if moved:
            BulkEditRow.objects.filter(bulk_edit=edit.pk).delete()
    return bool(moved)


# --- applying (the worker) --------------------------------------------------------------------------------------
def apply(edit: BulkEdit) -> None:
    """Write the stored rows through the one door, in one transaction; whatever fails, the plan waits as before."""
    edit.refresh_from_db()
    if edit.state != State.APPLYING:
        return
    try:
        if not may_apply(edit.applied_by, edit):
            _leave(edit, _("確認人已無權限，沒有任何資料被更動。"))
            return
        with leases.signs_of_life(progress_name(edit)):
            _apply(edit)
    except IntegrityError:
        _leave(edit, _("寫入期間有人異動了相同的資料，沒有任何資料被更動；請再確認一次。"))
    except DatabaseError:
        _leave(edit, _("寫入時發生錯誤，沒有任何資料被更動；請再試一次，或洽系統管理人員。"))
        raise


def _apply(edit: BulkEdit) -> None:
    with transaction.atomic():
        locked = BulkEdit.objects.select_for_update().filter(pk=edit.pk, state=State.APPLYING).first()
        if locked is None:
            return  # another worker was first
        if locked.undo_of_id:
            _leave_touched(locked)
        total = _counts(locked).get(Outcome.WAITING, 0)
        done = 0

        def note(applied: list[Applied]) -> None:
            nonlocal done
            _note_outcome(applied)
            done += len(applied)
            progress.write(progress_name(edit), "applying", done, total)

        apply_changes(
            _stored_changes(locked),
            editor=locked.applied_by,
            source=Source.REVERT if locked.undo_of_id else Source.ADMIN,
            at=timezone.now(),
            reason=_("整批修改 #%(number)s：%(reason)s") % {"number": locked.pk, "reason": locked.reason},
            after_step=note,
        )
        locked.state, locked.applied_at, locked.heartbeat_at = State.APPLIED, timezone.now(), None
        locked.error, locked.counts = "", _counts(locked)
        locked.save()
    edit.refresh_from_db()


def _leave_touched(undo: BulkEdit) -> None:
    """Whoever was touched since the undo was planned stays as well; nobody is from now on until it is written."""
    waiting = undo.rows.filter(outcome=Outcome.WAITING).order_by("pk")
    people = Person.objects.select_for_update().filter(pk__in=waiting.order_by().values("person"))
    list(people.order_by("pk").values_list("pk", flat=True))  # locked in the order in which everybody locks
    for rows in bulk.batched(waiting, _ROWS_AT_ONCE):
        after = {row.record_id or row.person_id: row.before for row in rows}
        touched = _touched(model_of(undo.attribute), undo.undo_of, after)
        clashes = [row.pk for row in rows if (row.record_id or row.person_id) in touched]
        for chunk in bulk.batched(clashes, bulk.KEYS_PER_STATEMENT):
            BulkEditRow.objects.filter(pk__any_of=chunk).update(outcome=Outcome.CONFLICT)


def _stored_changes(edit: BulkEdit) -> Iterator[PersonChange]:
    """One change a row, so that what is stale of one degree does not hold up another."""
    last, name = 0, edit.attribute
    waiting = edit.rows.filter(outcome=Outcome.WAITING).order_by("pk")
    while rows := list(waiting.filter(pk__gt=last)[:_ROWS_AT_ONCE]):
        for row in rows:
            values, before = {name: row.after}, {name: row.before}
            if row.record_id is None:
                yield PersonChange(row.person_id, values, before, key=row.pk)
            else:
                record = RecordChange(row.record_id, values, before)
                yield PersonChange(row.person_id, {}, records=[record], key=row.pk)
        last = rows[-1].pk


def _note_outcome(applied: list[Applied]) -> None:
    for outcome, is_stale in ((Outcome.DONE, False), (Outcome.CONFLICT, True)):
        keys = [one.key for one in applied if bool(one.stale) is is_stale]
        for chunk in bulk.batched(keys, bulk.KEYS_PER_STATEMENT):
            BulkEditRow.objects.filter(pk__any_of=chunk).update(outcome=outcome)


def progress_name(edit: BulkEdit) -> str:
    """Under which name `progress` keeps how far it is."""
    return f"edit-{edit.pk}"


def left_behind(at: datetime.datetime) -> list[BulkEdit]:
    """Confirmed plans that have given no sign of life for longer than a lease."""
    waiting = BulkEdit.objects.filter(state=State.APPLYING).order_by("pk")
    return [edit for edit in waiting if leases.is_silent(progress_name(edit), edit.heartbeat_at, at)]


def put_back(edit: BulkEdit) -> bool:
    """Have a plan that a dead process left in the middle wait for confirmation again: nothing of it was written."""
    leases.end_session(progress_name(edit))
    return _leave(edit, _("寫入中斷，沒有任何資料被更動；請再確認一次。"))


def _leave(edit: BulkEdit, sentence: str) -> bool:
    left = BulkEdit.objects.filter(pk=edit.pk, state=State.APPLYING).update(
        state=State.PLANNED, applied_by=None, heartbeat_at=None, error=sentence[:500]
    )
    edit.refresh_from_db()
    return bool(left)


# --- undoing ----------------------------------------------------------------------------------------------------
def plan_undo(edit: BulkEdit, *, reason: str, by: Any, at: datetime.datetime) -> BulkEdit:
    """Plan the way back as a bulk edit of its own. What anybody touched since stands in it as a conflict and stays.
    Raises `ValidationError`, also when it is being undone already."""
    undo = BulkEdit(
        attribute=edit.attribute,
        reason=checked_reason(reason),
        chosen_by=_("復原整批修改 #%(number)s") % {"number": edit.pk},
        undo_of=edit,
        made_by=by,
        made_at=at,
    )
    with transaction.atomic():
        locked = BulkEdit.objects.select_for_update().get(pk=edit.pk)
        if locked.state != State.APPLIED:
            raise ValidationError(_("只有已寫入的整批修改可以復原。"))
        if locked.undoings.exclude(state=State.DISCARDED).exists():
            raise ValidationError(_("這項整批修改已經有復原計畫。"))
        undo.save()
        _store_rows(undo, _rows_back(undo, locked))
    return undo


def _rows_back(undo: BulkEdit, edit: BulkEdit) -> Iterator[tuple[Any, ...]]:
    model = model_of(edit.attribute)
    done = edit.rows.filter(outcome=Outcome.DONE).order_by("pk")
    for rows in bulk.batched(done, _ROWS_AT_ONCE):
        after = {row.record_id or row.person_id: row.after for row in rows}
        touched = _touched(model, edit, after)
        for row in rows:
            clash = (row.record_id or row.person_id) in touched
            outcome = Outcome.CONFLICT if clash else Outcome.WAITING
            yield undo.pk, row.person_id, row.record_id, row.after, row.before, outcome


def _touched(model: type, edit: BulkEdit, after: dict[int, str]) -> set[int]:
    """Whose field is another one now, or was meanwhile: also there and back again is a decision of somebody's. Of the
    answer about messages everybody as well who ever objected: it does not go back to none (SOP 6.9)."""
    name = column_of(edit.attribute)
    live = model.objects.filter(pk__any_of=list(after)).values_list("pk", name)
    later = model.history.filter(id__any_of=list(after), history_date__gt=edit.applied_at)
    seen = [*live, *later.values_list("id", name)]
    found = {pk for pk, value in seen if canonical(edit.attribute, value) != after[pk]}
    if edit.attribute == "accepts_messages":
        found |= set(
            MessageObjection.objects.filter(person__any_of=list(after)).values_list("person", flat=True)
        )
    return found | (after.keys() - {pk for pk, _value in live})
