"""Two rows of a file that a person declares to be the same person (SOP 6.5)."""

from __future__ import annotations

import html

import pytest
from django.core.management import call_command

from records import imports
from records.imports import row_decisions
from records.imports.row_decisions import Scope
from records.joins import followers
from records.models import ImportBatch, ImportDecision, ImportRow, Person
from records.rulings import Kind, Ruling
from tests.factories import (
    BACHELOR,
    MASTER,
    applied,
    codes,
    imported,
    importer,
    national_id,
    planned,
    row,
    verdicts,
    views,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
NAMELESS = {"中文姓名": "林同名", "身分證字號": None, "生日": "1990-05-06"}


def bachelor(**values) -> dict:
    return row(**NAMELESS) | BACHELOR | values


def master(**values) -> dict:
    return row(**NAMELESS) | MASTER | {"電子郵件": "master@example.com"} | values


def joined(batch: ImportBatch, number: int, other: int) -> ImportBatch:
    """The batch after its row was declared the same person as the other one, planned again."""
    stored = ImportRow.objects.get(batch=batch, row_number=number)
    ruling = Ruling(Kind.ROW, other_row=other)
    assert not row_decisions.against(batch, stored, ruling)
    assert imports.decide_row(batch, stored, ruling, scope=Scope.ROW, reason="電話查證", by=importer())
    imports.replan(batch)
    return ImportBatch.objects.get(pk=batch.pk)


def verified() -> None:
    call_command("verify")


@pytest.mark.parametrize(("number", "other"), [(2, 3), (3, 2)])
def test_two_degrees_become_one_person(number, other):
    batch = planned([bachelor(), master()])
    assert verdicts(batch) == ["needs_person", "needs_person"]
    batch = joined(batch, number, other)
    assert sorted(verdicts(batch)) == ["new_person", "new_record"]
    batch = applied(batch)
    person = Person.objects.get()
    assert person.academic_records.count() == 2 and person.email == "master@example.com"
    assert "身分具有學士、碩士" in person.annotations.get().text
    verified()


def test_the_same_degree_twice_is_one_record():
    batch = joined(planned([bachelor(英文姓名=None), bachelor(學號=None, 生日=None)]), 3, 2)
    assert verdicts(batch)[0] == "new_person" and "row_twice" in codes(batch)[1]
    applied(batch)
    assert Person.objects.get().academic_records.count() == 1 and Person.objects.get().english_name
    verified()


def test_two_rows_that_say_the_same_of_each_other_are_one_person():
    batch = joined(joined(planned([bachelor(), master()]), 2, 3), 3, 2)
    assert sorted(verdicts(batch)) == ["new_person", "new_record"]


def test_three_rows_follow_over_one_another():
    rows = [bachelor(), master(), row(**NAMELESS) | {"畢業系所": "資訊工程學系博士班", "學號": "20457001"}]
    batch = joined(joined(planned(rows), 4, 3), 3, 2)
    assert sorted(verdicts(batch)) == ["new_person", "new_record", "new_record"]
    applied(batch)
    assert Person.objects.get().academic_records.count() == 3


def test_a_row_follows_one_that_is_somebody_stored():
    known = bachelor(身分證字號=national_id(71))
    imported([known])
    batch = planned([known, master(生日=None)])
    assert verdicts(batch)[1] == "needs_person"
    applied(joined(batch, 3, 2))
    assert Person.objects.get().academic_records.count() == 2
    verified()


def test_whoever_the_followed_row_may_be_is_still_asked():
    imported([bachelor(學號="00957009", 生日=None) | {"畢業系所": "商船學系學士班"}])
    batch = joined(planned([bachelor(), master()]), 2, 3)
    assert verdicts(batch) == ["needs_person", "needs_person"]
    assert "with_others" in codes(batch)[0] and "same_name" in codes(batch)[1]
    person = Person.objects.get()
    stored = ImportRow.objects.get(batch=batch, row_number=3)
    ruling = Ruling(Kind.PERSON, person.pk, is_new_degree=True)
    assert imports.decide_row(batch, stored, ruling, scope=Scope.ROW, reason="查證", by=importer())
    imports.replan(batch)
    applied(ImportBatch.objects.get(pk=batch.pk))
    assert Person.objects.get().academic_records.count() == 3
    verified()


def test_a_third_row_of_that_name_is_still_asked_about():
    batch = joined(planned([bachelor(), master(), bachelor(學號=None, 畢業系所="商船學系學士班")]), 3, 2)
    assert verdicts(batch)[2] == "needs_person" and "same_name_in_file" in codes(batch)[2]


@pytest.mark.parametrize(
    "values",
    [{"生日": "1991-01-01"}, {"性別": "女"}, {"中文姓名": "林異名"}],
    ids=["birthday", "sex", "name"],
)
def test_rows_that_differ_are_not_one_person(values):
    batch = planned([bachelor(), master(**values)])
    stored = ImportRow.objects.get(batch=batch, row_number=2)
    found = row_decisions.against(batch, stored, Ruling(Kind.ROW, other_row=3))
    assert [one.is_final for one in found] == [True]


@pytest.mark.parametrize("corrected", [2, 3])
def test_a_correction_of_who_either_row_is_asks_again(corrected):
    batch = joined(planned([bachelor(), master()]), 3, 2)
    assert imports.correct(batch, {corrected: {"生日": "1990-05-07"}}, by=importer())
    imports.replan(batch)
    batch.refresh_from_db()
    assert verdicts(batch)[1] == "needs_person" and "decision_overtaken" in codes(batch)[1]


def test_a_row_that_turns_out_to_be_stored_somewhere_else_is_asked_again():
    batch = joined(planned([bachelor(), master()]), 3, 2)
    imported([master(身分證字號=national_id(72), 生日="1980-01-01")])
    imports.replan(batch)
    batch.refresh_from_db()
    assert "decision_overtaken" in codes(batch)[1] and verdicts(batch)[1] == "needs_person"


def test_a_row_whose_national_id_another_row_bears_is_asked_again():
    """Or one national ID would be given to two people."""
    rows = [
        bachelor(),
        master(身分證字號=national_id(73)),
        row(身分證字號=national_id(73), 中文姓名="林同名"),
    ]
    batch = planned(rows)
    stored = ImportRow.objects.get(batch=batch, row_number=3)
    ruling = Ruling(Kind.ROW, other_row=2)
    assert imports.decide_row(batch, stored, ruling, scope=Scope.ROW, reason="查證", by=importer())
    imports.replan(batch)
    batch.refresh_from_db()
    assert "decision_overtaken" in codes(batch)[1]


def test_a_row_that_follows_one_left_out_is_asked_again():
    batch = joined(planned([bachelor(), master()]), 3, 2)
    out = ImportRow.objects.get(batch=batch, row_number=2)
    imports.decide_row(batch, out, Ruling(Kind.OUT), scope=Scope.ROW, reason="重複", by=importer())
    imports.replan(batch)
    batch.refresh_from_db()
    assert verdicts(batch) == ["kept_out", "needs_person"] and "decision_overtaken" in codes(batch)[1]


def test_the_decision_can_be_withdrawn():
    batch = joined(planned([bachelor(), master()]), 3, 2)
    assert imports.withdraw_decision(batch, 3, by=importer())
    imports.replan(batch)
    batch.refresh_from_db()
    assert verdicts(batch) == ["needs_person", "needs_person"]


def test_no_row_comes_before_the_one_it_follows_and_of_a_circle_the_first_leads():
    assert list(followers({4: 3, 3: 2}).items()) == [(3, 2), (4, 3)]
    assert followers({2: 3, 3: 2}) == {3: 2}
    assert list(followers({2: 3, 3: 4, 4: 2}).items()) == [(4, 2), (3, 4)]
    assert list(followers({5: 4, 3: 4, 4: 3}).items()) == [(4, 3), (5, 4)]
    assert followers({2: 2}) == {}


def test_who_follows_a_row_that_turns_out_to_be_somebody_else_does_not_go_on_without_it():
    doctor = row(**NAMELESS) | {"畢業系所": "資訊工程學系博士班", "學號": "20457001", "生日": None}
    batch = joined(joined(planned([bachelor(), master(), doctor]), 3, 2), 4, 3)
    imported([master(身分證字號=national_id(74))])  # row 3, by its student number
    imports.replan(batch)
    batch.refresh_from_db()
    by_row = dict(zip((2, 3, 4), views(batch), strict=True))
    assert "decision_overtaken" in codes(batch)[1]
    assert by_row[4].person_id == by_row[3].person_id == Person.objects.get().pk
    assert by_row[2].person_id is None


def test_many_rows_of_one_name_are_compared_in_a_moment():
    batch = planned(row(中文姓名="林同名", 身分證字號=None, 學號=None) for _number in range(600))
    assert set(verdicts(batch)) == {"needs_person"}


# --- the page --------------------------------------------------------------------------------------------------
def text(response) -> str:
    return html.unescape(response.content.decode())


def test_the_page_offers_the_other_row_with_its_evidence(client_of):
    center = client_of("center_staff")
    batch = planned([bachelor(), master()])
    address = f"/admin/records/importbatch/{batch.pk}/rows/3/"
    page = text(center.get(address))
    assert "與第 2 列是同一人" in page and "姓名相同" in page and "生日相同" in page
    data = {"choice": "row-2", "reason": "電話查證", "scope": "same_questions"}
    center.post(f"{address}decide/", data)
    decision = ImportDecision.objects.get()
    assert (decision.kind, decision.row_number, decision.other_row) == ("row", 3, 2)
    assert "第 3 列已決定與本列是同一人" in text(center.get(f"/admin/records/importbatch/{batch.pk}/rows/2/"))
    page = text(center.post(f"/admin/records/importbatch/{batch.pk}/replan/", follow=True))
    assert "與第 2 列是同一人" in page and sorted(verdicts(batch)) == ["new_person", "new_record"]
    assert "目前的決定" in text(center.get(address))


def test_a_damaged_row_is_offered_to_nobody(client_of):
    batch = planned([bachelor(), master()])
    ImportRow.objects.filter(batch=batch, row_number=2).update(payload=b"damaged")
    response = client_of("center_staff").get(f"/admin/records/importbatch/{batch.pk}/rows/3/")
    assert response.status_code == 200 and "與第 2 列是同一人" not in text(response)


def test_a_row_that_is_not_offered_cannot_be_chosen(client_of):
    batch = planned([bachelor(), master(), row()])
    address = f"/admin/records/importbatch/{batch.pk}/rows/3/decide/"
    client_of("center_staff").post(address, {"choice": "row-4", "reason": "試"})
    assert not ImportDecision.objects.exists()


def test_a_row_with_a_wrong_national_id_comes_in_with_the_row_it_is_the_same_as():
    """Alone nothing tells who it is; now somebody has told."""
    wrong = master(身分證字號="A123456780", 學號=None)
    batch = joined(planned([bachelor(), wrong]), 2, 3)
    assert sorted(verdicts(batch)) == ["new_person", "new_record"]
    assert "check_digit" in str(codes(batch)) or any(view.remarks for view in views(batch))
    person = applied(batch) and Person.objects.get()
    assert person.academic_records.count() == 2 and not person.national_id
    verified()


def test_two_rows_of_which_neither_can_be_told_apart_stay_out_together():
    wrong = {"身分證字號": "A123456780", "學號": None}
    batch = joined(planned([bachelor(**wrong), master(**wrong)]), 2, 3)
    assert verdicts(batch) == ["kept_out", "kept_out"]


def test_a_row_does_not_follow_another_to_a_person_whom_it_contradicts():
    """Alone it could not be declared this person before somebody confirmed that name and birthday differ."""
    imported([row(中文姓名="陳舊名", 生日="1980-01-01", 身分證字號=None, 畢業系所="商船學系學士班")])
    to_person = Ruling(Kind.PERSON, Person.objects.get().pk, is_new_degree=True)
    batch = planned([bachelor(), master(生日=None)])
    for number, ruling in ((3, to_person), (2, Ruling(Kind.ROW, other_row=3))):
        stored = ImportRow.objects.get(batch=batch, row_number=number)
        assert imports.decide_row(batch, stored, ruling, scope=Scope.ROW, reason="查證", by=importer())
    imports.replan(batch)
    batch = ImportBatch.objects.get(pk=batch.pk)
    assert verdicts(batch)[0] == "needs_person"
    assert "姓名與生日都與這位校友不同" in str(views(batch)[0].remarks)
