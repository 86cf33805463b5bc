"""Cases 24 and 25 of security.md §6: full disks, small ones of their own."""

from __future__ import annotations

import time

from cases import APPLYING, BATCHES
from django.db import connection
from ground import Browser, CaseFailed, Ground, State, expect
from pausing import LEASE_SECONDS
from servers import fill, small_disk

from records import tasks
from records.models import ImportBatch, Person


def data_disk_full(ground: Ground) -> str:
    """Case 24: large and small uploads onto a full disk."""
    with small_disk(8) as disk, ground.case(data=disk):
        _web, port = ground.web()
        it, path = Browser(port, ground.user()), ground.workbook()
        large = ground.logs / "大檔.xlsx"
        large.write_bytes(path.read_bytes() + bytes(4 * 1024 * 1024))
        fill(disk)
        for file in (path, large):
            status, page = it.post(f"{BATCHES}add/", {"mode": "fill"}, file)
            expect("磁碟空間不足" in page, f"{status}: an upload onto a full disk")
        left = [file for file in (disk).rglob("*.*") if file.suffix in (".xlsx", ".part", ".upload")]
        expect(not ImportBatch.objects.exists() and not left, f"left over: {left}")
        status, _page = it.get(BATCHES)
        expect(status == 200, f"{status}: another page")
        (disk / "filler").unlink()
        it.post(f"{BATCHES}add/", {"mode": "fill"}, path)
        expect(ImportBatch.objects.count() == 1, "the upload afterwards")
        ground.expect_clean()
    return "a sentence at the field, nothing left, other pages work"


def database_disk_full(ground: Ground) -> str:
    """Case 25: full in the middle of writing; goes on after space was made (and VACUUM on PostgreSQL)."""
    size = 80 if ground.is_postgres else 24
    with small_disk(size) as disk, ground.case(database=disk):
        batch = ground.confirmed()
        connection.close()
        worker = ground.worker(f"before {APPLYING}apply_changes 1")
        worker.await_pause()
        filler = fill(disk, leave=64 * 1024)
        worker.go_on()
        state = _settled(ground, batch)
        expect(Person.objects.count() == 0, "a part is stored")
        filler.unlink()
        if ground.is_postgres:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM")
        if ground.await_state(batch, State.PLANNED, State.APPLIED) == State.PLANNED:
            batch.refresh_from_db()
            expect("空間不足" in batch.error, batch.error)
            expect(tasks.request_apply(batch, ground.user()), "it cannot be confirmed again")
        ground.await_state(batch, State.APPLIED)
        ground.expect_rows(batch)
        ground.expect_clean()
    return f"nothing written ({state}), done once there was space"


def _settled(ground: Ground, batch: ImportBatch) -> str:
    """The state of the batch a while after the disk was found full; old data can be read all the time."""
    end = time.monotonic() + LEASE_SECONDS * 2
    while time.monotonic() < end:
        state = ImportBatch.objects.values_list("state", flat=True).get(pk=batch.pk)
        if state == State.PLANNED:
            return state
        if state == State.APPLIED:
            raise CaseFailed("it was written onto a full disk")
        time.sleep(0.2)
    return state
