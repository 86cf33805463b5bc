"""Workbook rows about people who do not exist, for tests, benchmarks and the sample site. No Django models.

`make_rows` yields rows in the order of `columns.COLUMNS`; the same arguments always give the same rows.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from itertools import islice
from random import Random

from records.cells import RawCell
from records.synthetic.layout import Cell, Row
from records.synthetic.mistakes import MISTAKES, with_mistakes
from records.synthetic.people import Population, SyntheticPerson

__all__ = ["MAX_ROWS", "MISTAKES", "Cell", "make_rows"]

MAX_ROWS = 1_048_575  # an Excel sheet without its header row


def make_rows(count: int, *, seed: int, dirty: bool = False, today: datetime.date) -> Iterator[list[RawCell]]:
    """Yield `count` rows of 22 cells; with `dirty` about one in eight carries a mistake out of `MISTAKES`.

    Clean rows can all be imported: required cells filled, no student number twice, serial numbers left blank.
    The dirty rows of a seed are its clean rows with mistakes worked in.
    """
    if not 0 <= count <= MAX_ROWS:
        raise ValueError(f"count must lie between 0 and {MAX_ROWS}, not {count}")
    random = Random(seed)
    rows: Iterator[Row] = _scattered(Population(random, today=today).people(), random)
    if dirty:
        rows = with_mistakes(rows, Random(f"mistakes of {seed}"))
    return islice(rows, count)


def _scattered(people: Iterable[SyntheticPerson], random: Random) -> Iterator[Row]:
    """The rows of all people; a second degree stands somewhere below the first, as in real sheets."""
    waiting: list[Row] = []
    for person in people:
        first, *others = person.rows(random)
        yield first
        waiting += others
        # As many leave as come in once the list has its length, so it stays short.
        while len(waiting) > random.randrange(40):
            yield waiting.pop(random.randrange(len(waiting)))
