"""The stored plan: how a planned row is written to `ImportRow`, sealed, and read again to be shown or applied."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from . import bulk, plan_payloads
from .cells import ERROR, NOTE, RawCell
from .changes import PersonChange
from .columns import COLUMNS, HEADERS, SECONDARY
from .encryption import DamagedValue, open_bytes, seal_bytes
from .models import ImportBatch, ImportRow, Verdict
from .programmes import Lists
from .rows import INDEX, Remark, Row
from .rulings import Ruling
from .values import academic_year, hide_national_ids, mask_national_id

_FIELDS = (
    "batch_id",
    "row_number",
    "verdict",
    "payload",
    "remarks",
    "leader",
    "question",
    "series_id",
    "serial_prefix",
    "person_id",
    "record_id",
)
_ROWS_AT_ONCE = 2000
# In front of what rows are asked that a person decides row by row (`imports.row_decisions`); any other question is
# about a programme and decided once for all like rows.
ABOUT_ROWS = "rows:"
# Texts that stand for a row of one of the university's lists.
LISTED = frozenset({"programme", "enrolment_status", "current_identity"})
_NATIONAL_ID = INDEX["national_id"]


@dataclass(frozen=True, slots=True)
class Options:
    """What a person chose for the batch, and the day it is planned on."""

    mode: str
    refusals: str
    decisions: Mapping[str, str]  # question → programme id
    file_name: str
    today: datetime.date
    rulings: Mapping[int, Ruling] = field(default_factory=dict)  # by row number

    @property
    def academic_year(self) -> int:
        """The ROC academic year of that day."""
        return academic_year(self.today.isoformat())


def options_of(batch: ImportBatch, rulings: Mapping[int, Ruling] | None = None) -> Options:
    """The options of a batch as of today."""
    today = timezone.localdate()
    return Options(batch.mode, batch.refusals, batch.decisions, batch.file_name, today, rulings or {})


@dataclass(slots=True)
class Planned:
    """A row with its verdict. The leading row of a person carries the person's `change`."""

    row: Row
    verdict: Verdict
    listed: dict[str, str] = field(default_factory=dict)  # programme and statuses: the ids they resolve to
    remarks: list[Remark] = field(default_factory=list)  # those of the cells included
    leader: int | None = None
    change: PersonChange | None = None
    question: str = ""
    series_id: int | None = None
    prefix: str = ""
    person_id: int | None = None
    record_id: int | None = None
    diff: list[tuple[str, str, str]] = field(default_factory=list)  # (header, before, after) as shown
    target: str = ""  # in words: what the row attaches to
    alike: Sequence[int] = ()  # rows of the file that may be the same person


@dataclass(slots=True)
class RowView:
    """A stored row as pages and the command show it; the national ID is masked."""

    row_number: int
    verdict: str
    label: str
    masked_id: str
    serial: str
    programme: str
    target: str
    diff: list[tuple[str, str, str]]
    remarks: list[Remark]
    question: str
    values: dict[str, str]
    person_id: int | None

    @property
    def verdict_label(self) -> str:
        return Verdict(self.verdict).label


def store(batch: ImportBatch, parts: Iterable[Iterable[Planned]]) -> None:
    """Replace the stored plan of the batch by one that comes in parts, each taken while it is stored."""
    with transaction.atomic():
        ImportRow.objects.filter(batch=batch).delete()
        for part in parts:
            bulk.insert_rows(ImportRow, _FIELDS, (_tuple(batch.pk, item) for item in part))


def _tuple(batch_id: int, item: Planned) -> tuple[Any, ...]:
    row = item.row
    plain = plan_payloads.pack(
        item.change,
        values=row.values,
        listed=item.listed,
        extra=row.extra,
        raw=row.raw,
        cell_remarks=row.remarks,
        diff=item.diff,
        target=item.target,
        alike=item.alike,
    )
    payload = seal_bytes(plain, ImportRow.payload_context(batch_id, row.number))
    return (
        batch_id,
        row.number,
        str(item.verdict),
        payload,
        item.remarks,
        item.leader,
        # A question that still keeps the row out.
        item.question if item.verdict == Verdict.NEEDS_PERSON else "",
        item.series_id,
        item.prefix,
        item.person_id,
        item.record_id,
    )


def _body(stored: ImportRow) -> dict[str, Any]:
    return plan_payloads.row_of(stored.open_payload())


def stored_row(stored: ImportRow) -> Row:
    """The cleaned row as it was read: planning again needs no file."""
    body = _body(stored)
    remarks = [tuple(remark) for remark in body["cell_remarks"]]
    return Row(stored.row_number, body["values"], body["extra"], body["raw"], remarks)


def said_values(stored: ImportRow) -> dict[str, str]:
    """What a row says, in canonical text: programme and statuses as the ids they resolved to, the national ID whole.
    Raises DamagedValue."""
    body = _body(stored)
    values = {column.attribute: value for column, value in zip(COLUMNS, body["values"], strict=True) if value}
    return values | body["extra"] | body["listed"]


def view(stored: ImportRow, lists: Lists) -> RowView:
    """The row as a person sees it. `stored.outcome.record` should be loaded with it."""
    try:
        body = _body(stored)
    except DamagedValue:
        return _damaged(stored)
    values = body["values"]
    # An ID may stand in any column of a shifted file.
    texts = {
        header: text if header == "流水號" else hide_national_ids(text)
        for header, text in _texts(body, lists).items()
    }
    masked = mask_national_id(values[_NATIONAL_ID]) if values[_NATIONAL_ID] else ""
    texts["身分證字號"] = masked
    diff = [
        (header, before, after if header == "流水號" else hide_national_ids(after))
        for header, before, after in body["diff"]
    ]
    if stored.verdict in (Verdict.NEW_PERSON, Verdict.NEW_RECORD) and not diff:
        diff = [(header, "", text) for header, text in texts.items() if text]
    became = stored.became
    record = became.present_record if became else stored.record
    is_taken_back = record is None and (bool(became) or stored.record_id is not None)
    serial = record.serial_number if record else values[INDEX["serial_number"]]
    return RowView(
        row_number=stored.row_number,
        verdict=stored.verdict,
        label=texts["中文姓名"],
        masked_id=masked,
        serial=serial,
        programme=texts["畢業系所"],
        target=_("已隨批次還原移除") if is_taken_back else body["target"],
        diff=diff,
        remarks=[tuple(remark) for remark in stored.remarks],
        question=stored.question,
        values=texts,
        person_id=None if is_taken_back else became.person_id if became else stored.person_id,
    )


def _damaged(stored: ImportRow) -> RowView:
    """A row whose sealed part was changed outside the system: nothing of it can be shown or written."""
    sentence = _("本列儲存的內容已毀損，無法顯示也不會寫入；請放棄本批次，重新上傳檔案。")
    return RowView(
        row_number=stored.row_number,
        verdict=stored.verdict,
        label="",
        masked_id="",
        serial="",
        programme="",
        target="",
        diff=[],
        remarks=[("", ERROR, "damaged", sentence)],
        question=stored.question,
        values=dict.fromkeys(HEADERS, ""),
        person_id=None,
    )


def alike(stored: ImportRow) -> list[int]:
    """The numbers of the rows of the file that may be the same person as this one. Raises DamagedValue."""
    return _body(stored)["alike"]


def texts_of(stored: ImportRow, lists: Lists) -> dict[str, str]:
    """The cleaned values of a row by header, as an export shows them; unmasked. Raises DamagedValue."""
    return _texts(_body(stored), lists)


def _texts(body: dict[str, Any], lists: Lists) -> dict[str, str]:
    """The cleaned values by header, as an export shows them; what no list knows stays as it was written."""
    return {
        column.header: lists.shown(column.attribute, body["listed"][column.attribute]) or value
        if column.attribute in LISTED
        else lists.shown(column.attribute, value)
        for column, value in zip(COLUMNS, body["values"], strict=True)
    }


def returned(stored: ImportRow, lists: Lists) -> tuple[Sequence[RawCell], set[int], str]:
    """The row to be corrected: its cells as they came, which of them are bad, and why."""
    body = _body(stored)
    cells: Sequence[RawCell] = body["raw"] or list(_texts(body, lists).values())
    bad = {
        HEADERS.index(header)
        for header, level, _code, _message in stored.remarks
        if header and level == ERROR
    }
    sentences = [
        f"【{header}】{message}" if header else message
        for header, level, _code, message in stored.remarks
        if level != NOTE
    ]
    return cells, bad, "\n".join(sentences)


def filled(stored: ImportRow, lists: Lists) -> list[RawCell]:
    """The row as the filled template holds it: clean values, a second e-mail address or number beside the first, and
    as it came only what could not be read."""
    body = _body(stored)
    cells: list[RawCell] = list(_texts(body, lists).values())
    rest = dict(body["extra"])
    for attribute, secondary in SECONDARY.items():
        if cells[INDEX[attribute]] and secondary in rest:
            cells[INDEX[attribute]] = f"{cells[INDEX[attribute]]}, {rest.pop(secondary)}"
    if not any(cells) and body["raw"]:
        return list(body["raw"])  # a row whose cells slid sideways has no value of its own left
    for header, level, _code, _message in body["cell_remarks"]:
        if header and level == ERROR:
            cells[HEADERS.index(header)] = body["raw"][HEADERS.index(header)]
    return cells


def stored_rows(batch: ImportBatch) -> Iterator[ImportRow]:
    """Rows of the stored plan in sheet order, a few thousand at a time."""
    return _in_parts(shown_rows(batch))


def shown_rows(batch: ImportBatch) -> QuerySet[ImportRow]:
    """Rows of the stored plan in sheet order, with what `view` needs."""
    return (
        ImportRow.objects.filter(batch=batch)
        .select_related("record", "outcome__record")
        .order_by("row_number")
    )


def stored_changes(batch: ImportBatch) -> Iterator[PersonChange]:
    """The changes of the stored plan in sheet order, a few thousand at a time."""
    leading = ImportRow.objects.filter(batch=batch, leader=F("row_number")).order_by("row_number")
    for number, payload in _in_parts(leading.values_list("row_number", "payload")):
        context = ImportRow.payload_context(batch.pk, number)
        yield plan_payloads.change_of(number, open_bytes(payload, context))


def _in_parts(rows: QuerySet) -> Iterator[Any]:
    """Rows of a plan, each part of the sheet asked for by its first and last number. Asked for the next so many rows, a
    database that has no statistics yet on a plan of a moment ago sorts all that are left, each time."""
    last = rows.aggregate(last=Max("row_number"))["last"] or 0
    for before in range(0, last, _ROWS_AT_ONCE):
        yield from rows.filter(row_number__gt=before, row_number__lte=before + _ROWS_AT_ONCE)
