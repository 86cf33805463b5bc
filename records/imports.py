"""The life of a batch: received → read and planned → confirmed → applied (or refused, failed, discarded).

A state changes only by compare-and-set, so that of two people, two tabs or two workers one goes on. The file is read
once; planning again, after a decision or with other options, works on the stored rows.
"""

from __future__ import annotations

import datetime
import hashlib
import logging
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import bulk, plans, progress
from .cells import ERROR, WARNING, Note
from .changes import Applied, apply_changes
from .columns import HEADERS, REQUIRED_HEADERS
from .models import AcademicRecord, ImportBatch, ImportOutcome, ImportRow, Person, Programme, Source, Verdict
from .organisation import complete_series
from .planning import counts_of, plan
from .programmes import Lists
from .rows import Row, RowCleaner
from .serials import Need, SeriesFull, reserve
from .values import hide_national_ids
from .workbooks.gate import check_file
from .workbooks.reader import Sheet, WorkbookRefused, read_sheet
from .workbooks.writer import REASON_HEADER, ReturnedRow, write_returned

logger = logging.getLogger(__name__)
State = ImportBatch.State
CHANGED_MEANWHILE = gettext_lazy("確認期間有人異動了相同的資料，計畫已重新產生，請再確認一次。")
KEY_HEADERS = ("流水號", "學號", "身分證字號")
ROWS_A_PAGE = 50
# A batch in a middle state without a sign of life for so long was left behind by a process that died.
LEASE = datetime.timedelta(minutes=2)
CHANGING = (Verdict.NEW_PERSON, Verdict.NEW_RECORD, Verdict.UPDATE)


@dataclass(frozen=True, slots=True)
class Question:
    """What a person has to decide, once for all like rows."""

    key: str
    text: str
    rows: int
    row_numbers: list[int]
    candidates: list[Programme]


def upload_path(batch: ImportBatch) -> Path:
    """Where the batch's file lies until it is read: private, named by the server."""
    return Path(settings.DATA_DIR) / "uploads" / f"{batch.pk}.xlsx"


def receive(
    source: BinaryIO, *, file_name: str, user: Any, mode: str = "fill", refusals: str = "set_yes"
) -> ImportBatch:
    """Keep an uploaded file and open a batch for it. Raises WorkbookRefused for what shows at first sight.

    `source` is a real file opened for reading; `file_name` the name its owner gave it."""
    file_name = hide_national_ids(Path(file_name.replace("\\", "/")).name)[:255]
    check_file(source, name=file_name)
    source.seek(0)
    sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    size = source.tell()
    batch = ImportBatch(
        file_name=file_name, sha256=sha256, size=size, uploaded_by=user, mode=mode, refusals=refusals
    )
    before = earlier_import(batch)
    if before:
        batch.decisions = before.decisions  # the same file asks the same questions
    batch.save()
    source.seek(0)
    part = upload_path(batch).with_suffix(".part")
    try:
        with part.open("wb") as target:
            shutil.copyfileobj(source, target)
        part.rename(upload_path(batch))
    except OSError:
        part.unlink(missing_ok=True)
        batch.delete()
        raise
    return batch


@bulk.without_collection()
def read_and_plan(batch: ImportBatch) -> None:
    """Read the file once, clean every cell and store the plan. A refused file ends the batch with its sentence."""
    if not _move(batch, State.RECEIVED, State.READING):
        return
    path = upload_path(batch)
    try:
        with read_sheet(
            path, headers=HEADERS, required=REQUIRED_HEADERS, ignored=(REASON_HEADER,), name=batch.file_name
        ) as sheet:
            _store_plan(batch, _rows(batch, sheet), sheet.notes)
    except WorkbookRefused as refusal:
        _end(batch, State.REFUSED, refusal.sentence)
    finally:
        _leave(
            batch,
            State.READING,
            State.FAILED,
            _("讀取時發生錯誤，沒有任何資料被更動；請重新上傳，或洽系統管理人員。"),
        )
        progress.clear(batch.pk)
        path.unlink(missing_ok=True)


def _rows(batch: ImportBatch, sheet: Sheet) -> Iterator[Row]:
    """The cleaned rows of a sheet, while it is being read. Raises WorkbookRefused."""
    if not set(KEY_HEADERS) & set(sheet.columns):
        raise WorkbookRefused("no_key_columns")
    cleaner = RowCleaner(timezone.localdate())
    count = 0
    for number, cells in sheet.rows:
        yield cleaner.clean(number, cells)
        count += 1
        if count % 500 == 0:
            progress.write(batch.pk, "reading", count, None)
    if not count:
        raise WorkbookRefused("no_rows")
    progress.write(batch.pk, "planning", 0, count)


@bulk.without_collection()
def replan(batch: ImportBatch) -> None:
    """Plan again from the stored rows: a decision was made, options changed, or people were edited meanwhile."""
    if not _move(batch, State.PLANNED, State.READING) and batch.state != State.READING:
        return
    try:
        _plan_again(batch, State.PLANNED)
    finally:
        _leave(batch, State.READING, State.PLANNED, _("重新計畫時發生錯誤，請再試一次，或洽系統管理人員。"))
        progress.clear(batch.pk)


def _plan_again(batch: ImportBatch, state: str) -> None:
    rows = [plans.stored_row(row) for row in plans.stored_rows(batch)]
    progress.write(batch.pk, "planning", 0, len(rows))
    kept = [Note(*note) for note in batch.notes if note[1] not in _OWN_NOTES]
    _store_plan(batch, rows, kept, state)


def _store_plan(
    batch: ImportBatch, rows: Iterable[Row], notes: list[Note], state: str = State.PLANNED
) -> None:
    """Plan and store. `rows` may still be read from the file; `notes` on it are complete once they are."""
    batch.refresh_from_db()
    complete_series()  # for programmes that were added past the admin
    options = plans.Options(
        batch.mode, batch.refusals, batch.decisions, batch.file_name, timezone.localdate()
    )
    planned = plan(rows, Lists.load(), options)
    with transaction.atomic():
        working = ImportBatch.objects.select_for_update().filter(
            pk=batch.pk, state__in=(State.READING, State.APPLYING)
        )
        if not working.exists():
            return  # somebody else ended this batch meanwhile
        plans.store(batch, planned)
        batch.counts = counts_of(planned)
        # A sheet without a header row has data where headers are quoted.
        said = [[level, code, hide_national_ids(message)] for level, code, message in notes]
        batch.notes = [*said, *_own_notes(batch)]
        batch.planned_at = timezone.now()
        batch.state, batch.error, batch.heartbeat_at = state, "", None
        batch.save()


_OWN_NOTES = ("imported_before", "size_unlike_last", "many_kept_out")


def _own_notes(batch: ImportBatch) -> Iterator[list[str]]:
    """Remarks on the batch as a whole."""
    before = earlier_import(batch)
    if before:
        yield [
            WARNING,
            "imported_before",
            _("同一個檔案已於 %(at)s 由 %(name)s 匯入（批次 #%(batch)s）。")
            % {
                "at": f"{timezone.localtime(before.applied_at):%Y-%m-%d %H:%M}",
                "name": before.applied_by.display_name,
                "batch": before.pk,
            },
        ]
    counts = batch.counts
    last = (
        ImportBatch.objects.filter(state=State.APPLIED)
        .exclude(sha256=batch.sha256)
        .order_by("-applied_at")
        .first()
    )
    if last and last.counts.get("rows", 0) >= 20 and not 0.5 <= counts["rows"] / last.counts["rows"] <= 2:
        yield [
            WARNING,
            "size_unlike_last",
            _("本批次 %(rows)s 列，上一批次（#%(batch)s）%(last)s 列，相差很多，請確認檔案是否完整。")
            % {"rows": counts["rows"], "batch": last.pk, "last": last.counts["rows"]},
        ]
    out = counts["kept_out"] + counts["needs_person"]
    if counts["rows"] >= 20 and out > counts["rows"] * 0.2:
        yield [
            WARNING,
            "many_kept_out",
            _("有 %(out)s 列（超過兩成）無法直接匯入，請確認檔案的欄位是否錯置。") % {"out": out},
        ]


def earlier_import(batch: ImportBatch) -> ImportBatch | None:
    """The newest applied batch of the very same file."""
    same = ImportBatch.objects.filter(sha256=batch.sha256, state=State.APPLIED).exclude(pk=batch.pk)
    return same.select_related("applied_by").order_by("-applied_at").first()


# --- confirming -------------------------------------------------------------------------------------------------
def start_applying(batch: ImportBatch, user: Any) -> bool:
    """Planned → applying for the first who asks; False for everybody after."""
    moved = ImportBatch.objects.filter(pk=batch.pk, state=State.PLANNED).update(
        state=State.APPLYING, applied_by=user, heartbeat_at=timezone.now(), error=""
    )
    batch.refresh_from_db()
    return bool(moved)


def call_off(batch: ImportBatch, sentence: str) -> None:
    """A confirmed plan that is not to be written after all waits for confirmation again."""
    _leave(batch, State.APPLYING, State.PLANNED, sentence)


@bulk.without_collection()
def apply(batch: ImportBatch) -> None:
    """Write the stored plan through the one door, all or nothing. When others wrote the same people first, the batch is
    planned again; after any other failure it waits for confirmation as it was."""
    batch.refresh_from_db()
    if batch.state != State.APPLYING:
        return
    try:
        _apply(batch)
    except SeriesFull as full:
        _leave(batch, State.APPLYING, State.PLANNED, str(full))
    except IntegrityError:
        # Somebody else wrote one of these people between our look and our commit.
        logger.warning("batch %s met a concurrent change and was planned again", batch.pk)
        _leave(batch, State.APPLYING, State.PLANNED, CHANGED_MEANWHILE)
        replan_keeping_error(batch)
    finally:
        _leave(
            batch,
            State.APPLYING,
            State.PLANNED,
            _("寫入時發生錯誤，沒有任何資料被更動；請再試一次，或洽系統管理人員。"),
        )
        progress.clear(batch.pk)


def replan_keeping_error(batch: ImportBatch) -> None:
    """Plan again and keep the sentence that says why."""
    sentence = batch.error
    replan(batch)
    ImportBatch.objects.filter(pk=batch.pk).update(error=sentence)
    batch.error = sentence


def _still_holds(batch: ImportBatch) -> bool:
    """Whether the plan says the same after others entered people or records since it was made."""
    newer = {"created_at__gt": batch.planned_at}
    others = ImportBatch.objects.filter(applied_at__gt=batch.planned_at).exclude(pk=batch.pk)
    if not (
        others.exists()
        or Person.objects.filter(**newer).exists()
        or AcademicRecord.objects.filter(**newer).exists()
    ):
        return True
    confirmed = _outline(batch)
    _plan_again(batch, State.APPLYING)
    return _outline(batch) == confirmed


def _outline(batch: ImportBatch) -> list[tuple[Any, ...]]:
    """What was confirmed: every row's verdict and whom it attaches to."""
    rows = ImportRow.objects.filter(batch=batch).order_by("row_number")
    return list(rows.values_list("row_number", "verdict", "person", "record"))


def _apply(batch: ImportBatch) -> None:
    if not _still_holds(batch):
        _leave(batch, State.APPLYING, State.PLANNED, CHANGED_MEANWHILE)
        return
    numbered = (
        ImportRow.objects.filter(batch=batch, verdict__in=CHANGING).exclude(serial_prefix="").order_by()
    )
    taken = numbered.exclude(series=None).values_list("series", "serial_prefix").annotate(Count("pk"))
    brought = numbered.filter(series=None).values_list("serial_prefix", flat=True)
    pool = reserve(Counter({Need(series, prefix): count for series, prefix, count in taken}), brought=brought)
    total = ImportRow.objects.filter(batch=batch, leader=F("row_number")).count()
    writer = _Outcome(batch, total)
    with transaction.atomic():
        if not ImportBatch.objects.select_for_update().filter(pk=batch.pk, state=State.APPLYING).exists():
            return  # another worker was first
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
        batch.state, batch.error, batch.heartbeat_at = State.APPLIED, "", None
        batch.save()


class _Outcome:
    """Notes which person and record the rows became, and tells how far it is."""

    def __init__(self, batch: ImportBatch, total: int) -> None:
        self.batch, self.total, self.done = batch, total, 0
        rows = ImportRow.objects.filter(batch=batch, leader__isnull=False)
        self.pks: dict[int, int] = dict(rows.values_list("row_number", "pk"))

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
            row.verdict = Verdict.NEEDS_PERSON
            row.remarks = [*row.remarks, ["", WARNING, "changed_meanwhile", sentence]]
            row.save(update_fields=["verdict", "remarks"])


# --- what a person decides ------------------------------------------------------------------------------------
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
        if not _move(batch, State.PLANNED, State.DISCARDED):
            return False
        ImportRow.objects.filter(batch=batch).delete()
        ImportBatch.objects.filter(pk=batch.pk).update(heartbeat_at=None)
    return True


def withdraw(user: Any) -> int:
    """Give up what waits of a user: files not read yet and plans not confirmed; returns how many batches.

    A plan that is being written is not stopped: it was confirmed, and is written whole or not at all."""
    waiting = ImportBatch.objects.filter(uploaded_by=user, state__in=(State.RECEIVED, State.PLANNED))
    return sum(_withdrawn(batch) for batch in waiting)


def _withdrawn(batch: ImportBatch) -> bool:
    if batch.state == State.PLANNED:
        return discard(batch)
    if not _move(batch, State.RECEIVED, State.DISCARDED):
        return False
    path = upload_path(batch)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return True


# --- looking at a batch -----------------------------------------------------------------------------------------
def rows_of(batch: ImportBatch, *, verdict: str = "", page: int = 1) -> list[plans.RowView]:
    """One page of the stored plan as a person sees it."""
    rows = plans.shown_rows(batch)
    if verdict:
        rows = rows.filter(verdict=verdict)
    lists = Lists.load()
    start = (page - 1) * ROWS_A_PAGE
    return [plans.view(row, lists) for row in rows[start : start + ROWS_A_PAGE]]


def all_rows(batch: ImportBatch) -> Iterator[plans.RowView]:
    """The whole stored plan, as a stream."""
    lists = Lists.load()
    return (plans.view(row, lists) for row in plans.stored_rows(batch))


def write_returned_rows(batch: ImportBatch, target: Path | BinaryIO) -> int:
    """The workbook to be corrected and uploaded again; returns its number of rows."""
    lists = Lists.load()
    wanted = (
        row
        for row in plans.stored_rows(batch)
        if row.verdict in (Verdict.KEPT_OUT, Verdict.NEEDS_PERSON)
        or any(remark[1] == ERROR for remark in row.remarks)
    )
    return write_returned(
        target, headers=HEADERS, rows=(ReturnedRow(*plans.returned(row, lists)) for row in wanted)
    )


def recover(at: datetime.datetime) -> int:
    """Put batches right that a dead process left in a middle state: nothing of them was written."""
    waiting = ImportBatch.objects.filter(
        Q(heartbeat_at__lt=at - LEASE) | Q(heartbeat_at=None), state__in=(State.READING, State.APPLYING)
    )
    dead = [
        batch.pk for batch in waiting if not ((noted := progress.noted_at(batch.pk)) and noted > at - LEASE)
    ]
    left = ImportBatch.objects.filter(pk__in=dead)
    # A plan that was only being made again is still there.
    back = (
        left.filter(state=State.READING)
        .exclude(planned_at=None)
        .update(state=State.PLANNED, error=_("重新計畫中斷，請再試一次。"), heartbeat_at=None)
    )
    for batch in left.filter(state=State.READING):
        upload_path(batch).unlink(missing_ok=True)  # it holds personal data
    failed = left.filter(state=State.READING).update(
        state=State.FAILED, error=_("讀取中斷，沒有任何資料被更動；請重新上傳。"), heartbeat_at=None
    )
    back += left.filter(state=State.APPLYING).update(
        state=State.PLANNED,
        applied_by=None,
        error=_("寫入中斷，沒有任何資料被更動；請再確認一次。"),
        heartbeat_at=None,
    )
    return failed + back


def _move(batch: ImportBatch, before: str, after: str) -> bool:
    moved = ImportBatch.objects.filter(pk=batch.pk, state=before).update(
        state=after, heartbeat_at=timezone.now()
    )
    batch.refresh_from_db()
    return bool(moved)


def _leave(batch: ImportBatch, middle: str, state: str, sentence: str) -> None:
    """Whatever happened: no batch stays in a middle state that nobody works on."""
    left = ImportBatch.objects.filter(pk=batch.pk, state=middle)
    applier = {"applied_by": None} if state == State.PLANNED else {}
    if left.update(state=state, error=str(sentence)[:500], heartbeat_at=None, **applier):
        batch.refresh_from_db()


def _end(batch: ImportBatch, state: str, sentence: str) -> None:
    ImportBatch.objects.filter(pk=batch.pk).update(state=state, error=str(sentence)[:500], heartbeat_at=None)
    batch.refresh_from_db()
