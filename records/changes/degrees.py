"""The rows of academic records, and the serial numbers of new ones (SOP 6.1)."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from .. import bulk
from ..models import AcademicRecord
from ..serials import SerialPool
from ..storing import record_columns
from .act import Act
from .asked import Going, RecordChange
from .present import Present

_FIELDS = [field.attname for field in AcademicRecord._meta.concrete_fields]
_in_order = itemgetter(*_FIELDS)
_BLANK = {name: AcademicRecord._meta.get_field(name).get_default() for name in _FIELDS}


def write(going: Going, present: Present, act: Act, pool: SerialPool) -> None:
    """Enter, change and remove the records; each outcome is told the ids and serial numbers of its records."""
    pairs = [(record, applied) for change, applied in going for record in change.records]
    ids = bulk.reserve_ids(AcademicRecord, sum(record.record_id is None for record, _applied in pairs))
    following = iter(ids)
    for record, applied in pairs:
        if record.record_id is None:
            serial = record.values.get("serial_number") or pool.take(record.need)
            applied.records.append((record.key, next(following), serial))
        else:
            live = present.records[record.record_id]
            applied.records.append((record.key, live.pk, live.serial_number))
    rows = (
        _new_row(record, applied.person_id, pk, serial, act)
        for change, applied in going
        for record, (_key, pk, serial) in zip(change.records, applied.records, strict=True)
        if record.record_id is None
    )
    bulk.insert_rows(AcademicRecord, _FIELDS, rows)
    act.remember(AcademicRecord, ids, "+")
    stored = [record for record, _applied in pairs if record.record_id is not None]
    _update([record for record in stored if not record.is_removed], present, act)
    _remove([record.record_id for record in stored if record.is_removed], act)


def _new_row(record: RecordChange, person_id: int, pk: int, serial: str, act: Act) -> tuple[Any, ...]:
    columns = _BLANK | record_columns(record.values)
    columns |= {"id": pk, "person_id": person_id, "serial_number": serial}
    columns |= {"created_at": act.at, "updated_at": act.at}
    return _in_order(columns)


def _update(changes: list[RecordChange], present: Present, act: Act) -> None:
    rows: dict[int, list[Any]] = {}
    for record in changes:
        live = present.records[record.record_id]
        if record.values:
            for name, value in record_columns(record.values).items():
                setattr(live, name, value)
            live.updated_at = act.at
            rows[live.pk] = [getattr(live, name) for name in _FIELDS]
    bulk.update_rows(AcademicRecord, _FIELDS[1:], rows.values())
    act.remember(AcademicRecord, list(rows), "~")


def _remove(ids: list[int], act: Act) -> None:
    """The history keeps what they were, and so that their numbers were used (SOP 6.1)."""
    act.remember(AcademicRecord, ids, "-")
    bulk.delete_rows(AcademicRecord, ids)
