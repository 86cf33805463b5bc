"""Giving out serial numbers, once for ever (SOP 6.1).

A number is `prefix + sequence`; the prefix comes from the series' pattern and the academic year, and one counter a
prefix remembers how far it was given out. A reservation is committed before it is used: whatever happens to
the transaction that uses it, the numbers are not given again. Gaps are possible, reuse is not.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from . import bulk
from .models import AcademicRecord, SerialCounter, SerialSeries


class SeriesFull(Exception):
    """A series that is to stop when full has no number left; the text is for people."""


class Need(NamedTuple):
    """Where a number has to come from."""

    series_id: int
    prefix: str


class SerialPool:
    """Reserved numbers, handed out one by one."""

    def __init__(self, numbers: Mapping[Need, Iterable[str]]) -> None:
        self._numbers = {need: deque(found) for need, found in numbers.items()}

    def take(self, need: Need) -> str:
        return self._numbers[need].popleft()


def reserve(demand: Counter[Need], *, brought: Iterable[str] = ()) -> SerialPool:
    """Reserve as many numbers as `demand` counts, behind those `brought` along. Raises SeriesFull.

    Outside a transaction the reservation is committed at once; inside one (a form of the admin) it is part of it,
    and a number rolled back there was never seen by anybody.
    """
    with transaction.atomic():
        brought = set(brought)
        _continue_behind(brought)
        series = SerialSeries.objects.select_related("department").in_bulk(
            {need.series_id for need in demand}
        )
        numbers: dict[Need, list[str]] = {need: [] for need in demand}
        wanted = dict(demand)
        while wanted:
            blocks = _blocks(wanted, series)
            # A number that a file once brought along, or that a deleted record bore, is passed over.
            known = brought.union(ever_used(number for block in blocks.values() for number in block))
            for need, block in blocks.items():
                numbers[need] += [number for number in block if number not in known] if known else block
            wanted = {
                need: missing for need, count in demand.items() if (missing := count - len(numbers[need]))
            }
        return SerialPool(numbers)


def _blocks(wanted: Mapping[Need, int], series: Mapping[int, SerialSeries]) -> dict[Need, list[str]]:
    """The next numbers of each need. Raises SeriesFull."""
    counts: Counter[str] = Counter()
    for need, count in wanted.items():
        counts[need.prefix] += count
    last = _advance_counters(counts)
    following = {prefix: last[prefix] - count + 1 for prefix, count in counts.items()}
    blocks: dict[Need, list[str]] = {}
    for need, count in wanted.items():
        first = following[need.prefix]
        following[need.prefix] += count
        blocks[need] = _numbers(series[need.series_id], need.prefix, first, count)
    return blocks


def _numbers(series: SerialSeries, prefix: str, first: int, count: int) -> list[str]:
    """`count` numbers from the sequence `first`. Raises SeriesFull."""
    if series.when_full == SerialSeries.WhenFull.STOP and first + count - 1 >= 10**series.width:
        raise SeriesFull(
            _(
                "「%(series)s」的流水號 %(prefix)s 已編到 %(width)s 位數上限，"
                "請到「流水號編碼」加大位數後再匯入。"
            )
            % {"series": series, "prefix": prefix, "width": series.width}
        )
    return [prefix + str(sequence).zfill(series.width) for sequence in range(first, first + count)]


def _advance_counters(counts: Mapping[str, int]) -> dict[str, int]:
    """Move the counter of each prefix on, made where it is missing, and return where it stands: made, locked and
    moved by one statement. In one order for everybody: two reservations never wait for each other in a circle."""
    pairs = sorted(counts.items())
    table = connection.ops.quote_name(SerialCounter._meta.db_table)
    if connection.vendor == "postgresql":
        source = "unnest(%s::varchar[], %s::bigint[]) AS wanted (prefix, count) ORDER BY prefix"
        parameters: list[Any] = [list(column) for column in zip(*pairs, strict=True)] or [[], []]
        selected = "prefix, count"
    else:
        source = "json_each(%s) WHERE true"  # without WHERE, SQLite takes ON CONFLICT for a join
        parameters = [json.dumps(pairs)]
        selected = "json_extract(value, '$[0]'), json_extract(value, '$[1]')"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (prefix, last_sequence) SELECT {selected} FROM {source} "  # noqa: S608
            f"ON CONFLICT (prefix) DO UPDATE SET last_sequence = {table}.last_sequence + excluded.last_sequence "
            "RETURNING prefix, last_sequence",
            parameters,
        )
        return dict(cursor.fetchall())


def ever_used(numbers: Iterable[str]) -> dict[str, int]:
    """Those of the numbers that a record bears or ever bore, each with that record's id."""
    found: dict[str, int] = {}
    for chunk in bulk.batched(numbers, bulk.KEYS_PER_STATEMENT):
        found.update(
            AcademicRecord.history.filter(serial_number__any_of=chunk)
            .values_list("serial_number", "id")
            .distinct()
        )
    return found


def _continue_behind(numbers: Iterable[str]) -> None:
    """Move the counters behind numbers that a file brought along, so that the series goes on after them."""
    highest: dict[str, int] = {}
    numbers = list(numbers)
    starts = _known_starts() if numbers else set()
    for number in numbers:
        for width in range(1, len(number)):
            prefix, sequence = number[:-width], number[-width:]
            if not (sequence.isascii() and sequence.isdigit()) or len(sequence) > 18:
                break
            if (prefix, width) in starts or (prefix[:-3], width) in starts and prefix[-3:].isdigit():
                highest[prefix] = max(highest.get(prefix, 0), int(sequence))
    for prefix, sequence in sorted(highest.items()):
        SerialCounter.objects.bulk_create([SerialCounter(prefix=prefix)], ignore_conflicts=True)
        SerialCounter.objects.filter(prefix=prefix, last_sequence__lt=sequence).update(last_sequence=sequence)


def _known_starts() -> set[tuple[str, int]]:
    """What stands before the year, or before the sequence where the pattern has no year, with the width."""
    starts = set()
    for series in SerialSeries.objects.select_related("department"):
        before = series.pattern.removesuffix("{sequence}").removesuffix("{year}")
        if "{year}" not in before:
            starts.add((before.format(letter=series.letter, department=series.department.code), series.width))
    return starts
