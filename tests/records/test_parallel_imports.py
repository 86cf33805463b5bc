"""Imports that meet: two workers, two batches and an editor at once, each on a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone

from accounts import closing
from records import deliveries, imports
from records.changes import PersonChange, apply_changes
from records.models import AcademicRecord, Annotation, Delivery, ImportBatch, Person, Source
from tests.deliveries import foreign_file
from tests.factories import applied, imported, importer, planned, received, row, verdicts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("organisation")]


def together(*acts: Callable[[], object]) -> list[object]:
    """What each act returned, all begun at once in threads with connections of their own."""
    start = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def work(index: int) -> None:
        try:
            start.wait()
            results[index] = acts[index]()
        except Exception as failure:  # noqa: BLE001 -- told by the test's own thread
            results[index] = failure
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failures = [result for result in results if isinstance(result, Exception)]
    assert not failures, failures
    return results


def apply_now(batch: ImportBatch) -> None:
    imports.apply(ImportBatch.objects.get(pk=batch.pk))


def test_of_many_who_confirm_at_once_exactly_one_goes_on():
    batch = planned([row()])
    user = importer()
    won = together(
        *[lambda: imports.start_applying(ImportBatch.objects.get(pk=batch.pk), user) for _ in range(6)]
    )
    assert sorted(won) == [False] * 5 + [True]


def test_two_batches_with_the_same_new_people_enter_them_once():
    rows = [row() for _ in range(20)]
    first, second = planned(rows), planned(rows[::-1])
    for batch in (first, second):
        assert imports.start_applying(batch, importer())
    together(lambda: apply_now(first), lambda: apply_now(second))
    assert (Person.objects.count(), AcademicRecord.objects.count()) == (20, 20)
    states = {ImportBatch.objects.get(pk=batch.pk).state for batch in (first, second)}
    assert "applied" in states and states <= {"applied", "planned"}
    for batch in (first, second):
        batch.refresh_from_db()
        if batch.state == "planned":  # planned again, and says so
            assert batch.error
            assert set(verdicts(batch)) == {"unchanged"}
            assert applied(batch).state == "applied"
    assert (Person.objects.count(), Person.history.count()) == (20, 20)


def test_a_batch_and_editors_of_the_same_people_lose_no_change_silently():
    rows = [row() for _ in range(10)]
    imported(rows)
    batch = planned([cells | {"行動電話": f"0911-{index:06d}"} for index, cells in enumerate(rows)])
    assert imports.start_applying(batch, importer())
    people = list(Person.objects.order_by("pk"))

    def edit() -> list[list[str]]:
        changes = [PersonChange(p.pk, {"mobile": "0922-000000"}, {"mobile": p.mobile}) for p in people[::-1]]
        found = apply_changes(changes, editor=importer(), source=Source.ADMIN, at=timezone.now())
        return [outcome.stale for outcome in found]

    edited, _none = together(edit, lambda: apply_now(batch))
    batch.refresh_from_db()
    assert batch.state == "applied"
    by_hand = sum(not stale for stale in edited)
    by_file = verdicts(batch).count("update")
    assert by_hand + by_file == 10
    assert verdicts(batch).count("needs_person") == by_hand
    assert Person.objects.filter(mobile="0922-000000").count() == by_hand
    assert Annotation.objects.count() == 10


def test_an_account_closed_in_the_moment_of_handing_over_waits_for_it_and_deletes_the_file(
    user_of, settings, tmp_path, monkeypatch
):
    user_of("center_director", password="Harbour-Gannet-27")
    settings.DATA_DIR = tmp_path / "data"
    (settings.DATA_DIR / "uploads").mkdir(parents=True)
    batch = received(foreign_file(tmp_path / "離校.xlsx", [row()]))
    imports.read_and_plan(batch)
    rename = Path.rename

    def close() -> None:
        closing.close(importer(), reason="離職", by=None)
        connections.close_all()

    other = threading.Thread(target=close)

    def renamed(path: Path, target: Path) -> Path:
        """The last step of keeping the file, while somebody else has the account closed."""
        other.start()
        other.join(0.5)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", renamed)
    handed_over = deliveries.as_delivery(ImportBatch.objects.get())
    other.join()
    assert handed_over is not None and Delivery.objects.get().state == "discarded"
    assert not importer().is_active and not list((settings.DATA_DIR / "uploads").iterdir())
