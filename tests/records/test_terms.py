"""The terms: by the calendar, by what came, by what people said; closing and reopening; reminders to be sent."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from records import imports, terms
from records.models import ImportBatch, Term, TermReminder, TermSignOff
from tests.factories import importer, planned, row

pytestmark = pytest.mark.usefixtures("organisation")
State = ImportBatch.State
DAY = datetime.date


def keys(found) -> list[str]:
    return [term.key for term in found]


def batch_of(term: Term | None, state: str = State.APPLIED, **counts: int) -> ImportBatch:
    return ImportBatch.objects.create(
        file_name="離校資料.xlsx", sha256=f"{ImportBatch.objects.count():064x}", uploaded_by=importer(),
        state=state, counts=counts, term=terms.hold(term) if term else None,
    )  # fmt: skip


def signed(term: Term) -> TermSignOff:
    return TermSignOff.objects.create(
        term=terms.hold(term), sheet={}, signed_by=importer(), signed_at=timezone.now()
    )


@pytest.mark.parametrize(
    ("day", "shown", "suggested"),
    [
        (DAY(2025, 3, 1), ["113-1"], "113-1"),
        (DAY(2025, 4, 2), ["113-2", "113-1"], "113-1"),  # late
        (DAY(2025, 9, 15), ["113-2"], "113-2"),
        (DAY(2025, 12, 31), ["114-1", "113-2"], "113-2"),
        (DAY(2026, 2, 10), ["114-1"], "114-1"),
    ],
)
def test_the_calendar_tells_which_terms_there_are_and_nothing_is_stored_by_looking(db, day, shown, suggested):
    assert keys(terms.known(day)) == shown and terms.suggested(day).key == suggested
    assert not Term.objects.exists()


def test_a_term_reads_as_people_say_it_and_is_due_as_the_procedure_says(db):
    second, first = terms.known(DAY(2025, 4, 2))
    assert (str(first), first.due_on) == ("113學年度第1學期", DAY(2025, 3, 31))
    assert (str(second), second.due_on) == ("113學年度第2學期", DAY(2025, 10, 31))
    assert terms.year_before(first).key == "112-1"
    with pytest.raises(Term.DoesNotExist):
        terms.named("190-1", DAY(2025, 4, 2))


def test_all_terms_since_the_first_one_known_are_shown(db):
    terms.hold(Term(academic_year=111, half=2, due_on=DAY(2023, 10, 31)))
    assert keys(terms.known(DAY(2025, 3, 1))) == ["113-1", "112-2", "112-1", "111-2"]


@pytest.mark.parametrize(
    ("states", "day", "code", "is_urgent"),
    [
        ([], DAY(2025, 2, 1), "waiting", False),
        ([], DAY(2025, 3, 20), "soon", True),
        ([], DAY(2025, 4, 1), "overdue", True),
        ([State.REFUSED, State.DISCARDED], DAY(2025, 4, 1), "overdue", True),
        ([State.PLANNED], DAY(2025, 3, 20), "working", False),
        ([State.APPLIED], DAY(2025, 3, 20), "imported", False),
        ([State.APPLIED], DAY(2025, 4, 1), "imported", True),
        ([State.APPLIED, State.PLANNED], DAY(2025, 4, 1), "overdue", True),
    ],
)
def test_where_a_term_stands(db, states, day, code, is_urgent):
    term = terms.named("113-1", day)
    for state in states:
        batch_of(term, state, rows=10, needs_person=1, kept_out=2)
    line = terms.line_of(terms.named("113-1", day), day)
    assert (line.standing.code, line.standing.is_urgent) == (code, is_urgent)
    applied = states.count(State.APPLIED)
    assert line.open_rows == 3 * applied
    assert line.rows == 10 * (applied + states.count(State.PLANNED))


def test_what_came_before_is_not_received_again(db):
    day = DAY(2025, 3, 20)
    term = terms.named("113-1", day)
    first, again, corrected = (batch_of(term, rows=rows) for rows in (300, 300, 35))
    ImportBatch.objects.filter(pk=again.pk).update(sha256=first.sha256, state=State.PLANNED)
    ImportBatch.objects.filter(pk=corrected.pk).update(predecessor=first)
    batch_of(term, State.REFUSED)
    line = terms.line_of(terms.named("113-1", day), day)
    assert line.received == [first] and line.rows == 300
    assert [len(line.alive), len(line.ended)] == [3, 1]


def test_a_signed_term_keeps_its_numbers_and_makes_room_for_the_next(db):
    day = DAY(2025, 3, 20)
    term = terms.named("113-1", day)
    closing = signed(term)
    assert keys(terms.known(day)) == ["113-2", "113-1"] and terms.suggested(day).key == "113-2"
    assert terms.signed_of(day) == closing
    for change in (lambda: terms.set_expected(term, 5), lambda: terms.set_due(term, day)):
        with pytest.raises(terms.TermClosed):
            change()
    terms.reopen(closing.term, by=importer(), at=timezone.now(), reason="補送")
    assert terms.signed_of(day) is None
    terms.set_expected(term, 5)


def test_the_lines_of_many_terms_take_few_queries(db, django_assert_max_num_queries):
    for number in range(20):
        batch_of(Term(academic_year=94 + number, half=1, due_on=DAY(2006 + number, 3, 31)), rows=1)
    with django_assert_max_num_queries(6):
        assert len(terms.lines_of(terms.known(DAY(2025, 4, 1)), DAY(2025, 4, 1))) > 20


def test_a_batch_for_a_closed_term_needs_a_reason_and_reopens_it(db):
    day = DAY(2025, 4, 2)
    term = terms.named("113-1", day)
    closing, batch = signed(term), batch_of(None)
    term = terms.named("113-1", day)
    assert keys(terms.open_for_batches(day)) == ["113-2"] and terms.suggested(day).key == "113-2"
    with pytest.raises(terms.TermClosed, match="113學年度第1學期已簽核"):
        terms.assign(batch, term, by=importer(), at=timezone.now())
    batch.refresh_from_db()
    closing.refresh_from_db()
    assert batch.term is None and closing.reopened_at is None
    assert terms.assign(batch, term, by=importer(), at=timezone.now(), reason="註冊組補送三筆")
    batch.refresh_from_db()
    closing.refresh_from_db()
    assert batch.term == term and closing.reopen_reason == "註冊組補送三筆"
    assert terms.line_of(term, day).standing.code == "imported"


def test_a_batch_does_not_leave_a_closed_term_unseen(db):
    term = Term(academic_year=113, half=1, due_on=DAY(2025, 3, 31))
    batch = batch_of(term)
    signed(term)
    with pytest.raises(terms.TermClosed):
        terms.assign(batch, None, by=importer(), at=timezone.now())


def test_an_upload_meets_a_term_that_was_closed_meanwhile(db, tmp_path):
    term = terms.named("113-1", DAY(2025, 4, 2))
    path = tmp_path / "a.xlsx"
    batch = planned([row()], term=term)
    assert batch.term.key == "113-1"
    signed(term)
    path.write_bytes(b"PK")
    uploads = imports.upload_path(batch).parent
    before = set(uploads.iterdir())
    with pytest.raises(terms.TermClosed):
        planned([row()], term=terms.named("113-1", DAY(2025, 4, 2)))
    assert ImportBatch.objects.count() == 1 and set(uploads.iterdir()) == before


def test_a_term_is_reminded_of_before_and_after_until_something_is_imported(db):
    Kind = TermReminder.Kind

    def due(day):
        return [(term.key, kind) for term, kind in terms.reminders_due(day)]

    assert due(DAY(2025, 3, 16)) == []
    assert due(DAY(2025, 3, 17)) == due(DAY(2025, 3, 31)) == [("113-1", Kind.BEFORE)]
    [(term, kind)] = terms.reminders_due(DAY(2025, 3, 20))
    assert terms.note_reminder(term, kind, at=timezone.now(), recipients=2)
    assert not terms.note_reminder(term, kind, at=timezone.now(), recipients=2)
    assert due(DAY(2025, 3, 21)) == []
    terms.set_due(term, DAY(2025, 4, 10))  # another date is worth another letter
    assert due(DAY(2025, 4, 1)) == [("113-1", Kind.BEFORE)]
    assert due(DAY(2025, 4, 11)) == [("113-1", Kind.AFTER)]
    batch_of(terms.named("113-1", DAY(2025, 4, 11)))
    assert due(DAY(2025, 4, 11)) == []
