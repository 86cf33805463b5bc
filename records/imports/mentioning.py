"""What later files say of the people and degrees of a batch: an undo takes away nobody of whom they speak, and no
value that they say again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Model, QuerySet

from .. import bulk, plans
from ..encryption import DamagedValue, digest
from ..models import AcademicRecord, BatchUndo, ImportBatch, ImportRow, Person, Source, Verdict

# Of a row with one of these verdicts everything that it says of somebody known was taken in, or was so already.
_TAKEN_IN = (Verdict.UPDATE, Verdict.UNCHANGED, Verdict.NEW_RECORD)


@dataclass(frozen=True, slots=True)
class Mentions:
    """People and degrees that the batch entered and that rows of other files speak of; the rows of later files about
    people whom the batch changed; and the other batches that were taken back, which speak of nobody."""

    people: frozenset[int]
    records: frozenset[int]
    later_rows: dict[int, list[int]]  # by person
    taken_back: frozenset[int]


@dataclass(slots=True)
class Said:
    """What later files say: (person or degree, field) → canonical values, a national ID as its digest."""

    people: dict[tuple[int, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    records: dict[tuple[int, str], set[str]] = field(default_factory=lambda: defaultdict(set))


def mentions(batch: ImportBatch) -> Mentions:
    """What rows of other imported batches say, unchanged ones too. These columns have no index: asked once for all."""
    undos = BatchUndo.objects.filter(state=BatchUndo.State.APPLIED).exclude(batch=batch)
    taken_back = frozenset(undos.values_list("batch", flat=True))
    rows = ImportRow.objects.filter(batch__state=ImportBatch.State.APPLIED).exclude(batch=batch)
    rows = rows.exclude(batch__in=taken_back).order_by()

    def mentioned(model: type[Model], name: str) -> frozenset[int]:
        entered = model.history.filter(batch=batch, source=Source.IMPORT, history_type="+").order_by()
        found = rows.filter(**{f"{name}__in": entered.values("id")})
        return frozenset(found.values_list(name, flat=True))

    people, records = mentioned(Person, "person"), mentioned(AcademicRecord, "record")
    return Mentions(people, records, _later_rows(batch, rows), taken_back)


def _later_rows(batch: ImportBatch, rows: QuerySet[ImportRow]) -> dict[int, list[int]]:
    """The rows about people whom the batch changed, of files imported after it."""
    later = rows.filter(batch__applied_at__gt=batch.applied_at, verdict__in=_TAKEN_IN)
    changed = {"batch": batch, "source": Source.IMPORT, "history_type": "~"}
    found = defaultdict(list)
    for model, key in ((Person, "id"), (AcademicRecord, "person_id")):
        ids = model.history.filter(**changed).order_by().values(key)
        for person, row in later.filter(person__in=ids).values_list("person", "pk").iterator():
            found[person].append(row)
    return found


def said_of(ids: Iterable[int], mentioned: Mentions) -> Said:
    """What later files say of these people and of their degrees."""
    said = Said()
    pks = sorted({pk for person in ids for pk in mentioned.later_rows.get(person, ())})
    for chunk in bulk.batched(pks, bulk.KEYS_PER_STATEMENT):
        for row in ImportRow.objects.filter(pk__any_of=chunk):
            for name, value in _values(row).items():
                said.people[row.person_id, name].add(value)
                said.records[row.record_id, name].add(value)
    return said


def _values(row: ImportRow) -> dict[str, str]:
    try:
        values = plans.said_values(row)
    except DamagedValue:
        return {}  # it cannot be told any more
    if number := values.get("national_id"):
        values["national_id"] = digest(number)
    return values
