"""`manage.py import_alumni`: exit status, the shape of its JSON, and no national ID in clear."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from records import terms
from records.columns import HEADERS
from records.models import Disclosure, ImportBatch, Person
from records.workbooks.writer import write_sheet
from tests.deliveries import as_proposed, delivered, foreign_file
from tests.factories import BACHELOR, MASTER, importer, national_id, row, workbook

pytestmark = pytest.mark.django_db

COUNTS = {"new_person", "new_record", "update", "unchanged", "needs_person", "kept_out", "remarks"}


@pytest.fixture
def run(tmp_path):
    """`run(rows_or_path, *options)` → (exit status, JSON)."""

    def command(rows, *options: str) -> tuple[int, dict]:
        importer()
        path = rows if hasattr(rows, "read_bytes") else workbook(tmp_path / "離校.xlsx", rows)
        target = tmp_path / "result.json"
        with pytest.raises(SystemExit) as ended:
            call_command("import_alumni", str(path), *options, "--json", str(target), "--user", "importer")
        return ended.value.code, json.loads(target.read_text(encoding="utf-8"))

    return command


def test_without_apply_nothing_is_written_and_the_status_is_0(run, capsys):
    status, report = run([row(), row()])
    assert (status, report["state"], Person.objects.count()) == (0, "planned", 0)
    assert "新校友：2" in capsys.readouterr().out


def test_the_json_has_the_shape_that_was_agreed(run):
    person = row()
    status, report = run([person | BACHELOR, person | MASTER, row(電子郵件="壞的")], "--apply")
    assert status == 0
    # The remarks on the file as a whole stand in "notes"; the rest is as agreed.
    assert set(report) - {"notes"} == {"batch", "state", "file", "counts", "errors", "rows"}
    batch = ImportBatch.objects.get()
    assert (report["batch"], report["state"], report["errors"]) == (batch.pk, "applied", [])
    assert report["file"] == {"sha256": batch.sha256, "rows": 3}
    assert set(report["counts"]) == COUNTS
    assert report["counts"]["new_person"] == 2 and report["counts"]["new_record"] == 1
    assert sum(report["counts"][verdict] for verdict in COUNTS - {"remarks"}) == 3
    for number, found in enumerate(report["rows"], 2):
        assert set(found) == {"row", "verdict", "serial_number", "values", "remarks"}
        assert found["row"] == number and set(found["values"]) == set(HEADERS)
        assert found["serial_number"]
        for remark in found["remarks"]:
            assert set(remark) == {"column", "level", "code", "message"}
            assert remark["level"] in {"error", "warning", "note"}
    last = report["rows"][2]
    assert last["values"]["電子郵件"] == ""
    assert {(r["column"], r["level"]) for r in last["remarks"]} >= {("電子郵件", "error")}
    assert (last["values"]["性別"], last["values"]["所在國家"], last["values"]["在學狀態"]) == (
        "男",
        "台灣",
        "21-畢業",
    )


def test_the_serial_number_is_null_before_it_is_given(run):
    _status, report = run([row(), row(流水號="X1")])
    assert [found["serial_number"] for found in report["rows"]] == [None, "X1"]


@pytest.mark.parametrize("bad", [{"中文姓名": None}, {"畢業系所": "不存在學系"}])
def test_rows_kept_out_or_left_to_a_person_make_the_status_1(run, bad):
    status, report = run([row(), row(**bad)], "--apply")
    assert (status, report["state"], Person.objects.count()) == (1, "applied", 1)


def test_a_refused_file_makes_the_status_2_and_its_sentence_is_in_the_json(run, tmp_path):
    path = tmp_path / "假.xlsx"
    path.write_bytes(b"not a workbook")
    status, report = run(path)
    assert (status, report["state"]) == (2, "refused")
    assert len(report["errors"]) == 1 and report["rows"] == []
    assert set(report["counts"]) == COUNTS


def test_a_header_without_a_required_column_makes_the_status_2(run, tmp_path):
    path = tmp_path / "無姓名.xlsx"
    write_sheet(path, headers=["學號", "生日"], rows=[["00957001", "1990-01-01"]])
    status, report = run(path)
    assert (status, report["state"]) == (2, "refused")
    assert report["errors"]


def test_an_absent_file_makes_the_status_2(tmp_path):
    importer()
    with pytest.raises(CommandError) as ended:
        call_command("import_alumni", str(tmp_path / "absent.xlsx"))
    assert ended.value.returncode == 2


def test_an_account_that_may_not_import_is_told_so(tmp_path, user_of):
    user_of("department_contact")
    path = workbook(tmp_path / "離校.xlsx", [row()])
    for name in ("department_contact", "nobody"):
        with pytest.raises(CommandError):
            call_command("import_alumni", str(path), "--user", name)
    assert ImportBatch.objects.count() == 0


@pytest.mark.parametrize(("mode", "city"), [("fill", "基隆市"), ("skip", "基隆市"), ("overwrite", "新北市")])
def test_the_mode_is_handed_on(run, mode, city):
    person = row()
    run([person | MASTER], "--apply")
    run([person | BACHELOR | {"城市": "新北市"}], "--apply", "--mode", mode)
    assert Person.objects.get().city == city


def test_national_ids_are_masked_everywhere_in_the_output(run, capsys):
    stray, wrong = national_id(888_888), "L190000000"
    came = [
        row(),
        row(中文姓名=None),
        row(身分證字號=wrong),
        row(畢業系所=stray),
        row(在學狀態=stray),
    ]
    status, report = run(came, "--apply")
    printed = capsys.readouterr()
    everything = json.dumps(report, ensure_ascii=False) + printed.out + printed.err
    for number in [cells["身分證字號"] for cells in came]:
        assert number not in everything
    assert report["rows"][0]["values"]["身分證字號"] == f"L*******{came[0]['身分證字號'][-2:]}"
    # Also where it stands in a column that is not its own, the sentence does not repeat it.
    assert not any(stray in r["message"] for found in report["rows"] for r in found["remarks"])
    assert not Disclosure.objects.filter(detail__contains="L19").exists()


def test_a_raw_delivery_is_converted_by_a_named_mapping(run, tmp_path, capsys):
    path = foreign_file(tmp_path / "113-2離校名冊.xlsx", [row(), row(畢業年月="11306")])
    as_proposed(delivered([row()]), name="註冊組")
    status, report = run(path, "--mapping", "註冊組", "--apply")
    assert (status, report["state"], Person.objects.count()) == (0, "applied", 2)
    assert [found["values"]["畢業日期"] for found in report["rows"]] == ["2013-06-15", "2024-06"]
    assert ImportBatch.objects.get().delivery.mapping.name == "註冊組"
    assert "未匯入的欄：學年期、審查結果" in capsys.readouterr().out


def test_a_delivery_that_the_mapping_does_not_fit_makes_the_status_2(run, tmp_path):
    as_proposed(delivered([row()]), name="註冊組")
    path = foreign_file(tmp_path / "離校.xlsx", [row()], headers=["姓  名", "學生學號", "手機"])
    status, report = run(path, "--mapping", "註冊組")
    assert (status, report["state"]) == (2, "refused") and "系所名稱" in report["errors"][0]
    with pytest.raises(CommandError) as ended:
        call_command("import_alumni", str(path), "--mapping", "沒有這個")
    assert ended.value.returncode == 2


def test_a_file_is_taken_for_a_term_that_is_open_and_for_no_other(run, tmp_path):
    open_term = terms.known(timezone.localdate())[0]
    run([row()], "--term", open_term.key)
    assert ImportBatch.objects.get().term.key == open_term.key
    path = workbook(tmp_path / "離校.xlsx", [row()])
    with pytest.raises(CommandError, match="沒有「1-9」這個學期"):
        call_command("import_alumni", str(path), "--user", "importer", "--term", "1-9")
