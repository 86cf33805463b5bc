"""`manage.py verify` is silent on sound data and names every kind of damage."""

from __future__ import annotations

import datetime

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string

from records import verification
from records.changes import NewObjection, PersonChange, RecordChange, apply_changes
from records.encryption import seal
from records.models import (
    AcademicRecord,
    Annotation,
    FollowUp,
    ImportBatch,
    ImportRow,
    MessageObjection,
    Person,
    Programme,
    SerialCounter,
    SerialSeries,
    Source,
)
from records.programmes import Lists

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 21, 4, tzinfo=datetime.UTC)


def record(programme_name: str, student_number: str) -> RecordChange:
    programme = Programme.objects.get(name=programme_name)
    series = Lists.load().series(programme.pk)
    values = {"programme": str(programme.pk), "student_number": student_number, "graduation_date": "2020-06"}
    return RecordChange(None, values, series_id=series.pk, prefix=series.prefix(108))


@pytest.fixture
def people(user_of) -> list[int]:
    """Two people: one with two degrees and an objection, one whose e-mail address is missing."""
    changes = [
        PersonChange(
            None,
            {
                "chinese_name": "測試甲",
                "national_id": "A100000001",
                "birth_date": "1990-01-02",
                "email": "a@example.com",
            },
            records=[record("資訊工程學系學士班", "00952001"), record("資訊工程學系碩士班", "10452001")],
            objection=NewObjection(NOW.date(), "phone", "請勿寄送"),
        ),
        PersonChange(
            None,
            {"chinese_name": "測試乙", "national_id": "A200000003", "birth_date": "1991-01-02"},
            records=[record("商船學系學士班", "00911001")],
        ),
    ]
    applied = apply_changes(changes, editor=user_of("it_staff"), source=Source.ADMIN, at=NOW)
    changes = [PersonChange(applied[0].person_id, {"address": "基隆市中正區1號"})]
    apply_changes(changes, editor=user_of("it_staff"), source=Source.ADMIN, at=NOW)
    return [one.person_id for one in applied]


def found(check: str) -> list[str]:
    return list(getattr(verification, f"check_{check}")(NOW))


def everything() -> list[str]:
    return [sentence for invariant in verification.INVARIANTS for sentence in invariant.check(NOW)]


def test_sound_data_is_sound(people):
    assert everything() == []


def test_an_empty_database_is_sound(db):
    assert everything() == []


def test_what_was_changed_by_hand_is_named_by_row_and_column(people):
    Person.objects.filter(pk=people[0]).update(address="基隆市中正區2號")
    AcademicRecord.objects.filter(person=people[1]).update(class_name="四年B班")
    Annotation.objects.filter(person=people[0], number=None).update(editor_name="某人")
    MessageObjection.objects.update(words="改過")
    number = AcademicRecord.objects.get(person=people[1]).pk
    assert found("history") == [
        f"校友 #{people[0]} 的「聯絡住址」與異動歷程不符。",
        f"學籍身分 #{number} 的「班級資料」與異動歷程不符。",
        f"註解 #{Annotation.objects.get(number=None).pk} 的「異動人」與異動歷程不符。",
        f"不願接受訊息 #{MessageObjection.objects.get().pk} 的「原話或依據」與異動歷程不符。",
    ]


def test_rows_without_history_and_deletions_without_a_trace_are_named(people):
    Person.history.filter(id=people[1]).delete()
    line = Annotation.objects.filter(number=1).get()
    Annotation.objects.filter(pk=line.pk)._raw_delete("default")
    assert found("history") == [
        f"校友 #{people[1]} 沒有異動歷程。",
        f"註解 #{line.pk} 已不存在，異動歷程卻沒有刪除紀錄。",
    ]


def test_a_row_that_history_says_was_deleted_is_named(people):
    Person.history.filter(id=people[1]).update(history_type="-")
    assert found("history") == [f"校友 #{people[1]} 在異動歷程中已刪除，資料卻仍在。"]


def test_a_serial_number_that_two_records_have_borne_is_named(people):
    ids = AcademicRecord.objects.order_by("pk")
    AcademicRecord.history.filter(id=ids[1].pk).update(serial_number=ids[0].serial_number)
    assert found("serial_numbers") == [f"流水號 {ids[0].serial_number} 曾給過 2 筆學籍身分。"]


def test_a_counter_that_lags_behind_is_named(people):
    counter = SerialCounter.objects.order_by("prefix").first()
    SerialCounter.objects.filter(pk=counter.pk).update(last_sequence=0)
    assert found("serial_counters") == [f"流水號 {counter.prefix} 的計數為 0，但已用到 1。"]


def test_a_national_id_moved_to_another_row_is_named(people):
    foreign = Person.objects.get(pk=people[1]).national_id_sealed
    Person.objects.filter(pk=people[0]).update(national_id_sealed=foreign)
    Person.history.filter(id=people[1]).update(national_id_digest="0" * 64)
    Person.objects.filter(pk=people[1]).update(national_id_mask="B2*****003")
    history = Person.history.get(id=people[1]).history_id
    assert found("national_ids") == [
        f"校友 #{people[0]}：加密的身分證字號無法解開。",
        f"校友 #{people[1]}：身分證字號與其遮罩不符。",
        f"校友 #{people[1]} 的異動歷程 #{history}：身分證字號與其比對值不符。",
    ]


def test_batches_that_disagree_with_their_rows_or_stand_still_are_named(people, user_of):
    batch = ImportBatch.objects.create(
        file_name="a.xlsx",
        sha256="0",
        state="applied",
        uploaded_by=user_of("it_staff"),
        counts={"new_person": 2},
    )
    ImportRow.objects.create(batch=batch, row_number=2, verdict="new_person", payload=seal("{}", "x"))
    assert found("batch_counts") == [f"匯入批次 #{batch.pk} 記載「新校友」2 列，實有 1 列。"]
    assert found("applied_batches") == [f"匯入批次 #{batch.pk} 第 2 列已匯入，卻沒有學籍身分。"]
    ImportBatch.objects.update(state="applying", heartbeat_at=NOW - datetime.timedelta(minutes=9))
    assert found("stuck_batches") == []
    ImportBatch.objects.update(heartbeat_at=NOW - datetime.timedelta(minutes=11))
    assert found("stuck_batches") == [f"匯入批次 #{batch.pk} 停在「寫入中」，超過 10 分鐘沒有進度。"]
    ImportBatch.objects.update(state="reading", heartbeat_at=None)
    assert len(found("stuck_batches")) == 1


def test_wrong_missing_and_needless_pinned_lines_are_named(people):
    Annotation.objects.filter(person=people[0], number=None).update(person=people[1])
    assert found("pinned_lines") == [
        f"校友 #{people[0]} 的身分註解應為「身分具有學士、碩士」，實為「」。",
        f"校友 #{people[1]} 的身分註解應為「」，實為「身分具有學士、碩士」。",
    ]


def test_a_number_of_an_annotation_used_twice_is_named(people):
    first = Annotation.history.filter(number=1).first()
    first.pk, first.id = None, 9999
    first.save()
    assert found("annotation_numbers") == [f"校友 #{people[0]} 的註解編號 1 用過不只一次。"]


def test_refusals_and_objections_go_together(people):
    Person.objects.filter(pk=people[0]).update(accepts_messages=True)
    Person.objects.filter(pk=people[1]).update(accepts_messages=False)
    assert found("objections") == [
        f"校友 #{people[1]} 記為不願意接受訊息，卻沒有反應紀錄。",
        f"校友 #{people[0]} 已反應不願意接受訊息，欄位卻不是「否」。",
    ]


def test_missing_data_and_follow_ups_go_together(people):
    FollowUp.objects.all().delete()
    FollowUp.objects.create(person_id=people[0], item="birth_date", opened_at=NOW)
    assert found("follow_ups") == [
        f"校友 #{people[0]} 已有「生日」，補正事項卻未結案。",
        f"校友 #{people[1]} 缺「電子郵件」，卻沒有補正事項。",
    ]


def test_a_name_that_is_not_found_is_named(people):
    Person.objects.filter(pk=people[0]).update(chinese_name="測試丙")
    assert found("name_keys") == [f"校友 #{people[0]} 的姓名與其查詢鍵不符。"]


def test_the_command_tells_by_its_exit_status(people, capsys):
    call_command("verify")
    asked = sum(len(import_string(name)) for name in settings.VERIFIED)
    assert capsys.readouterr().out.count("✓") == asked
    Person.objects.update(city="某市", version=9)
    with pytest.raises(SystemExit) as ended:
        call_command("verify", limit=1)
    printed = capsys.readouterr()
    assert ended.value.code == 1
    assert "「城市」與異動歷程不符" in printed.out and "另有 3 處未列出" in printed.out


def test_series_that_it_has_widened_keep_their_old_numbers(people):
    SerialSeries.objects.update(width=6)
    assert found("serial_counters") == []
