"""Writing many rows at once, on PostgreSQL by COPY and on SQLite by executemany.

Only `changes` and the import plan call this. Rows are tuples in the order of the fields named; ids are reserved
beforehand because a sealed value is bound to the id of its row.
"""

from __future__ import annotations

import datetime
import gc
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

import psycopg2
from django.db import connection, models
from psycopg2.extras import execute_values

T = TypeVar("T")
# How many keys one statement asks for (`any_of`), and how many single parameters it may have: SQLite's limit.
KEYS_PER_STATEMENT = 5_000
IDS_PER_STATEMENT = 900
# So many rows go from one step of the work to the next: to and fro with every single one, the processor's caches never
# hold the step it is at, and everything takes a quarter longer.
IN_HAND = 200


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """`items` in lists of at most `size` (itertools.batched of Python 3.12)."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


@contextmanager
def without_collection() -> Iterator[None]:
    """Rows by the hundred thousand form no cycles: looking for some only walks over all of them, again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """`count` primary keys that nobody else will get, inside the running transaction."""
    table = model._meta.db_table
    if not count:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The sequence is looked up once: in the list of columns it would be for each number.
            cursor.execute(
                "SELECT nextval(sequence) FROM "
                "(SELECT pg_get_serial_sequence(%s, 'id')::regclass AS sequence OFFSET 0) AS one, "
                "generate_series(1, %s)",
                [table, count],
            )
            return [row[0] for row in cursor.fetchall()]
        # Our SQLite transactions begin IMMEDIATE: nobody else writes between these statements.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        last = row[0] if row else 0
        if row:
            cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [last + count, table])
        else:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last + count])
        return list(range(last + 1, last + count + 1))


def insert_rows(model: type[models.Model], attributes: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert tuples of the given attributes (`attname`s). Values are Python values, JSON fields lists or dicts."""
    columns = [_field(model, attribute).column for attribute in attributes]
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.wrap_database_errors, connection.cursor() as cursor:  # COPY raises psycopg2's own
        if connection.vendor == "postgresql":
            statement = f"COPY {table} ({quoted}) FROM STDIN"
            # Streamed: the server stores the first rows while the next are being made.
            stream = _Stream(_copy_lines(rows))
            try:
                cursor.copy_expert(statement, stream)
            except psycopg2.Error:
                if stream.error is not None:
                    raise stream.error from None  # not the database failed, but who made the rows
                raise
        else:
            marks = ", ".join(["%s"] * len(columns))
            statement = f"INSERT INTO {table} ({quoted}) VALUES ({marks})"  # noqa: S608
            cursor.executemany(statement, (tuple(map(_sqlite_value, row)) for row in rows))


def update_rows(model: type[models.Model], attributes: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Update by primary key: each row is (id, values of `attributes` …)."""
    fields = [_field(model, attribute) for attribute in attributes]
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    with connection.wrap_database_errors, connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sets = ", ".join(
                # Without the length: a cast to varchar(60) cuts a longer text off, the column refuses it.
                f"{quote(field.column)} = v.{quote(field.column)}::{field.db_type(connection).split('(')[0]}"
                for field in fields
            )
            names = ", ".join(["id", *(quote(field.column) for field in fields)])
            statement = f"UPDATE {table} AS t SET {sets} FROM (VALUES %s) AS v ({names}) WHERE t.id = v.id"  # noqa: S608
            converted = [tuple(map(_postgres_value, row)) for row in rows]
            if converted:
                execute_values(cursor.cursor, statement, converted, page_size=1000)
        else:
            sets = ", ".join(f"{quote(field.column)} = %s" for field in fields)
            statement = f"UPDATE {table} SET {sets} WHERE id = %s"  # noqa: S608
            cursor.executemany(statement, (tuple(map(_sqlite_value, (*row[1:], row[0]))) for row in rows))


def delete_rows(model: type[models.Model], ids: Sequence[int]) -> None:
    """Delete by primary key. Nothing is collected or cascaded: the database refuses what is still referred to."""
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        for condition, chosen in _conditions(ids):
            cursor.execute(f"DELETE FROM {table} WHERE {condition}", chosen)  # noqa: S608


def write_history(
    model: type[models.Model],
    ids: Sequence[int],
    *,
    kind: str,
    at: datetime.datetime,
    user_id: int,
    reason: str,
    source: str,
    batch_id: int | None,
) -> None:
    """One simple-history row for each id, copied from the live row by the database itself: the two cannot differ.

    `kind` is simple-history's "+", "~", or "-" for rows about to be deleted.
    """
    history = model.history.model
    tracked = [field.column for field in history._meta.concrete_fields if _is_tracked(model, field.attname)]
    quote = connection.ops.quote_name
    copied = ", ".join(map(quote, tracked))
    extra = ", ".join(
        map(
            quote,
            (
                "history_date",
                "history_change_reason",
                "history_type",
                "history_user_id",
                "source",
                "batch_id",
            ),
        )
    )
    values = [at, reason, kind, user_id, source, batch_id]
    statement = (
        f"INSERT INTO {quote(history._meta.db_table)} ({copied}, {extra}) "  # noqa: S608
        f"SELECT {copied}, %s, %s, %s, %s, %s, %s FROM {quote(model._meta.db_table)} WHERE "
    )
    with connection.cursor() as cursor:
        for condition, chosen in _conditions(ids):
            cursor.execute(f"{statement} {condition} ORDER BY id", [*values, *chosen])


def _conditions(ids: Sequence[int]) -> Iterator[tuple[str, list[int]]]:
    """SQL conditions and parameters that choose exactly these ids; those of new rows mostly follow one another."""
    if ids and list(ids) == list(range(ids[0], ids[0] + len(ids))):
        yield "id BETWEEN %s AND %s", [ids[0], ids[-1]]
        return
    for chunk in batched(ids, IDS_PER_STATEMENT):
        yield f"id IN ({', '.join(['%s'] * len(chunk))})", chunk


class _Stream:
    """Lines as a file to be read, as COPY wants it."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._parts = ("".join(some).encode() for some in batched(lines, IN_HAND))
        self._part = io.BytesIO()
        self.error: BaseException | None = None

    def read(self, size: int) -> bytes:
        with self:
            return self._read(size)

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """What ends a reading is kept: the driver makes an error of its own out of it."""
        self.error = error

    def _read(self, size: int) -> bytes:
        while not (data := self._part.read(size)):
            part = next(self._parts, None)
            if part is None:
                return b""
            self._part = io.BytesIO(part)
        return data


def _is_tracked(model: type[models.Model], attname: str) -> bool:
    return attname in {field.attname for field in model._meta.concrete_fields}


def _field(model: type[models.Model], attname: str) -> models.Field:
    return next(field for field in model._meta.concrete_fields if field.attname == attname)


_COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_str(text: str) -> str:
    return text.translate(_COPY_ESCAPES)


# `json.dumps` would make a new encoder for each value.
_to_json = json.JSONEncoder(ensure_ascii=False).encode
# How COPY's text format writes each type.
_COPY_TEXT: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: r"\N",
    str: _copy_str,
    int: str,
    bool: lambda value: "t" if value else "f",
    bytes: lambda value: "\\\\x" + value.hex(),
    datetime.date: datetime.date.isoformat,
    # All rows of one act bear the same moment.
    datetime.datetime: lru_cache(maxsize=64)(datetime.datetime.isoformat),
    list: lambda value: _to_json(value).translate(_COPY_ESCAPES) if value else "[]",
    dict: lambda value: _to_json(value).translate(_COPY_ESCAPES) if value else "{}",
}


_IS_ESCAPED = re.compile(r"[\\\t\n\r]").search


def _copy_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    for some in batched(rows, IN_HAND):
        yield from map(_copy_line, some)


def _copy_line(row: Sequence[Any]) -> str:
    """One row in COPY's text format. Texts with a sign to be escaped are rare: a row is searched once."""
    texts = [value for value in row if type(value) is str]
    if _IS_ESCAPED("".join(texts)):
        return "\t".join(map(_copy_text, row)) + "\n"
    try:
        texts = [value if type(value) is str else _COPY_TEXT[type(value)](value) for value in row]
    except KeyError:
        texts = [_copy_text(value) for value in row]
    return "\t".join(texts) + "\n"


def _copy_text(value: Any) -> str:
    """One value in COPY's text format."""
    convert = _COPY_TEXT.get(type(value))
    if convert is None and isinstance(value, str):  # a choice, a text marked safe
        convert = _copy_str
    if convert is None:
        raise TypeError(f"COPY does not know how to write {type(value)}")
    return convert(value)


def _postgres_value(value: Any) -> Any:
    return _to_json(value) if isinstance(value, (list, dict)) else value


def _sqlite_value(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        return _to_json(value)
    if isinstance(value, datetime.datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value
