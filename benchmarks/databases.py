"""A fresh, empty database for every run, on SQLite or PostgreSQL."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from postgres import server

SQLITE, POSTGRES = "sqlite", "postgres"


class FreshDatabases:
    """Hands out URLs of databases that nothing was written to."""

    def __init__(self, directory: Path, server_url: str | None) -> None:
        self._directory = directory
        self._server_url = server_url
        self._numbers = count(1)

    def new(self) -> str:
        """The DATABASE_URL of a new database."""
        name = f"run_{next(self._numbers)}"
        if self._server_url is None:
            return f"sqlite:///{self._directory / name}.sqlite3"
        with contextlib.closing(psycopg2.connect(self._server_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name}")
                # What the run before left to be written to disk is not this run's to wait for.
                cursor.execute("CHECKPOINT")
        return urlsplit(self._server_url)._replace(path=f"/{name}").geturl()

    def version(self) -> str:
        """`PostgreSQL 15.18` or `SQLite 3.40.1`."""
        if self._server_url is None:
            return f"SQLite {sqlite3.sqlite_version}"
        with contextlib.closing(psycopg2.connect(self._server_url)) as connection:
            number = connection.server_version
        return f"PostgreSQL {number // 10000}.{number % 10000}"


@contextlib.contextmanager
def fresh_databases(kind: str, directory: Path) -> Iterator[FreshDatabases]:
    """Databases of one kind; for PostgreSQL with a server that runs as long as the block."""
    if kind == SQLITE:
        yield FreshDatabases(directory, None)
    else:
        with server() as url:
            yield FreshDatabases(directory, url)
