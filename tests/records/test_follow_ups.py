"""Telephone work for missing required data (SOP 6.10): the rules, tried to be broken, and the pages."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from records import follow_ups
from records.changes import PersonChange, apply_changes
from records.models import CallAttempt, Department, Disclosure, FollowUp, Person, Source, Unreachable
from tests.factories import importer
from tests.people import degree, somebody

pytestmark = pytest.mark.usefixtures("organisation")
LIST = "/admin/records/followup/"
OWN, OTHER = "資訊工程學系", "食品科學系"
ID = "A123456789"


@pytest.fixture
def now() -> datetime.datetime:
    return timezone.now()


@pytest.fixture
def center(client_of):
    return client_of("center_staff")


@pytest.fixture
def contact(client_of):
    return client_of("department_contact", departments=[Department.objects.get(name=OWN)])


def lacking(*items: str, programme: str = f"{OWN}學士班", **values: str) -> FollowUp:
    """The first open item of somebody who lacks these (an e-mail address, unless said otherwise)."""
    return somebody(degree(programme), without=items or ("email",), **values).follow_ups.first()


def write(person: Person, values: dict[str, str], **before: str) -> None:
    change = PersonChange(person.pk, values, before)
    [applied] = apply_changes([change], editor=importer(), source=Source.FORM, at=timezone.now())
    assert not applied.stale


def call(item: FollowUp, **fields: object) -> CallAttempt:
    given = {"number": "0911-000111", "outcome": "no_answer", "by": importer(), "at": timezone.now()}
    return follow_ups.log_call(item, **given | fields)


# --- calls ----------------------------------------------------------------------------------------------------------
def test_a_call_asks_for_everything_that_is_missing_and_says_when_to_try_again(now):
    item = lacking("email", "birth_date")
    tomorrow = timezone.localdate(now) + datetime.timedelta(days=1)
    logged = call(item, number="０９１１０００１１１", outcome="later", next_try=tomorrow)
    assert logged.number == "0911-000111"  # SOP 6.8
    assert {one.next_try for one in follow_ups.open_items(item.person)} == {tomorrow}
    items = follow_ups.visible_to(importer())
    assert not follow_ups.due(items, timezone.localdate(now)).exists()
    assert follow_ups.due(items, tomorrow).count() == 2
    call(item, outcome="no_answer")
    assert not follow_ups.due(items, tomorrow).exists()


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"number": ""}, "number"),
        ({"number": "家裡"}, "number"),
        ({"number": "0911-000111, 0922-000222"}, "number"),
        ({"outcome": "somehow"}, "outcome"),
        ({"outcome": "later"}, "next_try"),
        ({"next_try": datetime.date(2020, 1, 1)}, "next_try"),
        ({"next_try": datetime.date(2999, 1, 1)}, "next_try"),
        ({"note": f"證號 {ID}"}, "note"),
        ({"note": "證號 Ａ１２３ ４５６ ７８９"}, "note"),
        ({"note": "長" * 301}, "note"),
    ],
)
def test_a_call_that_says_too_little_or_too_much_is_not_logged(fields, where):
    with pytest.raises(ValidationError) as refused:
        call(lacking(), **fields)
    assert list(refused.value.message_dict) == [where]
    assert not CallAttempt.objects.exists()


def test_when_the_data_have_come_nobody_is_called_any_more():
    item = lacking()
    write(item.person, {"email": "came@example.com"})
    item.refresh_from_db()
    assert item.closed_at
    with pytest.raises(ValidationError):
        call(item)


def test_a_required_field_stays_blank_only_after_a_call_of_today(now):
    item = lacking()
    refusal = follow_ups.blank_refusal
    assert "電子郵件" in refusal(item.person, "email", at=now)
    call(item, at=now - datetime.timedelta(days=1))
    assert refusal(item.person, "email", at=now)
    call(item, at=now)
    assert not refusal(item.person, "email", at=now)
    assert refusal(item.person, "chinese_name", at=now)  # a name cannot be blank
    assert not refusal(item.person, "address", at=now)
    other = somebody()  # nothing is missing yet: the edit is about to blank the address
    assert refusal(other, "email", at=now)
    follow_ups.log_call_to(other, by=importer(), at=now, number="02-24622192", outcome="refused")
    assert not refusal(other, "email", at=now)


# --- unreachable ----------------------------------------------------------------------------------------------------
def test_whoever_is_declared_unreachable_comes_back_with_new_contact_data(now):
    item = lacking()
    with pytest.raises(ValidationError, match="先撥打"):
        follow_ups.declare_unreachable(item, reason="空號", by=importer(), at=now)
    call(item, outcome="dead")
    with pytest.raises(ValidationError):
        follow_ups.declare_unreachable(item, reason=" ", by=importer(), at=now)
    follow_ups.declare_unreachable(item, reason="空號", by=importer(), at=now)
    waiting = follow_ups.waiting(follow_ups.visible_to(importer()))
    assert not waiting.exists() and follow_ups.open_items(item.person)
    with pytest.raises(ValidationError):
        follow_ups.declare_unreachable(item, reason="空號", by=importer(), at=now)
    write(item.person, {"city": "臺中市"})
    assert not waiting.exists()
    write(item.person, {"mobile": "0922-333444"}, mobile=item.person.mobile)
    assert waiting.get() == item and Unreachable.objects.get().ended_at


def test_who_has_no_number_at_all_may_be_declared_unreachable_at_once(now):
    item = lacking("email", "phone", "mobile")
    assert follow_ups.declare_unreachable(item, reason="沒有任何號碼", by=importer(), at=now)


# --- who sees, who does ---------------------------------------------------------------------------------------------
def test_a_contact_works_on_the_own_people_only(contact, center):
    own, strange = lacking(chinese_name="本系人"), lacking(programme=f"{OTHER}學士班", chinese_name="外系人")
    page = contact.get(LIST, {"state": "all"}).content.decode()
    assert "本系人" in page and "外系人" not in page
    form = {"number": "other", "other_number": "0911-000111", "outcome": "reached"}
    for act in ("", "assign/"):
        assert contact.post(f"{LIST}{strange.pk}/{act}", form).status_code == 404
    assert contact.get(f"{LIST}{strange.pk}/").status_code == 404
    assert contact.post(f"{LIST}{own.pk}/", form).status_code == 302
    assert CallAttempt.objects.get().person == own.person
    for act in ("unreachable", "reopen"):
        assert contact.post(f"{LIST}{own.pk}/{act}/", {"reason": "x"}).status_code == 403
    assert not Unreachable.objects.exists()
    assert "外系人" in center.get(LIST).content.decode()


def test_a_contact_is_not_told_what_others_noted_nor_of_foreign_degrees(contact, user_of):
    person = somebody(degree(f"{OWN}學士班"), degree(f"{OTHER}碩士班"), without=("email",))
    item = person.follow_ups.get()
    call(item, note="同仁的備註")
    call(item, note="自己的備註", by=user_of("department_contact"))
    page = contact.get(f"{LIST}{item.pk}/").content.decode()
    assert "自己的備註" in page and "同仁的備註" not in page and OTHER not in page
    assert OTHER not in contact.get(LIST).content.decode()
    assert OTHER not in contact.get(f"{LIST}figures/").content.decode()


def test_work_is_given_to_whom_reaches_the_person_and_nobody_else(contact, center, user_of):
    item = lacking()
    outsider = user_of("department_contact", username="c2", departments=[Department.objects.get(name=OTHER)])
    colleague = user_of("department_contact")
    for account in (outsider, user_of("auditor"), user_of("it_staff", username="off", is_active=False)):
        page = center.post(f"{LIST}{item.pk}/assign/", {"account": account.pk}).content.decode()
        assert "不能指派給這個帳號" in page
        with pytest.raises(ValidationError):
            follow_ups.assign(item, to=account, by=importer())
    assert contact.post(f"{LIST}{item.pk}/assign/", {"account": importer().pk}).status_code == 200
    assert center.post(f"{LIST}{item.pk}/assign/", {"account": colleague.pk}).status_code == 302
    item.refresh_from_db()
    assert item.assigned_to == colleague
    assert [card.count for card in contact.get("/admin/").context_data["board"].missing_cards][-1] == 1
    assert item.person.chinese_name in contact.get(LIST, {"assignee": "me"}).content.decode()
    assert contact.post(f"{LIST}{item.pk}/assign/", {"account": ""}).status_code == 302
    item.refresh_from_db()
    assert item.assigned_to is None


def test_a_wrong_call_is_shown_again_with_its_errors_at_the_fields(center):
    item = lacking()
    form = {"number": "other", "other_number": "12", "outcome": "later", "note": ID}
    shown = center.post(f"{LIST}{item.pk}/", form).context_data["call_form"]
    assert set(shown.errors) == {"other_number", "next_try", "note"}
    crafted = center.post(f"{LIST}{item.pk}/", {"number": "0999-999999", "outcome": "reached"})
    assert "number" in crafted.context_data["call_form"].errors
    assert not CallAttempt.objects.exists()


def test_the_note_of_a_call_comes_back_after_the_sign_in(center, user_of):
    page = f"{LIST}{lacking().pk}/"
    form = {"number": "other", "other_number": "0911-000111", "outcome": "reached", "note": "週五再確認"}
    mark = center.get(page).context_data["kept_for"]
    center.session.flush()
    assert center.post(page, form | {"kept_for": mark})["Location"] == f"/login?next={page}"
    center.force_login(user_of("center_staff"))
    shown = center.get(page).context_data
    assert shown["was_kept"] and shown["call_form"]["note"].value() == "週五再確認"
    assert not CallAttempt.objects.exists()


def test_a_double_click_logs_one_call(center):
    item = lacking()
    form = {"number": "other", "other_number": "0911-000001", "outcome": "no_answer"}
    for outcome in ("no_answer", "no_answer", "reached"):
        center.post(f"{LIST}{item.pk}/", form | {"outcome": outcome})
    assert CallAttempt.objects.count() == 2


def test_the_list_is_filtered_by_item_department_assignee_and_day(center, now):
    one = lacking(chinese_name="甲生")
    lacking("birth_date", programme=f"{OTHER}學士班", chinese_name="乙生")
    call(one, next_try=timezone.localdate(now))
    department = Department.objects.get(name=OTHER)

    def names(**query: object) -> set[str]:
        page = center.get(LIST, query).content.decode()
        return {name for name in ("甲生", "乙生") if name in page}

    assert names() == {"甲生", "乙生"}
    assert names(item="birth_date") == {"乙生"} and names(department=department.pk) == {"乙生"}
    assert names(due="today") == {"甲生"} and names(due="never") == {"乙生"}
    assert names(assignee="me") == set() and names(assignee="nobody") == {"甲生", "乙生"}
    assert names(state="done") == names(state="unreachable") == set()
    assert center.get(LIST, {"person__email__startswith": "a"}).status_code == 400


# --- figures and sheets ---------------------------------------------------------------------------------------------
def test_the_completion_of_each_department_counts_each_item_once(now, contact, user_of):
    item = lacking("email", "birth_date")
    double = somebody(
        degree(f"{OWN}學士班"), degree(f"{OWN}碩士班"), degree(f"{OTHER}碩士班"), without=("email",)
    )
    write(item.person, {"email": "came@example.com"})
    call(double.follow_ups.get())
    follow_ups.declare_unreachable(double.follow_ups.get(), reason="未接", by=importer(), at=now)
    rows = follow_ups.completion(importer(), since=now - datetime.timedelta(days=1))
    told = {row.department.name: (row.opened, row.done, row.unreachable, row.percent) for row in rows}
    assert told == {OWN: (3, 1, 1, 33), OTHER: (1, 0, 1, 0)}
    mine = follow_ups.completion(user_of("department_contact"), since=now - datetime.timedelta(days=1))
    assert [row.department.name for row in mine] == [OWN]


def test_a_call_sheet_holds_own_people_and_readable_fields_and_is_logged(contact, tmp_path, user_of):
    lacking("email", "birth_date", chinese_name="=1+1", mobile="0911-222333")
    lacking(programme=f"{OTHER}學士班", chinese_name="外系人")
    somebody(chinese_name="不缺的人")
    for purpose in ("", "找 Ａ１２３４５６７８９"):
        assert contact.post(f"{LIST}call-sheet/", {"purpose": purpose}).status_code == 200
    assert not Disclosure.objects.exists()
    answer = contact.post(f"{LIST}call-sheet/", {"purpose": "十一月補正"})
    file = tmp_path / "sheet.xlsx"
    file.write_bytes(b"".join(answer.streaming_content))
    headers, *rows = load_workbook(file).active.iter_rows()
    assert "身分證字號" not in {cell.value for cell in headers}
    assert [row[0].value for row in rows] == ["=1+1"]
    assert {cell.data_type for cell in rows[0]} <= {"s", "n"} and rows[0][1].value == "0911-222333"
    logged = Disclosure.objects.get()
    assert (logged.user, logged.row_count) == (user_of("department_contact"), 1)
    assert "十一月補正" in logged.detail


def test_a_long_call_sheet_is_no_sheet(center, monkeypatch):
    lacking()
    lacking()
    monkeypatch.setattr("records.admin.follow_ups.SHEET_PEOPLE", 1)
    page = center.post(f"{LIST}call-sheet/", {"purpose": "補正"})
    assert page["Content-Type"].startswith("text/html") and "縮小範圍" in page.content.decode()
    assert not Disclosure.objects.exists()


def test_the_password_is_asked_for_again_before_a_sheet_goes_out(client_of, user_of):
    """Before the form is shown: a file as the answer to the question would leave the question standing there. The
    filters outlive it, and one sheet is one disclosure."""
    lacking()
    lacking("birth_date")
    account = user_of("center_staff")
    account.set_password("correct horse battery staple")
    account.save()
    client = client_of("center_staff")
    form = f"{LIST}call-sheet/?item=birth_date"
    for asked in (client.get(form), client.post(form, {"purpose": "補正"})):
        assert asked.status_code == 302 and asked["Location"].startswith(reverse("account_reauthenticate"))
    assert not Disclosure.objects.exists()
    back = client.post(asked["Location"], {"password": "correct horse battery staple"})
    assert back["Location"] == form
    assert "請再按一次下載" in client.get(form).content.decode()
    assert client.post(form, {"purpose": "補正"}).streaming
    assert Disclosure.objects.get().row_count == 1


def test_a_call_to_somebody_whom_an_undo_removed_is_refused_in_words(db):
    person = somebody()
    gone = Person(pk=person.pk + 1)
    with pytest.raises(ValidationError, match="已隨匯入批次還原而移除"):
        follow_ups.log_call_to(
            gone, by=importer(), at=timezone.now(), number="0911-222333", outcome="reached"
        )
