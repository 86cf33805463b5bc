"""The life of a batch: its states, its two who want it at once, refused files, and rows sent back for correction."""

from __future__ import annotations

import datetime
import traceback
from pathlib import Path
from unittest import mock

import pytest
from django.db import DataError
from openpyxl import load_workbook

from accounts.models import User
from records import imports, person_plans, plans, tasks, terms
from records.encryption import DamagedValue
from records.imports import planning
from records.models import AcademicRecord, FollowUp, ImportBatch, ImportRow, Person, Term
from records.workbooks.reader import WorkbookRefused
from records.workbooks.writer import write_sheet
from tests.factories import (
    applied,
    codes,
    imported,
    importer,
    national_id,
    planned,
    received,
    row,
    verdicts,
    views,
    workbook,
)

pytestmark = pytest.mark.django_db


def reloaded(batch: ImportBatch) -> ImportBatch:
    return ImportBatch.objects.get(pk=batch.pk)


# Reading --------------------------------------------------------------------------------------------------
def test_a_batch_is_received_read_and_planned_and_its_file_is_gone(tmp_path):
    batch = received(workbook(tmp_path / "離校.xlsx", [row(), row()]))
    assert (batch.state, imports.upload_path(batch).exists()) == ("received", True)
    imports.read_and_plan(batch)
    batch = reloaded(batch)
    assert (batch.state, batch.counts["rows"], batch.counts["new_person"]) == ("planned", 2, 2)
    assert not imports.upload_path(batch).exists()
    assert Person.objects.count() == 0


def test_a_plan_is_sealed():
    came = row(中文姓名="陳密封")
    batch = planned([came])
    payload = bytes(ImportRow.objects.get(batch=batch).payload)
    assert came["身分證字號"].encode() not in payload
    assert "陳密封".encode() not in payload


def test_a_file_without_a_key_column_is_refused_with_a_sentence(tmp_path):
    path = tmp_path / "無.xlsx"
    write_sheet(path, headers=["中文姓名", "生日"], rows=[["林大文", "1990-01-01"]])
    batch = received(path)
    imports.read_and_plan(batch)
    batch = reloaded(batch)
    assert (batch.state, batch.counts, batch.refusal) == ("refused", {}, "no_key_columns")
    assert "無法分辨是哪一位校友" in batch.error


def test_a_file_that_is_no_workbook_opens_no_batch(tmp_path):
    path = tmp_path / "假.xlsx"
    path.write_bytes(b"not a workbook")
    with pytest.raises(WorkbookRefused):
        received(path)
    assert ImportBatch.objects.count() == 0


def test_columns_may_stand_in_any_order_and_unknown_ones_are_named(tmp_path):
    came = row()
    headers = [*reversed(came), "備註欄"]
    path = tmp_path / "亂序.xlsx"
    write_sheet(path, headers=headers, rows=[[*reversed(came.values()), "x"]])
    batch = received(path)
    imports.read_and_plan(batch)
    batch = reloaded(batch)
    assert verdicts(batch) == ["new_person"]
    assert any("備註欄" in note[2] for note in batch.notes)


def test_row_numbers_are_those_of_the_sheet():
    batch = planned([row(), row(中文姓名=None), row()])
    assert [view.row_number for view in views(batch)] == [2, 3, 4]
    assert [view.row_number for view in imports.rows_of(batch, verdict="kept_out")] == [3]


# Confirming -----------------------------------------------------------------------------------------------
def test_of_two_who_confirm_one_goes_on(user_of):
    batch = planned([row()])
    mine, theirs = reloaded(batch), reloaded(batch)
    assert imports.start_applying(mine, importer())
    assert not imports.start_applying(theirs, user_of("center_staff"))
    imports.apply(mine)
    assert reloaded(batch).applied_by == importer()


def test_an_applied_batch_is_not_applied_again():
    batch = imported([row()])
    assert not imports.start_applying(batch, importer())
    imports.apply(reloaded(batch))
    imports.replan(reloaded(batch))
    assert reloaded(batch).state == "applied"
    assert Person.objects.count() == 1


def test_rows_know_the_person_and_record_they_became():
    batch = imported([row(), row()])
    stored = ImportRow.objects.filter(batch=batch).order_by("row_number")
    became = [row.became for row in stored]
    assert [outcome.record.person_id for outcome in became] == [outcome.person_id for outcome in became]
    assert len({outcome.record_id for outcome in became}) == 2
    assert [view.serial for view in views(batch)] == list(
        AcademicRecord.objects.order_by("pk").values_list("serial_number", flat=True)
    )


def test_a_doubled_row_knows_the_record_it_became_too():
    came = row()
    batch = imported([came, came])
    assert len({view.serial for view in views(batch)}) == 1


def test_a_batch_is_planned_again_with_other_options():
    came = row()
    imported([came])
    batch = planned([came | {"電子郵件": "other@example.com"}])
    assert verdicts(batch) == ["update"]
    assert imports.change_options(batch, mode="skip", refusals="set_yes")
    imports.replan(batch)
    assert verdicts(batch) == ["unchanged"]
    assert "kept_stored" in codes(batch)[0]


def test_a_discarded_batch_keeps_no_rows():
    batch = planned([row()])
    assert imports.discard(batch)
    assert reloaded(batch).state == "discarded"
    assert ImportRow.objects.count() == 0
    assert not imports.start_applying(batch, importer())


def test_somebody_new_who_lacks_required_data_will_be_telephoned():
    batch = planned([row(), row(身分證字號=None, 電子郵件=None), row(身分證字號="A123456788")])
    told = [[r[3] for r in view.remarks if r[2] == "follow_up"] for view in views(batch)]
    assert told == [
        [],
        ["缺身分證字號、電子郵件，匯入後列入電話補正。"],
        ["缺身分證字號，匯入後列入電話補正。"],
    ]
    applied(batch)
    assert FollowUp.objects.filter(closed_at=None).count() == 3


def test_supplements_and_corrections_are_not_held_against_a_whole_delivery(tmp_path):
    before, now = (
        terms.hold(Term(academic_year=113, half=half, due_on=datetime.date(2025, 3 * half, 1)))
        for half in (1, 2)
    )
    imported([row() for _ in range(40)], term=before)
    imported([row() for _ in range(5)], term=before)  # a supplement says nothing about the next term
    assert not planned([row() for _ in range(30)], term=now).notes
    main = imported([row() for _ in range(30)] + [row(中文姓名="") for _ in range(20)], term=now)
    assert [note[1] for note in main.notes] == ["many_kept_out"]
    returned = tmp_path / "待更正列.xlsx"
    imports.write_returned_rows(main, returned)
    corrections = received(returned, term=now)
    imports.read_and_plan(corrections)
    assert reloaded(corrections).predecessor == main and not reloaded(corrections).notes
    assert not planned([row() for _ in range(3)], term=now).notes


# After a crash --------------------------------------------------------------------------------------------
def test_an_error_while_reading_ends_the_batch_and_removes_the_file(tmp_path, monkeypatch):
    batch = received(workbook(tmp_path / "離校.xlsx", [row()]))

    def fail(*_args, **_options):
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(planning, "plan", fail)
    with pytest.raises(RuntimeError):
        imports.read_and_plan(batch)
    batch = reloaded(batch)
    assert batch.state == "failed"
    assert batch.error
    assert not imports.upload_path(batch).exists()


def test_an_error_while_planning_again_leaves_no_middle_state(monkeypatch):
    batch = planned([row()])

    def fail(*_args, **_options):
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(planning, "plan", fail)
    with pytest.raises(RuntimeError):
        imports.replan(batch)
    monkeypatch.undo()
    assert reloaded(batch).state == "planned"
    assert ImportRow.objects.count() == 1


# Sent back ------------------------------------------------------------------------------------------------
def sheet_rows(path: Path) -> list[list]:
    return [[cell.value for cell in cells] for cells in load_workbook(path).active.iter_rows()]


def test_rows_kept_out_come_back_and_go_in_once_corrected(tmp_path):
    good = row()
    rows = [
        row(),
        good | {"中文姓名": None},
        row(畢業系所="不存在學系"),
        row(身分證字號="L190000000", 學號=None),
        row(畢業系所="資訊工程學系", 學號="A1", 班級資料=None),
        row(生日="1990-02-30"),
    ]
    batch = imported(rows)
    assert verdicts(batch) == [
        "new_person",
        "kept_out",
        "needs_person",
        "kept_out",
        "needs_person",
        "new_person",
    ]
    path = tmp_path / "待更正.xlsx"
    assert imports.write_returned_rows(batch, path) == 5
    header, *found = sheet_rows(path)
    assert header[-2:] == ["原因", "批次列號"]
    assert all(cells[-1] and cells[-2] for cells in found)
    named = [dict(zip(header, cells, strict=True)) for cells in found]
    assert named[4]["生日"] == "1990-02-30"  # as it came
    corrections = [
        {"中文姓名": "林改正"},
        {"畢業系所": "資訊工程學系學士班"},
        {"身分證字號": row()["身分證字號"]},
        {"畢業系所": "資訊工程學系碩士班"},
        {"生日": "1990-02-28"},
    ]
    corrected = [cells | right for cells, right in zip(named, corrections, strict=True)]
    write_sheet(path, headers=header, rows=[[cells[h] for h in header] for cells in corrected])
    again = received(path)
    imports.read_and_plan(again)
    again = applied(reloaded(again))
    assert verdicts(again) == ["new_person"] * 4 + ["update"]
    assert Person.objects.count() == 6
    assert not Person.objects.filter(birth_date=None).exists()
    assert imports.write_returned_rows(again, path) == 0


def test_bad_cells_are_marked_in_the_returned_workbook(tmp_path):
    batch = planned([row(生日="1990-02-30")])
    path = tmp_path / "待更正.xlsx"
    imports.write_returned_rows(batch, path)
    sheet = load_workbook(path).active
    fills = {sheet.cell(1, cell.column).value: cell.fill.fgColor.rgb for cell in sheet[2]}
    assert fills["生日"] != fills["中文姓名"]


def test_a_second_worker_does_not_take_an_applied_batch_back():
    batch = planned([row()])
    imports.start_applying(batch, importer())
    same = ImportBatch.objects.get(pk=batch.pk)
    imports.apply(batch)
    imports.apply(same)
    assert (reloaded(batch).state, Person.objects.count()) == ("applied", 1)


@pytest.mark.parametrize(
    "header", ["英文姓名", "城市", "聯絡住址", "其他住址", "學號", "班級資料", "註解", "目前身分"]
)
def test_a_national_id_in_a_wrong_column_is_kept_out_of_it(header):
    number = national_id(900)
    batch = planned([row(**{header: number})])
    view = views(batch)[0]
    assert any(remark[0] == header and remark[1] == "error" for remark in view.remarks)
    assert number not in str(view)


def test_a_serial_number_that_looks_like_a_national_id_is_shown_whole():
    view = views(planned([row(流水號="B211110001")]))[0]
    assert view.values["流水號"] == "B211110001"


def test_half_a_surrogate_pair_is_kept_as_it_came():
    """Excel writes it as `_xD800_`; UTF-8 has no place for it, so the plan's quick JSON neither."""
    batch = planned([row(聯絡住址="祥豐街\ud800")])
    assert codes(batch) == [{"broken_text"}]
    assert "祥豐街\ud800" in plans.stored_row(ImportRow.objects.get(batch=batch)).raw


def test_a_row_damaged_in_the_database_is_shown_as_damaged_and_never_written():
    batch = planned([row(), row()])
    ImportRow.objects.filter(batch=batch, row_number=2).update(payload=b"\x01k" + bytes(40))
    assert codes(batch) == [{"damaged"}, set()]
    imports.start_applying(batch, importer())
    with pytest.raises(DamagedValue):
        imports.apply(batch)
    assert reloaded(batch).state == "planned"
    assert not Person.objects.exists()


@pytest.mark.parametrize("kind", [DataError, ValueError])
def test_the_queue_keeps_no_words_of_an_error(monkeypatch, kind):
    """PostgreSQL quotes the row that it refuses; other errors a cell."""
    words = "value too long: CONTEXT: COPY records_person, column address: 基隆市某路1號"
    batch = planned([row()])
    monkeypatch.setattr(imports, "apply", mock.Mock(side_effect=kind(words)))
    with pytest.raises(tasks.TaskFailed) as failure:
        tasks.apply_batch.func(batch.pk)
    assert "基隆" not in "".join(traceback.format_exception(failure.value))


def test_what_a_closed_account_confirmed_is_not_written(user_of):
    """Rights are asked again when the worker comes to it (ASVS 8.3.3)."""
    user, batch = user_of("it_staff"), planned([row()])
    assert imports.start_applying(batch, user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    tasks.apply_batch.func(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.applied_by) == ("planned", None) and "請由其他同仁確認" in batch.error
    assert not Person.objects.exists()


def test_a_fault_while_rows_are_made_is_not_called_one_of_the_database(tmp_path, monkeypatch, caplog):
    def broken(plan: object) -> None:
        raise ValueError("a bug of ours")

    monkeypatch.setattr(person_plans.PersonPlan, "make", broken)
    batch = received(workbook(tmp_path / "離校.xlsx", [row()]))
    with pytest.raises(ValueError, match="a bug of ours"):
        imports.read_and_plan(batch)
    batch = reloaded(batch)
    assert batch.state == "failed" and "讀取時發生錯誤" in batch.error


def test_a_batch_that_was_written_while_a_plan_was_made_is_told(monkeypatch):
    known = row()
    imported([known])
    plan = planning.plan

    def slow(*args: object) -> object:
        made = plan(*args)
        with monkeypatch.context() as patch:
            patch.setattr(planning, "plan", plan)
            imported([known | {"聯絡住址": "基隆市中正區新豐街99號"}], mode="overwrite")
        return made

    monkeypatch.setattr(planning, "plan", slow)
    batch = planned([known | {"聯絡住址": "基隆市中正區新豐街77號"}], mode="overwrite")
    assert imports.overtaken(batch).by_batches
