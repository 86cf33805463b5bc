"""Whether a file has about as many rows as was to be expected, so that one that was cut off or is another is seen."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from .. import terms
from ..models import ImportBatch
from .states import State

FEW = 20  # rows: below that, any number is likely
TIMES = 2  # what is unlike: more than twice as many, or less than half


def size_reminder(batch: ImportBatch) -> str | None:
    """The sentence for a planned batch of an unlikely size, None for any other.

    The rows of its term with this batch are compared with what the registrar said (預計筆數), else with the same term a
    year before; where neither is known, the batch is compared with what was imported last."""
    if batch.term is not None:
        told = _told_of_term(batch)
        if told is not None:
            rows, usual, sentence = told
            return (
                sentence % {"rows": f"{rows:,}", "usual": f"{usual:,}"} if _are_unlike(rows, usual) else None
            )
    rows, last = batch.counts["rows"], _comparable(batch)
    usual = last.counts.get("rows", 0) if last else 0
    if last is None or not _are_unlike(rows, usual):
        return None
    if rows < usual and last.term_id is not None and last.term_id == batch.term_id:
        return None  # what comes after the main file of a term may be small
    return _(
        "本批次 %(rows)s 列，先前的批次 #%(batch)s 為 %(usual)s 列，相差很多，請確認檔案是否完整、正確。"
    ) % {
        "rows": f"{rows:,}",
        "batch": last.pk,
        "usual": f"{usual:,}",
    }


def _told_of_term(batch: ImportBatch) -> tuple[int, int, str] | None:
    """The rows of the term with this batch, those to be expected, and the sentence; None when nobody knows."""
    term = batch.term
    line, before = terms.lines_of([term, terms.year_before(term)], timezone.localdate())
    rows = terms.rows_of([*(one for one in line.applied if one.pk != batch.pk), batch])
    if term.expected is not None:
        sentence = _(
            "本學期含本批次共 %(rows)s 列，預計筆數為 %(usual)s 筆，相差很多，請確認檔案是否完整、正確。"
        )
        return rows, term.expected, sentence
    if usual := terms.rows_of(before.applied):
        sentence = _(
            "本學期含本批次共 %(rows)s 列，去年同學期為 %(usual)s 列，相差很多，請確認檔案是否完整、正確。"
        )
        return rows, usual, sentence
    return None


def _are_unlike(rows: int, usual: int) -> bool:
    return max(rows, usual) >= FEW and not (usual <= rows * TIMES and rows <= usual * TIMES)


def _comparable(batch: ImportBatch) -> ImportBatch | None:
    """The greatest batch of the same term, or else of the term imported last: not one of their supplements."""
    imported = ImportBatch.objects.filter(state=State.APPLIED, predecessor=None).exclude(sha256=batch.sha256)
    of_term = imported.filter(term=batch.term_id) if batch.term_id else imported.none()
    last = of_term.first() or imported.order_by("-applied_at").first()
    if last is None or last.term_id is None:
        return last
    return max(imported.filter(term=last.term_id), key=lambda one: one.counts.get("rows", 0))
