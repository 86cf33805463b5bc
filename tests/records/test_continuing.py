"""The returned workbook comes back: it goes on with its batch, or follows it, or is refused in a sentence."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from records import imports
from records.cells import FormulaCell, RawCell
from records.imports.marks import mark_of, read_mark
from records.imports.row_decisions import Scope
from records.models import ImportBatch, ImportCorrection, ImportRow, Person
from records.rulings import Kind, Ruling
from records.workbooks.writer import write_sheet
from tests.factories import applied, importer, national_id, planned, received, row, verdicts

from .test_imports import sheet_rows

pytestmark = pytest.mark.django_db
State = ImportBatch.State
Rows = list[dict[str, RawCell]]


def wrong_rows() -> list[dict[str, RawCell]]:
    return [row(中文姓名=None), row(身分證字號="A123456788", 學號=None), row(生日="1990-02-30"), row()]


def returned(batch: ImportBatch, folder: Path) -> Rows:
    """The rows of the workbook that goes back, by header."""
    imports.write_returned_rows(batch, folder / "out.xlsx")
    header, *rows = sheet_rows(folder / "out.xlsx")
    return [dict(zip(header, cells, strict=True)) for cells in rows]


def uploaded(rows: list[Mapping[str, RawCell]], folder: Path) -> ImportBatch:
    """What becomes of the workbook that comes back."""
    path = folder / "back.xlsx"
    write_sheet(path, headers=list(rows[0]), rows=[list(row.values()) for row in rows])
    batch = received(path)
    imports.read_and_plan(batch)
    return ImportBatch.objects.get(pk=batch.pk)


def corrected(rows: Rows) -> Rows:
    rows[0]["中文姓名"] = "林補名"
    rows[1]["身分證字號"] = national_id(900020)
    rows[2]["生日"] = "1990-02-28"
    return rows


def test_corrected_rows_go_on_with_the_batch_that_waits(tmp_path):
    batch = planned(wrong_rows())
    assert verdicts(batch) == ["kept_out", "kept_out", "new_person", "new_person"]
    rows = corrected(returned(batch, tmp_path))
    rows.reverse()  # sorted and filtered by who corrects
    came = uploaded(rows, tmp_path)
    assert (came.state, came.predecessor) == (State.CONTINUED, batch) and "更正了 3 列" in came.error
    assert not ImportRow.objects.filter(batch=came).exists()
    batch.refresh_from_db()
    assert batch.state == State.PLANNED and verdicts(batch) == ["new_person"] * 4
    # Only what was changed is a correction, and it says where it came from.
    assert {tuple(c.headers) for c in ImportCorrection.objects.all()} == {
        ("中文姓名",),
        ("身分證字號",),
        ("生日",),
    }
    assert {c.file_name for c in ImportCorrection.objects.all()} == {"back.xlsx"}
    applied(batch)
    assert Person.objects.filter(chinese_name="林補名").exists() and Person.objects.count() == 4


def test_decisions_stand_beside_the_corrections_of_other_rows(tmp_path):
    batch = planned(wrong_rows())
    out = Ruling(Kind.OUT)
    stored = ImportRow.objects.get(batch=batch, row_number=5)
    imports.decide_row(batch, stored, out, scope=Scope.ROW, reason="退學", by=importer())
    uploaded(corrected(returned(batch, tmp_path)), tmp_path)
    assert verdicts(batch) == ["new_person", "new_person", "new_person", "kept_out"]


def test_after_the_import_what_is_still_open_is_a_batch_of_its_own_that_names_the_first(tmp_path, client_of):
    batch = applied(planned(wrong_rows()))
    rows = corrected(returned(batch, tmp_path))
    came = uploaded(rows, tmp_path)
    assert (came.state, came.predecessor) == (State.PLANNED, batch)
    assert verdicts(came) == ["new_person", "new_person", "update"]
    client = client_of("center_staff")
    assert f'importbatch/{batch.pk}/">#{batch.pk}</a>' in page_of_batch(client, came)
    assert f'importbatch/{came.pk}/">#{came.pk}</a>' in page_of_batch(client, batch)
    assert "已經上傳過" in uploaded(rows, tmp_path).error
    applied(came)
    assert Person.objects.count() == 4 and not Person.objects.filter(birth_date=None).exists()


def page_of_batch(client, batch: ImportBatch) -> str:
    return client.get(f"/admin/records/importbatch/{batch.pk}/").content.decode()


def unmarked(rows: Rows) -> Rows:
    rows[1]["批次列號"] = None
    return rows


def made_up(rows: Rows) -> Rows:
    rows[1]["批次列號"] = str(rows[1]["批次列號"]).replace("-3-", "-5-")
    return rows


def twice(rows: Rows) -> Rows:
    return [*rows, dict(rows[0])]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (unmarked, "第 3 列沒有正確的批次列號"),
        (made_up, "第 3 列沒有正確的批次列號"),
        (twice, "第 2 列與第 5 列的批次列號相同"),
        (lambda rows: rows, "沒有新的更正"),
    ],
)
def test_a_workbook_that_cannot_be_taken_is_refused_in_a_sentence(
    change: Callable[[Rows], Rows], sentence, tmp_path
):
    batch = planned(wrong_rows())
    before = verdicts(batch)
    came = uploaded(change(returned(batch, tmp_path)), tmp_path)
    assert came.state == State.REFUSED and sentence in came.error
    assert verdicts(batch) == before and not ImportCorrection.objects.exists()


@pytest.mark.parametrize(
    ("state", "sentence"),
    [(State.DISCARDED, "已放棄"), (State.APPLYING, "正在處理中"), (State.READING, "正在處理中")],
)
def test_rows_of_a_batch_that_does_not_wait_are_refused(state, sentence, tmp_path):
    batch = planned(wrong_rows())
    rows = corrected(returned(batch, tmp_path))
    ImportBatch.objects.filter(pk=batch.pk).update(state=state)
    came = uploaded(rows, tmp_path)
    assert came.state == State.REFUSED and sentence in came.error


def test_rows_of_two_batches_are_refused(tmp_path):
    one, other = planned(wrong_rows()), planned(wrong_rows())
    came = uploaded([*returned(one, tmp_path), *returned(other, tmp_path)], tmp_path)
    assert came.state == State.REFUSED and "不同批次" in came.error


def test_the_same_workbook_twice_says_that_nothing_is_new(tmp_path):
    batch = planned(wrong_rows())
    rows = corrected(returned(batch, tmp_path))
    assert uploaded(rows, tmp_path).state == State.CONTINUED
    again = uploaded(rows, tmp_path)
    assert again.state == State.REFUSED and "沒有新的更正" in again.error


def test_a_file_whose_marks_were_all_removed_is_an_ordinary_file(tmp_path):
    rows = corrected(returned(planned(wrong_rows()), tmp_path))
    came = uploaded([one | {"批次列號": None} for one in rows], tmp_path)
    assert (came.state, came.predecessor) == (State.PLANNED, None)


def test_a_formula_that_comes_back_as_it_went_is_no_correction(tmp_path):
    batch = planned([row(性別=FormulaCell("=1+1", None)), row(中文姓名=None)])
    rows = returned(batch, tmp_path)
    rows[-1]["中文姓名"] = "林補名"
    assert uploaded(rows, tmp_path).state == State.CONTINUED
    assert [c.headers for c in ImportCorrection.objects.all()] == [["中文姓名"]]


def test_a_mark_is_of_one_row_only():
    mark = mark_of(12, 345)
    assert read_mark(f" {mark} ") == (12, 345)
    assert not any(map(read_mark, [None, 12, "12-345", mark.replace("345", "346"), mark + "0"]))


@pytest.mark.parametrize("role", ["registrar", "department_contact", "auditor"])
def test_who_may_not_import_cannot_bring_rows_back(role, client_of, tmp_path):
    batch = planned(wrong_rows())
    uploaded(returned(batch, tmp_path), tmp_path)
    file = SimpleUploadedFile("back.xlsx", (tmp_path / "back.xlsx").read_bytes())
    response = client_of(role).post("/admin/records/importbatch/add/", {"file": file, "mode": "fill"})
    assert response.status_code == 403 and not ImportCorrection.objects.exists()


def test_the_command_goes_on_with_the_batch_as_well(tmp_path):
    batch = planned(wrong_rows())
    rows = corrected(returned(batch, tmp_path))
    path = tmp_path / "back.xlsx"
    write_sheet(path, headers=list(rows[0]), rows=[list(row.values()) for row in rows])
    with pytest.raises(SystemExit) as ended:
        call_command("import_alumni", path, "--apply", "--json", tmp_path / "a.json", stdout=io.StringIO())
    report = json.loads((tmp_path / "a.json").read_text())
    assert (ended.value.code, report["batch"], report["state"]) == (0, batch.pk, "applied")
    assert sorted(answer["rows"] for answer in report["answers"]) == [[2, 3, 4]]
    assert national_id(900020) not in (tmp_path / "a.json").read_text()
