"""Uploads, plans and what dead processes leave lie there only as long as somebody needs them."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.utils import timezone

from accounts import closing
from accounts.models import User
from records import deliveries, imports, progress, tasks
from records.imports import planning
from records.models import Delivery, ImportBatch, ImportRow
from tests.deliveries import foreign_file
from tests.factories import importer, planned, received, row, workbook

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def own_data(settings, tmp_path) -> None:
    """A data folder in which no other test left anything."""
    settings.DATA_DIR = tmp_path / "data"
    for folder in ("uploads", "tmp"):
        (settings.DATA_DIR / folder).mkdir(parents=True)


def leftover(folder: str, name: str, age: datetime.timedelta) -> Path:
    path = Path(settings.DATA_DIR) / folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"PK")
    moment = (timezone.now() - age).timestamp()
    os.utime(path, (moment, moment))
    return path


def test_a_file_that_nobody_read_goes_after_a_day_and_its_batch_says_so(tmp_path):
    batch = received(workbook(tmp_path / "離校.xlsx", [row()]))
    assert imports.purge(batch.uploaded_at + DAY / 2) == 0 and imports.upload_path(batch).exists()
    assert imports.purge(batch.uploaded_at + DAY * 1.1) == 1
    batch.refresh_from_db()
    assert batch.state == "discarded" and "超過一天" in batch.error
    assert not imports.upload_path(batch).exists()


def test_the_worker_that_looks_every_few_seconds_deletes_a_refused_file_after_its_day(tmp_path):
    batch = received(foreign_file(tmp_path / "離校.xlsx", [row()]))
    imports.read_and_plan(batch)
    tasks.resume(batch.uploaded_at + DAY * 0.99)
    assert imports.upload_path(batch).exists()
    tasks.resume(batch.uploaded_at + DAY * 1.01)
    assert not imports.upload_path(batch).exists()


def test_a_plan_that_nobody_confirmed_goes_after_thirty_days(client_of):
    batch = planned([row()])
    assert imports.purge(batch.planned_at + DAY * 29) == 0
    ImportBatch.objects.update(planned_at=timezone.now() - DAY * 31)
    call_command("review_accounts")
    batch.refresh_from_db()
    assert batch.state == "discarded" and not ImportRow.objects.exists()
    page = client_of("center_staff").get(f"/admin/records/importbatch/{batch.pk}/").content.decode()
    assert "超過 30 天沒有確認" in page


def test_what_dead_processes_left_goes_and_what_is_wanted_stays(tmp_path):
    """Case 2: a web process that died during an upload."""
    waiting = received(workbook(tmp_path / "離校.xlsx", [row()]))
    hours = datetime.timedelta(hours=2)
    os.utime(imports.upload_path(waiting), (0, 0))
    progress.write(waiting.pk, "reading", 1, None)
    gone = [
        leftover("uploads", "987654.xlsx", hours),
        leftover("uploads", "987655.part", hours),
        leftover("tmp", "tmpx.upload", hours),
        leftover("progress", "987654.json", hours),
    ]
    young = leftover("tmp", "tmpy.upload", datetime.timedelta(minutes=5))
    evidence = leftover("uploads/evidence", "987654.pdf", hours)
    assert imports.purge(timezone.now()) == len(gone)
    assert not [path for path in gone if path.exists()]
    assert young.exists() and evidence.exists() and imports.upload_path(waiting).exists()
    assert progress.read(waiting.pk)
    progress.clear(waiting.pk)
    young.unlink()
    evidence.unlink()


def test_an_account_that_is_closed_leaves_no_plan_behind(user_of):
    """Also one that the idle job closes."""
    user_of("center_director", password="Harbour-Gannet-27")
    batch = planned([row()])
    closing.close(importer(), reason="閒置", by=None)
    batch.refresh_from_db()
    assert batch.state == "discarded" and not ImportRow.objects.exists()
    assert "帳號已停用" in batch.error


def test_an_account_that_is_closed_while_its_file_is_read_leaves_no_plan_behind(
    user_of, tmp_path, monkeypatch
):
    user_of("center_director", password="Harbour-Gannet-27")
    batch = received(workbook(tmp_path / "離校.xlsx", [row()]))
    plan = planning.plan

    def planned_meanwhile(*args: object) -> object:
        closing.close(importer(), reason="閒置", by=None)
        return plan(*args)

    monkeypatch.setattr(planning, "plan", planned_meanwhile)
    imports.read_and_plan(batch)
    batch = ImportBatch.objects.get(pk=batch.pk)
    assert batch.state == "discarded" and not ImportRow.objects.exists() and "帳號已停用" in batch.error


@pytest.mark.parametrize("kind", [imports, deliveries])
def test_an_account_that_is_closed_while_its_file_arrives_leaves_no_file_behind(
    user_of, tmp_path, monkeypatch, kind
):
    user_of("center_director", password="Harbour-Gannet-27")
    part = imports.files if kind is imports else deliveries.life
    check = part.check_file

    def closed_meanwhile(*args: object, **options: object) -> None:
        closing.close(User.objects.get(pk=uploader.pk), reason="閒置", by=None)
        check(*args, **options)

    monkeypatch.setattr(part, "check_file", closed_meanwhile)
    uploader, path = importer(), foreign_file(tmp_path / "離校.xlsx", [row()])
    with path.open("rb") as file, pytest.raises(PermissionDenied):
        kind.receive(file, file_name=path.name, user=uploader)
    assert not list((Path(settings.DATA_DIR) / "uploads").iterdir())
    assert not ImportBatch.objects.exists() and not Delivery.objects.exists()


@pytest.mark.parametrize(("days", "is_news"), [(1, True), (20, False)])
def test_the_board_forgets_what_came_to_nothing(client_of, days, is_news):
    batch = received_and_refused(timezone.now() - DAY * days)
    page = client_of("center_staff").get("/admin/").content.decode()
    assert (batch.file_name in page) is is_news


def received_and_refused(at: datetime.datetime) -> ImportBatch:
    return ImportBatch.objects.create(
        file_name="退回的檔案.xlsx", sha256="0" * 64, state="refused", uploaded_by=importer(), uploaded_at=at
    )
