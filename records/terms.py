"""The terms of the academic years: their due dates, where each one stands, their batches, and closing (SOP 6.1–6.3).

A term is named by its ROC academic year and half, "113-1". Terms exist by the calendar; a row is stored only once
something is known of a term beyond that (`hold`), so that looking changes nothing.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from .models import ImportBatch, Term, TermReminder, TermSignOff

Half = Term.Half
State = ImportBatch.State
# SOP 6.3: imported by the end of March, and of October, of the year in which the academic year ends.
DUE = {Half.FIRST: (3, 31), Half.SECOND: (10, 31)}
ROC_YEAR_ENDS = 1912  # academic year 113 ends in 2025
REMINDED_BEFORE = datetime.timedelta(days=14)
REMINDED_AFTER = datetime.timedelta(days=60)  # a job that did not run for longer says nothing any more
IMPORTED = "imported"  # the standing of a term that only waits for its signature
UNSETTLED = (State.RECEIVED, State.READING, State.PLANNED, State.APPLYING)


# --- terms by name and by day -----------------------------------------------------------------------------------
def known(day: datetime.date) -> list[Term]:
    """The terms to show, the newest first: from the first one that anything is known of to the next one due, or the
    one after it as soon as that one is signed off."""
    stored = _stored()
    current = _nearest(stored, day)
    is_over = current.due_on < day or _closing().filter(term=current.pk).exists()
    numbers = [_number(current), _number(current) + is_over, *stored]
    return [_numbered(number, stored) for number in range(max(numbers), min(numbers) - 1, -1)]


def named(key: str, day: datetime.date) -> Term:
    """The term of a name such as "113-1", among those shown on that day. Raises Term.DoesNotExist."""
    for term in known(day):
        if term.key == key:
            return term
    raise Term.DoesNotExist


def year_before(term: Term) -> Term:
    """The same term a year earlier, which it is compared with."""
    return _numbered(_number(term) - 2, _stored())


def usual_due(term: Term) -> datetime.date:
    """The due date of SOP 6.3, whatever was set."""
    return datetime.date(term.academic_year + ROC_YEAR_ENDS, *DUE[Half(term.half)])


def open_for_batches(day: datetime.date) -> list[Term]:
    """The terms that a file may be uploaded for, the newest first: those shown and not signed off."""
    closed = set(_closing().values_list("term", flat=True))
    return [term for term in known(day) if term.pk not in closed]


def suggested(day: datetime.date) -> Term | None:
    """The term that a file uploaded on that day most likely is for: of those open, the one due nearest."""
    return min(open_for_batches(day), key=lambda term: abs(term.due_on - day), default=None)


def signed_of(day: datetime.date) -> TermSignOff | None:
    """The sign-off of the term that a file uploaded on that day most likely is for, None while that term is open."""
    return _closing().filter(term=_nearest(_stored(), day).pk).select_related("term").first()


@transaction.atomic
def hold(term: Term) -> Term:
    """The stored row of a term, locked until the end of the running transaction; made when there was none."""
    held, _is_new = Term.objects.select_for_update().get_or_create(
        academic_year=term.academic_year, half=term.half, defaults={"due_on": term.due_on}
    )
    return held


def _number(term: Term) -> int:
    """Terms counted through, so that the next one is one more."""
    return term.academic_year * 2 + term.half - 1


def _stored() -> dict[int, Term]:
    return {_number(term): term for term in Term.objects.all()}


def _numbered(number: int, stored: dict[int, Term]) -> Term:
    """The term as stored, or as the calendar has it."""
    if number in stored:
        return stored[number]
    term = Term(academic_year=number // 2, half=Half(number % 2 + 1))
    term.due_on = usual_due(term)
    return term


def _nearest(stored: dict[int, Term], day: datetime.date) -> Term:
    """The term that people work on: the one whose due date is nearest."""
    first = (day.year - ROC_YEAR_ENDS - 1) * 2
    near = [_numbered(number, stored) for number in range(first, first + 6)]
    return min(near, key=lambda term: (abs(term.due_on - day), term.due_on))


# --- where a term stands ------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Standing:
    """Where a term stands, as data and as people say it; `is_urgent` when somebody has to act."""

    code: str
    words: str
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A term with what came for it. `rows` are those of batches that were neither given up nor taken back, each once
    though a corrected or repeated file brought it again; `open_rows` were kept out of what was imported, or need a
    person."""

    term: Term
    standing: Standing
    batches: list[ImportBatch]
    rows: int
    open_rows: int
    signed: TermSignOff | None

    @property
    def applied(self) -> list[ImportBatch]:
        """What was imported and not wholly taken back."""
        return [batch for batch in self.batches if batch.state == State.APPLIED and not batch.is_undone]

    @property
    def last_applied(self) -> ImportBatch | None:
        """The last batch that was imported, taken back or not."""
        return next((batch for batch in reversed(self.batches) if batch.state == State.APPLIED), None)

    @property
    def alive(self) -> list[ImportBatch]:
        """The batches that were not refused, given up or wholly taken back."""
        return _alive(self.batches)

    @property
    def ended(self) -> list[ImportBatch]:
        """The batches that came to nothing of their own, or were wholly taken back."""
        return [batch for batch in self.batches if batch not in self.alive]

    @property
    def received(self) -> list[ImportBatch]:
        """The batches that brought rows of their own."""
        return _received(self.alive)


def lines_of(terms: Iterable[Term], day: datetime.date) -> list[Line]:
    """What came for each of the terms, in their order: six queries, however many there are."""
    terms = list(terms)
    stored = [term.pk for term in terms if term.pk]
    batches: dict[int, list[ImportBatch]] = defaultdict(list)
    found = ImportBatch.objects.filter(term__in=stored).select_related("uploaded_by", "applied_by")
    for batch in found.prefetch_related("undoings", "successors__undoings").order_by("pk"):
        batches[batch.term_id].append(batch)
    closings = {closing.term_id: closing for closing in _closing().filter(term__in=stored)}
    return [_line(term, batches[term.pk], closings.get(term.pk), day) for term in terms]


def line_of(term: Term, day: datetime.date) -> Line:
    """What came for one term."""
    [line] = lines_of([term], day)
    return line


def _line(term: Term, batches: list[ImportBatch], signed: TermSignOff | None, day: datetime.date) -> Line:
    alive = _alive(batches)
    applied = [batch for batch in alive if batch.state == State.APPLIED]
    still_open = sum(map(_open_rows, applied))
    return Line(term, _standing(term, alive, signed, day), batches, rows_of(alive), still_open, signed)


def _alive(batches: list[ImportBatch]) -> list[ImportBatch]:
    return [batch for batch in batches if batch.state in (*UNSETTLED, State.APPLIED) and not batch.is_undone]


def rows_of(batches: Iterable[ImportBatch]) -> int:
    """The rows of some batches, each once though a corrected or repeated file brought it again."""
    return sum(batch.counts.get("rows", 0) for batch in _received(list(batches)))


def _received(batches: list[ImportBatch]) -> list[ImportBatch]:
    """Without those that bring nothing of their own: corrections of one of them, or the same file once more."""
    numbers = {batch.pk for batch in batches}
    first_of: dict[str, int] = {}
    for batch in sorted(batches, key=lambda batch: (batch.state != State.APPLIED, batch.pk)):
        first_of.setdefault(batch.sha256, batch.pk)
    return [
        batch
        for batch in batches
        if batch.predecessor_id not in numbers and first_of[batch.sha256] == batch.pk
    ]


def _open_rows(batch: ImportBatch) -> int:
    """The rows of a batch that did not come in and wait for somebody. What a returned workbook brought again is open
    there, or came in."""
    followed = [one for one in batch.successors.all() if one.state == State.APPLIED and not one.is_undone]
    left = batch.counts.get("needs_person", 0) + batch.counts.get("kept_out", 0)
    return max(left - sum(one.returned_rows for one in followed), 0)


def _standing(
    term: Term, alive: list[ImportBatch], signed: TermSignOff | None, day: datetime.date
) -> Standing:
    if signed:
        return Standing("signed", _("已簽核"))
    days = (term.due_on - day).days
    if alive and all(batch.state == State.APPLIED for batch in alive):
        return Standing(IMPORTED, _("已匯入，待簽核"), is_urgent=days < 0)
    if days < 0:
        return Standing("overdue", _("逾期 %(days)s 天") % {"days": -days}, is_urgent=True)
    if alive:
        return Standing("working", _("處理中，尚餘 %(days)s 天") % {"days": days})
    if days <= REMINDED_BEFORE.days:
        return Standing("soon", _("尚餘 %(days)s 天") % {"days": days}, is_urgent=True)
    return Standing("waiting", _("尚未收件，尚餘 %(days)s 天") % {"days": days})


# --- the batches of a term ----------------------------------------------------------------------------------------
class TermClosed(ValidationError):
    """The term was signed off; it and its batches change only once it is reopened, which takes a reason."""

    def __init__(self, term: Term) -> None:
        super().__init__(
            _("%(term)s已簽核，須先重新開啟才能更動；變更批次的學期時，請填寫重新開啟的理由。")
            % {"term": term},
            code="closed",
        )


def hold_open(term: Term) -> Term:
    """`hold` for a new batch. Raises TermClosed."""
    held = hold(term)
    if _closing().filter(term=held).exists():
        raise TermClosed(held)
    return held


@transaction.atomic
def assign(
    batch: ImportBatch, term: Term | None, *, by: Any, at: datetime.datetime, reason: str = ""
) -> bool:
    """Move a batch to a term, or to none; whether that changed anything. What was signed off, there or where the batch
    comes from, is reopened with the reason. Raises TermClosed without one."""
    wanted = hold(term).pk if term and term.pk is None else term and term.pk
    stored = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if stored.term_id == wanted:
        return False
    touched = Term.objects.filter(pk__in=[pk for pk in (stored.term_id, wanted) if pk])
    # In one order, so that two batches moved against each other do not wait for each other.
    for one in touched.select_for_update().order_by("pk"):
        if not reason and _closing().filter(term=one).exists():
            raise TermClosed(one)
        reopen(one, by=by, at=at, reason=reason)
    stored.term_id = batch.term_id = wanted
    stored.save(update_fields=["term"])
    return True


def _closing() -> QuerySet[TermSignOff]:
    """The sign-offs that keep their terms closed."""
    return TermSignOff.objects.filter(reopened_at=None).select_related("signed_by")


@transaction.atomic
def reopen(term: Term, *, by: Any, at: datetime.datetime, reason: str) -> bool:
    """End the sign-off of a term with a reason; False when the term was not closed."""
    return bool(
        TermSignOff.objects.filter(term=term, reopened_at=None).update(
            reopened_by=by, reopened_at=at, reopen_reason=reason
        )
    )


# --- what people say of a term, and reminders ---------------------------------------------------------------------
@transaction.atomic
def set_expected(term: Term, expected: int | None) -> None:
    """How many rows the registrar expects to deliver; None when that is not known. Raises TermClosed: what was signed
    stays true."""
    Term.objects.filter(pk=hold_open(term).pk).update(expected=expected)


@transaction.atomic
def set_due(term: Term, due_on: datetime.date) -> None:
    """Another due date than that of SOP 6.3. Raises TermClosed."""
    Term.objects.filter(pk=hold_open(term).pk).update(due_on=due_on)


def reminders_due(day: datetime.date) -> list[tuple[Term, TermReminder.Kind]]:
    """The terms to remind of on that day: nothing imported yet, the due date near or just over, not reminded of it."""
    sent = set(TermReminder.objects.values_list("term", "kind", "due_on"))
    waiting = []
    for line in lines_of(known(day), day):
        term, left = line.term, line.term.due_on - day
        if line.signed or line.applied or not -REMINDED_AFTER <= left <= REMINDED_BEFORE:
            continue
        kind = TermReminder.Kind.AFTER if left < datetime.timedelta() else TermReminder.Kind.BEFORE
        if (term.pk, kind, term.due_on) not in sent:
            waiting.append((term, kind))
    return waiting


def note_reminder(term: Term, kind: TermReminder.Kind, *, at: datetime.datetime, recipients: int) -> bool:
    """Keep that a reminder goes out; False when somebody else's run was first. Inside a transaction."""
    held = hold(term)
    _reminder, is_new = TermReminder.objects.get_or_create(
        term=held, kind=kind, due_on=term.due_on, defaults={"sent_at": at, "recipients": recipients}
    )
    return is_new
