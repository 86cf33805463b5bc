"""Closing a term: the checks, reasons where one may be stated, the sheet as PDF, and what a closed term keeps."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from openpyxl import load_workbook
from pypdfium2 import PdfDocument

from records import deliveries, imports, sign_off, terms
from records.documents import render_pdf
from records.imports import undoing
from records.models import AcademicRecord, Delivery, ImportBatch, ImportRow, Term, TermSignOff
from records.term_figures import Change, compare, totals
from tests.deliveries import as_proposed, delivered
from tests.factories import applied, imported, importer, planned, received, row
from tests.undoings import undo_planned, undone

pytestmark = pytest.mark.usefixtures("organisation")
TERM = {"academic_year": 113, "half": 1, "due_on": datetime.date(2025, 3, 31)}
MASTER = {"畢業系所": "食品科學系碩士班"}


@pytest.fixture
def term(db) -> Term:
    return terms.hold(Term(**TERM))


def failed(term: Term) -> set[str]:
    return {check.code for check in sign_off.checks_of(term) if not check.is_through}


def sign(term: Term, seen: str | None = None) -> TermSignOff:
    seen = seen or sign_off.digest(sign_off.sheet_of(term))
    return sign_off.sign_off(term, seen=seen, by=importer(), at=timezone.now())


def state(term: Term, code: str, reason: str = "紙本補登") -> None:
    sign_off.state_reason(term, code, reason, by=importer(), at=timezone.now())


def test_a_term_with_a_clean_import_is_signed_off_and_keeps_its_sheet(term):
    batch = imported([row(), row(**MASTER)], term=term)
    closing = sign(term)
    assert closing.sheet["batches"][0]["sha256"] == batch.sha256
    assert closing.sheet["total"]["now"] == 2 and all(c["is_through"] for c in closing.sheet["checks"])
    assert terms.line_of(term, datetime.date(2025, 5, 1)).standing.code == "signed"
    with pytest.raises(terms.TermClosed):
        sign(term)
    with pytest.raises(terms.TermClosed):
        state(term, "open_rows")


def test_what_is_not_through_is_named_and_keeps_the_term_open(term):
    assert failed(term) == {"imported"}
    imported([row(), row(中文姓名="")], term=term)
    planned([row()], term=term)
    assert failed(term) == {"settled", "open_rows"}
    with pytest.raises(ValidationError, match="處理中的批次與檔案、未匯入或需人工判斷的列"):
        sign(term)
    assert not TermSignOff.objects.exists()


def half_undone(batch: ImportBatch) -> None:
    assert undoing.start_undoing(undo_planned(batch), importer())


def half_planned(batch: ImportBatch) -> None:
    undoing.open_undo(batch, reason="檔案錯了", by=importer(), at=timezone.now())


@pytest.mark.parametrize("begin", [half_planned, undo_planned, half_undone])
def test_a_term_is_not_signed_while_a_batch_of_it_is_being_taken_back(term, begin):
    begin(imported([row(), row()], term=term))
    assert failed(term) == {"settled"}


def test_a_term_is_not_signed_while_a_delivery_of_it_waits_and_its_mapping_survives_one_that_was(term):
    imported([row()], term=term)
    delivery = delivered([row()])
    Delivery.objects.update(term=term)
    assert failed(term) == {"settled"}
    Delivery.objects.update(term=None)
    sign(term)
    Delivery.objects.update(term=term)
    delivery.refresh_from_db()
    assert deliveries.use(delivery, as_proposed(delivery), is_settled=True)
    assert deliveries.convert(delivery) is None
    assert (delivery.state, "已簽核" in delivery.error) == (Delivery.State.MAPPING, True)
    assert deliveries.upload_path(delivery).exists()


def test_a_batch_that_was_taken_back_is_no_import_of_the_term(term):
    terms.set_expected(term, 2)
    term.refresh_from_db()
    undone(imported([row(), row()], term=term))
    line = terms.line_of(term, datetime.date(2025, 4, 5))
    assert (line.standing.code, line.rows, line.applied) == ("overdue", 0, [])
    assert failed(term) == {"imported", "expected"}
    assert terms.reminders_due(datetime.date(2025, 4, 5))
    assert [batch["undo"] for batch in sign_off.sheet_of(term)["batches"]] == ["已還原"]
    following = Term(academic_year=114, half=1, due_on=datetime.date(2026, 3, 31))
    assert not compare(following, term).has_before


def brought_back(batch: ImportBatch, path: Path) -> ImportBatch:
    """What goes back, every row with a name, as the batch that follows."""
    imports.write_returned_rows(batch, path)
    book = load_workbook(path)
    sheet = book.active
    column = next(cell.column for cell in sheet[1] if cell.value == "中文姓名")
    for number in range(2, sheet.max_row + 1):
        cell = sheet.cell(number, column)
        cell.value = cell.value or f"陳補{'甲乙丙丁'[number]}"
    book.save(path)
    follow_up = received(path, term=batch.term)
    imports.read_and_plan(follow_up)
    return ImportBatch.objects.get(pk=follow_up.pk)


def test_a_row_that_a_returned_workbook_brought_counts_once_and_is_open_no_more(term, tmp_path):
    terms.set_expected(term, 4)
    term.refresh_from_db()
    # The last one came in, and goes back only for its birthday.
    batch = imported(
        [row(), row(中文姓名="", 生日="壞"), row(中文姓名=""), row(生日="1990-13-40")], term=term
    )
    follow_up = brought_back(batch, tmp_path / "待更正.xlsx")
    assert follow_up.counts["rows"] == 3 and failed(term) == {"settled", "open_rows"}
    applied(follow_up)
    assert not failed(term) and terms.line_of(term, timezone.localdate()).rows == 4


def test_a_reason_holds_for_what_was_found_and_no_more(term):
    imported([row(), row(中文姓名="")], term=term)
    state(term, "open_rows", "資料待註冊課務組更正")
    assert not failed(term)
    imported([row(), row(中文姓名="")], term=term)
    assert failed(term) == {"open_rows"}
    state(term, "open_rows", "兩筆都待更正")
    checks = {check["title"]: check for check in sign(term).sheet["checks"]}
    assert checks["未匯入或需人工判斷的列"]["reason"] == "兩筆都待更正"


@pytest.mark.parametrize("code", ["settled", "rows", "serials", "nonsense"])
def test_damage_is_not_reasoned_away(term, code):
    planned([row()], term=term)
    with pytest.raises(ValidationError, match="不需要或不能"):
        state(term, code)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda batch: ImportRow.objects.filter(batch=batch, row_number=2).delete(), "rows"),
        (lambda batch: AcademicRecord.objects.all()._raw_delete("default"), "records"),
        (lambda batch: AcademicRecord.history.all().delete(), "history"),
        (
            lambda batch: AcademicRecord.history.update(
                serial_number=AcademicRecord.history.first().serial_number
            ),
            "serials",
        ),
    ],
)
def test_the_checks_ask_the_data_itself(term, damage, code):
    batch = imported([row(), row()], term=term)
    assert not failed(term)
    damage(batch)
    assert code in failed(term)


def test_the_number_expected_is_held_against_the_rows(term):
    imported([row(), row()], term=term)
    terms.set_expected(term, 3)
    term.refresh_from_db()
    assert failed(term) == {"expected"}
    terms.set_expected(term, 2)
    term.refresh_from_db()
    assert not failed(term)


def test_what_changed_since_it_was_shown_is_not_signed(term):
    imported([row()], term=term)
    seen = sign_off.digest(sign_off.sheet_of(term))
    imported([row()], term=term)
    with pytest.raises(ValidationError, match="已經變更"):
        sign(term, seen)


def test_a_closed_term_prints_what_was_signed_until_it_is_reopened(term):
    imported([row()], term=term)
    closing = sign(term)
    further = imported([row()])
    terms.assign(further, term, by=importer(), at=timezone.now(), reason="補送一筆")
    closing.refresh_from_db()
    assert closing.sheet["total"]["now"] == 1
    assert sign(term).sheet["total"]["now"] == 2


def test_the_undo_of_a_batch_opens_its_term_again(term):
    batch = imported([row()], term=term)
    sign(term)
    undone(batch)
    closing = TermSignOff.objects.get()
    assert closing.reopened_at and f"還原匯入批次 #{batch.pk}" in closing.reopen_reason
    assert sign_off.sheet_of(term)["total"]["now"] == 0


def test_what_was_signed_off_while_an_undo_was_written_is_open_again(term):
    undo = undo_planned(imported([row(), row()], term=term))
    assert undoing.start_undoing(undo, importer())
    TermSignOff.objects.create(term=term, sheet={}, signed_by=importer(), signed_at=timezone.now())
    undoing.undo_batch(undo)
    assert TermSignOff.objects.get().reopened_at


def test_new_degrees_are_compared_with_the_same_term_a_year_before(term):
    before = terms.hold(Term(academic_year=112, half=1, due_on=datetime.date(2024, 3, 31)))
    imported([row() for _ in range(8)] + [row(**MASTER)], term=before)
    assert not compare(before, terms.year_before(before)).has_before
    again = [row() for _ in range(2)]
    imported(again, term=term)
    imported(again, term=term)  # the same rows once more bring nobody
    comparison = compare(term, before)
    found = {line.department.name: line for line in comparison.lines}
    informatics, food = found["資訊工程學系"], found["食品科學系"]
    assert informatics.total == Change(2, 8) and informatics.total.is_striking
    assert food.total == Change(0, 1) and not food.total.is_striking
    assert comparison.total == Change(2, 9) and comparison.striking == 1
    colleges, counted = totals([term, before])
    assert [total.total for total in counted] == [2, 9] and len(colleges) == 2


@pytest.mark.parametrize(
    ("now", "before", "is_striking"),
    [
        (50, 49, False),
        (30, 50, True),
        (4, 0, False),
        (5, 0, True),
        (66, 50, True),
        (64, 50, False),
        (9, None, False),
    ],
)
def test_which_differences_are_striking(now, before, is_striking):
    assert Change(now, before).is_striking is is_striking


def test_the_sheet_is_a_paper_with_all_that_is_signed(term):
    batch = applied(planned([row(), row(**MASTER), row(中文姓名="")], term=term))
    state(term, "open_rows", "一筆待註冊課務組更正")
    sheet = sign_off.sheet_of(term)
    context = {"sheet": sheet, "signed": None, "digest": sign_off.digest(sheet)}
    text = "".join(
        page.get_textpage().get_text_range()
        for page in PdfDocument(render_pdf("documents/term_sheet.html", context))
    )
    text = "".join(text.split())
    for words in (
        "113學年度第1學期", "2025-03-31", batch.sha256, "離校資料.xlsx", "新校友2", "沒有重複使用",
        "說明：一筆待註冊課務組更正（王小明）", "食品科學系", "校務系統組", "校友服務中心主任", "2025-03-31",
    ):  # fmt: skip
        assert words in text
    assert "林" not in text.replace("林學", "")  # nobody of the file


def test_a_sheet_never_calls_a_check_passed_that_is_not(term):
    applied(planned([row(), row(中文姓名="")], term=term))
    sheet = sign_off.sheet_of(term)
    context = {"sheet": sheet, "signed": None, "digest": sign_off.digest(sheet)}
    text = "".join(
        page.get_textpage().get_text_range()
        for page in PdfDocument(render_pdf("documents/term_sheet.html", context))
    )
    assert text.count("未通過") == len(sign_off.open_checks(sheet)) == 1


def test_every_page_of_the_sheet_says_which_term_it_is_of(term):
    for _ in range(9):
        imported([row()], term=term)
    sheet = sign_off.sheet_of(term)
    context = {"sheet": sheet, "signed": None, "digest": sign_off.digest(sheet)}
    pages = [
        page.get_textpage().get_text_range()
        for page in PdfDocument(render_pdf("documents/term_sheet.html", context))
    ]
    assert len(pages) > 1
    assert all("113學年度第1學期" in page and context["digest"][:16] in page for page in pages)


def test_a_discarded_batch_does_not_stand_in_the_way(term):
    imported([row()], term=term)
    ImportBatch.objects.filter(pk=planned([row()], term=term).pk).update(state=ImportBatch.State.DISCARDED)
    assert not failed(term)
