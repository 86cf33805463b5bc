"""The pages of the year board: who sees what, what the acts do, and where the numbers lead."""

from __future__ import annotations

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from records import terms
from records.models import ImportBatch, Person, Programme, Term, TermReason, TermSignOff
from tests.factories import imported, importer, planned, row, workbook

pytestmark = pytest.mark.usefixtures("organisation")
BOARD = "/admin/records/term/"


@pytest.fixture
def term(db) -> Term:
    """The term that people work on today."""
    return terms.hold(terms.suggested(timezone.localdate()))


def page(client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def post(client, term: Term, act: str, **data: object) -> str:
    return client.post(f"{BOARD}{term.key}/{act}/", data, follow=True).content.decode()


def test_the_registrar_reads_counts_and_nobodys_data(term, client_of):
    imported([row(中文姓名="林大海"), row(中文姓名="")], term=term)
    registrar = client_of("registrar")
    for path in (BOARD, f"{BOARD}{term.key}/"):
        text = page(registrar, path)
        assert "林大海" not in text and "/admin/records/person/" not in text and "verdict=" not in text
        assert str(term) in text
    assert f"/admin/records/importbatch/?term={term.pk}" in page(registrar, BOARD)


def test_every_number_leads_to_the_people_it_counts(term, client_of):
    imported([row(), row(), row(畢業系所="食品科學系碩士班")], term=term)
    imported([row()])  # of no term
    center = client_of("center_staff")
    department = Programme.objects.get(name="食品科學系碩士班").department
    link = f"/admin/records/person/?term={term.pk}&department={department.pk}&level=master"
    assert link.replace("&", "&amp;") in page(center, f"{BOARD}{term.key}/")
    found = center.get(link).context_data["cl"].result_count
    everybody = center.get(f"/admin/records/person/?term={term.pk}").context_data["cl"].result_count
    assert (found, everybody, Person.objects.count()) == (1, 3, 4)


def test_the_board_costs_the_same_for_many_years(client_of, django_assert_max_num_queries):
    for year in range(95, 115):
        imported(
            [row()],
            term=terms.hold(Term(academic_year=year, half=1, due_on=datetime.date(year + 1912, 3, 31))),
        )
    center = client_of("center_staff")
    center.get(BOARD)
    with django_assert_max_num_queries(20):
        assert "95-1" in page(center, f"{BOARD}?years=all")
    assert "95-1" not in page(center, BOARD)  # ten years are enough for every day


def test_numbers_are_read_with_their_thousands(term, client_of):
    batch = imported([row()], term=term)
    ImportBatch.objects.filter(pk=batch.pk).update(counts=batch.counts | {"rows": 30_052, "kept_out": 1_354})
    terms.set_expected(term, 29_663)
    registrar = client_of("registrar")
    for path in (BOARD, f"{BOARD}{term.key}/"):
        text = page(registrar, path)
        assert all(number in text for number in ("30,052", "29,663", "1,354"))
        assert not any(number in text for number in (">30052<", ">29663<", ">1354<", "共 30052 列"))


def test_looking_stores_nothing(client_of, db):
    center = client_of("center_director")
    today = terms.known(timezone.localdate())[0]
    page(center, BOARD)
    page(center, f"{BOARD}{today.key}/")
    assert not Term.objects.exists()
    assert center.get(f"{BOARD}150-1/").status_code == center.get(f"{BOARD}x/").status_code == 404


def test_an_upload_belongs_to_the_term_by_date_unless_another_is_chosen(client_of, tmp_path):
    center = client_of("center_staff")
    content = workbook(tmp_path / "a.xlsx", [row()]).read_bytes()
    suggested = terms.suggested(timezone.localdate())
    form = center.get("/admin/records/importbatch/add/").context_data["form"]
    assert form["term"].value() == suggested.key
    for chosen in (suggested.key, ""):
        file = SimpleUploadedFile("a.xlsx", content)
        center.post("/admin/records/importbatch/add/", {"file": file, "mode": "fill", "term": chosen})
    without, with_term = ImportBatch.objects.all()
    assert with_term.term.key == suggested.key and without.term is None
    text = page(center, f"/admin/records/importbatch/{with_term.pk}/")
    assert str(suggested) in text and "變更學期" in text


def test_a_term_is_expected_dated_reasoned_signed_and_reopened(term, client_of):
    imported([row(), row(中文姓名="")], term=term)
    registrar, staff, director = map(client_of, ("registrar", "center_staff", "center_director"))
    assert "已儲存預計筆數" in post(registrar, term, "expected", expected="2")
    assert "已變更匯入期限" in post(staff, term, "due", due_on=term.due_on.isoformat())
    assert "相差超過一年" in post(staff, term, "due", due_on="2001-01-01")
    sheet = f"{BOARD}{term.key}/sheet/"
    refused = director.get(sheet, follow=True).content.decode()
    assert "未通過的檢核：未匯入或需人工判斷的列" in refused
    assert "尚未通過檢核" in post(director, term, "sign-off")
    assert "身分證字號" in post(staff, term, "reasons/open_rows", reason="A123456789 待更正")
    assert "已記錄說明" in post(staff, term, "reasons/open_rows", reason="待更正")
    assert TermReason.objects.get().stated_by.username == "center_staff"
    printed = registrar.get(sheet)
    assert printed["Content-Type"] == "application/pdf" and printed.content.startswith(b"%PDF")
    seen = director.get(f"{BOARD}{term.key}/").context_data["seen"]
    assert "結案" in post(director, term, "sign-off", seen=seen)
    signed = TermSignOff.objects.get()
    assert signed.signed_by.username == "center_director"
    assert director.get(sheet).status_code == 200
    post(director, term, "reopen", reason="漏列一筆")
    signed.refresh_from_db()
    assert signed.reopen_reason == "漏列一筆" and signed.reopened_by.username == "center_director"
    assert "漏列一筆" in page(registrar, f"{BOARD}{term.key}/")


def test_a_check_says_what_is_wrong_and_a_reason_is_not_called_passing(term, client_of):
    imported([row(), row(中文姓名="")], term=term)
    staff, path = client_of("center_staff"), f"{BOARD}{term.key}/"
    post(staff, term, "expected", expected="3")
    waiting = page(staff, path)
    assert "<li>列數與預計筆數：不符，預計 3 筆，檔案 2 列，新增 1 筆學籍</li>" in waiting
    assert "<li>未匯入或需人工判斷的列：尚有 1 列未匯入或需人工判斷</li>" in waiting
    post(staff, term, "reasons/open_rows", reason="待更正")
    explained = post(staff, term, "reasons/expected", reason="一人延畢")
    assert "2 項檢核未通過但已說明" in explained and "檢核都已通過" not in explained
    assert explained.count(">已說明<") == 2


def test_a_further_batch_for_a_closed_term_needs_a_reason(term, client_of):
    TermSignOff.objects.create(
        term=term, sheet={"checks": []}, signed_by=importer(), signed_at=timezone.now()
    )
    batch = imported([row()])
    staff = client_of("center_staff")
    path = f"{BOARD}batches/{batch.pk}/"
    answer = staff.post(path, {"term": term.key})
    assert "請填寫重新開啟的理由" in answer.content.decode()
    batch.refresh_from_db()
    assert batch.term is None
    staff.post(path, {"term": term.key, "reason": "補送"})
    batch.refresh_from_db()
    assert batch.term == term and TermSignOff.objects.get().reopened_by.username == "center_staff"


def test_the_task_board_counts_the_terms_that_are_late(client_of, db):
    late = terms.hold(terms.known(timezone.localdate())[0])
    terms.set_due(late, timezone.localdate() - datetime.timedelta(days=1))
    registrar = client_of("registrar")

    def counts() -> list[tuple[str, int]]:
        return [
            (card.title, card.count) for card in registrar.get("/admin/").context_data["board"].term_cards
        ]

    assert counts() == [("待完成的學期", 1), ("待簽核的學期", 0)]
    assert "逾期 1 天" in page(registrar, BOARD)
    imported([row()], term=late)
    assert counts() == [("待完成的學期", 0), ("待簽核的學期", 1)]


def test_a_signed_term_takes_no_numbers_and_the_upload_says_why_it_is_missing(term, client_of):
    TermSignOff.objects.create(
        term=term, sheet={"checks": []}, signed_by=importer(), signed_at=timezone.now()
    )
    registrar = client_of("registrar")
    path = f"{BOARD}{term.key}/"
    assert "儲存預計筆數" not in page(registrar, path)
    assert "已簽核，須先重新開啟" in post(registrar, term, "expected", expected="7")
    term.refresh_from_db()
    assert term.expected is None
    upload = page(client_of("center_staff"), "/admin/records/importbatch/add/")
    assert f"{term}已於" in upload and path in upload


def test_refused_files_are_folded_and_corrections_are_found(term, client_of):
    batch = imported([row(中文姓名="")], term=term)
    correction = imported([row()], term=term)
    ImportBatch.objects.filter(pk=correction.pk).update(predecessor=batch)
    refused = planned([row()], term=term)
    ImportBatch.objects.filter(pk=refused.pk).update(state="refused")
    shown, folded = page(client_of("center_staff"), f"{BOARD}{term.key}/").split("<details><summary>退回")
    assert f"更正見批次 #{correction.pk}" in shown and f">#{refused.pk}<" not in shown
    assert f">#{refused.pk}<" in folded
