"""The worker's part: every row of a delivery into the template's columns, and the batch out of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import imports, leases, progress
from ..cells import RawCell
from ..columns import HEADERS
from ..models import Delivery, ImportBatch
from ..programmes import Lists
from ..terms import TermClosed
from ..values import hide_national_ids
from ..workbooks.reader import Sheet, WorkbookRefused, read_sheet
from ..workbooks.writer import write_sheet
from .conversion import Converter, Unknown
from .life import State, back_to_mapping, end, filled_path, held, progress_name, take, upload_path
from .mappings import mapping_of

_ROWS_A_SIGN = 500


def convert(delivery: Delivery) -> ImportBatch | None:
    """Fill the template and open its batch (to be read by `imports.read_and_plan`); None when a person has to
    translate values first, or the file was refused."""
    if not take(delivery):
        return None
    with leases.signs_of_life(progress_name(delivery), delivery.lease):
        return _convert(delivery)


def _convert(delivery: Delivery) -> ImportBatch | None:
    filled = filled_path(delivery)
    try:
        unknown = _fill(delivery, filled)
        if unknown and not delivery.is_settled:
            _ask(delivery, unknown)
            return None
        return open_batch(delivery, filled, State.CONVERTING)
    except WorkbookRefused as refusal:
        end(delivery, (State.CONVERTING,), State.REFUSED, refusal.sentence)
        return None
    except TermClosed as closed:
        back_to_mapping(delivery, closed.messages[0])  # what was mapped stays, until the term is open again
        return None
    finally:
        filled.unlink(missing_ok=True)
        back_to_mapping(delivery, _("轉檔時發生錯誤，沒有任何資料被更動；請再試一次，或洽系統管理人員。"))


def _fill(delivery: Delivery, target: Path) -> Unknown:
    """Write the filled template; the values that the university's lists do not know. Raises WorkbookRefused."""
    mapping = mapping_of(delivery.mapping)
    headers = [header for header, _target in mapping.used]
    converter = Converter(mapping, Lists.load(), timezone.localdate())
    with read_sheet(
        upload_path(delivery),
        headers=headers,
        required=headers,
        ignored=mapping.left_out,
        name=delivery.file_name,
    ) as sheet:
        rows = _aligned(delivery, sheet, converter)
        write_sheet(target, headers=HEADERS, rows=rows, formulas=True)
        if not sheet.row_count:
            raise WorkbookRefused("no_rows")
        notes = [
            [level, code, hide_national_ids(text)] for level, code, text in (*sheet.notes, *converter.notes)
        ]
    held(delivery, State.CONVERTING).update(notes=notes)
    return converter.unknown


def _aligned(delivery: Delivery, sheet: Sheet, converter: Converter) -> Iterator[list[RawCell]]:
    """The converted rows, each at its own number, so that "row 37" is row 37 of the registrar's file."""
    blank: list[RawCell] = [None] * len(HEADERS)
    next_number = 2
    for count, (number, cells) in enumerate(sheet.rows, start=1):
        for _missing in range(next_number, number):
            yield blank
        yield converter.row(cells)
        next_number = number + 1
        if count % _ROWS_A_SIGN == 0:
            progress.write(progress_name(delivery), "converting", count, None, sheet.rows.share)


def _ask(delivery: Delivery, unknown: Unknown) -> None:
    details = delivery.open_details() | {"unknown": _as_lists(unknown)}
    held(delivery, State.CONVERTING).update(
        state=State.VALUES, details=delivery.seal_details(details), heartbeat_at=timezone.now()
    )
    delivery.refresh_from_db()


def _as_lists(unknown: Unknown) -> dict[str, list[list[Any]]]:
    return {attribute: [[text, count] for text, count in found] for attribute, found in unknown.items()}


def open_batch(delivery: Delivery, workbook: Path, state: State) -> ImportBatch | None:
    """The batch of a workbook and the end of the delivery, which is in `state`, together: a crash leaves both or
    neither. None when somebody else ended it meanwhile. Raises TermClosed, and OSError when the file cannot be kept."""
    with transaction.atomic():
        # The account first, as who closes it does.
        if not (imports.hold_uploader(delivery.uploaded_by) and end(delivery, (state,), State.DONE)):
            return None
        with workbook.open("rb") as file:
            batch = imports.receive(
                file,
                file_name=delivery.file_name,
                user=delivery.uploaded_by,
                mode=delivery.mode,
                refusals=delivery.refusals,
                term=delivery.term,
            )
        Delivery.objects.filter(pk=delivery.pk).update(batch=batch)
    delivery.refresh_from_db()
    return batch
