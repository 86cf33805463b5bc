"""The page of one row of a batch: what it shows, what it takes, and what it refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from records import imports
from records.models import ImportBatch, ImportCorrection, ImportDecision, ImportRow, Person
from records.rulings import Kind
from tests.factories import imported, importer, national_id, planned, row, verdicts

pytestmark = pytest.mark.usefixtures("organisation")
LIST = "/admin/records/importbatch/"


@pytest.fixture
def center(client_of):
    return client_of("center_staff")


def address(batch: ImportBatch, number: int = 2, act: str = "") -> str:
    return f"{LIST}{batch.pk}/rows/{number}/{act}"


def decide(client, batch: ImportBatch, number: int = 2, **data: object):
    return client.post(address(batch, number, "decide/"), {"reason": "電話查證"} | data, follow=True)


def renamed(count: int = 1) -> tuple[list[Person], list[dict]]:
    """People stored, and rows of them under other names."""
    came = [row() for _each in range(count)]
    imported(came)
    people = list(Person.objects.order_by("-pk")[:count])[::-1]
    return people, [one | {"中文姓名": f"林改{index}", "城市": "台北市"} for index, one in enumerate(came)]


def choice_of(person: Person) -> str:
    return f"{person.pk}-{person.academic_records.get().pk}"


def test_a_row_shows_what_is_asked_and_whom_it_may_mean_with_masks_only(center):
    [person], [came] = renamed()
    batch = planned([came | {"電子郵件": "", "聯絡住址": "基隆市 A123456789 號"}])
    page = center.get(address(batch)).content.decode()
    assert "中文姓名與資料庫中的校友不同" in page and "還有 1 列未處理" in page
    assert "相符：身分證字號相同、學號相同" in page
    assert f"檔案「林改0」，資料庫「{person.chinese_name}」" in page
    assert person.national_id_mask in page
    assert came["身分證字號"] not in page and "A123456789" not in page


def test_neighbours_skip_rows_that_were_answered(center):
    people, rows = renamed(4)
    batch = planned(rows)
    page = decide(center, batch, 3, choice=choice_of(people[1]))
    assert page.redirect_chain[-1][0] == address(batch, 4)
    place = center.get(address(batch, 4)).context_data["place"]
    assert (place.left, place.previous, place.following) == (3, 2, 5)


def test_the_last_decision_makes_the_plan_again_and_the_batch_tells_who_decided(center):
    [person], rows = renamed()
    batch = planned([*rows, row()])
    page = decide(center, batch, choice=choice_of(person)).content.decode()
    assert verdicts(batch) == ["update", "new_person"]
    assert "決定與更正" in page and "測試校友服務中心承辦人員" in page and "電話查證" in page
    center.post(f"{LIST}{batch.pk}/apply/")
    person.refresh_from_db()
    assert person.city == "臺北市" and person.chinese_name != "林改0"


def test_a_plan_with_decisions_that_it_does_not_tell_of_cannot_be_confirmed(center):
    people, rows = renamed(2)
    batch = planned([*rows, row()])
    decide(center, batch, choice=choice_of(people[0]))
    page = center.get(f"{LIST}{batch.pk}/").content.decode()
    assert "有決定或更正尚未套用" in page
    page = center.post(f"{LIST}{batch.pk}/apply/", follow=True).content.decode()
    assert "請先重新產生計畫" in page and Person.objects.count() == 2
    center.post(f"{LIST}{batch.pk}/replan/")
    assert verdicts(batch) == ["update", "needs_person", "new_person"]


def test_like_rows_are_offered_and_decided_in_one_go(center):
    people, rows = renamed(3)
    batch = planned(rows)
    page = center.get(address(batch)).content.decode()
    assert "問題相同的其他 2 列" in page
    decide(center, batch, choice=choice_of(people[0]), scope="same_questions")
    assert verdicts(batch) == ["update"] * 3
    assert set(ImportDecision.objects.values_list("person", flat=True)) == {person.pk for person in people}


def test_a_difference_in_the_national_id_is_asked_twice_and_nothing_is_overwritten(center):
    [person], [came] = renamed()
    digest = person.national_id_digest
    batch = planned([came | {"身分證字號": national_id(900030)}])
    page = decide(center, batch, choice=choice_of(person)).content.decode()
    assert "這個選擇與資料有出入" in page and "檔案的不會寫入" in page and not ImportDecision.objects.exists()
    decide(center, batch, choice=choice_of(person), accepted="id_differs")
    assert verdicts(batch) == ["update"]
    center.post(f"{LIST}{batch.pk}/apply/")
    person.refresh_from_db()
    assert person.national_id_digest == digest and person.city == "臺北市"


def test_a_national_id_of_another_person_is_refused_whatever_is_ticked(center):
    people, rows = renamed(2)
    batch = planned([rows[0], rows[1] | {"學號": rows[0]["學號"]}])
    page = decide(center, batch, 3, choice=choice_of(people[0]), accepted="id_of_another").content.decode()
    assert (
        "不能這樣決定" in page and "屬於資料庫中的另一位校友" in page and not ImportDecision.objects.exists()
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "請選擇這一列是誰的"),
        ({"choice": "999-999"}, "choice"),
        ({"choice": "new", "reason": " "}, "請填理由"),
        ({"choice": "new", "reason": "A123456789 本人"}, "請勿填寫身分證字號"),
        ({"choice": "serial", "serial": "B000"}, "找不到這個流水號"),
        ({"choice": "new", "scope": "everything"}, "scope"),
    ],
)
def test_an_incomplete_or_made_up_decision_is_refused(center, data, sentence):
    _people, rows = renamed()
    batch = planned(rows)
    response = decide(center, batch, **data)
    errors = response.context_data["form"].errors
    assert sentence in str(errors) or sentence in errors
    assert not ImportDecision.objects.exists()


def test_a_person_who_is_no_candidate_is_named_by_serial_number(center):
    _people, [came] = renamed()
    stranger = row(生日="1970-01-01", 中文姓名="陳別人", 身分證字號=None)
    imported([stranger])
    person = Person.objects.get(chinese_name="陳別人")
    batch = planned(
        [came | {"身分證字號": None, "學號": None, "中文姓名": Person.objects.first().chinese_name}]
    )
    serial = person.academic_records.get().serial_number.lower()
    data = {"choice": "serial", "serial": serial}
    page = decide(center, batch, **data).content.decode()
    assert "這個流水號是 陳別人 的，請確認" in page and not ImportDecision.objects.exists()
    decide(center, batch, **data, accepted=["name_and_birth_differ", "named_by_serial"])
    assert ImportDecision.objects.get().person == person


def test_a_choice_that_can_never_be_followed_is_not_offered(center):
    [_person], [came] = renamed()
    page = center.get(address(planned([came]))).content.decode()
    assert 'value="new" disabled' in page and "不能再建立一位" in page
    page = center.get(address(planned([row(中文姓名="")]))).content.decode()
    assert "disabled" not in page


def test_a_tick_says_for_how_many_rows_it_counts(center):
    people, rows = renamed(3)
    batch = planned([one | {"生日": "1991-02-03"} for one in rows])
    data = {"choice": choice_of(people[0]), "scope": "same_questions"}
    page = decide(center, batch, **data).content.decode()
    assert "勾選的事項適用於一起決定的 3 列" in page
    page = decide(center, batch, **data, accepted="name_and_birth_differ").content.decode()
    assert "已記下第 2 列等 3 列的決定。" in page


def test_a_decision_is_taken_back(center):
    people, rows = renamed(2)
    batch = planned(rows)
    decide(center, batch, choice=choice_of(people[0]))
    center.post(address(batch, 2, "withdraw/"))
    assert center.get(address(batch)).context_data["decision"] is None
    center.post(f"{LIST}{batch.pk}/replan/")
    assert verdicts(batch) == ["needs_person"] * 2


def test_a_bad_cell_is_corrected_where_it_stands_and_stays_to_be_seen(center):
    batch = planned([row(中文姓名="", 身分證字號="A123456788", 生日="1990-13-40"), row(中文姓名="")])
    form = center.get(address(batch)).context_data["correction_form"]
    names = {header: name for name, header in form.names.items()}
    assert {"中文姓名", "身分證字號", "生日"} == names.keys()
    data = {names["中文姓名"]: "林補名", names["身分證字號"]: "A123456788", names["生日"]: "1990-12-04"}
    page = center.post(address(batch, 2, "correct/"), data).content.decode()
    assert "尚未更正" in page and "檢查碼" in page and "A123456788" not in page
    assert not ImportCorrection.objects.exists()
    data[names["身分證字號"]] = "A123456789"
    page = center.post(address(batch, 2, "correct/"), data, follow=True)
    assert page.redirect_chain[-1][0] == address(batch, 3)
    page = center.get(address(batch)).content.decode()
    assert "<del>1990-13-40</del> → <ins>1990-12-04</ins>" in page and "A*******89" in page
    assert "A123456789" not in page and "A123456788" not in page


def test_every_cell_may_be_corrected_on_demand(center):
    _people, rows = renamed()
    batch = planned(rows)
    form = center.get(address(batch), {"cells": "all"}).context_data["correction_form"]
    assert "聯絡住址" in form.names.values() and "註解" not in form.names.values()
    city = next(name for name, header in form.names.items() if header == "城市")
    data = {name: form.fields[name].initial for name in form.names} | {"cells": "all", city: "高雄市"}
    center.post(address(batch, 2, "correct/"), data)
    assert ImportCorrection.objects.get().headers == ["城市"]


def test_a_correction_is_shown_and_taken_back_by_typing_the_original(center):
    batch = planned([row(中文姓名="", 身分證字號="A123456788", 生日="1990-13-40"), row(中文姓名="")])

    def correct(**typed: str):
        form = center.get(address(batch)).context_data["correction_form"]
        names = {header: name for name, header in form.names.items()}
        data = {name: form.fields[name].initial for name in form.names}
        center.post(
            address(batch, 2, "correct/"), data | {names[header]: text for header, text in typed.items()}
        )
        form = center.get(address(batch)).context_data["correction_form"]
        return {header: form.fields[name] for name, header in form.names.items()}

    fields = correct(中文姓名="林補名", 身分證字號="A123456789")
    assert fields["中文姓名"].initial == "林補名" and fields["生日"].initial == "1990-13-40"
    assert "目前是 A*******89；留空表示不更動" in fields["身分證字號"].help_text
    assert correct(中文姓名="林再改")["中文姓名"].initial == "林再改"
    assert correct(中文姓名="林補名")["中文姓名"].initial == "林補名"
    correct(身分證字號="無", 生日="")
    center.post(f"{LIST}{batch.pk}/replan/")
    values = center.get(address(batch)).context_data["row"].values
    assert (values["中文姓名"], values["身分證字號"], values["生日"]) == ("林補名", "", "")
    assert verdicts(batch)[0] == "new_person"


def test_a_correction_of_nothing_is_told(center):
    batch = planned([row(中文姓名="")])
    assert "沒有更正任何欄位" in center.post(address(batch, 2, "correct/"), {"cell2": ""}).content.decode()


@pytest.mark.parametrize("state", ["reading", "applying", "applied"])
def test_a_row_can_only_be_looked_at_once_its_plan_no_longer_waits(center, state):
    [person], rows = renamed()
    batch = planned(rows)
    ImportBatch.objects.update(state=state)
    page = center.get(address(batch)).content.decode()
    assert "只供檢視" in page and "記下決定" not in page and "記下更正" not in page
    page = decide(center, batch, choice=choice_of(person)).content.decode()
    assert "這次的選擇沒有套用" in page and not ImportDecision.objects.exists()


@pytest.mark.parametrize("number", [1, 99])
def test_a_row_that_is_not_there_is_not_found(center, number):
    assert center.get(address(planned([row()]), number)).status_code == 404


def test_a_damaged_row_has_no_page(center):
    batch = planned([row(中文姓名="")])
    ImportRow.objects.filter(batch=batch).update(payload=b"x" * 40)
    assert center.get(address(batch)).status_code == 404


@pytest.mark.parametrize("role", ["registrar", "department_contact", "auditor"])
@pytest.mark.parametrize("act", ["decide/", "withdraw/", "correct/"])
def test_who_may_not_import_neither_sees_nor_decides_a_row(client_of, role, act):
    [person], rows = renamed()
    batch = planned(rows)
    client = client_of(role)
    assert client.get(address(batch)).status_code == 403
    data = {"choice": choice_of(person), "reason": "x", "cell2": "林補名"}
    assert client.post(address(batch, 2, act), data).status_code == 403
    assert not (ImportDecision.objects.exists() or ImportCorrection.objects.exists())


def test_what_was_accepted_is_what_the_page_asked_about(center):
    [person], rows = renamed()
    batch = planned(rows)
    decide(center, batch, choice=choice_of(person), accepted=["A123456789", "id_differs"])
    assert ImportDecision.objects.get().accepted == []


def test_a_cell_of_two_lines_that_nobody_touched_is_no_correction(center):
    batch = planned([row(生日="壞", 聯絡住址="基隆市中正區\n北寧路2號")])
    form = center.get(address(batch), {"cells": "all"}).context_data["correction_form"]
    names = {header: name for name, header in form.names.items()}
    assert "<textarea" in str(form[names["聯絡住址"]])
    sent = {name: field.initial.replace("\n", "\r\n") for name, field in form.fields.items()}
    center.post(address(batch, 2, "correct/"), sent | {"cells": "all", names["生日"]: "1990-05-06"})
    assert ImportCorrection.objects.get().headers == ["生日"]


def test_many_decisions_stand_once_with_their_first_rows_and_their_number(
    center, django_assert_max_num_queries
):
    batch = planned([row()])
    said = {"batch": batch, "kind": Kind.OUT, "reason": "重複", "decided_by": importer()}
    now = timezone.now()
    ImportDecision.objects.bulk_create(
        ImportDecision(**said, row_number=number, decided_at=now - timedelta(seconds=number // 1000))
        for number in range(2, 3000)
    )
    with django_assert_max_num_queries(6):
        found = imports.answers_of(batch)
    assert [(one.first_rows, one.more) for one in found] == [
        ([2, 3, 4, 5, 6], 993),
        ([1000, 1001, 1002, 1003, 1004], 995),
        ([2000, 2001, 2002, 2003, 2004], 995),
    ]
