"""The pages and the command of an undo: who may, what is shown, nothing twice, no values where none belong."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from records import tasks
from records.changes import PersonChange, apply_changes
from records.imports import undoing
from records.models import BatchUndo, ImportBatch, Person, Source
from tests.factories import imported, importer, national_id, row
from tests.undoings import undo_planned, undone

pytestmark = pytest.mark.usefixtures("organisation")


def url(batch: ImportBatch, act: str = "") -> str:
    return f"/admin/records/importbatch/{batch.pk}/undo/{act}"


@pytest.fixture
def center(client_of):
    return client_of("center_staff")


@pytest.fixture
def updated():
    """A batch that changed two people and entered one; of the second somebody has changed the city since."""
    rows = [row(中文姓名="林一一"), row(中文姓名="林二二")]
    imported(rows)
    changed = [one | {"城市": "臺北市", "身分證字號": one["身分證字號"]} for one in rows]
    batch = imported([*changed, row(中文姓名="林三三")])
    person = Person.objects.get(chinese_name="林二二")
    change = PersonChange(person.pk, {"city": "花蓮縣"}, {"city": "臺北市"})
    apply_changes([change], editor=importer(), source=Source.ADMIN, at=timezone.now())
    return batch


def test_from_the_batch_to_the_plan_to_the_result(center, updated):
    listing = "/admin/records/importbatch/"
    page = center.get(f"{listing}{updated.pk}/").content.decode()
    assert "還原這個批次" in page and url(updated) in page
    assert "請填理由" in center.post(url(updated), {"reason": " "}).content.decode()
    plan = center.post(url(updated), {"reason": "檔案錯了"}, follow=True).content.decode()
    assert "林一一" in plan and "臺北市" in plan and "基隆市" in plan and "移除這位校友" in plan
    assert "王小明於" in plan and "匯入前為「基隆市」" in plan and Person.objects.count() == 3
    assert "林一一" not in center.get(url(updated), {"outcome": "kept"}).content.decode()
    done = center.post(url(updated, "apply/"), follow=True).content.decode()
    assert "部分還原" in done and "查看" in center.get(f"{listing}{updated.pk}/").content.decode()
    assert Person.objects.count() == 2
    gone = Person.history.get(chinese_name="林三三", history_type="-")
    assert "林三三" in done and f"/person/{gone.id}/" not in done
    assert f"/person/{gone.id}/" not in center.get(f"{listing}{updated.pk}/").content.decode()
    assert "部分還原" in center.get(listing).content.decode()
    assert "不能確認" in center.post(url(updated, "apply/"), follow=True).content.decode()


def test_a_plan_can_be_given_up_and_progress_is_told(center, updated):
    undo_planned(updated)
    answer = center.get(url(updated, "progress/")).json()
    assert answer["working"] is False and answer["state"] == "待確認"
    assert "已放棄" in center.post(url(updated, "discard/"), follow=True).content.decode()
    assert "產生還原計畫" in center.get(url(updated)).content.decode() and Person.objects.count() == 3


def test_whole_national_ids_stand_nowhere(center):
    came = row(身分證字號="")
    imported([came])
    batch = imported([came | {"身分證字號": national_id(900)}])
    undo_planned(batch)
    page = center.get(url(batch)).content.decode()
    assert national_id(900) not in page and "L*******" in page


def test_many_people_need_a_director_who_is_not_the_planner(client_of, user_of, monkeypatch):
    monkeypatch.setattr(undoing, "ALONE", 1)
    batch = imported([row(), row()])
    undo = undo_planned(batch, by=user_of("center_director"))
    director, staff = client_of("center_director"), client_of("center_staff")
    assert "須由計畫人以外的主任確認" in director.get(url(batch)).content.decode()
    for client in (director, staff):
        assert client.post(url(batch, "apply/")).status_code == 403
    undoing.discard_undo(undo)
    undo_planned(batch, by=user_of("center_staff"))
    card = director.get("/admin/").context_data["board"].batch_cards[-1]
    assert (card.title, card.count, card.url) == ("待您確認的批次還原", 1, url(batch))
    assert director.post(url(batch, "apply/")).status_code == 302
    assert not Person.objects.exists()


def test_whoever_lost_the_right_since_confirming_writes_nothing(user_of):
    account, batch = user_of("center_staff"), imported([row()])
    undo = undo_planned(batch)
    assert undoing.start_undoing(undo, account)
    account.is_active = False
    account.save()
    tasks.undo_batch.func(undo.pk)
    undo.refresh_from_db()
    assert (undo.state, undo.applied_by) == ("planned", None) and "沒有權限" in undo.error
    assert Person.objects.exists()


def test_the_factor_is_asked_for_again_before_it_is_confirmed(client_of, user_of):
    user_of("center_staff", password="a long passphrase of a test")
    batch = imported([row()])
    undo_planned(batch)
    answer = client_of("center_staff").post(url(batch, "apply/"))
    assert answer.status_code == 302 and "/accounts/confirm/" in answer.url and Person.objects.exists()


# --- the command ------------------------------------------------------------------------------------------------
@pytest.fixture
def run(tmp_path):
    """`run(batch, *options)` → (exit status, JSON)."""

    def command(batch: ImportBatch, *options: str) -> tuple[int, dict]:
        target = tmp_path / "result.json"
        who = ("--user", importer().username, "--json", str(target))
        with pytest.raises(SystemExit) as ended:
            call_command("undo_import", str(batch.pk), *who, *options)
        return ended.value.code, json.loads(target.read_text(encoding="utf-8"))

    return command


def test_the_command_plans_and_writes_and_says_so_as_json(run, updated, capsys):
    status, report = run(updated, "--reason", "檔案錯了")
    assert (status, report["state"], Person.objects.count()) == (1, "planned", 3)
    assert report["counts"] == {"waiting": 2, "done": 0, "kept": 1, "cannot": 0}
    status, report = run(updated, "--apply")
    assert (status, report["state"], Person.objects.count()) == (1, "applied", 2)
    assert "已還原：2" in capsys.readouterr().out
    assert "林" not in json.dumps(report, ensure_ascii=False)
    assert run(updated, "--apply")[1] == report  # and nothing twice


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["1", "--user", "importer"], "請填理由"),
        (["1", "--user", "nobody", "--reason", "x"], "沒有「nobody」"),
        (["987654", "--user", "importer", "--reason", "x"], "沒有批次"),
        (["1", "--user", "registrar", "--reason", "x"], "不能還原"),
    ],
)
def test_what_the_command_refuses_is_one_sentence(options, sentence, user_of):
    user_of("registrar")
    batch = imported([row()])
    options = [str(batch.pk) if option == "1" else option for option in options]
    with pytest.raises(CommandError, match=sentence) as refused:
        call_command("undo_import", *options)
    assert refused.value.returncode == 2 and not BatchUndo.objects.exists()


def test_the_command_goes_on_with_what_a_dead_process_left(run):
    batch = imported([row()])
    undo = undo_planned(batch)
    assert undoing.start_undoing(undo, importer())
    assert run(batch, "--apply")[0] == 0 and not Person.objects.exists()


def test_an_undo_that_is_done_is_shown_and_nothing_more_is_offered(center):
    batch = imported([row()])
    undone(batch)
    page = center.get(url(batch)).content.decode()
    assert "已還原" in page and "確認還原" not in page and "產生還原計畫" not in page
