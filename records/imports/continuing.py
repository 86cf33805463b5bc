"""The returned workbook, corrected and uploaded again, goes on with the batch that it came from.

While that batch waits for confirmation, the rows become corrections of it; once it was applied, they are a batch of
their own that names its predecessor.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from ..cells import RawCell
from ..columns import HEADERS
from ..models import ImportBatch, ImportRow, Verdict
from .correcting import correct
from .marks import Mark, read_mark
from .states import State, held

Came = Sequence[tuple[int, list[RawCell]]]  # row number in the file and its cells, the mark last
_ENDED = (State.REFUSED, State.FAILED, State.DISCARDED)
_ROWS_NAMED = 10


class NotContinued(Exception):
    """A returned workbook that cannot be taken; `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def original_of(came: Came) -> ImportBatch | None:
    """The batch whose rows these are, None when the file bears no marks. Raises NotContinued."""
    if not any(cells[-1] for _number, cells in came):
        return None
    marks = {number: read_mark(cells[-1]) for number, cells in came}
    unmarked = [number for number, mark in marks.items() if mark is None]
    if unmarked:
        raise NotContinued(
            _("%(rows)s沒有正確的批次列號。新的資料請另用空白範本上傳；「批次列號」欄請勿修改。")
            % {"rows": _named(unmarked)}
        )
    _check_doubled({number: mark for number, mark in marks.items() if mark})
    batches = {mark.batch_id for mark in marks.values() if mark}
    if len(batches) > 1:
        raise NotContinued(_("這個檔案混有不同批次的待更正列，請分批上傳。"))
    original = ImportBatch.objects.filter(pk=batches.pop()).first()
    if original is None:
        raise NotContinued(_("找不到這些待更正列的批次，請用空白範本重新上傳。"))
    return original


def _check_doubled(marks: dict[int, Mark]) -> None:
    seen: dict[Mark, int] = {}
    for number, mark in marks.items():
        first = seen.setdefault(mark, number)
        if first != number:
            raise NotContinued(
                _("第 %(first)s 列與第 %(second)s 列的批次列號相同，請只保留一列。")
                % {"first": first, "second": number}
            )


def _named(numbers: Sequence[int]) -> str:
    shown = "、".join(_("第 %(row)s 列") % {"row": number} for number in numbers[:_ROWS_NAMED])
    return shown + ("…" if len(numbers) > _ROWS_NAMED else "")


def go_on(batch: ImportBatch, original: ImportBatch, came: Came) -> bool:
    """Take the rows of a returned workbook. True: they became corrections of `original`, whose plan has to be made
    again, and `batch` has ended; False: `batch` is to be planned by itself, as its follow-up. Raises NotContinued."""
    if original.state == State.PLANNED:
        _correct_original(batch, original, came)
        return True
    if original.state != State.APPLIED:
        raise NotContinued(_refusal(original))
    twin = (
        original.successors.filter(sha256=batch.sha256).exclude(pk=batch.pk).exclude(state__in=_ENDED).first()
    )
    if twin is not None:
        raise NotContinued(_("這個檔案已經上傳過了，請看批次 #%(number)s。") % {"number": twin.pk})
    batch.decisions = original.decisions | batch.decisions
    batch.predecessor, batch.returned_rows = original, _brought_back(original, came)
    batch.save(update_fields=["decisions", "predecessor", "returned_rows"])
    return False


def _brought_back(original: ImportBatch, came: Came) -> int:
    """How many of the rows had been left open; others came in and go back only for one of their cells."""
    left_open = ImportRow.objects.filter(
        batch=original, verdict__in=(Verdict.KEPT_OUT, Verdict.NEEDS_PERSON)
    ).values_list("row_number", flat=True)
    return len({read_mark(cells[-1]).row_number for _number, cells in came}.intersection(left_open))


@transaction.atomic
def _correct_original(batch: ImportBatch, original: ImportBatch, came: Came) -> None:
    corrections = {
        read_mark(cells[-1]).row_number: dict(zip(HEADERS, cells[:-1], strict=True))
        for _number, cells in came
        if any(cell is not None for cell in cells[:-1])
    }
    count = correct(original, corrections, by=batch.uploaded_by, file_name=batch.file_name)
    if count is None:
        original.refresh_from_db()
        raise NotContinued(_refusal(original))
    if not count:
        raise NotContinued(
            _("這個檔案與批次 #%(number)s 目前的內容相同，沒有新的更正。") % {"number": original.pk}
        )
    told = _("這是批次 #%(number)s 的待更正列：更正了 %(count)s 列，該批次的計畫已重新產生。")
    held(batch, State.READING).update(
        state=State.CONTINUED,
        predecessor=original,
        error=told % {"number": original.pk, "count": count},
        heartbeat_at=None,
    )


def _refusal(original: ImportBatch) -> str:
    if original.state in (State.READING, State.APPLYING):
        sentence = _("這是批次 #%(number)s 的待更正列，該批次正在處理中；請稍候再上傳。")
    else:
        sentence = _("這是批次 #%(number)s 的待更正列，但該批次的狀態是「%(state)s」；請用空白範本重新上傳。")
    return sentence % {"number": original.pk, "state": original.get_state_display()}
