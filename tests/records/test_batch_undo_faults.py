"""An undo that is killed, and undos, editors and workers that meet (security.md §6, cases 8, 9, 20–23, 39)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from records import follow_ups, leases, tasks
from records.changes import PersonChange, apply_changes
from records.imports import undo_states, undoing
from records.models import AcademicRecord, BatchUndo, ImportBatch, Person, Source
from tests.factories import BACHELOR, MASTER, imported, importer, row
from tests.undoings import faults, undo_planned, values_of

from .test_parallel_imports import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("organisation")]


@pytest.fixture
def batch() -> ImportBatch:
    """A batch that changed five people, gave one a second degree and entered five."""
    rows = [row(**BACHELOR), *(row() for _ in range(4))]
    imported(rows)
    changed = [one | {"城市": "臺北市", "班級資料": "新班"} for one in rows]
    return imported([*changed, changed[0] | MASTER, *(row() for _ in range(5))])


@pytest.fixture
def before(batch) -> dict[int, dict]:
    """What was stored before the batch: as it is after an undo that nothing disturbed, which is rolled back."""
    with transaction.atomic():
        undo = undo_planned(batch)
        assert undoing.start_undoing(undo, importer())
        undoing.undo_batch(undo)
        found = {person.pk: values_of(person) for person in Person.objects.all()}
        transaction.set_rollback(True)
    assert len(found) == 5 and {values["city"] for values in found.values()} == {"基隆市"}
    return found


def stored() -> dict[int, dict]:
    return {person.pk: values_of(person) for person in Person.objects.all()}


@contextmanager
def process(undo: BatchUndo, point: str, number: int) -> Iterator[subprocess.Popen]:
    """A process that stands still at that point; it is killed by the end of the block at the latest."""
    name = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "tests.undo_process", name, str(undo.pk), point, str(number)]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "alumni_db.settings_test"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as child:
        try:
            assert child.stdout.readline() == "here\n"
            yield child
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()


@pytest.mark.parametrize(
    ("point", "number"),
    [("removing", 1), ("removing", 4), ("noting", 2), ("between steps", 3), ("finishing", 1)],
)
def test_an_undo_that_is_killed_goes_on_by_itself_and_does_nothing_twice(batch, before, point, number):
    undo = undo_planned(batch)
    assert undoing.start_undoing(undo, importer())
    with process(undo, point, number):
        pass
    undo.refresh_from_db()
    assert undo.state == "applying" and not faults()
    assert tasks.resume(timezone.now() + 2 * leases.LEASE) == 1
    undo.refresh_from_db()
    assert (undo.state, undo.result) == ("applied", "已還原")
    assert stored() == before and not faults()
    rows = Person.history.filter(source=Source.UNDO).values_list("id", flat=True)
    assert sorted(rows) == sorted(set(rows)) and len(rows) == 10


def test_planning_that_is_killed_is_begun_again(batch, before):
    undo = undoing.open_undo(batch, reason="檔案錯了", by=importer(), at=timezone.now())
    with process(undo, "storing the plan", 1):
        pass
    assert undoing.undo_of(batch).state == "planning" and not undo.rows.exists()
    assert tasks.resume(timezone.now() + 2 * leases.LEASE) == 1
    undo.refresh_from_db()
    assert (undo.state, undo.people) == ("planned", 10)
    assert undoing.start_undoing(undo, importer())
    undoing.undo_batch(undo)
    assert stored() == before


def test_workers_users_and_tabs_at_once_write_once(batch, before, user_of, monkeypatch):
    monkeypatch.setattr(undoing, "ROWS_PER_STEP", 4)
    users = [importer(), user_of("center_director"), user_of("center_staff")]

    def opened(user) -> bool:
        try:
            undoing.open_undo(batch, reason="檔案錯了", by=user, at=timezone.now())
        except ValidationError:
            return False
        return True

    assert sorted(together(*[lambda user=user: opened(user) for user in users])) == [False, False, True]
    undo = undoing.undo_of(batch)
    undoing.plan_undo(undo)
    acts = [
        lambda user=user: undoing.start_undoing(BatchUndo.objects.get(pk=undo.pk), user) for user in users
    ]
    assert sorted(together(*acts)) == [False, False, True]
    together(*[lambda: undoing.undo_batch(BatchUndo.objects.get(pk=undo.pk)) for _ in range(3)])
    undo.refresh_from_db()
    assert undo.state == "applied" and stored() == before and not faults()
    assert Person.history.filter(source=Source.UNDO).count() == 10


def test_editors_and_callers_during_an_undo_lose_nothing(batch, monkeypatch):
    """Whoever comes first: an edit before the undo reaches the person stays, one after it changes the earlier value."""
    monkeypatch.setattr(undoing, "ROWS_PER_STEP", 4)
    undo = undo_planned(batch)
    assert undoing.start_undoing(undo, importer())
    old = list(Person.objects.order_by("pk")[:5])
    new = list(Person.objects.order_by("pk")[5:])

    def edit() -> list[bool]:
        outcomes = []
        for person in old:
            change = PersonChange(person.pk, {"city": "花蓮縣"}, {"city": "臺北市"})
            [applied] = apply_changes([change], editor=importer(), source=Source.ADMIN, at=timezone.now())
            outcomes.append(not applied.stale)
        return outcomes

    def call() -> list[int]:
        reached = []
        for person in reversed(new):
            try:
                follow_ups.log_call_to(
                    person, by=importer(), at=timezone.now(), number="0911-222333", outcome="reached"
                )
            except (IntegrityError, ValidationError):  # removed already
                continue
            reached.append(person.pk)
        return reached

    edited, reached, _undone = together(
        edit, call, lambda: undoing.undo_batch(BatchUndo.objects.get(pk=undo.pk))
    )
    undo.refresh_from_db()
    assert undo.state == "applied" and not faults()
    cities = [Person.objects.get(pk=person.pk).city for person in old]
    assert cities == ["花蓮縣" if is_written else "基隆市" for is_written in edited]
    assert set(Person.objects.order_by("pk").values_list("pk", flat=True)[5:]) == set(reached)
    assert AcademicRecord.objects.filter(person__in=reached).count() == len(reached)


# --- a frozen worker, whose session PostgreSQL ends ------------------------------------------------------------


def resumed_by_others() -> list[int]:
    """The undos that another worker, who sees no sign of life, takes over."""
    left = undo_states.left_behind(timezone.now() + 2 * leases.LEASE)
    return [undo.pk for undo in left if undo_states.take_over(undo)]


@pytest.mark.postgresql
def test_a_frozen_worker_that_wakes_up_does_not_stop_the_one_that_took_over(monkeypatch):
    undo = undo_planned(imported([row(), row()]))
    assert undoing.start_undoing(undo, importer())
    judge, taken = undoing.judge, []

    def frozen(*args: object) -> object:
        if not taken:
            taken.extend(*together(resumed_by_others))
        return judge(*args)

    monkeypatch.setattr(undoing, "judge", frozen)
    with pytest.raises(OperationalError):
        undoing.undo_batch(undo)
    connection.close()
    assert taken == [undo.pk] and BatchUndo.objects.get(pk=undo.pk).state == "applying"
    undoing.undo_batch(BatchUndo.objects.get(pk=undo.pk))
    assert BatchUndo.objects.get(pk=undo.pk).result == "已還原"


@pytest.mark.postgresql
def test_an_undo_in_the_queue_leaves_the_session_of_other_work_alone():
    undo = undo_planned(imported([row()]))  # by this connection
    assert undoing.start_undoing(undo, importer())
    with transaction.atomic():  # which does something else meanwhile
        assert Person.objects.exists()
        assert together(resumed_by_others) == [[undo.pk]]
        assert Person.objects.exists()
