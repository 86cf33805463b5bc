"""Undoing an imported batch: everything as before, what others did since stays, no number and no wish is lost."""

from __future__ import annotations

import datetime
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from records import annotations_editing, confirming, follow_ups, imports, leases, objections, tasks, timelines
from records.changes import PersonChange, RecordChange, apply_changes
from records.imports import undo_states, undoing
from records.models import (
    AcademicRecord,
    Annotation,
    BatchUndo,
    FollowUp,
    MessageObjection,
    Person,
    Source,
    Unreachable,
)
from records.storing import current_record_values, seen_values
from tests.change_requests import waiting
from tests.factories import (
    BACHELOR,
    MASTER,
    applied,
    imported,
    importer,
    lines,
    national_id,
    planned,
    received,
    row,
    verdicts,
    views,
    workbook,
)
from tests.undoings import faults, outcomes, undo_planned, undone, values_of

pytestmark = pytest.mark.usefixtures("organisation")
State = BatchUndo.State


@pytest.fixture(autouse=True)
def sound_afterwards(db):
    """Whatever is undone, `manage.py verify` stays clean."""
    yield
    assert not faults()


def write(person: Person, **values: str) -> None:
    before = {name: getattr(Person.objects.get(pk=person.pk), name) for name in values}
    changes = [PersonChange(person.pk, values, before)]
    [outcome] = apply_changes(changes, editor=importer(), source=Source.ADMIN, at=timezone.now())
    assert not outcome.stale


def person_of(came: dict) -> Person:
    return Person.objects.get(email=came["電子郵件"])


# --- without later edits ----------------------------------------------------------------------------------------
def test_people_whom_a_batch_entered_go_and_leave_nothing_but_their_history():
    batch = imported([row(), row(電子郵件=""), row(註解="1.電話訪問(20190101 王小明)")])
    serials = set(AcademicRecord.objects.values_list("serial_number", flat=True))
    undo = undone(batch)
    assert (undo.state, undo.counts, undo.result) == (State.APPLIED, {"done": 3}, "已還原")
    left = (Person, AcademicRecord, Annotation, FollowUp)
    assert [model.objects.count() for model in left] == [0, 0, 0, 0]
    gone = Person.history.filter(history_type="-")
    assert gone.count() == 3
    assert set(gone.values_list("source", "batch", "history_change_reason")) == {
        (Source.UNDO, batch.pk, "檔案錯了")
    }
    again = imported([row(), row(), row()])
    assert verdicts(again) == ["new_person"] * 3
    assert not serials & set(AcademicRecord.objects.values_list("serial_number", flat=True))


def test_what_a_batch_changed_is_as_before_with_lines_and_history():
    first = row(**BACHELOR)
    imported([first])
    person = person_of(first)
    write(person, mobile="0911-222333", email="own@example.com")
    before = values_of(person)
    assert before["hand_edited"] == ["email", "mobile"]
    second = first | {"聯絡住址": "臺北市中正路1號", "班級資料": "四年B班", "行動電話": "0922-333444"}
    batch = imported([second, first | MASTER], mode="overwrite")
    assert len(values_of(person)["degrees"]) == 2
    pinned = person.annotations.get(number=None).text
    assert pinned == "身分具有學士、碩士"
    undo = undone(batch)
    assert undo.result == "已還原" and values_of(person) == before
    texts = [line.split("(")[0].split(".")[-1] for line in lines(person)]
    assert "刪除學籍身分" in texts and texts.count("修改行動電話") == 3
    assert texts[-1] == f"還原匯入批次 #{batch.pk}" and "身分具有學士、碩士" not in texts
    latest = Person.history.filter(id=person.pk).latest("history_id")
    assert (latest.source, latest.batch_id) == (Source.UNDO, batch.pk)
    told = timelines.of_person(person, importer())
    gone = [change for entry in told for change in entry.changes if change.after == "" and change.subject]
    assert gone and all(change.ref is None for change in gone)


def test_a_national_id_goes_back_and_can_be_read():
    came = row(身分證字號="")
    imported([came])
    person = person_of(came)
    batch = imported([came | {"身分證字號": national_id(777)}])
    assert Person.objects.get(pk=person.pk).national_id == national_id(777)
    undone(batch)
    assert Person.objects.get(pk=person.pk).national_id == ""
    assert FollowUp.objects.filter(person=person, item="national_id", closed_at=None).exists()


# --- what was done since ----------------------------------------------------------------------------------------
def test_later_edits_stay_and_are_named_field_by_field():
    rows = [row() for _ in range(4)]
    imported(rows)
    people = [person_of(one) for one in rows]
    batch = imported([one | {"城市": "臺北市", "郵遞區號": "100001"} for one in rows])
    write(people[0], city="花蓮縣")
    write(people[1], city="花蓮縣")
    write(people[1], city="臺北市")  # there and back again
    write(people[2], address="中正路9號")  # another field is no conflict
    undo = undone(batch)
    kept = ("kept", "changed", "city")
    assert outcomes(undo) == [
        *(("done", "", "postal_code"), kept),
        *(("done", "", "postal_code"), kept),
        ("done", "", "city,postal_code"),
        ("done", "", "city,postal_code"),
    ]
    assert [Person.objects.get(pk=one.pk).city for one in people] == ["花蓮縣", "臺北市", "基隆市", "基隆市"]
    assert undo.result == "部分還原"
    told = undo.rows.filter(outcome="kept").first()
    assert told.later_by_id == importer().pk and told.later_at


def test_a_second_import_of_a_newer_file_stays():
    came = row()
    imported([came])
    person = person_of(came)
    older = imported([came | {"城市": "臺北市", "郵遞區號": "100001"}])
    newer = imported([came | {"城市": "高雄市", "郵遞區號": ""}])
    assert outcomes(undone(older)) == [("done", "", "postal_code"), ("kept", "changed", "city")]
    assert Person.objects.get(pk=person.pk).city == "高雄市"
    undone(newer)
    assert Person.objects.get(pk=person.pk).city == "臺北市"


def test_a_file_that_found_people_unchanged_keeps_them():
    rows = [row(), row()]
    batch = imported(rows)
    imported(rows[:1])
    assert sorted(outcomes(undo_planned(batch))) == [("kept", "referred", ""), ("waiting", "", "")]


def called(person: Person) -> None:
    now = timezone.now()
    follow_ups.log_call_to(person, by=importer(), at=now, number="0911-222333", outcome="no_answer")


def objects(person: Person) -> None:
    now = timezone.now()
    objections.record(person, on=now.date(), channel="phone", words="請勿再寄", editor=importer(), at=now)


def remarked(person: Person) -> None:
    annotations_editing.add_remark(person, "電話訪問", editor=importer(), at=timezone.now())


def struck(person: Person) -> None:
    line = person.annotations.get(number=1)
    annotations_editing.strike(line, reason="寫錯", editor=importer(), at=timezone.now())


def studied_on(person: Person) -> None:
    degree = person.academic_records.get()
    values = {"programme": str(degree.programme_id), "serial_number": "Z1"}
    change = PersonChange(person.pk, {}, records=[RecordChange(None, values)])
    apply_changes([change], editor=importer(), source=Source.ADMIN, at=timezone.now())


def changed_degree(person: Person) -> None:
    degree = person.academic_records.get()
    record = RecordChange(degree.pk, {"class_name": "丙"}, {"class_name": degree.class_name})
    change = PersonChange(person.pk, {}, records=[record])
    apply_changes([change], editor=importer(), source=Source.ADMIN, at=timezone.now())


def confirmed(person: Person) -> None:
    confirming.confirm(person, by=importer(), at=timezone.now())


def requested(person: Person) -> None:
    waiting(person)


@pytest.mark.parametrize(
    ("happened", "why"),
    [
        (called, "referred"),
        (confirmed, "referred"),
        (requested, "referred"),
        (objects, "changed"),
        (remarked, "changed"),
        (struck, "changed"),
        (studied_on, "changed"),
        (changed_degree, "changed"),
    ],
)
def test_somebody_to_whom_anything_happened_since_is_kept_whole(happened, why):
    came, other = row(註解="1.電話訪問(20190101 王小明)"), row()
    batch = imported([came, other])
    person = person_of(came)
    planned_before = undo_planned(batch)
    happened(person)
    before = values_of(person)
    undoing.discard_undo(planned_before)
    planned_after = undo_planned(batch)
    assert sorted(outcomes(planned_after)) == [("kept", why, ""), ("waiting", "", "")]
    undone(planned_after)
    assert values_of(person) == before and not Person.objects.filter(email=other["電子郵件"]).exists()


@pytest.mark.parametrize("happened", [called, remarked, studied_on, objects])
def test_what_happens_between_plan_and_writing_stays_too(happened):
    came, other = row(), row()
    batch = imported([came, other])
    undo = undo_planned(batch)
    person = person_of(came)
    happened(person)
    before = values_of(person)
    undone(undo)
    assert sorted(one[0] for one in outcomes(undo)) == ["done", "kept"]
    assert values_of(person) == before and Person.objects.count() == 1


def test_a_confirmation_of_what_the_file_brought_is_not_taken_away():
    came = row()
    imported([came])
    person = person_of(came)
    batch = imported([came | {"城市": "臺北市"}])
    confirmed(person)
    assert outcomes(undo_planned(batch)) == [("kept", "changed", "city")]


def moved(person: Person) -> None:
    write(person, city="花蓮縣")


@pytest.mark.parametrize("happened", [moved, studied_on, changed_degree, objects])
def test_the_door_removes_nobody_who_is_another_than_the_caller_saw(happened):
    """Whoever asks it, and however it was judged before."""
    imported([row()])
    person = Person.objects.get()
    degrees = [
        RecordChange(degree.pk, {}, current_record_values(degree), is_removed=True)
        for degree in person.academic_records.all()
    ]
    change = PersonChange(person.pk, {}, seen_values(person), records=degrees, is_removed=True)
    happened(person)
    [applied_] = apply_changes([change], editor=importer(), source=Source.UNDO, at=timezone.now())
    assert applied_.stale and Person.objects.exists()


# --- what no undo turns -----------------------------------------------------------------------------------------
def test_an_objection_that_a_file_brought_stays_open():
    came, new = row(是否願意接受母校訊息="是"), row(是否願意接受母校訊息="否")
    imported([came])
    person = person_of(came)
    batch = imported([came | {"是否願意接受母校訊息": "否", "城市": "臺北市"}, new], refusals="record")
    assert MessageObjection.objects.filter(ended_on=None).count() == 2
    undo = undone(batch)
    assert sorted(outcomes(undo)) == [
        ("done", "", "city"),
        ("kept", "objection", ""),
        ("kept", "objection", "accepts_messages"),
    ]
    assert MessageObjection.objects.filter(ended_on=None).count() == 2
    assert not Person.objects.get(pk=person.pk).accepts_messages


def test_a_number_goes_back_unless_somebody_else_has_it_by_now():
    """No import replaces a national ID of today; what a later one may do is undone all the same."""
    first, second = row(身分證字號=national_id(801)), row(身分證字號=national_id(802))
    imported([first, second])
    people = [person_of(first), person_of(second)]
    batch = imported([row()])
    changes = [
        PersonChange(
            person.pk, {"national_id": national_id(number)}, {"national_id": person.national_id_mask}
        )
        for person, number in zip(people, (811, 812), strict=True)
    ]
    apply_changes(changes, editor=importer(), source=Source.IMPORT, at=timezone.now(), batch=batch)
    imported([row(身分證字號=national_id(801))])
    undo = undone(batch)
    assert sorted(outcomes(undo)) == [
        ("cannot", "taken", "national_id"),
        ("done", "", ""),
        ("done", "", "national_id"),
    ]
    numbers = [Person.objects.get(pk=person.pk).national_id for person in people]
    assert numbers == [national_id(811), national_id(802)]


# --- once, and by whom ------------------------------------------------------------------------------------------
def test_an_undo_is_planned_once_confirmed_once_and_written_once(user_of):
    batch = imported([row()])
    undo = undo_planned(batch)
    with pytest.raises(ValidationError, match="已經有還原計畫"):
        undo_planned(batch)
    mine, theirs = (BatchUndo.objects.get(pk=undo.pk) for _ in range(2))
    assert undoing.start_undoing(mine, importer())
    assert not undoing.start_undoing(theirs, user_of("center_director"))
    assert not undoing.discard_undo(theirs)
    undoing.undo_batch(mine)
    undoing.undo_batch(theirs)
    assert Person.history.filter(history_type="-").count() == 1
    with pytest.raises(ValidationError, match="已經有還原計畫"):
        undo_planned(batch)


def test_only_an_imported_batch_is_undone_and_only_by_the_center(user_of):
    with pytest.raises(ValidationError, match="只有已匯入"):
        undo_planned(planned([row()]))
    with pytest.raises(ValidationError, match="不能還原"):
        undo_planned(imported([row()]), by=user_of("registrar"))


@pytest.mark.parametrize("reason", ["", "  ", "長" * 101, "因為 A123456789"])
def test_a_reason_is_asked_for_and_holds_no_national_id(reason):
    with pytest.raises(ValidationError):
        undoing.open_undo(imported([row()]), reason=reason, by=importer(), at=timezone.now())


def test_a_plan_that_was_given_up_can_be_made_anew():
    batch = imported([row()])
    undo = undo_planned(batch)
    assert undoing.discard_undo(undo) and not undo.rows.exists()
    assert undoing.undo_of(batch) is None
    assert undone(batch).result == "已還原"


def test_the_same_file_can_be_imported_again_and_is_told_that_it_was_undone(tmp_path):
    file = workbook(tmp_path / "離校資料.xlsx", [row()])
    for _time in range(2):
        batch = received(file)
        imports.read_and_plan(batch)
        undo = undone(applied(batch))
    again = received(file)
    imports.read_and_plan(again)
    again.refresh_from_db()
    assert verdicts(again) == ["new_person"]
    [note] = [text for _level, code, text in again.notes if code == "imported_before"]
    assert f"批次 #{undo.batch_id}" in note and "已還原" in note


def test_the_same_file_again_is_told_of_the_batch_that_stands_not_of_a_later_one_taken_back(tmp_path):
    file = workbook(tmp_path / "離校資料.xlsx", [row(行動電話="0911-000111")])

    def planned_again():
        batch = received(file, mode="overwrite")
        imports.read_and_plan(batch)
        batch.refresh_from_db()
        return batch

    standing = applied(planned_again())
    person = Person.objects.get()
    typed = PersonChange(person.pk, {"mobile": "0922-000222"}, {"mobile": person.mobile})
    apply_changes([typed], editor=importer(), source=Source.ADMIN, at=timezone.now())
    assert undone(applied(planned_again())).batch.is_undone
    [note] = [text for _level, code, text in planned_again().notes if code == "imported_before"]
    assert f"批次 #{standing.pk}" in note and "還原" not in note


def test_a_plan_made_before_the_undo_is_planned_again():
    came = row()
    batch = imported([came])
    later = planned([came | {"城市": "臺北市"}])
    undone(batch)
    assert imports.start_applying(later, importer())
    imports.apply(later)
    later.refresh_from_db()
    assert later.state == "planned" and verdicts(later) == ["new_person"]


def test_what_a_later_file_says_again_stays_and_what_it_does_not_say_goes_back():
    came = row(**BACHELOR)
    imported([came])
    changed = came | {"聯絡住址": "臺北市大安區羅斯福路4號", "城市": "臺北市", "班級資料": "四年B班"}
    wrong = imported([changed, another := row()])
    again = imported([changed | {"城市": ""}, another])
    assert verdicts(again) == ["unchanged", "unchanged"]
    undo = undone(wrong)
    person = person_of(came)
    assert (person.address, person.city) == ("臺北市大安區羅斯福路4號", "基隆市")
    assert person.academic_records.get().class_name == "四年B班"
    assert ("kept", "referred", "class_name") in outcomes(undo)


def test_a_later_file_that_was_taken_back_does_not_hold_the_people_of_an_earlier_one():
    """It changed one of them, gave another a further degree and found the third unchanged; nothing of it is left."""
    first, second, third = row(), row(**BACHELOR), row()
    batch = imported([first, second, third])
    later = imported([first | {"聯絡住址": "北寧路99號"}, second | MASTER, third], mode="overwrite")
    assert outcomes(undo_planned(batch)) == [("kept", "changed", "")] * 2 + [("kept", "referred", "")]
    assert undoing.discard_undo(BatchUndo.objects.get(batch=batch))
    undone(later)
    undone(batch)
    assert not Person.objects.exists() and not AcademicRecord.objects.exists() and not faults()
    assert [view.person_id for view in views(later)] == [None] * 3  # no page leads to somebody who is gone


def test_an_edit_between_a_later_file_and_its_undo_still_holds():
    came = row()
    batch = imported([came])
    later = imported([came | {"聯絡住址": "北寧路99號"}], mode="overwrite")
    person = Person.objects.get()
    write(person, city="宜蘭縣")
    undone(later)
    assert outcomes(undo_planned(batch)) == [("kept", "changed", "")]


def test_a_file_that_came_after_one_that_was_taken_back_still_holds():
    came = row()
    batch = imported([came])
    later = imported([came | {"聯絡住址": "北寧路99號"}], mode="overwrite")
    undone(later)
    imported([came | {"聯絡住址": "北寧路99號"}], mode="overwrite")
    assert outcomes(undo_planned(batch)) == [("kept", "changed", "")]


def test_an_old_number_that_comes_back_is_nothing_new_to_call():
    came = row(生日=None, 行動電話="0911-000001")
    imported([came])
    wrong = imported([came | {"行動電話": "0922-000002"}])
    Unreachable.objects.create(
        person=person_of(came), reason="兩支電話都打過", declared_by=importer(), declared_at=timezone.now()
    )
    undone(wrong)
    assert person_of(came).mobile == "0911-000001"
    assert Unreachable.objects.filter(ended_at=None).exists()


# --- after a crash ----------------------------------------------------------------------------------------------
def test_what_a_dead_process_left_is_taken_over_once_and_goes_on():
    batch = imported([row()])
    undo = undo_planned(batch)
    assert undoing.start_undoing(undo, importer())
    now = timezone.now()
    assert not list(undo_states.left_behind(now))
    [left] = undo_states.left_behind(now + 2 * leases.LEASE)
    seen_by_another = BatchUndo.objects.get(pk=undo.pk)
    assert undo_states.take_over(left) and not undo_states.take_over(seen_by_another)
    undoing.undo_batch(undo)
    assert undo.state == State.APPLIED


def test_an_undo_that_fails_waits_for_confirmation_and_says_so(monkeypatch):
    undo = undo_planned(imported([row()]))
    assert undoing.start_undoing(undo, importer())
    monkeypatch.setattr(undoing, "apply_changes", mock.Mock(side_effect=ValueError))
    with pytest.raises(ValueError):
        undoing.undo_batch(undo)
    undo.refresh_from_db()
    assert (undo.state, undo.applied_by) == (State.PLANNED, None) and "請再確認一次" in undo.error


def test_an_undo_that_ends_every_worker_is_not_tried_for_ever():
    undo = undo_planned(imported([row()]))
    assert undoing.start_undoing(undo, importer())
    later = timezone.now() + 2 * leases.LEASE
    for _death in range(3):
        [left] = undo_states.left_behind(later)
        assert undo_states.take_over(left)
    [left] = undo_states.left_behind(later)
    assert not undo_states.take_over(left)
    undo.refresh_from_db()
    assert undo.state == State.PLANNED and "多次中斷" in undo.error


def test_an_undo_that_waits_in_the_queue_is_not_queued_again(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    undo = undo_planned(imported([row()]))
    assert tasks.request_undo(undo, importer())
    for minutes in (3, 6):
        assert tasks.resume(timezone.now() + datetime.timedelta(minutes=minutes)) == 0
    assert DBTaskResult.objects.count() == 1
