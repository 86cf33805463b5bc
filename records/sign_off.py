"""簽核: the checks of a term, the sheet that is signed, and closing the term with it (SOP 6.1–6.3).

The checks are asked of the data itself, as `manage.py verify` does, for the batches of the term alone. A term is signed
off once every check is through, or has a reason where one may be stated. The sheet is plain data (JSON), so that a
closed term prints what was signed.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from . import terms, verification
from .deliveries.life import OPEN as OPEN_DELIVERIES
from .models import (
    AcademicRecord,
    BatchUndo,
    Delivery,
    ImportBatch,
    ImportOutcome,
    Level,
    Term,
    TermReason,
    TermSignOff,
    Verdict,
)
from .term_figures import Change, Comparison, applied_batches, compare, entered

NEW = (Verdict.NEW_PERSON, Verdict.NEW_RECORD)
OPEN_UNDOS = (BatchUndo.State.PLANNING, BatchUndo.State.PLANNED, BatchUndo.State.APPLYING)


@dataclass(frozen=True, slots=True)
class Check:
    """One check with what it found. The title names what is looked at, whether that is right or wrong; the result says
    which. `reason` is what was stated about exactly this finding; without one, only a check
    that found nothing is through."""

    code: str
    title: str
    result: str
    findings: int
    may_be_reasoned: bool = False
    reason: TermReason | None = None

    @property
    def is_through(self) -> bool:
        return not self.findings or self.reason is not None


# --- the checks ---------------------------------------------------------------------------------------------------
def checks_of(term: Term) -> list[Check]:
    """All checks of a term, in the order of the sheet."""
    line = terms.line_of(term, timezone.localdate())
    applied = applied_batches([term])
    said = {
        reason.check_code: reason
        for reason in TermReason.objects.filter(term=term.pk).select_related("stated_by")
    }
    found = [
        _settled(term, line),
        _imported(line),
        *_expected(line, entered(applied).count()),
        _asked("rows", _("批次各判定的列數與資料庫"), verification.miscounted(applied)),
        _asked("records", _("新增的列與學籍身分"), verification.lost_records(applied)),
        _written(applied),
        _asked("serials", _("流水號"), _shared_serials(applied), _("沒有重複使用")),
        _open_rows(line),
    ]
    return [_with_reason(check, said.get(check.code)) for check in found]


def _with_reason(check: Check, said: TermReason | None) -> Check:
    if said is None or not check.may_be_reasoned or said.findings != check.findings:
        return check
    return Check(check.code, check.title, check.result, check.findings, True, said)


def _settled(term: Term, line: terms.Line) -> Check:
    """Whether nothing is under way that would change what is signed."""
    under_way = {
        _("尚有 %(count)s 個批次未匯入或放棄"): sum(batch.state in terms.UNSETTLED for batch in line.batches),
        _("尚有 %(count)s 個離校資料檔未轉檔或放棄"): Delivery.objects.filter(
            term=term.pk, state__in=OPEN_DELIVERIES
        ).count(),
        _("尚有 %(count)s 個批次的還原未完成或放棄"): BatchUndo.objects.filter(
            batch__term=term.pk, state__in=OPEN_UNDOS
        ).count(),
    }
    said = [sentence % {"count": count} for sentence, count in under_way.items() if count]
    result = "；".join(said) or _("沒有處理中的批次與檔案")
    return Check("settled", _("處理中的批次與檔案"), result, sum(under_way.values()))


def _imported(line: terms.Line) -> Check:
    count = len(line.applied)
    result = _("已匯入 %(count)s 個批次") % {"count": count} if count else _("沒有已匯入的批次")
    return Check("imported", _("已匯入的批次"), result, int(not count), may_be_reasoned=True)


def _expected(line: terms.Line, entered_count: int) -> Iterator[Check]:
    """Whether as many came as the registrar said; not asked when nobody said."""
    expected = line.term.expected
    if expected is None:
        return
    rows = terms.rows_of(line.applied)
    sentence = _("相符，預計 %(expected)s 筆，檔案 %(rows)s 列，新增 %(entered)s 筆學籍")
    if rows != expected:
        sentence = _("不符，預計 %(expected)s 筆，檔案 %(rows)s 列，新增 %(entered)s 筆學籍")
    result = sentence % {
        "expected": f"{expected:,}",
        "rows": f"{rows:,}",
        "entered": f"{entered_count:,}",
    }
    yield Check("expected", _("列數與預計筆數"), result, abs(expected - rows), may_be_reasoned=True)


def _asked(code: str, title: str, sentences: Iterator[str], fine: str = "") -> Check:
    """A check that has a sentence for everything wrong; the first one is quoted. `fine` is said when there is none."""
    wrong = list(sentences)
    result = fine or _("相符")
    if wrong:
        result = _("%(count)s 處不符：%(first)s") % {"count": len(wrong), "first": wrong[0]}
    return Check(code, title, result, len(wrong))


def _written(applied: QuerySet[ImportBatch]) -> Check:
    """The degrees that the plans meant to add are those that the history says the batches added."""
    outcomes = ImportOutcome.objects.filter(row__batch__in=applied, row__verdict__in=NEW)
    planned = outcomes.values("record").distinct().count()
    written = AcademicRecord.history.filter(batch__in=applied, history_type="+").count()
    sentence = _("相符，計畫 %(planned)s 筆，歷程 %(written)s 筆")
    if planned != written:
        sentence = _("不符，計畫 %(planned)s 筆，歷程 %(written)s 筆")
    result = sentence % {"planned": f"{planned:,}", "written": f"{written:,}"}
    return Check("history", _("新增的學籍與異動歷程"), result, abs(planned - written))


def _shared_serials(applied: QuerySet[ImportBatch]) -> Iterator[str]:
    numbers = entered(applied).values("serial_number")
    return verification.shared_serial_numbers(AcademicRecord.history.filter(serial_number__in=numbers))


def _open_rows(line: terms.Line) -> Check:
    result = _("沒有待處理的列")
    if line.open_rows:
        result = _("尚有 %(count)s 列未匯入或需人工判斷") % {"count": f"{line.open_rows:,}"}
    return Check("open_rows", _("未匯入或需人工判斷的列"), result, line.open_rows, may_be_reasoned=True)


@transaction.atomic
def state_reason(term: Term, code: str, reason: str, *, by: Any, at: datetime.datetime) -> Check:
    """State why the term may be signed off although this check found something, as it found it now.

    Raises ValidationError when the term is closed, or when this check takes no reason or needs none."""
    held = terms.hold_open(term)
    check = next((check for check in checks_of(held) if check.code == code), None)
    if check is None or not check.may_be_reasoned or not check.findings:
        raise ValidationError(_("這一項不需要或不能以說明代替。"))
    TermReason.objects.create(
        term=held, check_code=code, findings=check.findings, reason=reason, stated_by=by, stated_at=at
    )
    return check


# --- the sheet ----------------------------------------------------------------------------------------------------
def sheet_of(
    term: Term, checks: list[Check] | None = None, comparison: Comparison | None = None
) -> dict[str, Any]:
    """What the paper says, as plain data: the term, its batches, checks, and new degrees by department and level. Who
    has just asked for checks and comparison hands them over."""
    checks = checks_of(term) if checks is None else checks
    comparison = comparison or compare(term, terms.year_before(term))
    batches = applied_batches([term]).select_related("uploaded_by", "applied_by")
    return {
        "term": term.key,
        "title": str(term),
        "due_on": term.due_on.isoformat(),
        "expected": term.expected,
        "batches": [_batch(batch) for batch in batches.prefetch_related("undoings").order_by("pk")],
        "checks": [_check(check) for check in checks],
        "levels": [str(level.label) for level in Level],
        "departments": [
            {
                "name": line.department.name,
                "levels": [_change(change) for _level, change in line.levels],
                "total": _change(line.total),
            }
            for line in comparison.lines
        ],
        "sums": [_change(change) for _level, change in comparison.levels],
        "total": _change(comparison.total),
        "has_before": comparison.has_before,
    }


def _batch(batch: ImportBatch) -> dict[str, Any]:
    undo = batch.standing_undo
    return {
        "number": batch.pk,
        "file_name": batch.file_name,
        "sha256": batch.sha256,
        "counts": [[str(verdict.label), batch.counts.get(verdict, 0)] for verdict in Verdict],
        "rows": batch.counts.get("rows", 0),
        "uploaded_by": batch.uploaded_by.display_name,
        "uploaded_at": _moment(batch.uploaded_at),
        "applied_by": batch.applied_by.display_name if batch.applied_by else "",
        "applied_at": _moment(batch.applied_at) if batch.applied_at else "",
        "undo": undo.result if undo else "",
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "title": check.title,
        "result": check.result,
        "is_through": check.is_through,
        "reason": check.reason.reason if check.reason else "",
        "stated_by": check.reason.stated_by.display_name if check.reason else "",
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "now": change.now,
        "before": change.before,
        "difference": change.difference,
        "is_striking": change.is_striking,
    }


def _moment(at: datetime.datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def digest(sheet: dict[str, Any]) -> str:
    """By which a signature knows that it is about the sheet that was shown."""
    return hashlib.sha256(json.dumps(sheet, sort_keys=True).encode()).hexdigest()


def open_checks(sheet: dict[str, Any]) -> list[dict[str, Any]]:
    """The checks of a sheet that are not through."""
    return [check for check in sheet["checks"] if not check["is_through"]]


@transaction.atomic
def sign_off(term: Term, *, seen: str, by: Any, at: datetime.datetime) -> TermSignOff:
    """Close a term with its sheet; `seen` is the digest of the one that was shown.

    Raises ValidationError when it was closed before, a check is not through, or the sheet says something else now."""
    held = terms.hold_open(term)
    sheet = sheet_of(held)
    if waiting := open_checks(sheet):
        titles = "、".join(check["title"] for check in waiting)
        raise ValidationError(_("尚未通過檢核：%(titles)s。") % {"titles": titles})
    if digest(sheet) != seen:
        raise ValidationError(_("內容在您檢視之後已經變更，請重新檢視後再簽核。"))
    return TermSignOff.objects.create(term=held, sheet=sheet, signed_by=by, signed_at=at)
