"""Cells of a planned row that a person corrects: cleaned by the same cleaners, kept beside the row as it came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from .. import plans
from ..cells import ERROR, ErrorCell, FormulaCell, RawCell
from ..columns import COLUMNS, HEADERS, SECONDARY
from ..encryption import seal_bytes
from ..models import ImportBatch, ImportCorrection, ImportRow
from ..planning import judged
from ..programmes import Lists
from ..rows import Remark, Row, RowCleaner
from ..workbooks.lines import decode_line, encode_line, unpack_cells
from .deciding import note_unplanned, planned_batch

Cells = Mapping[str, RawCell]  # by header
# Warnings that still leave a row to a person: who corrects the cell wants to know at once.
_UNRESOLVED = frozenset({"programme_unknown"})


def cells_of(row: Row) -> list[RawCell]:
    """The cells of a row as they came; of a row without remarks only the cleaned texts are kept."""
    return list(row.raw) if row.raw else [value or None for value in row.values]


def corrected(row: Row, cells: Cells, cleaner: RowCleaner) -> Row:
    """The row with corrected cells, cleaned anew. Correcting it twice in the same way changes nothing more."""
    now = cells_of(row)
    for header, cell in cells.items():
        now[HEADERS.index(header)] = cell
    made = cleaner.clean(row.number, now)
    if not row.raw:
        # Second addresses and numbers came out of cells that are no longer kept.
        kept = {COLUMNS[HEADERS.index(header)].attribute for header in cells}
        made.extra = {k: v for k, v in row.extra.items() if not _came_from(k, kept)} | made.extra
    return made


def _came_from(secondary: str, attributes: set[str]) -> bool:
    return any(SECONDARY.get(attribute) == secondary for attribute in attributes)


def corrected_rows(batch: ImportBatch, rows: Iterable[Row]) -> list[Row]:
    """The rows of a batch with everything that was corrected in them, oldest correction first."""
    corrections = _by_row(ImportCorrection.objects.filter(batch=batch))
    cleaner = RowCleaner(timezone.localdate())
    return [
        corrected(row, corrections[row.number], cleaner) if row.number in corrections else row for row in rows
    ]


def cells_since(batch: ImportBatch, numbers: Iterable[int]) -> dict[int, dict[str, RawCell]]:
    """What the cells of these rows were corrected to, by row number and header; the newest correction counts."""
    return _by_row(ImportCorrection.objects.filter(batch=batch, row_number__in=list(numbers)))


def _by_row(corrections: Iterable[ImportCorrection]) -> dict[int, dict[str, RawCell]]:
    found: dict[int, dict[str, RawCell]] = {}
    for correction in corrections:
        cells = {header: after for header, (_before, after) in opened(correction).items()}
        found.setdefault(correction.row_number, {}).update(cells)
    return found


def opened(correction: ImportCorrection) -> dict[str, tuple[RawCell, RawCell]]:
    """The corrected cells of a correction, by header: as they were, as corrected. Raises DamagedValue."""
    packed = decode_line(correction.open_payload())
    return {header: tuple(unpack_cells(pair)) for header, pair in packed.items()}


def errors_in(batch: ImportBatch, stored: ImportRow, cells: Cells) -> dict[str, list[str]]:
    """Header → why its corrected cell would be kept out again."""
    row = corrected(plans.stored_row(stored), cells, RowCleaner(timezone.localdate()))
    remarks: list[Remark] = judged(row, Lists.load(), plans.options_of(batch)).planned.remarks
    found: dict[str, list[str]] = {}
    for header, level, code, sentence in remarks:
        if header in cells and (level == ERROR or code in _UNRESOLVED):
            found.setdefault(header, []).append(sentence)
    return found


def correct(
    batch: ImportBatch, corrections: Mapping[int, Cells], *, by: Any, file_name: str = ""
) -> int | None:
    """Store corrected cells, by row number and header; returns how many rows differ from what is stored, None when
    the plan no longer waits. The plan has to be made again (`replan`)."""
    with planned_batch(batch) as locked:
        if locked is None:
            return None
        rows = ImportRow.objects.filter(batch=locked, row_number__in=list(corrections))
        now, lists = timezone.now(), Lists.load()
        earlier = cells_since(locked, corrections)
        made = []
        for stored in rows.iterator(chunk_size=500):
            cells, known = corrections[stored.row_number], earlier.get(stored.row_number, {})
            pairs = _differing(stored, cells, known, lists, was_returned=bool(file_name))
            if pairs:
                context = ImportCorrection.payload_context(locked.pk, stored.row_number)
                made.append(
                    ImportCorrection(
                        batch=locked,
                        row_number=stored.row_number,
                        headers=list(pairs),
                        payload=seal_bytes(encode_line(pairs), context),
                        file_name=file_name,
                        corrected_by=by,
                        corrected_at=now,
                    )
                )
        ImportCorrection.objects.bulk_create(made, batch_size=500)
        if made:
            note_unplanned(locked)
    return len(made)


def _differing(
    stored: ImportRow, cells: Cells, earlier: Cells, lists: Lists, *, was_returned: bool
) -> dict[str, tuple[RawCell, RawCell]]:
    """The cells that say something else than what is shown, with that. A workbook that was returned says nothing
    where it repeats what went out, whatever was corrected since."""
    sent = dict(zip(HEADERS, map(_blank_as_none, plans.returned(stored, lists)[0]), strict=True))
    pairs = {header: (earlier.get(header, sent[header]), _blank_as_none(c)) for header, c in cells.items()}
    return {
        header: (before, after)
        for header, (before, after) in pairs.items()
        if not (_is_same(before, after) or (was_returned and _is_same(sent[header], after)))
    }


def _is_same(before: RawCell, after: RawCell) -> bool:
    """A formula goes back as its text, and is the same when that comes again."""
    formula = before.formula if isinstance(before, FormulaCell) else None
    return text_of(after) in (text_of(before), formula)


def text_of(cell: RawCell) -> str:
    """A cell as a person sees it in the sheet."""
    if isinstance(cell, FormulaCell):
        return text_of(cell.cached) if cell.cached is not None else cell.formula
    if isinstance(cell, ErrorCell):
        return cell.text
    return "" if cell is None else str(cell)


def _blank_as_none(cell: RawCell) -> RawCell:
    return None if isinstance(cell, str) and not cell.strip() else cell
