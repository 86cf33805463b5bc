"""Fault case 46 (security.md 6): every hostile file, uploaded by five users at once, while somebody else works.

    .venv/bin/python benchmarks/hostile.py [port]

Starts `bin/serve` with a database of its own in a temporary directory. The aims: each file its sentence, within ten
seconds of reading; another user's pages under one second; the processes of web and worker are the same at the end.
"""

from __future__ import annotations

import http.client
import os
import re
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import django

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8046
_directory = tempfile.TemporaryDirectory(prefix="alumni-hostile-")  # removed when the process ends
_ROOT = Path(__file__).resolve().parents[1]
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "alumni_db.settings",
    "DEBUG": "True",
    "SECRET_KEY": secrets.token_urlsafe(48),
    "FIELD_ENCRYPTION_KEYS": f"k:{secrets.token_urlsafe(32)}",
    "FIELD_DIGEST_KEY": secrets.token_urlsafe(32),
    "SECOND_FACTOR_ROLES": "",
    "DATA_DIR": _directory.name,
    "DATABASE_URL": f"sqlite:///{_directory.name}/alumni.sqlite3",
    "PORT": str(PORT),
}
sys.path.insert(0, str(_ROOT))
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart  # noqa: E402

from accounts import agreements  # noqa: E402
from records.models import ImportBatch, Person  # noqa: E402
from tests.agreements import sign_agreement  # noqa: E402
from tests.hostile import CASES  # noqa: E402
from tests.hostile.case import OPENS  # noqa: E402

UPLOADERS = 5
UPLOAD = "/admin/records/importbatch/add/"
READING = (ImportBatch.State.RECEIVED, ImportBatch.State.READING)
PATIENCE = 900
QUIET_SECONDS = 10  # of the same pages before, for comparison: the machine may be busy with other things


class Browser:
    """Somebody who is signed in, over real HTTP."""

    def __init__(self, name: str, role: str) -> None:
        user = get_user_model().objects.create_user(name, display_name="測試人員", role=role)
        if agreements.must_sign(user):
            sign_agreement(user)
        client = Client()
        client.force_login(user)
        self.cookies = {name: morsel.value for name, morsel in client.cookies.items()}

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str, str]:
        """Status, address of a redirect, page."""
        connection = http.client.HTTPConnection("localhost", PORT, timeout=120)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Origin": f"http://localhost:{PORT}", "Content-Type": MULTIPART_CONTENT}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        page = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.headers.get("Location", ""), page

    def upload(self, path: Path) -> tuple[int, str, str]:
        """Send a file by the form."""
        _, _, page = self.ask("GET", UPLOAD)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        with path.open("rb") as file:
            fields = {"csrfmiddlewaretoken": token, "mode": "fill", "file": file}
            return self.ask("POST", UPLOAD, encode_multipart(BOUNDARY, fields))


@dataclass
class Watch:
    """How long something took, again and again, until it is told to stop."""

    act: Callable[[], object]
    times: list[float] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self, pause: float) -> Iterator[Watch]:
        thread = threading.Thread(target=self._run, args=(pause,))
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()

    def _run(self, pause: float) -> None:
        while not self._stop.wait(pause):
            began = time.perf_counter()
            self.act()
            self.times.append(time.perf_counter() - began)


class Batches:
    """When each batch began to be read and when it was done, as the database tells."""

    def __init__(self) -> None:
        self.began: dict[int, float] = {}
        self.ended: dict[int, float] = {}

    def look(self) -> None:
        for pk, state in ImportBatch.objects.values_list("pk", "state"):
            if state == ImportBatch.State.READING:
                self.began.setdefault(pk, time.perf_counter())
            elif state not in READING:
                self.ended.setdefault(pk, time.perf_counter())

    def slowest(self) -> float:
        return max(self.ended[pk] - began for pk, began in self.began.items() if pk in self.ended)


def processes(parent: int) -> set[tuple[int, str]]:
    """Every gunicorn and worker process below `parent`: its id and what it is."""
    found: set[tuple[int, str]] = set()
    for child in map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split()):
        words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        kind = "web" if b"gunicorn" in words else "worker" if b"worker" in words else ""
        found |= ({(child, kind)} if kind else set()) | (processes(child) if kind != "worker" else set())
    return found


def serve() -> subprocess.Popen[bytes]:
    """bin/serve, answering."""
    log = Path(_directory.name, "serve.log")
    with log.open("wb") as output:
        server = subprocess.Popen([_ROOT / "bin/serve"], stdout=output, stderr=output, start_new_session=True)
    until(
        lambda: "網站已可使用" in log.read_text(errors="replace") or server.poll() is not None, "the server"
    )
    if server.poll() is not None:
        sys.exit(log.read_text(errors="replace"))
    return server


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            sys.exit(f"waited too long for {what}")
        time.sleep(0.2)


def outcome(name: str, answer: tuple[int, str, str]) -> str:
    """ "" when the file was refused with a sentence, or read, as it should be; else what happened."""
    case, (status, location, page) = CASES[name], answer
    if status != 302:
        is_told = 'id="form-errors"' in page
        return "" if status == 200 and case.code and is_told else f"{status} at the upload"
    batch = ImportBatch.objects.get(pk=int(re.search(r"/(\d+)/", location)[1]))
    is_refusal = batch.state == ImportBatch.State.REFUSED and batch.error.endswith("。")
    is_right = batch.state == ImportBatch.State.PLANNED if case.code == OPENS and case.rows else is_refusal
    return "" if is_right else f"{batch.state}: {batch.error}"


def main() -> None:
    files = Path(_directory.name, "files")
    for name, case in CASES.items():
        (files / name).mkdir(parents=True)
        case.make(files / name / case.name)
    server = serve()
    try:
        attack(files, server)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def attack(files: Path, server: subprocess.Popen[bytes]) -> None:
    uploaders = [Browser(f"uploader{number}", "it_staff") for number in range(UPLOADERS)]
    reader = Browser("reader", "center_staff")
    pages = ["/admin/records/person/", f"/admin/records/person/{Person.objects.first().pk}/"]
    statuses: set[int] = set()

    def watches() -> list[Watch]:
        return [Watch(lambda page=page: statuses.add(reader.ask("GET", page)[0])) for page in pages]

    quiet, busy = watches(), watches()
    with ExitStack() as watching:
        for watch in quiet:
            watching.enter_context(watch.running(0.5))
        time.sleep(QUIET_SECONDS)
    batches = Batches()
    before = processes(server.pid)
    answers: dict[str, tuple[int, str, str]] = {}

    def send(number: int) -> None:
        for name in list(CASES)[number::UPLOADERS]:
            answers[name] = uploaders[number].upload(files / name / CASES[name].name)

    began = time.perf_counter()
    with ExitStack() as watching, ThreadPoolExecutor(UPLOADERS) as pool:
        for watch, pause in [*((watch, 0.5) for watch in busy), (Watch(batches.look), 0.05)]:
            watching.enter_context(watch.running(pause))
        list(pool.map(send, range(UPLOADERS)))
        uploaded = time.perf_counter() - began
        until(lambda: not ImportBatch.objects.filter(state__in=READING).exists(), "the batches")
    wrong = {name: found for name, answer in answers.items() if (found := outcome(name, answer))}
    print(
        f"{len(answers)} files by {UPLOADERS} users in {uploaded:.0f} s, read in {time.perf_counter() - began:.0f} s"
    )
    print(f"unlike expected: {wrong or 'none'}")
    print(f"slowest reading: {batches.slowest():.1f} s")
    for when, seen in (("before", quiet), ("meanwhile", busy)):
        for page, watch in zip(pages, seen, strict=True):
            middle, worst = statistics.median(watch.times) * 1000, max(watch.times) * 1000
            print(f"{when} {page}: {len(watch.times)} times, median {middle:.0f} ms, slowest {worst:.0f} ms")
    print(f"status of those pages: {statuses}")
    print(f"processes the same: {before == processes(server.pid)}: {sorted(kind for _, kind in before)}")


if __name__ == "__main__":
    main()
