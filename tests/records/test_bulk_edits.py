"""Bulk edits: the plan, the second person, the one door, the undo, and crafted requests against each of them."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.utils import timezone

from records import bulk_edit_fields, bulk_edits, leases, objections, progress, tasks
from records.changes import NewObjection, PersonChange, apply_changes
from records.models import (
    AcademicRecord,
    BulkEdit,
    BulkEditRow,
    Department,
    Person,
    Source,
    StatusCode,
)
from records.verification import check_stuck_batches
from tests.factories import importer, lines
from tests.people import degree, somebody

pytestmark = pytest.mark.usefixtures("organisation")
LIST = "/admin/records/bulkedit/"
State, Outcome = BulkEdit.State, BulkEditRow.Outcome


@pytest.fixture
def staff(client_of):
    return client_of("center_staff")


def plan(*people: Person, attribute: str = "city", value: str = "基隆市", by=None) -> BulkEdit:
    pks = [person.pk for person in people]
    return bulk_edits.make_plan(
        Person.objects.filter(pk__in=pks),
        AcademicRecord.objects.filter(person__in=pks),
        attribute=attribute,
        value=value,
        reason="戶政改名",
        chosen_by="測試",
        by=by or importer(),
        at=timezone.now(),
    )


def applied(edit: BulkEdit, by=None) -> BulkEdit:
    assert bulk_edits.start_applying(edit, by or importer())
    bulk_edits.apply(edit)
    edit.refresh_from_db()
    return edit


def undone(edit: BulkEdit) -> BulkEdit:
    return applied(bulk_edits.plan_undo(edit, reason="弄錯了", by=importer(), at=timezone.now()))


def write(person: Person, values: dict[str, str], **change: object) -> None:
    before = {name: getattr(Person.objects.get(pk=person.pk), name) for name in values}
    changes = [PersonChange(person.pk, values, before, **change)]
    [outcome] = apply_changes(changes, editor=importer(), source=Source.ADMIN, at=timezone.now())
    assert not outcome.stale


def city(person: Person) -> str:
    return Person.objects.get(pk=person.pk).city


def outcomes(edit: BulkEdit) -> list[str]:
    return list(edit.rows.order_by("pk").values_list("outcome", flat=True))


# --- plan and apply ---------------------------------------------------------------------------------------------
def test_a_plan_is_looked_at_applied_with_its_history_and_undone():
    one, two, same = somebody(city="臺北市"), somebody(), somebody(city="基隆市")
    edit = plan(one, two, same)
    assert (edit.people, edit.same, city(one)) == (2, 1, "臺北市")
    assert list(edit.rows.order_by("pk").values_list("before", "after")) == [
        ("臺北市", "基隆市"),
        ("", "基隆市"),
    ]
    applied(edit)
    assert (city(one), city(two), edit.counts) == ("基隆市", "基隆市", {"done": 2})
    history = Person.history.filter(id=one.pk).latest("history_id")
    assert history.source == Source.ADMIN and "戶政改名" in history.history_change_reason
    assert "1.修改城市(" in lines(one)[0] and "1.新增城市(" in lines(two)[0] and not lines(same)
    undone(edit)
    assert (city(one), city(two), city(same)) == ("臺北市", "", "基隆市")
    assert Person.history.filter(id=one.pk).latest("history_id").source == Source.REVERT


def test_what_others_changed_after_the_plan_stays_and_is_named():
    one, two = somebody(city="臺北市"), somebody(city="臺北市")
    edit = plan(one, two)
    write(one, {"city": "花蓮縣"})
    applied(edit)
    assert (city(one), city(two), outcomes(edit)) == ("花蓮縣", "基隆市", [Outcome.CONFLICT, Outcome.DONE])


def test_an_undo_leaves_what_was_touched_since_also_there_and_back_again():
    changed, back, other, untouched = (somebody(city="臺北市") for _ in range(4))
    edit = applied(plan(changed, back, other, untouched))
    write(changed, {"city": "花蓮縣"})
    write(back, {"city": "花蓮縣"})
    write(back, {"city": "基隆市"})
    write(other, {"address": "中正路1號"})  # another field is no conflict
    undo = undone(edit)
    assert [city(person) for person in (changed, back, other, untouched)] == [
        "花蓮縣",
        "基隆市",
        "臺北市",
        "臺北市",
    ]
    assert undo.counts == {"conflict": 2, "done": 2}
    with pytest.raises(ValidationError, match="已經有復原計畫"):
        bulk_edits.plan_undo(edit, reason="再一次", by=importer(), at=timezone.now())


def test_an_undo_leaves_what_was_touched_after_it_was_planned():
    there_and_back, left = somebody(city="臺北市"), somebody(city="臺北市")
    edit = applied(plan(there_and_back, left))
    undo = bulk_edits.plan_undo(edit, reason="弄錯了", by=importer(), at=timezone.now())
    for value in ("新北市", "基隆市"):
        write(there_and_back, {"city": value})
    undo = applied(undo)
    assert (city(there_and_back), city(left)) == ("基隆市", "臺北市")
    assert undo.counts == {"conflict": 1, "done": 1}


def test_an_undo_takes_no_wish_back_that_the_alumnus_told(user_of):
    """SOP 6.9: whoever ever objected has answered, before the bulk edit was undone or long before it was made."""
    person, director, today = somebody(), user_of("center_director"), timezone.localdate()
    edit = applied(plan(person, attribute="accepts_messages", value="是"), director)
    undo = bulk_edits.plan_undo(edit, reason="弄錯了", by=importer(), at=timezone.now())
    told = {"on": today, "channel": "phone", "editor": importer(), "at": timezone.now()}
    objections.record(person, words="不要", **told)
    objections.withdraw(person, words="又要了", **told)
    assert applied(undo, director).counts == {"conflict": 1}
    assert Person.objects.get().accepts_messages is True


def test_a_field_of_degrees_is_set_on_the_degrees_chosen_only():
    person = somebody(
        degree("資訊工程學系學士班", class_name="甲"), degree("資訊工程學系碩士班", class_name="乙")
    )
    records = person.academic_records.filter(programme__level="master")
    edit = bulk_edits.make_plan(
        Person.objects.filter(pk=person.pk), records, attribute="class_name", value="丙",
        reason="更名", chosen_by="學制＝碩士", by=importer(), at=timezone.now(),
    )  # fmt: skip
    applied(edit)
    assert set(person.academic_records.values_list("class_name", flat=True)) == {"甲", "丙"}
    undone(edit)
    assert set(person.academic_records.values_list("class_name", flat=True)) == {"甲", "乙"}


# --- what cannot be set -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("national_id", "A123456789"),
        ("chinese_name", "王小明"),
        ("programme", "1"),
        ("version", "9"),
        ("city", "無"),
        ("city", "長" * 61),
        ("country", "不存在國"),
        ("enrolment_status", "987654"),
        ("enrolment_status", "x"),
        ("graduation_date", "2013-13-45"),
        ("accepts_messages", "否"),
    ],
)
def test_a_value_or_field_that_is_not_for_many_is_refused(attribute, value):
    with pytest.raises(ValidationError):
        bulk_edit_fields.cleaned_value(attribute, value, datetime.date(2026, 11, 21))


def test_a_status_of_another_list_or_switched_off_is_refused():
    identity = StatusCode.objects.filter(kind=StatusCode.Kind.IDENTITY).first()
    status = StatusCode.objects.filter(kind=StatusCode.Kind.ENROLMENT).first()
    today = datetime.date(2026, 11, 21)
    assert bulk_edit_fields.cleaned_value("enrolment_status", str(status.pk), today) == str(status.pk)
    status.is_active = False
    status.save()
    for pk in (identity.pk, status.pk):
        with pytest.raises(ValidationError):
            bulk_edit_fields.cleaned_value("enrolment_status", str(pk), today)


@pytest.mark.parametrize("reason", ["", "  ", "長" * 201, "因為 A123456789"])
def test_a_reason_is_asked_for_and_holds_no_national_id(reason):
    with pytest.raises(ValidationError):
        bulk_edits.checked_reason(reason)


def test_a_plan_that_changes_nobody_is_none():
    with pytest.raises(ValidationError):
        plan(somebody(city="基隆市"))
    assert not BulkEdit.objects.exists()


def test_an_objection_is_never_turned_round(user_of):
    said = NewObjection(datetime.date(2026, 10, 1), "phone", "不要再寄")
    objecting, open_, later = somebody(objection=said), somebody(), somebody()
    edit = plan(objecting, open_, later, attribute="accepts_messages", value="是")
    assert outcomes(edit) == [Outcome.OBJECTED, Outcome.WAITING, Outcome.WAITING]
    write(later, {}, objection=said)
    BulkEditRow.objects.filter(person=objecting).update(
        outcome=Outcome.WAITING
    )  # somebody tampers with the plan
    director = user_of("center_director")
    applied(edit, director)
    answers = [Person.objects.get(pk=person.pk).accepts_messages for person in (objecting, open_, later)]
    assert answers == [False, True, False]
    write(open_, {}, objection=said)
    with pytest.raises(ValidationError):  # nothing is left to take back
        bulk_edits.plan_undo(edit, reason="弄錯了", by=importer(), at=timezone.now())
    assert Person.objects.get(pk=open_.pk).accepts_messages is False


# --- who confirms -----------------------------------------------------------------------------------------------
def test_many_people_need_a_director_who_is_not_the_planner(user_of, client_of, staff, monkeypatch):
    monkeypatch.setattr(bulk_edits, "ALONE", 1)
    one, two = somebody(), somebody()
    edit = plan(one, two, by=user_of("center_staff"))
    for role in ("center_staff", "it_staff"):
        assert client_of(role).post(f"{LIST}{edit.pk}/apply/").status_code == 403
        assert not bulk_edits.start_applying(edit, user_of(role))
    own = plan(one, two, by=user_of("center_director"))
    director = client_of("center_director")
    assert director.post(f"{LIST}{own.pk}/apply/").status_code == 403
    assert [card.count for card in director.get("/admin/").context_data["board"].bulk_edit_cards] == [1]
    assert director.post(f"{LIST}{edit.pk}/apply/").status_code == 302
    edit.refresh_from_db()
    assert (edit.state, edit.applied_by, city(one)) == (State.APPLIED, user_of("center_director"), "基隆市")


def test_of_two_who_confirm_one_goes_on_and_nothing_is_written_twice(staff):
    person = somebody()
    edit = plan(person)
    mine, theirs = BulkEdit.objects.get(pk=edit.pk), BulkEdit.objects.get(pk=edit.pk)
    assert bulk_edits.start_applying(mine, importer())
    assert not bulk_edits.start_applying(theirs, importer())
    assert not bulk_edits.discard(theirs)
    bulk_edits.apply(mine)
    bulk_edits.apply(theirs)
    assert Person.history.filter(id=person.pk).count() == 2
    assert "不能確認" in staff.post(f"{LIST}{edit.pk}/apply/", follow=True).content.decode()


def test_whoever_lost_the_right_since_confirming_writes_nothing(user_of):
    person, account = somebody(), user_of("center_staff")
    edit = plan(person)
    assert bulk_edits.start_applying(edit, account)
    account.is_active = False
    account.save()
    bulk_edits.apply(BulkEdit.objects.get(pk=edit.pk))
    edit.refresh_from_db()
    assert (edit.state, edit.applied_by, city(person)) == (State.PLANNED, None, "") and edit.error


# --- what dies on the way ---------------------------------------------------------------------------------------
def test_a_process_that_died_leaves_a_plan_that_can_be_confirmed_again():
    edit = plan(somebody())
    assert bulk_edits.start_applying(edit, importer())
    now = timezone.now()
    assert len(list(check_stuck_batches(now + datetime.timedelta(minutes=11)))) == 1
    progress.write(bulk_edits.progress_name(edit), "applying", 1, 2)
    assert not tasks.resume(now + leases.LEASE / 2)
    assert tasks.resume(now + leases.LEASE * 2) == 1
    edit.refresh_from_db()
    assert (edit.state, edit.applied_by) == (State.PLANNED, None) and edit.error
    assert applied(edit).state == State.APPLIED


def test_a_plan_that_waits_in_the_queue_stays_confirmed(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    edit = plan(somebody())
    assert tasks.request_bulk_edit(edit, importer())
    assert tasks.resume(timezone.now() + leases.LEASE * 2) == 0
    edit.refresh_from_db()
    assert edit.state == State.APPLYING


def test_a_failure_in_the_middle_writes_nothing_at_all(monkeypatch):
    one, two = somebody(), somebody()
    edit = plan(one, two)
    assert bulk_edits.start_applying(edit, importer())

    def broken(applied: list) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(bulk_edits, "_note_outcome", broken)
    with pytest.raises(tasks.TaskFailed):
        tasks.apply_bulk_edit.call(edit.pk)
    edit.refresh_from_db()
    assert (edit.state, city(one), city(two)) == (State.PLANNED, "", "")
    assert set(outcomes(edit)) == {Outcome.WAITING}


# --- pages ------------------------------------------------------------------------------------------------------
def test_the_filters_of_the_list_of_people_choose_the_set(staff):
    department = Department.objects.get(name="資訊工程學系")
    inside, outside = (
        somebody(chinese_name="系內人"),
        somebody(degree("食品科學系學士班"), chinese_name="系外人"),
    )
    query = f"?department={department.pk}"
    assert "整批修改這 1 位校友" in staff.get(f"/admin/records/person/{query}").content.decode()
    page = staff.get(f"{LIST}add/{query}").content.decode()
    assert "系所＝資訊工程學系" in page and "1 位校友" in page and f"add/city/{query}" in page
    answer = staff.post(f"{LIST}add/city/{query}", {"value": " 基隆 ", "reason": "戶政改名"}, follow=True)
    shown = answer.content.decode()
    assert "系內人" in shown and "系外人" not in shown and "系所＝資訊工程學系" in shown
    assert BulkEdit.objects.get().value == "基隆市" and city(inside) == ""
    assert "已寫入" in staff.post(f"{answer.redirect_chain[-1][0]}apply/", follow=True).content.decode()
    assert (city(inside), city(outside)) == ("基隆市", "")


@pytest.mark.parametrize("query", ["", "?department=987654", "?level=nonsense"])
def test_without_a_filter_there_is_no_bulk_edit_of_everybody(staff, query):
    somebody()
    answer = staff.post(f"{LIST}add/city/{query}", {"value": "基隆市", "reason": "全部"})
    assert "請先在校友清單篩選" in answer.content.decode() and not BulkEdit.objects.exists()


@pytest.mark.parametrize("attribute", ["national_id", "chinese_name", "programme", "nonsense"])
def test_another_field_has_no_page(staff, attribute):
    assert staff.get(f"{LIST}add/{attribute}/?level=bachelor").status_code == 404
    assert (
        staff.post(f"{LIST}add/{attribute}/?level=bachelor", {"value": "x", "reason": "y"}).status_code == 404
    )


def test_a_lookup_made_up_in_the_address_chooses_nobody(staff):
    somebody()
    form = {"value": "基隆市", "reason": "戶政改名"}
    assert staff.post(f"{LIST}add/city/?national_id_mask__startswith=L", form).status_code == 400
    assert not BulkEdit.objects.exists()


def test_an_empty_value_or_reason_is_an_error_at_the_field(staff):
    somebody()
    form = staff.post(f"{LIST}add/country/?level=bachelor", {"value": "", "reason": ""}).context_data["form"]
    assert set(form.errors) == {"value", "reason"}


def test_undo_on_the_page_and_giving_up(staff):
    person = somebody(city="臺北市")
    edit = applied(plan(person))
    assert "請填理由" in staff.post(f"{LIST}{edit.pk}/undo/", {"reason": ""}).content.decode()
    page = staff.post(f"{LIST}{edit.pk}/undo/", {"reason": "弄錯了"}, follow=True)
    undo = edit.undoings.get()
    assert "回到整批修改" in page.content.decode()
    staff.post(f"{LIST}{undo.pk}/discard/")
    undo.refresh_from_db()
    assert (undo.state, undo.rows.count(), city(person)) == (State.DISCARDED, 0, "基隆市")
    assert "復原計畫" in staff.get(f"{LIST}{edit.pk}/").content.decode()


def test_who_lives_in_another_country_than_the_new_city_is_marked(staff):
    home = somebody(country="TW")
    abroad = somebody(country="VN", city="河內", chinese_name="阮海")
    page = staff.get(f"{LIST}{plan(home, abroad).pk}/").content.decode()
    assert "有 1 位的所在國家與新值不合" in page and page.count("所在國家：越南") == 1
