"""One change taken back as a new change, when nothing later touched the field."""

from __future__ import annotations

import datetime

import pytest

from records import reverting
from records.changes import PersonChange, RecordChange, apply_changes
from records.models import AcademicRecord, Department, Person, Programme, Source
from records.storing import current_record_values, seen_values
from records.timelines import of_person
from records.verification import check_follow_ups, check_history, check_pinned_lines
from tests.factories import importer, lines
from tests.people import degree, somebody

pytestmark = pytest.mark.usefixtures("organisation")
AT = datetime.datetime(2026, 3, 1, 17, 30, tzinfo=datetime.UTC)
LIST = "/admin/records/person/"


@pytest.fixture
def editor(user_of):
    return user_of("center_staff", display_name="李編輯")


def changed(person: Person, minutes: int = 0, **values: str) -> int:
    """The number of the history row that a change by the importer left."""
    person.refresh_from_db()
    seen = seen_values(person)
    change = PersonChange(person.pk, values, {name: seen[name] for name in values})
    at = AT + datetime.timedelta(minutes=minutes)
    [applied] = apply_changes([change], editor=importer(), source=Source.FORM, at=at)
    assert not applied.stale
    return person.history.latest("history_id").history_id


def taken_back(person: Person, history_id: int, attribute: str, editor) -> reverting.Outcome:
    change = reverting.find(person, "person", history_id, attribute)
    outcome = reverting.revert(
        change, reason="登錄到別人", editor=editor, at=AT + datetime.timedelta(hours=1)
    )
    person.refresh_from_db()
    return outcome


def test_one_field_of_an_act_is_taken_back_as_a_new_change(editor):
    person = somebody(city="基隆市")
    row = changed(person, city="新北市", mobile="0922-000001")
    assert taken_back(person, row, "city", editor)
    assert (person.city, person.mobile) == ("基隆市", "0922-000001")
    assert lines(person)[-1] == "3.修改城市(20260302 李編輯)"
    newest = person.history.latest("history_id")
    assert (newest.source, newest.history_user, newest.history_change_reason) == (
        "revert",
        editor,
        "登錄到別人",
    )
    assert [entry.why for entry in of_person(person, editor) if entry.how == "還原"] == ["登錄到別人"]
    assert not list(check_history(AT))


def test_what_something_later_touched_is_not_taken_back_and_the_sentence_says_what(editor):
    person = somebody(city="基隆市")
    first = changed(person, city="新北市")
    changed(person, 5, email="other@example.com")  # another field
    changed(person, 10, city="桃園市")
    changed(person, 20, city="新北市")  # the same value again is a later touch all the same
    outcome = taken_back(person, first, "city", editor)
    assert not outcome and person.city == "新北市"
    for told in ("城市", "王小明", "2026-03-02 01:40", "系所修改"):
        assert told in outcome.refusal


def test_a_national_id_is_taken_back_by_its_number_not_by_its_mask(editor):
    person = somebody(national_id="A123456789")
    row = changed(person, national_id="A100000289")  # the same mask
    assert taken_back(person, row, "national_id", editor)
    assert person.national_id == "A123456789"
    again = changed(person, 120, national_id="B123456780")
    somebody(national_id="A123456789", chinese_name="別人")
    outcome = taken_back(person, again, "national_id", editor)
    assert not outcome and "另一位校友" in outcome.refusal and "A123456789" not in outcome.refusal


def test_a_required_value_is_not_taken_back_to_blank(editor):
    """SOP 6.10."""
    person = somebody(without=("email",))
    row = changed(person, email="a@example.com")
    outcome = taken_back(person, row, "email", editor)
    assert not outcome and "電話" in outcome.refusal and person.email == "a@example.com"
    assert not list(check_follow_ups(AT))


def test_a_degree_goes_back_to_its_programme_with_the_pinned_line(editor):
    person = somebody(degree("資訊工程學系學士班"), degree("資訊工程學系碩士班"))
    record = person.academic_records.get(programme__name="資訊工程學系碩士班")
    doctor = Programme.objects.get(name="資訊工程學系博士班")
    values = {"programme": str(doctor.pk)}
    change = RecordChange(record.pk, values, {"programme": current_record_values(record)["programme"]})
    apply_changes(
        [PersonChange(person.pk, {}, records=[change])], editor=importer(), source=Source.ADMIN, at=AT
    )
    assert lines(person)[0].startswith("身分具有學士、博士")
    row = record.history.latest("history_id")
    move = reverting.find(person, "record", row.history_id, "programme")
    assert reverting.revert(move, reason="系所選錯", editor=editor, at=AT + datetime.timedelta(hours=1))
    record.refresh_from_db()
    assert record.programme.name == "資訊工程學系碩士班"
    assert lines(person)[0].startswith("身分具有學士、碩士")
    assert lines(person)[-1] == "2.修改畢業系所(20260302 李編輯)"
    assert not list(check_pinned_lines(AT))


def test_what_was_no_change_of_the_field_is_not_found(editor):
    person, other = somebody(), somebody()
    entered = person.history.get().history_id
    row = changed(person, city="新北市")
    assert reverting.find(person, "person", entered, "chinese_name") is None
    assert reverting.find(person, "person", row, "email") is None
    assert reverting.find(other, "person", row, "city") is None
    assert reverting.find(person, "record", row, "serial_number") is None
    assert reverting.find(person, "annotation", row, "city") is None


def test_who_may_not_edit_takes_nothing_back(client_of, user_of):
    person = somebody()
    row = changed(person, city="新北市")
    contact = user_of("department_contact", departments=[Department.objects.get(name="資訊工程學系")])
    outcome = taken_back(person, row, "city", contact)
    assert not outcome and person.city == "新北市"
    url = f"{LIST}{person.pk}/revert/person/{row}/city/"
    assert client_of("department_contact").post(url, {"reason": "改回"}).status_code == 403


def test_the_timeline_offers_it_and_the_page_asks_for_a_reason(client_of):
    person = somebody(city="基隆市", national_id="A123456789")
    first = changed(person, city="新北市", national_id="B123456780")
    second = changed(person, 5, city="桃園市")
    center = client_of("center_staff")
    page = center.get(f"{LIST}{person.pk}/").content.decode()
    url = f"{LIST}{person.pk}/revert/person"
    assert f'href="{url}/{second}/city/"' in page and f'href="{url}/{first}/national_id/"' in page
    assert page.count("之後又有異動") == 1
    asked = center.get(f"{url}/{first}/national_id/").content.decode()
    assert "A*******89" in asked and "A123456789" not in asked
    assert "再次異動" in center.get(f"{url}/{first}/city/").content.decode()
    assert "reason" in center.post(f"{url}/{second}/city/", {}).context_data["form"].errors
    center.post(f"{url}/{first}/city/", {"reason": "改回"})
    assert Person.objects.get(pk=person.pk).city == "桃園市"
    done = center.post(f"{url}/{second}/city/", {"reason": "抄錯列"}, follow=True).content.decode()
    assert "已還原" in done and "理由：抄錯列" in done
    assert Person.objects.get(pk=person.pk).city == "新北市"
    assert AcademicRecord.objects.count() == 1
