"""The one door: what `apply_changes` writes beside the values, and what it leaves alone."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.utils import timezone

from records import imports, objections
from records.changes import NewObjection, PersonChange, RecordChange, apply_changes
from records.encryption import DamagedValue, unseal
from records.imports import applying
from records.models import (
    AcademicRecord,
    Annotation,
    FollowUp,
    ImportRow,
    MessageObjection,
    Person,
    Programme,
    Source,
)
from tests.factories import (
    BACHELOR,
    IMPORTER,
    MASTER,
    applied,
    codes,
    imported,
    importer,
    lines,
    national_id,
    planned,
    row,
    verdicts,
)

pytestmark = pytest.mark.django_db

AT = datetime.datetime(2026, 3, 1, 17, 30, tzinfo=datetime.UTC)  # already 2 March in Taipei
EDITOR = "李編輯"


@pytest.fixture
def editor(user_of):
    return user_of("center_staff", display_name=EDITOR)


def edited(person: Person, values: dict[str, str], editor, **more):
    """The person after an edit by hand."""
    before = {name: str(getattr(person, name) or "") for name in values}
    change = PersonChange(person.pk, values, before, **more)
    (outcome,) = apply_changes([change], editor=editor, source=Source.ADMIN, at=AT)
    person.refresh_from_db()
    return outcome


# Annotations and history ------------------------------------------------------------------------------------
def test_every_item_changed_leaves_a_numbered_line_with_the_date_in_taipei(editor):
    imported([row(英文姓名=None, 其他住址="基隆市1號")])
    person = Person.objects.get()
    edited(person, {"english_name": "Lin, Ta-Ming", "email": "new@example.com", "other_address": ""}, editor)
    assert lines(person) == [
        f"1.新增英文名字(20260302 {EDITOR})",
        f"2.修改電子郵件(20260302 {EDITOR})",
        f"3.刪除其他地址(20260302 {EDITOR})",
    ]
    edited(person, {"email": "newer@example.com"}, editor)
    assert lines(person)[-1] == f"4.修改電子郵件(20260302 {EDITOR})"


def test_history_says_who_and_why_and_equals_the_row(editor):
    batch = imported([row()])
    person = Person.objects.get()
    entered = person.history.get()
    assert (entered.history_type, entered.source, entered.batch_id) == ("+", Source.IMPORT, batch.pk)
    assert (entered.history_user_id, entered.history_change_reason) == (importer().pk, batch.file_name)
    edited(person, {"city": "新北市"}, editor)
    newest = person.history.latest("history_id")
    assert (newest.history_type, newest.source, newest.batch_id) == ("~", Source.ADMIN, None)
    assert (newest.history_user_id, newest.history_date) == (editor.pk, AT)
    tracked = [f.attname for f in Person._meta.concrete_fields if f.attname != "name_key"]
    for name in tracked:
        kept, live = getattr(newest, name), getattr(person, name)
        assert (bytes(kept) == bytes(live)) if name == "national_id_sealed" else (kept == live), name


def test_the_pinned_line_follows_the_records_and_keeps_its_history(editor):
    person = row()
    imported([person | BACHELOR])
    imported([person | MASTER])
    stored = Person.objects.get()
    doctor = Programme.objects.get(name="資訊工程學系博士班")
    record = RecordChange(None, {"programme": str(doctor.pk), "serial_number": "X1"}, key="d")
    outcome = edited(stored, {}, editor, records=[record])
    assert [key for key, _pk, _serial in outcome.records] == ["d"]
    assert lines(stored)[0] == f"身分具有學士、碩士、博士(20260302 {EDITOR})"
    assert stored.annotations.get(number=None).history.count() == 2


# What the editor did not see --------------------------------------------------------------------------------
def test_a_value_that_changed_since_the_caller_looked_is_not_written(editor):
    imported([row(電子郵件="first@example.com")])
    person = Person.objects.get()
    change = PersonChange(person.pk, {"email": "third@example.com"}, {"email": "second@example.com"})
    (outcome,) = apply_changes([change], editor=editor, source=Source.ADMIN, at=AT)
    assert outcome.stale == ["email"]
    person.refresh_from_db()
    assert (person.email, person.annotations.count()) == ("first@example.com", 0)


def test_a_person_edited_after_the_plan_is_left_alone_and_the_rest_is_applied(editor):
    rows = [row(), row()]
    imported(rows)
    batch = planned([r | {"聯絡住址": "基隆市中正區祥豐街9號"} for r in rows])
    first = Person.objects.order_by("pk").first()
    edited(first, {"address": "臺北市中正區1號"}, editor)
    batch = applied(batch)
    assert batch.state == "applied"
    assert verdicts(batch) == ["needs_person", "update"]
    assert "changed_meanwhile" in codes(batch)[0]
    first.refresh_from_db()
    assert first.address == "臺北市中正區1號"
    assert (batch.counts["needs_person"], batch.counts["update"]) == (1, 1)
    assert Person.objects.filter(address="基隆市中正區祥豐街9號").count() == 1


def test_a_person_who_came_in_after_the_plan_is_not_entered_twice():
    same, other = row(), row()
    batch = planned([same, other])
    imported([same])
    batch = applied(batch)
    # The plan says something else now: it is made again and has to be confirmed again.
    assert (batch.state, verdicts(batch)) == ("planned", ["unchanged", "new_person"])
    batch = applied(batch)
    assert (batch.state, Person.objects.count()) == ("applied", 2)


def test_a_record_that_came_in_after_the_plan_is_not_entered_twice():
    came = row()
    imported([came | BACHELOR])
    second = [came | MASTER | {"學號": None}]
    batch = planned(second)
    imported(second)
    imports.start_applying(batch, importer())
    imports.apply(batch)
    assert AcademicRecord.objects.count() == 2


def test_a_person_known_by_name_only_who_came_in_after_the_plan_is_not_entered_twice():
    came = [row(身分證字號=None, 學號=None)]
    batch = planned(came)
    imported(came)
    imports.start_applying(batch, importer())
    imports.apply(batch)
    assert Person.objects.count() == 1


# What callers may ask of the door ---------------------------------------------------------------------------
def test_a_value_that_is_there_already_leaves_no_trace(editor):
    imported([row(電子郵件="first@example.com")])
    person = Person.objects.get()
    edited(person, {"email": "first@example.com"}, editor)
    assert (person.annotations.count(), person.history.count(), person.version) == (0, 1, 1)


def test_two_changes_of_one_person_go_on_numbering(editor):
    imported([row(城市="基隆市", 英文姓名=None)])
    person = Person.objects.get()
    changes = [
        PersonChange(person.pk, {"city": "新北市"}, {"city": "基隆市"}),
        PersonChange(person.pk, {"english_name": "Lin, Ta"}, {}),
    ]
    apply_changes(changes, editor=editor, source=Source.ADMIN, at=AT)
    person.refresh_from_db()
    assert (person.city, person.english_name) == ("新北市", "Lin, Ta")
    assert [line.split(".")[0] for line in lines(person)] == ["1", "2"]


def test_a_refusal_without_its_objection_is_not_silently_dropped(editor):
    imported([row()])
    change = PersonChange(Person.objects.get().pk, {"accepts_messages": "否"}, {})
    with pytest.raises(ValueError):
        apply_changes([change], editor=editor, source=Source.ADMIN, at=AT)


# Contact data that a person changed ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mode", "kept", "code"),
    [("fill", True, "kept_hand_edited"), ("skip", True, "kept_stored"), ("overwrite", False, None)],
)
def test_what_a_person_changed_is_overwritten_only_where_the_batch_says_so(editor, mode, kept, code):
    came = row(城市=None)
    imported([came])
    person = Person.objects.get()
    edited(person, {"email": "byhand@example.com"}, editor)
    batch = imported([came | {"城市": "新北市"}], mode=mode)
    person.refresh_from_db()
    assert person.email == ("byhand@example.com" if kept else came["電子郵件"])
    assert person.city == ("" if mode == "skip" else "新北市")
    assert code is None or code in codes(batch)[0]


def test_skip_leaves_the_other_address_alone_too():
    came = row()
    imported([came | BACHELOR])
    batch = planned([came | BACHELOR, came | MASTER | {"聯絡住址": "基隆市中正區祥豐街9號"}], mode="skip")
    applied(batch)
    assert Person.objects.get().other_address == ""


# Messages (SOP 6.9) --------------------------------------------------------------------------------------
ANSWER = "是否願意接受母校訊息"


def test_a_refusal_without_an_objection_is_counted_and_set_to_yes():
    batch = imported([row(**{ANSWER: "否"}), row(**{ANSWER: "是"}), row()])
    assert batch.counts["refusals"] == 1
    assert list(Person.objects.order_by("pk").values_list("accepts_messages", flat=True)) == [
        True,
        True,
        None,
    ]
    assert MessageObjection.objects.count() == 0


def test_a_refusal_can_be_recorded_as_an_objection_with_its_annotation():
    refusing = row(**{ANSWER: "否"})
    imported([refusing], refusals="record")
    person = Person.objects.get()
    assert person.accepts_messages is False
    assert MessageObjection.objects.get(person=person).ended_on is None
    assert [line.split("(")[0] for line in lines(person)] == ["1.該校友反應不願意接受母校訊息"]
    assert verdicts(planned([refusing], refusals="record")) == ["unchanged"]


@pytest.mark.parametrize("mode", ["fill", "overwrite", "skip"])
@pytest.mark.parametrize("answer", ["是", "否"])
@pytest.mark.parametrize("refusals", ["set_yes", "record"])
def test_a_recorded_objection_is_never_touched_by_a_file(mode, answer, refusals):
    refusing = row(**{ANSWER: "否"})
    imported([refusing], refusals="record")
    imported([refusing | {ANSWER: answer, "城市": "新北市"}], mode=mode, refusals=refusals)
    person = Person.objects.get()
    assert person.accepts_messages is False
    assert MessageObjection.objects.get().ended_on is None


def test_an_objection_recorded_after_the_plan_stands(editor):
    came = row()
    imported([came])
    batch = planned([came | {ANSWER: "是"}])
    person = Person.objects.get()
    edited(person, {}, editor, objection=NewObjection(datetime.date(2026, 3, 1), "phone", "來電"))
    applied(batch)
    person.refresh_from_db()
    assert person.accepts_messages is False


@pytest.mark.parametrize("answer", ["否", "是", None])
def test_an_objection_told_by_an_old_annotation_is_not_turned_into_a_yes(answer):
    came = row(**{ANSWER: answer, "註解": "3.該校友反應不願意接受母校訊息(20190321 李四)"})
    imported([came])
    person = Person.objects.get()
    assert person.accepts_messages is False
    assert MessageObjection.objects.get().objected_on == datetime.date(2019, 3, 21)
    assert lines(person) == ["3.該校友反應不願意接受母校訊息(20190321 李四)"]
    assert verdicts(planned([came])) == ["unchanged"]


def test_an_old_annotation_does_not_bring_back_an_objection_that_the_alumnus_ended():
    came = row(**{ANSWER: "是", "註解": "3.該校友反應不願意接受母校訊息(20190321 李四)"})
    imported([came])
    objections.withdraw(
        Person.objects.get(),
        on=datetime.date(2026, 1, 1),
        channel="phone",
        words="可以再寄",
        editor=importer(),
        at=AT,
    )
    imported([came])
    assert Person.objects.get().accepts_messages is True
    assert not MessageObjection.objects.filter(ended_on=None).exists()


# Follow-ups (SOP 6.10) ------------------------------------------------------------------------------------
def test_clearing_a_required_value_opens_a_follow_up_and_its_return_closes_it(editor):
    imported([row()])
    person = Person.objects.get()
    edited(person, {"email": ""}, editor)
    assert FollowUp.objects.get(item="email").closed_at is None
    edited(person, {"email": "again@example.com"}, editor)
    assert FollowUp.objects.get(item="email").closed_at == AT


# Secrets -------------------------------------------------------------------------------------------------
def everything_stored() -> str:
    """All texts and bytes of the tables of people, histories, annotations and import rows."""
    tables = [
        model._meta.db_table
        for tracked in (Person, AcademicRecord, Annotation, MessageObjection)
        for model in (tracked, tracked.history.model)
    ]
    found = []
    with connection.cursor() as cursor:
        for table in [*tables, ImportRow._meta.db_table]:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for values in cursor.fetchall():
                found += [
                    bytes(v).decode("latin-1") if isinstance(v, (bytes, memoryview)) else str(v)
                    for v in values
                ]
    return "\n".join(found)


def test_a_national_id_is_nowhere_stored_in_clear(editor):
    number = national_id(777_777)
    came = row(身分證字號=None)
    imported([came])
    imported([came | {"身分證字號": number}])
    imported([row(身分證字號=number, 學號=came["學號"], 中文姓名="陳大文")])
    person = Person.objects.get()
    assert (person.national_id, person.national_id_mask) == (number, f"{number[0]}*******{number[-2:]}")
    assert f"1.新增身分證字號({timezone.localdate():%Y%m%d} {IMPORTER})" in lines(person)
    everything = everything_stored()
    assert number not in everything
    assert number[1:-2] not in everything


def test_a_sealed_national_id_does_not_open_in_another_row():
    imported([row(), row()])
    first, second = Person.objects.order_by("pk")
    Person.objects.filter(pk=second.pk).update(national_id_sealed=first.national_id_sealed)
    second.refresh_from_db()
    with pytest.raises(DamagedValue):
        assert second.national_id
    old = first.history.get()
    assert unseal(old.national_id_sealed, Person.national_id_context(first.pk)) == first.national_id


# Deciding for all: nothing half done ------------------------------------------------------------------------
def test_all_or_nothing(editor, monkeypatch):
    batch = planned([row(), row()])

    def fail(*_args):
        raise RuntimeError("the power fails")

    monkeypatch.setattr(applying._Outcome, "write", fail)
    assert imports.start_applying(batch, editor)
    with pytest.raises(RuntimeError):
        imports.apply(batch)
    batch.refresh_from_db()
    assert (batch.state, Person.objects.count(), Person.history.count()) == ("planned", 0, 0)
    assert batch.error
    monkeypatch.undo()
    assert applied(batch).state == "applied"
    assert Person.objects.count() == 2
