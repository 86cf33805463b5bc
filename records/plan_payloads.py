"""What the sealed part of a stored row holds: two lines of JSON, what is to be written and what the row says.

Applying reads the first line only, pages read the second."""

from __future__ import annotations

import datetime
from typing import Any

from .annotations import Line
from .changes import NewObjection, PersonChange, RecordChange
from .workbooks.lines import decode_line, encode_line, unpack_cells


def pack(change: PersonChange | None, **row: Any) -> bytes:
    """The two lines of a planned row; of the parts of `row` (see `row_of`) those that say something."""
    return encode_line(_packed_change(change) if change else None) + b"\n" + encode_line(_said(**row))


def row_of(payload: bytes) -> dict[str, Any]:
    """What the row says (`values`, `listed`, `extra`, `raw`, `cell_remarks`), and what pages tell of it (`diff`,
    `target`, `alike`)."""
    blank: dict[str, Any] = {
        "extra": {},
        "raw": None,
        "cell_remarks": [],
        "diff": [],
        "target": "",
        "alike": [],
    }
    body = blank | decode_line(payload.partition(b"\n")[2])
    if body["raw"]:
        body["raw"] = unpack_cells(body["raw"])
    return body


def change_of(row_number: int, payload: bytes) -> PersonChange:
    """The change that a leading row carries."""
    packed = decode_line(payload.partition(b"\n")[0])
    pinned, objection = packed.get("pinned_line"), packed.get("objection")
    return PersonChange(
        person_id=packed.get("person_id"),
        values=packed.get("values", {}),
        before=packed.get("before", {}),
        records=[_record_change(**record) for record in packed.get("records", ())],
        legacy_lines=[_line(line) for line in packed.get("legacy_lines", ())],
        pinned_line=_line(pinned) if pinned else None,
        objection=NewObjection(_date(objection[0]), *objection[1:]) if objection else None,
        key=row_number,
    )


def _record_change(
    record_id: int | None = None, values: dict[str, str] | None = None, **parts: Any
) -> RecordChange:
    return RecordChange(record_id, values or {}, **parts)


def _packed_line(line: Line) -> list[Any]:
    return [line.number, line.text, line.made_on.isoformat() if line.made_on else None, line.editor_name]


def _line(packed: list[Any]) -> Line:
    number, text, made, name = packed
    return Line(number, text, _date(made), name)


def _date(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def _packed_change(change: PersonChange) -> dict[str, Any]:
    objection = change.objection
    return _said(
        person_id=change.person_id,
        values=change.values,
        before=change.before,
        records=[
            _said(
                record_id=record.record_id,
                values=record.values,
                before=record.before,
                key=record.key,
                series_id=record.series_id,
                prefix=record.prefix,
            )
            for record in change.records
        ],
        legacy_lines=[_packed_line(line) for line in change.legacy_lines],
        pinned_line=_packed_line(change.pinned_line) if change.pinned_line else None,
        objection=[objection.on.isoformat(), objection.channel, objection.words] if objection else None,
    )


def _said(**parts: Any) -> dict[str, Any]:
    """Of the parts those that say something: most rows leave most of them blank."""
    return {name: part for name, part in parts.items() if part}
