"""What a worker that died, froze or lost its database leaves behind, and who goes on with it (security.md §6)."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from records import imports, leases, progress, tasks, terms
from records.imports import applying, planning
from records.models import ImportBatch, Person, Term
from tests.factories import (
    applied,
    importer,
    national_id,
    planned,
    received,
    row,
    verdicts,
    views,
    workbook,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("organisation")]
LATER = leases.LEASE + datetime.timedelta(seconds=1)


def left(batch: ImportBatch, state: str, **fields: object) -> ImportBatch:
    """The batch as a process that died left it, and its last sign of life too long ago."""
    long_ago = timezone.now() - LATER
    ImportBatch.objects.filter(pk=batch.pk).update(state=state, heartbeat_at=long_ago, **fields)
    return ImportBatch.objects.get(pk=batch.pk)


def unread(tmp_path: Path) -> ImportBatch:
    return received(workbook(tmp_path / "離校.xlsx", [row()]))


# Left behind ------------------------------------------------------------------------------------------------
def test_a_file_whose_task_was_lost_is_read_after_all(tmp_path):
    """The web process died between keeping the file and queueing its reading."""
    batch = unread(tmp_path)
    assert tasks.resume(timezone.now()) == 0  # perhaps it is being queued just now
    assert tasks.resume(batch.uploaded_at + LATER) == 1
    batch.refresh_from_db()
    assert (batch.state, batch.counts["new_person"], batch.resumes) == ("planned", 1, 0)


def test_a_batch_whose_reader_died_is_read_again_from_its_file(tmp_path):
    batch = left(unread(tmp_path), "reading")
    assert tasks.resume(timezone.now()) == 1
    batch.refresh_from_db()
    assert batch.state == "planned" and not imports.upload_path(batch).exists()


def test_a_batch_whose_file_went_too_says_that_it_has_to_be_uploaded_again(tmp_path):
    batch = left(unread(tmp_path), "reading")
    imports.upload_path(batch).unlink()
    assert tasks.resume(timezone.now()) == 0
    batch.refresh_from_db()
    assert batch.state == "failed" and "重新上傳" in batch.error


def test_planning_again_that_broke_off_is_done_again():
    batch = left(planned([row()]), "reading")
    assert tasks.resume(timezone.now()) == 1
    batch.refresh_from_db()
    assert (batch.state, batch.error) == ("planned", "")


def test_a_confirmed_batch_whose_worker_died_is_written_by_the_next():
    batch = left(planned([row()]), "applying", applied_by=importer())
    assert tasks.resume(timezone.now()) == 1
    batch.refresh_from_db()
    assert (batch.state, batch.applied_by, Person.objects.count()) == ("applied", importer(), 1)


def test_it_is_not_written_when_its_confirmer_may_no_longer_import():
    batch = left(planned([row()]), "applying", applied_by=importer())
    User.objects.update(is_active=False)
    tasks.resume(timezone.now())
    batch.refresh_from_db()
    assert batch.state == "planned" and "請由其他同仁確認" in batch.error and not Person.objects.exists()


def test_what_ends_every_worker_is_not_tried_for_ever(tmp_path):
    read = left(unread(tmp_path), "reading", resumes=3)
    confirmed = left(planned([row()]), "applying", applied_by=importer(), resumes=3)
    assert tasks.resume(timezone.now()) == 0
    assert ImportBatch.objects.get(pk=read.pk).state == "failed"
    assert not imports.upload_path(read).exists()
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.applied_by) == ("planned", None) and "多次中斷" in confirmed.error


def test_a_batch_that_waits_in_the_queue_is_not_queued_twice(tmp_path, settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    batch = unread(tmp_path)
    tasks.read_batch.enqueue(batch.pk)
    assert tasks.resume(batch.uploaded_at + LATER) == 0
    assert DBTaskResult.objects.count() == 1


def test_a_batch_with_a_sign_of_life_is_left_alone():
    batch = left(planned([row()]), "applying", applied_by=importer())
    progress.write(batch.pk, "applying", 1, 2)
    assert tasks.resume(timezone.now()) == 0
    imports.apply(batch)  # a second worker that got the same task
    batch.refresh_from_db()
    assert batch.state == "applying"
    progress.clear(batch.pk)


def test_corrections_survive_planning_again_that_broke_off_while_the_file_still_lay_there(tmp_path):
    """Two deaths: the first between the plan and the deletion of its file."""
    batch = received(workbook(tmp_path / "離校.xlsx", [row(身分證字號="A123456788"), row()]))
    file = imports.upload_path(batch).read_bytes()
    imports.read_and_plan(batch)
    imports.upload_path(batch).write_bytes(file)
    assert imports.correct(batch, {2: {"身分證字號": national_id(4242)}}, by=importer())
    left(batch, "reading")
    assert tasks.resume(timezone.now()) == 1
    assert verdicts(batch) == ["new_person", "new_person"] and views(batch)[0].masked_id


@pytest.mark.parametrize(("module", "step"), [(planning, "plan"), (applying, "reserve")])
def test_a_term_chosen_while_a_batch_is_worked_on_stays(monkeypatch, tmp_path, module, step):
    batch = unread(tmp_path)
    term = terms.hold(Term(academic_year=113, half=1, due_on=datetime.date(2025, 3, 31)))
    stored = ImportBatch.objects.get(pk=batch.pk)
    during(monkeypatch, module, step, lambda: terms.assign(stored, term, by=importer(), at=timezone.now()))
    imports.read_and_plan(batch)
    batch = applied(ImportBatch.objects.get(pk=batch.pk))
    assert (batch.state, batch.term) == ("applied", term)


# Lost leases ------------------------------------------------------------------------------------------------
def during(monkeypatch: pytest.MonkeyPatch, module: object, name: str, act: Callable[[], object]) -> None:
    """`act` happens once, just before the named step: what others do while this worker is frozen there."""
    step = getattr(module, name)
    acts = [act]

    def stepping(*args: object, **options: object) -> object:
        if acts:
            acts.pop()()
        return step(*args, **options)

    monkeypatch.setattr(module, name, stepping)


def test_a_worker_that_lost_its_lease_while_writing_writes_nothing(monkeypatch):
    batch = planned([row()])
    imports.start_applying(batch, importer())

    def others() -> None:
        os.utime(progress._path(batch.pk), (0, 0))
        assert imports.take_over(left(batch, "applying"))

    during(monkeypatch, applying, "reserve", others)
    imports.apply(batch)
    assert not Person.objects.exists()
    assert ImportBatch.objects.get(pk=batch.pk).state == "applying"
    tasks.apply_batch.func(batch.pk)
    assert (ImportBatch.objects.get(pk=batch.pk).state, Person.objects.count()) == ("applied", 1)


def test_a_worker_that_lost_its_lease_while_reading_leaves_file_and_plan_to_the_next(monkeypatch, tmp_path):
    batch = unread(tmp_path)

    def others() -> None:
        os.utime(progress._path(batch.pk), (0, 0))
        assert imports.take_over(left(batch, "reading"))

    during(monkeypatch, planning, "plan", others)
    imports.read_and_plan(batch)
    batch = ImportBatch.objects.get(pk=batch.pk)
    assert batch.state == "received" and imports.upload_path(batch).exists()
    imports.read_and_plan(batch)
    assert ImportBatch.objects.get(pk=batch.pk).state == "planned"


# A database that fails --------------------------------------------------------------------------------------
def failing(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    step, left_to_fail = applying.apply_changes, [None] * times

    def stepping(*args: object, **options: object) -> object:
        if left_to_fail:
            left_to_fail.pop()
            raise OperationalError("server closed the connection unexpectedly")
        return step(*args, **options)

    monkeypatch.setattr(applying, "apply_changes", stepping)


@pytest.mark.parametrize(("times", "state", "people"), [(1, "applied", 1), (2, "planned", 0)])
def test_a_lost_connection_is_tried_once_more(monkeypatch, times, state, people):
    """Case 6; deadlocks and serialization failures likewise (case 38)."""
    batch = planned([row()])
    imports.start_applying(batch, importer())
    failing(monkeypatch, times)
    tasks.apply_batch.func(batch.pk)
    batch = ImportBatch.objects.get(pk=batch.pk)
    assert (batch.state, Person.objects.count()) == (state, people)
    assert ("無法連線" in batch.error) is (state == "planned")
