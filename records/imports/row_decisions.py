"""What a person decides about rows that need one: whose they are, somebody new's, or nobody's (SOP 6.5).

A decision is stored beside the plan and counts when it is made again; the newest of a row counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ..grouping import Item
from ..joins import against_join, pair_identity
from ..matching import Known
from ..models import ImportBatch, ImportCorrection, ImportDecision, ImportRow
from ..planning import judged
from ..plans import ABOUT_ROWS, options_of, stored_row
from ..programmes import Lists
from ..rulings import Contradiction, Kind, Ruling, contradictions, identity_of, unconfirmed
from .deciding import note_unplanned, planned_batch


class Scope(StrEnum):
    """How far one decision goes."""

    ROW = "row"
    SAME_PERSON = "same_person"  # rows that point at the same person, with the same questions
    SAME_QUESTIONS = (
        "same_questions"  # every row with the same questions; each goes to the person it points at
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """How many rows were decided, and of which like rows a contradiction has to be looked at one by one."""

    decided: int
    left: list[int]


def rulings_of(batch: ImportBatch) -> dict[int, Ruling]:
    """The newest decision of each row, as the plan follows it."""
    made = ImportDecision.objects.filter(batch=batch, row_number__isnull=False).select_related("decided_by")
    newest = {decision.row_number: decision for decision in made}
    return {
        number: ruling_of(decision) for number, decision in newest.items() if decision.kind != Kind.WITHDRAWN
    }


def ruling_of(decision: ImportDecision) -> Ruling:
    """A decision as the plan follows it."""
    told = _("%(name)s %(on)s，%(kind)s；%(reason)s") % {
        "name": decision.decided_by.display_name,
        "on": f"{timezone.localtime(decision.decided_at):%Y-%m-%d}",
        "kind": decision.words,
        "reason": decision.reason,
    }
    return Ruling(
        decision.kind,
        decision.person_id,
        decision.record_id,
        decision.is_new_degree,
        frozenset(decision.accepted),
        told,
        decision.identity,
        decision.other_row,
    )


def item_of(batch: ImportBatch, stored: ImportRow) -> Item:
    """The row as the plan judges it by itself, no decision on it followed."""
    return judged(stored_row(stored), Lists.load(), options_of(batch))


def known_about(items: Collection[Item], people: Iterable[int] = ()) -> Known:
    """What is stored about the keys of rows, and about further people, with all that is stored of them."""
    known = Known(
        serials=[value for item in items if (value := item.value("serial_number"))],
        digests=[item.digest for item in items if item.digest],
        students=[value for item in items if (value := item.value("student_number"))],
    )
    known.load_more({*known.people, *people})
    return known


def against(batch: ImportBatch, stored: ImportRow, ruling: Ruling) -> list[Contradiction]:
    """What speaks against a ruling on a row: final, or to be confirmed."""
    item = item_of(batch, stored)
    if ruling.kind == Kind.ROW:
        return against_join(item, item_of(batch, _other_row(batch, ruling)))
    return contradictions(item, ruling, known_about([item], filter(None, [ruling.person_id])))


def impossible(item: Item, rulings: Mapping[str, Ruling]) -> dict[str, str]:
    """Of the rulings that a page would offer on a row, by key, those that can never be followed, and why."""
    known = known_about([item], {ruling.person_id for ruling in rulings.values() if ruling.person_id})
    found = {key: contradictions(item, ruling, known) for key, ruling in rulings.items()}
    return {
        key: "".join(one.sentence for one in against if one.is_final)
        for key, against in found.items()
        if any(one.is_final for one in against)
    }


def like_rows(batch: ImportBatch, stored: ImportRow) -> dict[Scope, QuerySet[ImportRow]]:
    """The other undecided rows of the batch with the same questions: those of the same person, and all."""
    asking = _unanswered(batch).exclude(question="").filter(question=stored.question)
    like = asking.exclude(row_number=stored.row_number).order_by("row_number")
    like = like if stored.question.startswith(ABOUT_ROWS) else like.none()
    same = like.filter(person=stored.person_id) if stored.person_id else like.none()
    return {Scope.SAME_PERSON: same, Scope.SAME_QUESTIONS: like}


def open_rows(batch: ImportBatch, verdict: str) -> QuerySet[ImportRow]:
    """Rows of a verdict about which nothing was decided or corrected since the plan was made."""
    return _unanswered(batch).filter(verdict=verdict)


def _unanswered(batch: ImportBatch) -> QuerySet[ImportRow]:
    since = {"batch": batch, "row_number__isnull": False}
    decided = ImportDecision.objects.filter(**since, decided_at__gt=batch.planned_at)
    corrected = ImportCorrection.objects.filter(**since, corrected_at__gt=batch.planned_at)
    return (
        ImportRow.objects.filter(batch=batch)
        .exclude(row_number__in=decided.values("row_number"))
        .exclude(row_number__in=corrected.values("row_number"))
    )


def decide_row(
    batch: ImportBatch, stored: ImportRow, ruling: Ruling, *, scope: Scope, reason: str, by: Any
) -> Stored | None:
    """Store a decision on a row and, by its scope, on like rows; None when the plan no longer waits.

    The caller has shown what speaks against it (`against`). A like row is decided only when nothing more speaks
    against it than was confirmed; for `SAME_QUESTIONS` the person is the one that each row points at.
    """
    with planned_batch(batch) as locked:
        if locked is None:
            return None
        # Which rows belong together is decided about each pair by itself.
        others = [] if scope is Scope.ROW or ruling.kind == Kind.ROW else like_rows(locked, stored)[scope]
        named = _identity_for(locked, stored, ruling)
        rulings, left = {stored.row_number: replace(ruling, identity=named)}, []
        for number, other in _like_rulings(locked, others, ruling, scope):
            if other is None:
                left.append(number)
            else:
                rulings[number] = other
        _store(locked, rulings, reason, by)
    return Stored(len(rulings), left)


def _other_row(batch: ImportBatch, ruling: Ruling) -> ImportRow:
    return ImportRow.objects.get(batch=batch, row_number=ruling.other_row)


def _identity_for(batch: ImportBatch, stored: ImportRow, ruling: Ruling) -> str:
    """Whom the decision is about: the row, or the two that are declared one person."""
    row = stored_row(stored)
    if ruling.kind == Kind.ROW:
        return pair_identity(row, stored_row(_other_row(batch, ruling)))
    return identity_of(row)


def newest_decision(stored: ImportRow) -> ImportDecision | None:
    """The decision that counts for the row."""
    made = ImportDecision.objects.filter(batch=stored.batch_id, row_number=stored.row_number)
    newest = made.select_related("decided_by", "person", "record").order_by("-decided_at", "-pk").first()
    return None if newest is None or newest.kind == Kind.WITHDRAWN else newest


def _like_rulings(
    batch: ImportBatch, rows: Iterable[ImportRow], ruling: Ruling, scope: Scope
) -> Iterator[tuple[int, Ruling | None]]:
    """Each like row with the ruling it gets, None where it has to be looked at by itself."""
    lists, options = Lists.load(), options_of(batch)
    items = [(row, judged(stored_row(row), lists, options)) for row in rows]
    known = known_about([item for _row, item in items], filter(None, (row.person_id for row, _item in items)))
    known.load_more(filter(None, [ruling.person_id]))
    for row, item in items:
        other = _own_ruling(row, item, ruling, known) if scope is Scope.SAME_QUESTIONS else ruling
        stands = other is not None and not unconfirmed(contradictions(item, other, known), other)
        yield row.row_number, replace(other, identity=identity_of(item)) if stands else None


def _own_ruling(row: ImportRow, item: Item, ruling: Ruling, known: Known) -> Ruling | None:
    """The same answer about the person that the row itself points at."""
    if ruling.kind != Kind.PERSON:
        return ruling
    person = known.people.get(row.person_id)
    if person is None:
        return None
    programme = item.value("programme")
    fitting = [record for record in person.records if record.programme == programme]
    record_id = row.record_id or (fitting[0].pk if len(fitting) == 1 else None)
    if record_id is None and fitting:
        return None
    return Ruling(Kind.PERSON, person.pk, record_id, record_id is None, ruling.accepted, ruling.told)


def withdraw_decision(batch: ImportBatch, row_number: int, *, by: Any) -> bool:
    """Take the decision on a row back; False when there is none or the plan no longer waits."""
    with planned_batch(batch) as locked:
        if locked is None or row_number not in rulings_of(locked):
            return False
        _store(locked, {row_number: Ruling(Kind.WITHDRAWN)}, "", by)
    return True


def _store(batch: ImportBatch, rulings: Mapping[int, Ruling], reason: str, by: Any) -> None:
    now = timezone.now()
    ImportDecision.objects.bulk_create(
        ImportDecision(
            batch=batch,
            row_number=number,
            identity=ruling.identity,
            kind=ruling.kind,
            person_id=ruling.person_id,
            record_id=ruling.record_id,
            is_new_degree=ruling.is_new_degree,
            other_row=ruling.other_row,
            accepted=sorted(ruling.accepted),
            reason=reason,
            decided_by=by,
            decided_at=now,
        )
        for number, ruling in rulings.items()
    )
    note_unplanned(batch)
