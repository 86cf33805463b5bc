"""Rows whose cells slid sideways: refused with the reason, as a whole, and only those."""

from __future__ import annotations

import pytest

from records.cells import RawCell
from records.columns import HEADERS
from tests.factories import codes, planned, row, verdicts, views

pytestmark = pytest.mark.django_db


def slid(whole: dict[str, RawCell], first: str, offset: int) -> dict[str, RawCell]:
    """The row with its cells from column `first` on moved by `offset` columns, as inserting or deleting a cell does."""
    cells = [whole.get(header) for header in HEADERS]
    start = HEADERS.index(first)
    if offset > 0:
        cells[start:] = [None, *cells[start:-1]]
    else:
        cells[start - 1 :] = [*cells[start:], None]
    return dict(zip(HEADERS, cells, strict=True))


@pytest.mark.parametrize(
    ("first", "offset", "way"),
    [
        ("流水號", 1, "往右"),
        ("學號", -1, "往左"),
        ("身分證字號", 1, "往右"),
        ("身分證字號", -1, "往左"),
        ("生日", 1, "往右"),
        ("電子郵件", -1, "往左"),
    ],
)
def test_a_row_that_slid_is_kept_out_whole_and_says_which_way(first, offset, way):
    batch = planned([row(), slid(row(), first, offset), row()])
    assert verdicts(batch) == ["new_person", "kept_out", "new_person"]
    told = views(batch)[1].remarks
    assert [remark[2] for remark in told] == ["shifted_columns"]
    assert way in told[0][3]


def test_a_whole_file_that_slid_says_so_on_every_row_and_on_the_batch():
    batch = planned([slid(row(), "流水號", 1) for _ in range(20)])
    assert set(verdicts(batch)) == {"kept_out"}
    assert "many_kept_out" in {note[1] for note in batch.notes}


@pytest.mark.parametrize(
    "cells",
    [
        {"聯絡電話": "0912-345678", "行動電話": None, "性別": "不明"},
        {"電子郵件": None, "聯絡電話": "ming@example.com"},
        {"生日": None, "性別": "不明"},
        {"身分證字號": "A1", "生日": "x", "電子郵件": "x"},
    ],
)
def test_a_cell_or_two_in_the_wrong_place_are_no_shift(cells):
    batch = planned([row(**cells)])
    assert "shifted_columns" not in codes(batch)[0]
