"""Where a case happens: a database and a data folder of its own, real workers and websites, a look at the outcome."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from postgres import free_port
from servers import Postgres

from accounts import agreements
from accounts.models import User
from records import imports, tasks
from records.columns import HEADERS
from records.models import ImportBatch, Person
from records.synthetic import make_rows
from records.workbooks.writer import write_sheet
from tests.agreements import sign_agreement

HERE, ROOT = Path(__file__).parent, Path(__file__).resolve().parents[2]
SECONDS = 60  # to wait for anything, on a busy machine
STEPS = 10  # of an import
State = ImportBatch.State


class CaseFailed(Exception):
    """What should have happened did not."""


def expect(is_so: object, otherwise: object) -> None:
    """Raises CaseFailed."""
    if not is_so:
        raise CaseFailed(str(otherwise))


def await_that(happened: Callable[[], Any], what: str, seconds: float = SECONDS) -> Any:
    """What `happened` returned once it was true. Raises CaseFailed when it does not come to that."""
    end = time.monotonic() + seconds
    while not (found := happened()):
        expect(time.monotonic() < end, f"not within {seconds} s: {what}")
        time.sleep(0.05)
    return found


class Process:
    """A worker or a website; with a `point` it stands still there (`pausing`)."""

    def __init__(self, command: list[str], environment: dict[str, str], directory: Path) -> None:
        number = len(list(directory.glob("*.log")))
        self._pause, self.log = directory / f"{number}.pause", directory / f"{number}.log"
        with self.log.open("wb") as log:
            self.popen = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | environment | {"PAUSE_FILE": str(self._pause)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    def await_pause(self) -> None:
        await_that(self._pause.exists, "the process comes to the point where it is to stand still")

    def go_on(self) -> None:
        self._pause.unlink()

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9"""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait()

    def is_running(self) -> bool:
        return self.popen.poll() is None


class Browser:
    """Somebody logged in, over real HTTP."""

    def __init__(self, port: int, user: User) -> None:
        client = Client()
        client.force_login(user)
        self._port, self._csrf = port, "c" * 32
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        self._cookie = f"session={session}; csrf={self._csrf}"

    def get(self, path: str) -> tuple[int, str]:
        return self._ask("GET", path)

    def post(self, path: str, data: dict[str, str], file: Path | None = None) -> tuple[int, str]:
        """Status and page; a redirect is followed. Raises OSError when the server dies under it."""
        data = {"csrfmiddlewaretoken": self._csrf} | data
        if file is None:
            kind, body = "application/x-www-form-urlencoded", urllib.parse.urlencode(data).encode()
        else:
            kind, body = _multipart(data, file)
        return self._ask("POST", path, body, {"Content-Type": kind})

    def _ask(self, method: str, path: str, body: bytes = b"", headers: dict | None = None) -> tuple[int, str]:
        asking = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS)
        with contextlib.closing(asking):
            try:
                asking.request(method, path, body, {"Cookie": self._cookie} | (headers or {}))
                answer = asking.getresponse()
            except http.client.HTTPException as error:
                raise OSError(str(error)) from error
            if answer.status == 302:
                return self.get(answer.headers["Location"])
            return answer.status, answer.read().decode()


def _multipart(data: dict[str, str], file: Path) -> tuple[str, bytes]:
    body, end = io.BytesIO(), "----faults"
    for name, value in data.items():
        body.write(f'--{end}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    head = f'Content-Disposition: form-data; name="file"; filename="{file.name}"'
    body.write(f"--{end}\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n".encode())
    body.write(file.read_bytes() + f"\r\n--{end}--\r\n".encode())
    return f"multipart/form-data; boundary={end}", body.getvalue()


class Ground:
    """Databases of one kind. `server` is None for SQLite."""

    def __init__(self, directory: Path, server: Postgres | None, rows: int) -> None:
        self.directory, self.server, self.rows = directory, server, rows
        self._numbers = count(1)
        self._processes: list[Process] = []
        self.data = directory
        self._open("template")
        call_command("migrate", verbosity=0)
        call_command("createcachetable")
        call_command("load_organisation", verbosity=0)
        agreements.current()
        for username, role in (("center", "center_staff"), ("it", "it_staff")):
            user = User.objects.create_user(username, display_name=f"測試{username}", role=role)
            sign_agreement(user)
        connection.close()

    @property
    def is_postgres(self) -> bool:
        return self.server is not None

    @contextlib.contextmanager
    def case(self, *, data: Path | None = None, database: Path | None = None) -> Iterator[Ground]:
        """A fresh database and data folder for the block, where asked for on other disks; its processes end with it."""
        name = f"case_{next(self._numbers)}"
        if self.server is None:
            source = self._sqlite("template")
            self._open(name, database)
            shutil.copy(source, connection.settings_dict["NAME"])
        else:
            self._on_server(f"CREATE DATABASE {name} TEMPLATE template" + self._space(database, name))
            self._open(name)
        self.data = (data or self.directory) / name
        for part in ("uploads", "tmp", "progress", "logs"):
            (self.data / part).mkdir(parents=True, mode=0o700)
        self.logs = self.directory / f"{name}-logs"
        self.logs.mkdir()
        settings.DATA_DIR, settings.FILE_UPLOAD_TEMP_DIR = self.data, self.data / "tmp"
        try:
            yield self
        finally:
            for process in self._processes:
                process.kill()
            self._processes.clear()
            connection.close()
            if self.server is not None:
                self._on_server(f"DROP DATABASE {name} WITH (FORCE)")
            if self.server is not None and database is not None:
                self._on_server(f"DROP TABLESPACE {name}")

    def _space(self, disk: Path | None, name: str) -> str:
        if disk is None:
            return ""
        self.server.give(disk)
        self._on_server(f"CREATE TABLESPACE {name} LOCATION '{disk}'")
        return f" TABLESPACE {name}"

    def _on_server(self, statement: str) -> None:
        with contextlib.closing(psycopg2.connect(self.server.url("postgres"))) as server:
            server.autocommit = True
            server.cursor().execute(statement)

    def _sqlite(self, name: str, disk: Path | None = None) -> Path:
        return (disk or self.directory) / f"{name}.sqlite3"

    def _open(self, name: str, disk: Path | None = None) -> None:
        connection.close()
        if self.server is None:
            path = self._sqlite(name, disk)
            connection.settings_dict["NAME"], self._url = str(path), f"sqlite:///{path}"
            return
        self._url = self.server.url(name)
        if name == "template":
            self._on_server(f"CREATE DATABASE {name}")
        connection.settings_dict["NAME"] = name
        connection.settings_dict["PORT"] = self.server.port

    # --- processes ---------------------------------------------------------------------------------------------
    def worker(self, point: str = "") -> Process:
        """A worker that runs now; with a point, one that stands still there."""
        return self._start(
            [sys.executable, str(HERE / "pausing.py"), "worker", "--no-reload", "--interval", "0.1"], point
        )

    def web(self, point: str = "") -> tuple[Process, int]:
        """A website that answers, and its port. When its process is killed, another one takes its place."""
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", "website:application", "--pythonpath", f"{HERE},{ROOT}"]
        command += ["--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "8", "--log-level", "error"]
        process = self._start([*command, "--no-control-socket"], point)
        await_that(lambda: _answers(port), "the website answers")
        return process, port

    def _start(self, command: list[str], point: str) -> Process:
        environment = {
            "DATABASE_URL": self._url,
            "DATA_DIR": str(self.data),
            "ROWS_PER_STEP": str(self.rows // STEPS),
            "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parent}{os.pathsep}{ROOT}",
            "PAUSE_AT": point,
        }
        process = Process(command, environment, self.logs)
        self._processes.append(process)
        return process

    # --- batches -----------------------------------------------------------------------------------------------
    def workbook(self, name: str = "離校資料.xlsx", *, seed: int = 1, change: str = "") -> Path:
        """A workbook of made-up people; with `change`, the first row has another 聯絡住址."""
        path = self.logs / name
        rows = list(make_rows(self.rows, seed=seed, today=date(2026, 1, 1)))
        if change:
            rows[0] = [
                change if header == "聯絡住址" else cell
                for header, cell in zip(HEADERS, rows[0], strict=False)
            ]
        write_sheet(path, headers=HEADERS, rows=rows)
        return path

    def received(self, path: Path | None = None) -> ImportBatch:
        """A batch whose file waits to be read, and whose reading is queued."""
        with (path or self.workbook()).open("rb") as file:
            batch = imports.receive(file, file_name="離校資料.xlsx", user=self.user())
        tasks.read_batch.enqueue(batch.pk)
        return batch

    def planned(self, path: Path | None = None) -> ImportBatch:
        with (path or self.workbook()).open("rb") as file:
            batch = imports.receive(file, file_name="離校資料.xlsx", user=self.user())
        imports.read_and_plan(batch)
        batch.refresh_from_db()
        return batch

    def confirmed(self, path: Path | None = None) -> ImportBatch:
        """A batch that was confirmed, and whose writing is queued."""
        batch = self.planned(path)
        expect(tasks.request_apply(batch, self.user()), "the plan cannot be confirmed")
        return batch

    def user(self, username: str = "it") -> User:
        return User.objects.get(username=username)

    # --- outcome -----------------------------------------------------------------------------------------------
    def await_state(self, batch: ImportBatch, *states: str) -> str:
        def look() -> str:
            state = ImportBatch.objects.values_list("state", flat=True).get(pk=batch.pk)
            return state if state in states else ""

        return await_that(look, f"the batch is {' or '.join(states)}")

    def expect_rows(self, batch: ImportBatch) -> None:
        """Everybody in the file is stored once, with one line of history."""
        expected = batch.counts["new_person"]
        found = Person.objects.count(), Person.history.count()
        expect(found == (expected, expected), f"{found} people and lines of history for {expected} rows")

    def expect_clean(self) -> None:
        """`manage.py verify` finds nothing."""
        found = io.StringIO()
        try:
            call_command("verify", stdout=found, stderr=found)
        except SystemExit:
            raise CaseFailed("verify: " + found.getvalue()) from None

    def last_words(self) -> str:
        """The end of what the processes of the last case said."""
        logs = sorted(self.logs.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in logs)

    def sizes(self) -> str:
        return json.dumps({"people": Person.objects.count(), "lines": Person.history.count()})


def _answers(port: int) -> bool:
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(asking):
        try:
            asking.request("GET", "/login")
            return asking.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
