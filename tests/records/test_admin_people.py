"""The list of people, its search and filters, the page of one person and the forms that change it."""

from __future__ import annotations

import datetime
import re
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from records.changes import NewObjection, PersonChange, apply_changes
from records.models import Annotation, Department, Person, Source, StatusCode
from records.timelines import of_person
from records.values import mask_national_id, national_id_kind
from tests.factories import importer, lines
from tests.people import degree, somebody

pytestmark = pytest.mark.usefixtures("organisation")
LIST = "/admin/records/person/"


def searched(client, text: str):
    """The page to which a search leads."""
    return client.post(f"{LIST}search/", {"text": text}, follow=True)


def found(client, text: str) -> list[Person]:
    response = searched(client, text)
    if "cl" in (response.context_data or {}):
        return list(response.context_data["cl"].result_list)
    return [response.context_data["person"]]


@pytest.fixture
def center(client_of):
    return client_of("center_staff")


# --- search -----------------------------------------------------------------------------------------------------
@pytest.fixture
def wanted() -> Person:
    somebody(chinese_name="陳玉山")
    return somebody(
        degree(student_number="00957123"),
        chinese_name="黃臺生",
        english_name="Huang, Tai-Sheng",
        national_id="A123456789",
        phone="02-24622192#1250",
        mobile="0912-345678",
        email="tai@example.com",
        other_emails="tai2@example.org",
    )


@pytest.mark.parametrize(
    "text",
    [
        "黃臺生", "黃台", "臺生", "Tai-Sheng", "huang", "00957123", "0912345678", "0912-345-678", "+886 912 345 678",
        "(02)2462-2192#1250", "0224622192", "678", "345678", "2345678", "912345678",
        "tai@", "@example.com", "tai2", "TAI@example.com", "tai2@example.org", "A123456789", "ａ123456789",
    ],
)  # fmt: skip
def test_a_person_is_found_by_what_people_type(center, wanted, text):
    assert wanted in found(center, text)
    if text[0] not in "0(@":  # a telephone and a domain are shared in these tests
        assert found(center, text) == [wanted]


def test_a_person_is_found_by_serial_number(center, wanted):
    assert found(center, wanted.academic_records.get().serial_number) == [wanted]


@pytest.mark.parametrize("text", ["A12345678", "A1234", "123456789"])
def test_a_part_of_a_national_id_finds_nobody(center, wanted, text):
    assert wanted not in found(center, text)


def test_a_national_id_never_stands_in_an_address_or_on_a_list(center, wanted):
    for text in ("A123456789", "A123456780", "B123456780"):
        response = searched(center, text)
        assert all(text not in url for url, _status in response.redirect_chain)
        assert text not in response.content.decode()
        assert text not in str(dict(center.session))


def test_what_was_searched_for_stays_out_of_the_address(center, wanted):
    response = searched(center, "黃臺生")
    [(url, _status)] = response.redirect_chain
    assert url.startswith(f"{LIST}?found=")
    assert "搜尋「黃臺生」的結果" in response.content.decode()


def test_filters_narrow_what_was_searched_for(center, wanted):
    page = searched(center, "黃臺生")
    token = page.context_data["cl"].search_token
    assert f'name="found" value="{token}"' in page.content.decode()
    assert listed(center, found=token, level="bachelor") == {"黃臺生"}
    assert listed(center, found=token, level="doctor") == set()


def test_a_contact_finds_nobody_by_national_id(client_of, wanted):
    client = client_of("department_contact", departments=Department.objects.all())
    response = searched(client, "A123456789")
    assert "不能以身分證字號查詢" in response.content.decode()


# --- the list ---------------------------------------------------------------------------------------------------
def listed(client, **query: str) -> set[str]:
    return {person.chinese_name for person in client.get(LIST, query).context_data["cl"].result_list}


def test_filters_on_degrees_speak_about_one_degree(center):
    somebody(degree("資訊工程學系學士班"), degree("食品科學系碩士班"), chinese_name="兩系")
    somebody(degree("資訊工程學系碩士班"), chinese_name="資工碩士")
    department = str(Department.objects.get(name="資訊工程學系").pk)
    assert listed(center, department=department, level="master") == {"資工碩士"}
    assert listed(center, department=department) == {"兩系", "資工碩士"}


def test_the_list_is_filtered_by_year_missing_data_and_messages(center):
    objection = NewObjection(datetime.date(2026, 11, 1), "phone", "電話反應")
    somebody(degree(graduation_date="2019-06"), chinese_name="早畢業")
    somebody(chinese_name="缺郵件", without=("email",))
    somebody(chinese_name="不願意", objection=objection)
    assert listed(center, year="2019") == {"早畢業"}
    assert listed(center, missing="email") == {"缺郵件"}
    assert listed(center, missing="any") == {"缺郵件"}
    assert listed(center, messages="objected") == {"不願意"}


@pytest.mark.parametrize("lookup", ["exact", "startswith", "regex", "gt", "isnull"])
@pytest.mark.parametrize("field", [field.name for field in Person._meta.concrete_fields])
def test_no_lookup_can_be_made_up_in_the_address(center, field, lookup):
    """security.md H4: a filter is an oracle for what it filters on."""
    response = center.get(LIST, {f"{field}__{lookup}": "A1"})
    assert response.status_code in (400, 302)  # refused, or led back to the whole list


@pytest.mark.parametrize(
    "query", [{"q": "A123456789"}, {"level": "x' OR 1"}, {"department": "abc"}, {"year": "19"}]
)
def test_values_that_are_not_on_offer_are_ignored(center, wanted, query):
    response = center.get(LIST, query)
    assert response.status_code == 200
    assert len(response.context_data["cl"].result_list) == 2


def test_the_list_costs_the_same_for_three_and_for_thirty(center):
    def people(count: int) -> None:
        for _each in range(count):
            somebody(degree("資訊工程學系學士班"), degree("資訊工程學系碩士班"))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            center.get(LIST)
        return len(captured)

    people(3)
    queries()
    first = queries()
    people(27)
    assert queries() == first <= 20


def test_the_list_never_shows_a_national_id(center, wanted):
    page = center.get(LIST).content.decode()
    assert wanted.national_id_mask not in page and "A123456789" not in page


# --- scope ------------------------------------------------------------------------------------------------------
def test_a_contact_sees_own_people_without_identity_and_cannot_change_them(client_of):
    own = somebody(degree("資訊工程學系學士班"), degree("食品科學系碩士班"), chinese_name="自己人")
    other = somebody(degree("食品科學系學士班"), chinese_name="別系人")
    client = client_of("department_contact", departments=[Department.objects.get(name="資訊工程學系")])
    assert listed(client) == {"自己人"}
    page = client.get(f"{LIST}{own.pk}/").content.decode()
    assert own.email in page
    assert own.national_id_mask not in page and "1990-05-06" not in page and "食品科學系碩士班" not in page
    assert "修改校友資料" not in page and "身分具有" not in page
    outside, nobody = client.get(f"{LIST}{other.pk}/"), client.get(f"{LIST}999999/")
    assert outside.status_code == nobody.status_code == 404
    token = re.compile(rb'csrfmiddlewaretoken" value="[^"]*"')
    assert token.sub(b"", outside.content) == token.sub(b"", nobody.content)
    for path in (f"{own.pk}/edit/", f"{own.pk}/records/add/", "add/"):
        assert client.post(f"{LIST}{path}", {"chinese_name": "改"}).status_code == 403


@pytest.mark.parametrize("path", ["history/", "history/1/", "delete/", "change/"])
def test_third_party_pages_of_a_person_do_not_exist(center, path):
    """security.md H1–H3: history and revert pages of the libraries are not routed."""
    person = somebody()
    for response in (center.get(f"{LIST}{person.pk}/{path}"), center.post(f"{LIST}{person.pk}/{path}")):
        assert response.status_code == 404
    assert Person.objects.get().version == person.version


# --- the page of a person ---------------------------------------------------------------------------------------
def test_a_person_page_shows_data_degrees_notes_and_history(center):
    person = somebody(
        degree("資訊工程學系學士班"),
        degree("資訊工程學系碩士班"),
        without=("email",),
        national_id="A123456789",
    )
    page = center.get(f"{LIST}{person.pk}/").content.decode()
    for text in ("A*******89", "資訊工程學系碩士班", "身分具有學士、碩士", "異動歷程", "缺漏", "0911-"):
        assert text in page
    assert "A123456789" not in page


def test_the_pinned_line_stands_first_and_all_lines_can_be_copied(center):
    person = somebody(degree("資訊工程學系學士班"), degree("資訊工程學系碩士班"))
    posted(center, person, address="基隆市中正區祥豐街1號")
    text = "\n".join(lines(person))
    assert text.startswith("身分具有") and "1.修改聯絡地址" in text
    assert f"{text}</textarea>" in center.get(f"{LIST}{person.pk}/").content.decode()


# --- changing ---------------------------------------------------------------------------------------------------
def form_data(client, url: str) -> dict[str, str]:
    """What a browser would send back from a form as it was shown."""
    context = client.get(url).context_data
    data = {}
    for form in filter(None, (context["form"], context.get("record_form"))):
        for field in form:
            value = field.value()
            data[field.html_name] = "" if value is None else value
            if field.field.show_hidden_initial:
                data[field.html_initial_name] = data[field.html_name]
    return {name: value for name, value in data.items() if value is not False}


def posted(client, person: Person, path: str = "edit/", **values: str):
    url = f"{LIST}{person.pk}/{path}"
    return client.post(url, form_data(client, url) | values, follow=True)


def test_an_edit_goes_through_the_one_door(center):
    person = somebody()
    response = posted(center, person, mobile="0987654321", address="基隆市中正區祥豐街1號")
    assert "已儲存" in response.content.decode()
    person.refresh_from_db()
    assert (person.mobile, person.version) == ("0987-654321", 2)
    assert [line.split("(")[0] for line in lines(person)] == ["1.修改行動電話", "2.修改聯絡地址"]
    latest = Person.history.filter(id=person.pk).latest("history_date")
    assert (latest.source, latest.history_user.username) == (Source.ADMIN, "center_staff")


def test_an_edit_without_a_difference_writes_nothing(center):
    person = somebody()
    response = posted(center, person)
    assert "沒有任何變動" in response.content.decode()
    assert Person.objects.get(pk=person.pk).version == 1 and not Annotation.objects.exists()


def test_errors_stand_at_their_fields_and_nothing_is_written(center):
    person = somebody()
    response = posted(
        center, person, chinese_name="", birth_date="2099-01-01", email="bad", national_id="A123456788"
    )
    form = response.context_data["form"]
    assert set(form.errors) == {"chinese_name", "birth_date", "email", "national_id"}
    assert "A123456788" not in "".join(str(error) for error in form.errors.values())
    assert Person.objects.get(pk=person.pk).version == 1


def test_further_numbers_and_addresses_are_cleaned_like_those_of_a_file(center):
    """SOP 6.8."""
    person = somebody()
    posted(
        center,
        person,
        other_phones="0912345678、(02)2462-2192#1250",
        other_emails="A@Example.COM; b@example.org",
    )
    person.refresh_from_db()
    assert person.other_phones == "0912-345678, 02-24622192#1250"
    assert person.other_emails == "A@example.com, b@example.org"
    response = posted(center, person, other_phones="0912345678, 找他太太", other_emails="沒有小老鼠")
    assert set(response.context_data["form"].errors) == {"other_phones", "other_emails"}
    assert lines(person)[-1].startswith("2.新增其他電話")


def test_an_old_value_that_no_cleaner_takes_does_not_stop_an_edit_of_another_field(center):
    person = somebody()
    Person.objects.filter(pk=person.pk).update(other_phones="太太的電話")
    posted(center, person, city="新北市")
    person.refresh_from_db()
    assert (person.city, person.other_phones) == ("新北市", "太太的電話")


def test_what_is_required_does_not_stay_blank(center):
    """SOP 6.10."""
    person = somebody(without=("birth_date",))
    response = posted(center, person, email="")
    assert set(response.context_data["form"].errors) == {"birth_date", "email"}
    person.refresh_from_db()
    assert person.email


def test_a_new_national_id_is_written_and_never_shown(center):
    person = somebody()
    response = posted(center, person, national_id="A123456789")
    person.refresh_from_db()
    assert person.national_id == "A123456789"
    page = response.content.decode()
    assert "A123456789" not in page and "A*******89" in page


def test_a_national_id_of_somebody_else_is_refused_by_name(center):
    somebody(chinese_name="別人", national_id="A123456789")
    person = somebody()
    response = posted(center, person, national_id="A123456789")
    assert "已屬於另一位校友「別人」" in str(response.context_data["form"].errors["national_id"])


def test_two_people_who_edit_different_fields_both_win(center, client_of):
    person = somebody()
    url = f"{LIST}{person.pk}/edit/"
    mine, theirs = form_data(center, url), client_of("it_staff")
    posted(theirs, person, mobile="0987-654321")
    center.post(url, mine | {"email": "new@example.com"})
    person.refresh_from_db()
    assert (person.mobile, person.email) == ("0987-654321", "new@example.com")


@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_the_second_of_two_edits_of_one_field_sees_both_values_and_chooses(center, client_of, choice):
    person = somebody()
    url = f"{LIST}{person.pk}/edit/"
    mine = form_data(center, url) | {"email": "mine@example.com", "city": "新北市"}
    posted(client_of("it_staff"), person, email="theirs@example.com")
    told = center.post(url, mine)
    page = told.content.decode()
    assert "<strong>theirs@example.com</strong>" in page and "<strong>mine@example.com</strong>" in page
    assert Person.objects.get(pk=person.pk).email == "theirs@example.com"
    again = {field.html_name: field.value() or "" for field in told.context_data["form"]}
    again |= {name: value for name, value in told.context_data["form"].data.items() if "initial-" in name}
    again["conflict-email"] = "1"
    unchosen = center.post(url, again)  # saving without choosing asks again, and writes nothing
    assert "email" in unchosen.context_data["form"].errors
    center.post(url, again | {"choice-email": choice})
    person.refresh_from_db()
    assert (person.email, person.city) == (f"{choice}@example.com", "新北市")


def test_a_second_new_national_id_is_noticed_also_when_the_masks_are_alike(center, client_of):
    """Two numbers may share first letter and last two digits: digests are compared."""
    person = somebody(national_id="A123456789")
    url = f"{LIST}{person.pk}/edit/"
    mine = form_data(center, url) | {"national_id": "B123456780"}
    alike = "A100000289"
    assert mask_national_id(alike) == mask_national_id("A123456789") and national_id_kind(alike)
    posted(client_of("it_staff"), person, national_id=alike)
    told = center.post(url, mine)
    assert "national_id" in told.context_data["form"].errors
    assert "B123456780" not in re.sub(r'name="national_id" value="[^"]*"', "", told.content.decode())
    person.refresh_from_db()
    assert person.national_id == alike


def change_pages(person: Person) -> list[str]:
    """Every page on which the center changes something of a person."""
    version = person.history.latest("history_id").history_id
    record = person.academic_records.get().pk
    pages = ["edit/", "records/add/", f"records/{record}/", "objection/", f"revert/person/{version}/mobile/"]
    return [f"{LIST}{person.pk}/{page}" for page in pages]


def test_among_people_of_one_name_somebody_verifies_first(center):
    """SOP 6.5: no form of the center opens or writes before that, and each comes after it."""
    person, other = somebody(chinese_name="王小明"), somebody(chinese_name="王小明")
    change = PersonChange(person.pk, {"mobile": "0987-654321"}, {"mobile": person.mobile})
    apply_changes([change], editor=importer(), source=Source.ADMIN, at=timezone.now())
    verify = f"/alumni/people/{person.pk}/verify/"
    for url in change_pages(person):
        for answer in (center.get(url), center.post(url, {"email": "new@example.com", "verified": "on"})):
            assert answer["Location"] == f"{verify}?next={quote(url, safe='')}"
    told = {
        "birth_date": "1990-05-06",
        "department": person.academic_records.get().programme.department_id,
        "national_id": other.national_id,
    }
    said = center.post(f"{verify}?next={LIST}{person.pk}/edit/", told).content.decode()
    assert f'href="{LIST}{other.pk}/edit/"' in said  # it is the other one, whose form is in the workspace too
    assert f'href="{LIST}{person.pk}/"' in said and person.national_id_mask not in said
    edit = f"{LIST}{person.pk}/edit/"
    assert (
        center.post(f"{verify}?next={edit}", told | {"national_id": person.national_id})["Location"] == edit
    )
    assert all(center.get(url).status_code == 200 for url in change_pages(person))
    assert posted(center, person, email="new@example.com").redirect_chain
    assert Person.objects.get(pk=person.pk).email == "new@example.com"
    objection = NewObjection(timezone.localdate(), "phone", "請勿再寄")
    objecting = somebody(chinese_name="王小明", objection=objection)
    moved = center.post(f"{LIST}{objecting.pk}/withdrawal/", {"words": "願意"})
    assert "/verify/" in moved["Location"]


def test_a_new_person_is_not_added_beside_a_namesake_without_a_look(center):
    somebody(chinese_name="王小明")
    url = f"{LIST}add/"
    data = form_data(center, url) | {
        "person-chinese_name": "王小明",
        "record-programme": degree().values["programme"],
    }
    asked = center.post(url, data)
    assert asked.context_data["form"].errors.keys() == {"is_somebody_else"}
    assert "同名校友" in asked.content.decode() and Person.objects.count() == 1
    center.post(url, data | {"person-is_somebody_else": "on"})
    assert Person.objects.count() == 2


def test_a_person_added_by_hand_gets_a_serial_number(center):
    url = f"{LIST}add/"
    programme = degree().values["programme"]
    data = form_data(center, url) | {
        "person-chinese_name": "新校友",
        "person-birth_date": "民國78年5月6日",
        "record-programme": programme,
        "record-graduation_date": "2024-06",
    }
    response = center.post(url, data, follow=True)
    person = Person.objects.get(chinese_name="新校友")
    assert response.redirect_chain == [(f"{LIST}{person.pk}/", 302)]
    assert person.birth_date == datetime.date(1989, 5, 6)
    assert person.academic_records.get().serial_number
    assert {follow_up.item for follow_up in person.follow_ups.all()} == {"national_id", "email"}


def test_a_degree_is_added_and_changed(center):
    person = somebody()
    status = StatusCode.objects.filter(kind="enrolment").first()
    master = degree("資訊工程學系碩士班").values["programme"]
    posted(center, person, "records/add/", programme=master, student_number="11157001")
    record = person.academic_records.get(programme=master)
    posted(center, person, f"records/{record.pk}/", class_name="碩二", enrolment_status=str(status.pk))
    record.refresh_from_db()
    assert (record.class_name, record.enrolment_status) == ("碩二", status)
    assert lines(person)[0].startswith("身分具有學士、碩士")


def test_an_objection_is_recorded_and_annotated(center):
    """SOP 6.9."""
    person = somebody()
    url = f"{LIST}{person.pk}/objection/"
    data = {"on": "2026-11-01", "channel": "phone", "told_by": "self", "words": "請勿再寄"}
    for wrong in ({"on": "2999-01-01"}, {"channel": "file"}, {"words": "我是A123456789，請勿再寄"}):
        refused = center.post(url, data | wrong)
        assert refused.context_data["form"].errors.keys() == wrong.keys()
    page = center.post(url, data, follow=True).content.decode()
    assert "2026-11-01 以電話反應" in page and "請勿再寄" in page
    assert "該校友反應不願意接受母校訊息" in lines(person)[0]
    assert Person.objects.get(pk=person.pk).accepts_messages is False


def test_a_degree_of_another_person_is_not_reached_through_this_one(center):
    person, other = somebody(), somebody()
    url = f"{LIST}{person.pk}/records/{other.academic_records.get().pk}/"
    assert center.get(url).status_code == 404


# --- history ----------------------------------------------------------------------------------------------------
def test_the_timeline_tells_before_and_after_and_masks_the_national_id(center, user_of):
    person = somebody(national_id="A123456789")
    record = person.academic_records.get()
    posted(center, person, email="after@example.com", national_id="B123456780")
    person.refresh_from_db()
    latest, first = of_person(person, user_of("center_staff"))
    assert (latest.who, first.who) == ("測試校友服務中心承辦人員", importer().display_name)
    changes = {change.field: (change.before, change.after) for change in latest.changes}
    assert changes["身分證字號"] == ("A*******89", "B*******80")
    assert changes["電子郵件"][1] == "after@example.com"
    assert any(change.subject == record.serial_number for change in first.changes)
    contact = user_of("department_contact", departments=[record.programme.department])
    blind = of_person(person, contact)
    assert "電子郵件" in {change.field for entry in blind for change in entry.changes}
    assert not {"身分證字號", "生日"} & {change.field for entry in blind for change in entry.changes}


def test_a_marker_in_a_masked_field_occurs_on_no_page_of_any_role(client_of):
    """security.md H3."""
    person = somebody(national_id="A123456789")
    change = PersonChange(person.pk, {"email": "x@example.com"}, {"email": person.email})
    apply_changes([change], editor=importer(), source=Source.ADMIN, at=person.updated_at)
    for role in ("center_staff", "center_director", "it_staff", "registrar", "department_contact", "auditor"):
        client = client_of(role)
        for path in ("/admin/", LIST, f"{LIST}{person.pk}/", f"{LIST}{person.pk}/edit/"):
            assert "A123456789" not in client.get(path).content.decode()


def test_groups_and_task_results_are_not_part_of_the_workspace(center):
    names = {"auth/group/", "django_tasks_db/dbtaskresult/", "simple_history/"}
    assert all(center.get(f"/admin/{name}").status_code == 404 for name in names)


def test_a_serial_number_shaped_like_a_national_id_finds_its_person(center):
    person = somebody(degree(serial_number="B211110001"))
    somebody()
    assert found(center, "b211110001") == [person]


def test_a_contact_does_not_find_people_by_a_degree_of_another_department(client_of):
    other = degree("食品科學系碩士班", student_number="11022077")
    own = degree(student_number="00957077")
    person = somebody(own, other)
    client = client_of("department_contact", departments=[Department.objects.get(name="資訊工程學系")])
    assert found(client, "00957077") == [person]
    hidden = person.academic_records.get(student_number="11022077")
    assert found(client, "11022077") == []
    missing = hidden.serial_number[:-4] + "9999"
    told, not_there = searched(client, hidden.serial_number), searched(client, missing)
    assert [str(m) for m in told.context["messages"]] == [str(m) for m in not_there.context["messages"]]
    assert found(client, hidden.serial_number) == found(client, missing)


def test_a_contact_is_told_that_a_national_id_is_missing_and_never_the_value(client_of):
    """The list, the person's page and the telephone work say the same (SOP 6.10)."""
    client = client_of("department_contact", departments=[Department.objects.get(name="資訊工程學系")])
    lacking = somebody(without=("national_id",), chinese_name="缺字號")
    whole = somebody(chinese_name="齊全")
    somebody(degree("食品科學系學士班"), without=("national_id",), chinese_name="別系人")
    assert listed(client, missing="national_id") == listed(client, missing="any") == {"缺字號"}
    for page in (f"{LIST}{lacking.pk}/", f"/alumni/people/{lacking.pk}/"):
        assert "身分證字號" in client.get(page).content.decode()
    page = client.get(f"{LIST}{whole.pk}/").content.decode()
    assert "身分證字號" not in page and whole.national_id_mask not in page


def test_staff_sends_no_link_for_the_director(client_of, user_of):
    director = user_of("center_director")
    answer = client_of("center_staff").post(f"/admin/accounts/user/{director.pk}/invite/")
    assert answer.status_code == 403


@pytest.mark.parametrize(("role", "status"), [("center_staff", 0), ("it_staff", 1)])
def test_staff_does_not_open_an_account_above_their_own(client_of, role, status):
    form = {
        "username": "new",
        "display_name": "王新人",
        "email": "n@example.com",
        "role": "it_staff",
        "reason": "系統啟用",
    }
    client_of(role).post("/admin/accounts/user/add/", form)
    assert User.objects.filter(username="new").count() == status
