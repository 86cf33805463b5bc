"""Cases 1–12 of security.md §6, and killing while a file is read: each injected for real (full disks: `disks`).

A case returns what happened, in words, and raises CaseFailed when that is wrong. `verify` follows each.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.db import connection
from django.utils import timezone
from ground import STEPS, Browser, Ground, State, await_that, expect
from pausing import LEASE_SECONDS

from records import imports, tasks
from records.changes import PersonChange, apply_changes
from records.imports.purging import LEFTOVER_KEPT
from records.models import ImportBatch, ImportRow, Person, Source, Verdict

APPLYING = "records.imports.applying:"
STEP = f"{APPLYING}_Outcome.write"
HALF = f"after {STEP} {STEPS // 2}"
BATCHES = "/admin/records/importbatch/"


# --- killed ---------------------------------------------------------------------------------------------------------
def killed_while_writing(point: str) -> Callable[[Ground], str]:
    """Case 1: kill -9 of the worker at a point of an import; the next worker finishes it."""

    def case(ground: Ground) -> str:
        batch = ground.confirmed()
        first = ground.worker(point)
        first.await_pause()
        first.kill()
        before = Person.objects.count()
        expect(before in (0, batch.counts["new_person"]), f"a part is stored: {before} people")
        ground.worker()
        ground.await_state(batch, State.APPLIED)
        ground.expect_rows(batch)
        return f"{before} people after the kill, resumed to done"

    return case


def killed_while_reading(point: str) -> Callable[[Ground], str]:
    """The same while the file is read and planned: it still lies there and is read again."""

    def case(ground: Ground) -> str:
        batch = ground.received()
        first = ground.worker(point)
        first.await_pause()
        first.kill()
        expect(not ImportRow.objects.exists(), "a part of a plan is stored")
        ground.worker()
        ground.await_state(batch, State.PLANNED)
        expect(ImportRow.objects.count() == ground.rows, f"{ImportRow.objects.count()} rows")
        await_that(lambda: not imports.upload_path(batch).exists(), "the file is deleted once it was read")
        return "read again from its file"

    return case


def web_killed_during_upload(ground: Ground) -> str:
    """Case 2"""
    web, port = ground.web("before records.imports.files:_keep 1")
    it, path = Browser(port, ground.user()), ground.workbook()
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(it.post, f"{BATCHES}add/", {"mode": "fill"}, path)
        web.await_pause()
        _kill_child(web.pid)
        expect(isinstance(asked.exception(), OSError), "the browser got an answer")
    expect(not ImportBatch.objects.exists(), "there is a batch")
    web.go_on()
    later = timezone.now() + LEFTOVER_KEPT * 2
    imports.purge(later)
    left = [*(ground.data / "uploads").iterdir(), *(ground.data / "tmp").iterdir()]
    expect(not left, f"left over: {left}")
    status, _page = await_that(lambda: _tried(it.post, f"{BATCHES}add/", {"mode": "fill"}, path), "an upload")
    expect(status == 200 and ImportBatch.objects.count() == 1, f"{status}: the upload after it")
    return "no batch, no file left, the next upload works"


def web_killed_after_confirming(point: str) -> Callable[[Ground], str]:
    """Case 3: the confirmation is stored, the answer never comes, the user presses again."""

    def case(ground: Ground) -> str:
        batch = ground.planned()
        web, port = ground.web(point)
        it = Browser(port, ground.user())
        with ThreadPoolExecutor() as pool:
            asked = pool.submit(it.post, f"{BATCHES}{batch.pk}/apply/", {})
            web.await_pause()
            _kill_child(web.pid)
            expect(isinstance(asked.exception(), OSError), "the browser got an answer")
        web.go_on()
        again = await_that(lambda: _tried(it.post, f"{BATCHES}{batch.pk}/apply/", {}), "an answer")
        expect("不會重複匯入" in again[1], "the second press is not told that it was confirmed")
        ground.worker()
        ground.await_state(batch, State.APPLIED)
        ground.expect_rows(batch)
        return "the same batch is shown, written once"

    return case


def _kill_child(master: int) -> None:
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGKILL)


def _tried(ask: Callable, *arguments: object) -> tuple[int, str] | None:
    try:
        return ask(*arguments)
    except OSError:
        return None


# --- the database goes ----------------------------------------------------------------------------------------------
def server_crashes_while_writing(ground: Ground) -> str:
    """Case 4"""
    batch = ground.confirmed()
    web, port = ground.web()
    it = Browser(port, ground.user())
    worker = ground.worker(HALF)
    worker.await_pause()
    connection.close()
    ground.server.stop("immediate")
    status, page = it.get(BATCHES)
    expect(status == 503 and "資料庫暫時無法連線" in page, f"{status}: the page while the database is away")
    worker.go_on()
    time.sleep(2)
    ground.server.start()
    ground.await_state(batch, State.APPLIED)
    ground.expect_rows(batch)
    expect(worker.is_running() and web.is_running(), "a process ended")
    status, _page = it.get(BATCHES)
    expect(status == 200, f"{status}: the page afterwards")
    return "503 in Chinese, nothing restarted, resumed to done"


def server_away_for_everybody(ground: Ground) -> str:
    """Case 5: 20 users click while the server is stopped."""
    _web, port = ground.web()
    people = [Browser(port, ground.user()) for _ in range(20)]
    connection.close()
    ground.server.stop("fast")

    def click(index: int) -> tuple[int, str]:
        if index % 2:
            return people[index].get(BATCHES)
        return people[index].post("/admin/records/person/1/remark/", {"text": f"林大海 {index}"})

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(click, range(20)))
    ground.server.start()
    for index, (status, page) in enumerate(answers):
        expect(status == 503 and "Traceback" not in page, f"{status} while the server was away")
        expect(index % 2 or f"林大海 {index}" in page, "what was typed is lost")
    status, _page = people[0].get(BATCHES)
    expect(status == 200, f"{status} afterwards")
    return "20 × 503 in Chinese, typed text kept, 200 afterwards"


def session_terminated(ground: Ground) -> str:
    """Case 6"""
    batch = ground.confirmed()
    worker = ground.worker(HALF)
    worker.await_pause()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    worker.go_on()
    ground.await_state(batch, State.APPLIED)
    ground.expect_rows(batch)
    expect(worker.is_running(), "the worker ended")
    return "tried once more, done"


# --- two at once ----------------------------------------------------------------------------------------------------
def frozen_past_its_lease(ground: Ground) -> str:
    """Case 7: SIGSTOP beyond the lease in the open transaction, a second worker, SIGCONT."""
    batch = ground.confirmed()
    first = ground.worker(HALF)
    first.await_pause()
    first.send(signal.SIGSTOP)
    first.go_on()
    ground.worker()
    if ground.is_postgres:
        ground.await_state(batch, State.APPLIED)
        done = "the second worker took over and finished"
    else:
        time.sleep(LEASE_SECONDS * 2)
        done = "the second worker had to wait: SQLite has one writer"
    first.send(signal.SIGCONT)
    ground.await_state(batch, State.APPLIED)
    time.sleep(2)
    ground.expect_rows(batch)
    return f"{done}; rows once"


def frozen_before_writing(ground: Ground) -> str:
    """Case 7, where the first holds no lock of the database: it finds its lease lost."""
    batch = ground.confirmed()
    first = ground.worker(f"before {APPLYING}reserve 1")
    first.await_pause()
    first.send(signal.SIGSTOP)
    first.go_on()
    ground.worker()
    ground.await_state(batch, State.APPLIED)
    first.send(signal.SIGCONT)
    time.sleep(2)
    ground.expect_rows(batch)
    expect(first.is_running(), "the first worker ended")
    return "the second finished, the first found its lease lost"


def two_workers(ground: Ground) -> str:
    """Case 8: the same task twice, two workers."""
    batch = ground.confirmed()
    tasks.apply_batch.enqueue(batch.pk)
    ground.worker()
    ground.worker()
    ground.await_state(batch, State.APPLIED)
    time.sleep(1)
    ground.expect_rows(batch)
    return "one wrote, rows once"


def two_users_confirm(ground: Ground) -> str:
    """Case 9, with double clicks."""
    batch = ground.planned()
    _web, port = ground.web()
    people = [Browser(port, ground.user(name)) for name in ("it", "it", "center", "center")]
    with ThreadPoolExecutor() as pool:
        pages = list(pool.map(lambda one: one.post(f"{BATCHES}{batch.pk}/apply/", {})[1], people))
    won = sum("已確認，開始寫入" in page for page in pages)
    told = sum("不會重複匯入" in page for page in pages)
    expect((won, told) == (1, 3), f"{won} confirmed, {told} were told")
    ground.worker()
    ground.await_state(batch, State.APPLIED)
    ground.expect_rows(batch)
    return "one confirmed, three were told who"


# --- the same again -------------------------------------------------------------------------------------------------
def same_file_again(ground: Ground) -> str:
    """Case 10"""
    path = ground.workbook()
    _write(ground.planned(path), ground)
    before = ground.sizes()
    again = ground.planned(path)
    expect("imported_before" in [note[1] for note in again.notes], "not told that it was imported")
    expect(again.counts["unchanged"] == ground.rows, again.counts)
    _write(again, ground)
    expect(ground.sizes() == before, "something was written")
    return "said when and by whom; 0 rows changed"


def one_cell_changed(ground: Ground) -> str:
    """Case 11"""
    _write(ground.planned(ground.workbook()), ground)
    lines = Person.history.count()
    changed = ground.planned(ground.workbook("改.xlsx", change="基隆市中正區北寧路2號"))
    _write(changed, ground)
    expect((changed.counts["update"], Person.history.count()) == (1, lines + 1), changed.counts)
    return "exactly one row changed"


def edited_meanwhile(ground: Ground) -> str:
    """Case 12"""
    _write(ground.planned(ground.workbook()), ground)
    batch = ground.planned(ground.workbook("改.xlsx", change="基隆市中正區北寧路2號"))
    pk = ImportRow.objects.get(batch=batch, verdict=Verdict.UPDATE).person_id
    person = Person.objects.get(pk=pk)
    change = PersonChange(pk, {"address": "臺北市中正區1號"}, {"address": person.address})
    apply_changes([change], editor=ground.user("center"), source=Source.ADMIN, at=timezone.now())
    _write(batch, ground)
    batch.refresh_from_db()
    expect(batch.counts["needs_person"] == 1, batch.counts)
    expect(Person.objects.get(pk=pk).address == "臺北市中正區1號", "the edit was overwritten")
    return "left to a person, the edit stays"


def _write(batch: ImportBatch, ground: Ground) -> None:
    expect(imports.start_applying(batch, ground.user()), "the plan cannot be confirmed")
    imports.apply(batch)
    batch.refresh_from_db()
    expect(batch.state == State.APPLIED, batch.error)
