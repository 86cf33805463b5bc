"""Looking at a batch: its rows page by page, as a stream, and as the workbook that goes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.db.models import Q, QuerySet

from .. import plans
from ..cells import ERROR
from ..columns import HEADERS
from ..models import Delivery, ImportBatch, ImportRow, Verdict
from ..programmes import Lists
from ..workbooks.writer import ReturnedRow, write_returned
from .marks import mark_of
from .states import UNDER_WAY, State

ROWS_A_PAGE = 50


def rows_of(batch: ImportBatch, *, verdict: str = "", page: int = 1) -> list[plans.RowView]:
    """One page of the stored plan as a person sees it."""
    wanted = ImportRow.objects.filter(batch=batch)
    if verdict:
        wanted = wanted.filter(verdict=verdict)
    start = (page - 1) * ROWS_A_PAGE
    # The index alone tells which rows stand on a late page; going through the rows themselves takes a second.
    numbers = list(
        wanted.order_by("row_number").values_list("row_number", flat=True)[start : start + ROWS_A_PAGE]
    )
    lists = Lists.load()
    return [plans.view(row, lists) for row in plans.shown_rows(batch).filter(row_number__in=numbers)]


def all_rows(batch: ImportBatch) -> Iterator[plans.RowView]:
    """The whole stored plan, as a stream."""
    lists = Lists.load()
    return (plans.view(row, lists) for row in plans.stored_rows(batch))


def twins_of(batch: ImportBatch) -> QuerySet[ImportBatch]:
    """Other batches of the very same file that are on their way, the raw file counted where there is one."""
    raw = Delivery.objects.filter(batch=batch).values("sha256")
    same = Q(sha256=batch.sha256) | Q(delivery__sha256__in=raw)
    waiting = ImportBatch.objects.filter(same, state__in=(*UNDER_WAY, State.PLANNED)).exclude(pk=batch.pk)
    return waiting.select_related("uploaded_by").order_by("pk")


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
        target,
        headers=HEADERS,
        rows=(ReturnedRow(*plans.returned(row, lists), mark_of(batch.pk, row.row_number)) for row in wanted),
    )
