"""Reading a file once into a stored plan, and planning again from the stored rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import bulk, plans, progress
from ..cells import WARNING, Note, RawCell
from ..columns import HEADERS, REQUIRED_HEADERS
from ..models import ImportBatch
from ..organisation import complete_series
from ..planning import count, no_rows_yet, plan
from ..programmes import Lists
from ..rows import Row, RowCleaner
from ..values import hide_national_ids
from ..workbooks.reader import Sheet, WorkbookRefused, read_sheet
from ..workbooks.writer import MARK_HEADER, REASON_HEADER
from .continuing import NotContinued, go_on, original_of
from .correcting import corrected_rows
from .files import earlier_import, kept_for_mapping, upload_path
from .overtaken import history_now
from .row_decisions import rulings_of
from .sizes import size_reminder
from .states import State, again_once, end, held, move, take, working
from .undo_states import undo_of

ROWS_BETWEEN_NOTES = 2_000  # of the progress: a tenth of a second, where each note costs a millisecond
KEY_HEADERS = ("流水號", "學號", "身分證字號")
# What planning says of the batch; anything else, its term for one, somebody may change meanwhile.
_WRITTEN = (
    "counts", "notes", "planned_at", "history_seen", "needs_plan", "state", "error", "heartbeat_at", "resumes"
)  # fmt: skip


def read_and_plan(batch: ImportBatch) -> None:
    """Read the file once, clean every cell and store the plan. A refused file ends the batch with its sentence.

    The file lies there until the batch has left the middle state: when this worker dies, another one reads it. One
    with foreign headers stays, to go on as a raw delivery."""
    try:
        _read(batch)
    finally:
        same = ImportBatch.objects.filter(pk=batch.pk)
        is_wanted = same.filter(state__in=(State.RECEIVED, State.READING)) | kept_for_mapping(same)
        if not is_wanted.exists():
            upload_path(batch).unlink(missing_ok=True)


@again_once(State.READING, State.FAILED)
@bulk.without_collection()
def _read(batch: ImportBatch) -> None:
    if not (move(batch, State.RECEIVED, State.READING) or take(batch, State.READING)):
        return
    sentence = _("讀取時發生錯誤，沒有任何資料被更動；請重新上傳，或洽系統管理人員。")
    with working(batch, State.READING, State.FAILED, sentence):
        try:
            _read_file(batch)
        except WorkbookRefused as refusal:
            end(batch, State.REFUSED, refusal.sentence, refusal.code)
        except NotContinued as refusal:
            end(batch, State.REFUSED, refusal.sentence)


def _read_file(batch: ImportBatch) -> None:
    """A workbook of new rows is planned; one that was returned goes on with its batch. Raises WorkbookRefused and
    NotContinued."""
    with read_sheet(
        upload_path(batch),
        headers=HEADERS,
        required=REQUIRED_HEADERS,
        ignored=(REASON_HEADER,),
        optional=(MARK_HEADER,),
        name=batch.file_name,
    ) as sheet:
        came = list(sheet.rows) if MARK_HEADER in sheet.columns else None
        original = original_of(came) if came else None
        if original is not None and go_on(batch, original, came):
            replan(original)
        else:
            _store_plan(batch, _rows(batch, sheet, sheet.rows if came is None else came), sheet.notes)


def _rows(batch: ImportBatch, sheet: Sheet, rows: Iterable[tuple[int, list[RawCell]]]) -> Iterator[Row]:
    """The cleaned rows of a sheet, while it is being read; the last cell of each is its mark. Raises
    WorkbookRefused."""
    if not set(KEY_HEADERS) & set(sheet.columns):
        raise WorkbookRefused("no_key_columns")
    cleaner = RowCleaner(timezone.localdate())
    count = 0
    for some in bulk.batched(rows, bulk.IN_HAND):
        yield from [cleaner.clean(number, cells[:-1]) for number, cells in some]
        count += len(some)
        if count % ROWS_BETWEEN_NOTES == 0:
            progress.write(batch.pk, "reading", count, None, sheet.rows.share)
    if not count:
        raise WorkbookRefused("no_rows")
    progress.write(batch.pk, "planning", 0, count)


@again_once(State.READING, State.PLANNED)
@bulk.without_collection()
def replan(batch: ImportBatch) -> None:
    """Plan again from the stored rows: a decision was made, options changed, or people were edited meanwhile."""
    if not (move(batch, State.PLANNED, State.READING) or take(batch, State.READING)):
        return
    sentence = _("重新計畫時發生錯誤，請再試一次，或洽系統管理人員。")
    with working(batch, State.READING, State.PLANNED, sentence):
        plan_again(batch, State.PLANNED)


def plan_again(batch: ImportBatch, state: str) -> None:
    """Plan from the stored rows; the batch goes to `state`."""
    rows = corrected_rows(batch, (plans.stored_row(row) for row in plans.stored_rows(batch)))
    progress.write(batch.pk, "planning", 0, len(rows))
    kept = [Note(*note) for note in batch.notes if note[1] not in _OWN_NOTES]
    _store_plan(batch, rows, kept, state)


def _store_plan(
    batch: ImportBatch, rows: Iterable[Row], notes: list[Note], state: str = State.PLANNED
) -> None:
    """Plan and store. `rows` may still be read from the file; `notes` on it are complete once they are."""
    batch.refresh_from_db(fields=["mode", "refusals", "decisions"])
    complete_series()  # for programmes that were added past the admin
    options = plans.options_of(batch, rulings_of(batch))
    batch.history_seen = history_now()
    total, parts = plan(rows, Lists.load(), options)
    # Where one writes at a time, others may do so until the rows are ready.
    if connection.vendor == "sqlite":
        parts = [list(part) for part in parts]
    with transaction.atomic():
        if not held(batch, State.READING, State.APPLYING).select_for_update().exists():
            return  # somebody else ended this batch meanwhile, or took it over
        batch.counts = no_rows_yet()
        plans.store(batch, _counting(batch, total, parts))
        # A sheet without a header row has data where headers are quoted.
        said = [[level, code, hide_national_ids(message)] for level, code, message in notes]
        batch.notes = [*said, *_own_notes(batch)]
        batch.planned_at, batch.needs_plan = timezone.now(), False
        batch.state, batch.error, batch.heartbeat_at, batch.resumes = state, "", None, 0
        batch.save(update_fields=_WRITTEN)


def _counting(
    batch: ImportBatch, total: int, parts: Iterable[Iterable[plans.Planned]]
) -> Iterator[Iterator[plans.Planned]]:
    for part in parts:
        progress.write(batch.pk, "storing", batch.counts["rows"], total)
        yield _counted(batch.counts, part)


def _counted(counts: dict[str, int], part: Iterable[plans.Planned]) -> Iterator[plans.Planned]:
    for item in part:
        count(counts, item)
        yield item


_OWN_NOTES = ("imported_before", "size_unlike_last", "many_kept_out")


def _imported_before(before: ImportBatch) -> str:
    said = _("同一個檔案已於 %(at)s 由 %(name)s 匯入（批次 #%(batch)s）。") % {
        "at": f"{timezone.localtime(before.applied_at):%Y-%m-%d %H:%M}",
        "name": before.applied_by.display_name,
        "batch": before.pk,
    }
    undo = undo_of(before)
    if undo is None or undo.applied_at is None:
        return said
    return said + _("該批次%(result)s（%(at)s）。") % {
        "result": undo.result,
        "at": f"{timezone.localtime(undo.applied_at):%Y-%m-%d %H:%M}",
    }


def _own_notes(batch: ImportBatch) -> Iterator[list[str]]:
    """Remarks on the batch as a whole."""
    before = earlier_import(batch)
    if before:
        yield [
            WARNING,
            "imported_before",
            _imported_before(before),
        ]
    if batch.predecessor_id:
        return  # rows that were left open: few, and most of them still asked about
    if sentence := size_reminder(batch):
        yield [WARNING, "size_unlike_last", sentence]
    counts = batch.counts
    out = counts["kept_out"]
    if counts["rows"] >= 20 and out > counts["rows"] * 0.2:
        yield [
            WARNING,
            "many_kept_out",
            _("有 %(out)s 列（超過兩成）不能匯入，請確認檔案的欄位是否錯置。") % {"out": out},
        ]
