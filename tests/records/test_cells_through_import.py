"""Every entry of the shared table of cells, through a real workbook and a planned import."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from records.cells import RawCell
from records.plans import RowView
from records.values import mask_national_id
from tests.factories import planned, row, views
from tests.records.test_values import cell_of

CELLS = json.loads((Path(__file__).parent / "cells.json").read_text(encoding="utf-8"))
# Nothing in a column that a new row cannot do without: the table looks at the cell alone and calls it empty, the
# import says on that cell what the row lacks (a name keeps it out, a programme is left to a person).
NAMED_AS_MISSING = {"中文姓名": "name_missing", "畢業系所": "programme_missing"}
FIRST_CHOICES_AT_LEAST = 529


def row_of(entry: dict) -> dict[str, RawCell]:
    """A full row with the entry's cell; without an ID where that would contradict a sex."""
    silent = {"身分證字號": None} if entry["column"] == "性別" else {}
    return row(**silent, **{entry["column"]: cell_of(entry)})


def outcome(view: RowView, header: str) -> str:
    """reject, warn, normalise or empty: the words of the shared table."""
    levels = {level for column, level, _code, _message in view.remarks if column == header}
    if "error" in levels:
        return "reject"
    if "warning" in levels:
        return "warn"
    return "normalise" if view.values[header] else "empty"


def judge(entry: dict, view: RowView) -> str:
    """ "first", "allowed", "explained" or "missed": how the import's outcome stands to the table's."""
    header, expected = entry["column"], entry["expect"]
    found, value = outcome(view, header), view.values[header]
    wanted = {entry["value"], *(entry.get("value_any") or ())}
    if header == "身分證字號":
        wanted = {text and mask_national_id(text) for text in wanted}
    if found in ("normalise", "warn") and entry["value"] is not None and value not in wanted:
        return "missed"
    if found == expected or (found, expected, entry["value"]) == ("empty", "normalise", None):
        return "first"
    if found in (entry.get("also_ok") or ()):
        return "allowed"
    told = {code for column, _level, code, _message in view.remarks if column == header}
    explained = expected == "empty" and not value and told == {NAMED_AS_MISSING.get(header)}
    return "explained" if explained else "missed"


@pytest.mark.django_db
def test_every_cell_of_the_shared_table_comes_out_of_the_import_as_agreed():
    batch = planned(row_of(entry) for entry in CELLS)
    judged = [(entry, view, judge(entry, view)) for entry, view in zip(CELLS, views(batch), strict=True)]
    missed = [
        f"{entry['column']} {entry['input'][:40]!a}: wanted {entry['expect']} {entry['value']!r}, "
        f"got {outcome(view, entry['column'])} {view.values[entry['column']]!r} {view.remarks}"
        for entry, view, verdict in judged
        if verdict == "missed"
    ]
    assert not missed, "\n".join(missed)
    score = Counter(verdict for _entry, _view, verdict in judged)
    assert score["explained"] <= 5
    assert score["first"] >= FIRST_CHOICES_AT_LEAST, score
