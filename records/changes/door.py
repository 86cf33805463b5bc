"""`apply_changes`: one transaction, a few thousand people a step, one table after the other."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction

from .. import bulk
from ..models import ImportBatch as Batch
from ..models import Source
from ..serials import SerialPool, reserve
from . import degrees, lines, objections, people, removing, required
from .act import Act
from .asked import Applied, PersonChange, serial_demand, serials_brought
from .present import Present

PEOPLE_PER_STEP = 10_000


def apply_changes(
    changes: Iterable[PersonChange],
    *,
    editor: Any,
    source: Source,
    at: datetime.datetime,
    batch: Batch | None = None,
    reason: str = "",
    pool: SerialPool | None = None,
    after_step: Callable[[list[Applied]], None] = lambda applied: None,
) -> list[Applied]:
    """Write the changes, all or nothing, and say what became of each.

    `changes` may be a stream when the serial numbers it needs were reserved before (`pool`). `after_step` is
    called inside the transaction with the outcome of every few thousand people. `reason` stands in the history; for
    an import it is the file's name. A change whose `before` is no longer true is not written; its outcome names the
    attributes. Raises SeriesFull before anything is written, and ValueError for a 否 without its objection.
    """
    if pool is None:
        changes = list(changes)
        pool = reserve(serial_demand(changes), brought=serials_brought(changes))
    act = Act(editor, source, at, batch, reason)
    outcome: list[Applied] = []
    with transaction.atomic():
        for step in bulk.batched(changes, PEOPLE_PER_STEP):
            applied = _apply(step, pool, act)
            after_step(applied)
            outcome += applied
    return outcome


def _apply(changes: list[PersonChange], pool: SerialPool, act: Act) -> list[Applied]:
    """One set of changes on its way through the tables."""
    objections.check(changes)
    outcome = [Applied(change.key, change.person_id) for change in changes]
    present = Present.load(changes)
    going = []
    for change, applied in zip(changes, outcome, strict=True):
        applied.stale += present.stale(change)
        if not applied.stale:
            going.append((change, applied))
    staying = [pair for pair in going if not pair[0].is_removed]
    people.write(staying, present, act)
    degrees.write(going, present, act, pool)
    # After the people have their ids: two changes of one set may speak of one person.
    refusing = present.objecting | {applied.person_id for change, applied in staying if change.objection}
    lines.write(staying, present.objecting, refusing, act)
    objections.write(staying, present.objecting, act)
    required.write(staying, act)
    removing.write([change.person_id for change, _applied in going if change.is_removed], act)
    return outcome
