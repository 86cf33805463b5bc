"""The export reads back as what is stored, costs a constant number of queries, and is always logged."""

from __future__ import annotations

import datetime
import io

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from records import columns, resources
from records.changes import NewObjection, PersonChange, RecordChange, apply_changes
from records.columns import COLUMNS, HEADERS, TEMPLATE_COLUMNS
from records.models import AcademicRecord, Disclosure, Person, Programme, Source, StatusCode
from records.programmes import Lists

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 21, 4, tzinfo=datetime.UTC)
VALUES = {
    "chinese_name": "測試甲",
    "english_name": "Tse, Shih-Chia",
    "sex": "F",
    "national_id": "A200000003",
    "birth_date": "1990-01-02",
    "email": "a@example.com",
    "other_emails": "b@example.com, c@example.com",
    "phone": "02-24622192#1250",
    "mobile": "0912-345678",
    "other_phones": "0912-345679",
    "country": "TW",
    "city": "基隆市",
    "postal_code": "202301",
    "address": "中正區北寧路2號",
}


def person(number: int = 0, **values: str) -> PersonChange:
    programme = Programme.objects.get(name="資訊工程學系碩士班")
    series = Lists.load().series(programme.pk)
    status = StatusCode.objects.get(kind="enrolment", code="21")
    study = {
        "programme": str(programme.pk),
        "student_number": f"1045{number:04d}",
        "graduation_date": "2020-06",
        "enrolment_status": str(status.pk),
        "class_name": "=1+1",
    }
    records = [RecordChange(None, study, series_id=series.pk, prefix=series.prefix(108))]
    return PersonChange(None, values or VALUES, records=records)


@pytest.fixture
def alumna(user_of) -> AcademicRecord:
    change = person()
    change.objection = NewObjection(NOW.date(), "phone", "請勿寄送")
    applied = apply_changes([change], editor=user_of("it_staff"), source=Source.ADMIN, at=NOW)
    second = PersonChange(applied[0].person_id, {}, records=[person(1).records[0]])
    apply_changes([second], editor=user_of("it_staff"), source=Source.ADMIN, at=NOW)
    return AcademicRecord.objects.order_by("pk").first()


def row_of(record: AcademicRecord) -> dict[str, str]:
    (row,) = resources.export_rows(AcademicRecord.objects.filter(pk=record.pk))
    return dict(zip(HEADERS, row, strict=True))


def test_a_row_holds_every_column_as_people_write_it(alumna):
    row = row_of(alumna)
    assert row["流水號"] == alumna.serial_number
    assert (row["身分證字號"], row["生日"], row["性別"]) == ("A200000003", "1990-01-02", "女")
    assert row["電子郵件"] == "a@example.com, b@example.com, c@example.com"
    assert row["聯絡電話"] == "02-24622192#1250, 0912-345679"
    assert (row["畢業系所"], row["在學狀態"], row["目前身分"]) == ("資訊工程學系碩士班", "21-畢業", "")
    assert row["是否願意接受母校訊息"] == "否"
    pinned, *numbered = row["註解"].splitlines()
    assert pinned.startswith("身分具有碩士2筆(20261121")
    assert [line.split(".")[0] for line in numbered] == ["1", "2"]


def test_a_row_reads_back_as_what_is_stored(alumna):
    row = row_of(alumna)
    stored = resources.current_values(alumna.person) | resources.current_record_values(alumna)
    stored["national_id"] = alumna.person.national_id
    lists = Lists.load()
    for column in COLUMNS[:-1]:
        cleaned = column.cleaned(row[column.header], NOW.date())
        if column.attribute != "class_name":  # "=1+1" was never a class
            assert cleaned.value == lists.shown(column.attribute, stored[column.attribute]) or (
                cleaned.value == stored[column.attribute]
            )
        if column.attribute in ("email", "phone"):
            assert cleaned.rest == stored[columns.SECONDARY[column.attribute]]


def test_any_number_of_rows_costs_the_same_queries(alumna, user_of, django_assert_num_queries):
    with django_assert_num_queries(8):
        assert len(list(resources.export_rows(AcademicRecord.objects.all()))) == 2
    changes = [person(number, chinese_name=f"測試{number}") for number in range(10, 60)]
    apply_changes(changes, editor=user_of("it_staff"), source=Source.ADMIN, at=NOW)
    with django_assert_num_queries(8):
        assert len(list(resources.export_rows(AcademicRecord.objects.all()))) == 52


def test_an_export_is_written_as_text_and_logged(alumna, user_of):
    target = io.BytesIO()
    user = user_of("center_staff")
    count = resources.export_to(
        target, AcademicRecord.objects.all(), user=user, at=NOW, purpose="測試" * 200, address="192.0.2.1"
    )
    sheet = load_workbook(target).active
    assert [cell.value for cell in sheet[1]] == list(HEADERS)
    assert sheet.max_row == count + 1 == 3
    assert sheet["T2"].value == "=1+1" and sheet["T2"].data_type == "s"
    entry = Disclosure.objects.get()
    assert (entry.user, entry.kind, entry.row_count, entry.at) == (user, "export", 2, NOW)
    assert len(entry.detail) == 200


def test_an_export_that_fails_is_logged_all_the_same(alumna, tmp_path):
    with pytest.raises(OSError):
        resources.export_to(
            tmp_path / "none" / "a.xlsx", AcademicRecord.objects.all(), user=None, at=NOW, purpose="測試"
        )
    assert Disclosure.objects.count() == 1


def test_the_resource_never_writes(alumna):
    with pytest.raises(TypeError):
        resources.AcademicRecordResource().save_instance(alumna, True)


def test_the_form_has_the_20_columns_with_drop_downs_and_examples():
    target = io.BytesIO()
    resources.template_to(target)
    book = load_workbook(target)
    assert [cell.value for cell in book["校友資料"][1]] == [column.header for column in TEMPLATE_COLUMNS]
    assert len(book["校友資料"].data_validations.dataValidation) == 5
    assert len(list(book["範例"].iter_rows(min_row=2))) >= 3


def test_every_example_of_the_form_is_read_without_a_remark():
    lists = Lists.load()
    for example in resources.EXAMPLES:
        for attribute, text in example.items():
            cleaned = columns.BY_ATTRIBUTE[attribute].cleaned(text, NOW.date())
            assert cleaned.value and not cleaned.notes, (attribute, text, cleaned.notes)
        assert lists.resolve_programme(example["programme"]).programme_id
        for attribute, kind in (("enrolment_status", "enrolment"), ("current_identity", "identity")):
            assert lists.resolve_status(kind, example[attribute])[0]


def test_the_command_exports_departments_and_logs_who_took_them(alumna, user_of, tmp_path, capsys):
    user_of("it_staff")
    target = tmp_path / "a.xlsx"
    call_command("export_alumni", target, department=["11"], user="it_staff", purpose="名冊")
    assert "已匯出 0 筆" in capsys.readouterr().out
    call_command("export_alumni", target, department=["52"], user="it_staff")
    assert "已匯出 2 筆" in capsys.readouterr().out
    assert target.stat().st_mode & 0o777 == 0o600
    assert [str(entry.detail) for entry in Disclosure.objects.order_by("pk")] == [
        "商船學系：名冊",
        "資訊工程學系：命令列匯出",
    ]


@pytest.mark.parametrize("options", [{"department": ["00"]}, {"user": "nobody"}, {"user": "auditor"}])
def test_the_command_refuses_what_it_does_not_know_or_may_not_give(user_of, tmp_path, options):
    user_of("auditor")
    with pytest.raises(CommandError):
        call_command("export_alumni", tmp_path / "a.xlsx", **options)
    assert not Disclosure.objects.exists() and not Person.objects.exists()
