"""The reminder that a file has far fewer or far more rows than was to be expected."""

from __future__ import annotations

from datetime import date

import pytest

from records import imports
from records.models import ImportBatch, Term
from tests.factories import imported, planned, row

pytestmark = pytest.mark.django_db


def size_said(batch: ImportBatch) -> str:
    return "".join(note[2] for note in batch.notes if note[1] == "size_unlike_last")


def term_of(year: int, **known: int) -> Term:
    return Term.objects.create(academic_year=year, half=1, due_on=date(year + 1912, 3, 31), **known)


def test_a_batch_of_an_unlike_size_is_remarked():
    imported([row() for _ in range(20)])
    batch = planned([row() for _ in range(5)])
    assert "本批次 5 列" in size_said(batch)
    imports.replan(batch)
    assert [note[1] for note in ImportBatch.objects.get(pk=batch.pk).notes].count("size_unlike_last") == 1


def test_the_size_of_a_file_is_compared_with_what_was_expected_of_its_term():
    term = term_of(114, expected=40)
    imported([row() for _ in range(5)])  # of whatever size
    first = imported([row() for _ in range(3)], term=term)
    assert "共 3 列，預計筆數為 40 筆" in size_said(first)
    main = imported([row() for _ in range(33)], term=term)
    assert not size_said(main) and not size_said(planned([row()], term=term))
    assert "共 86 列，預計筆數為 40 筆" in size_said(planned([row() for _ in range(50)], term=term))


def test_without_a_number_the_same_term_a_year_before_tells_the_size():
    imported([row() for _ in range(24)], term=term_of(113))
    imported([row() for _ in range(3)])
    term = term_of(114)
    assert "共 5 列，去年同學期為 24 列" in size_said(planned([row() for _ in range(5)], term=term))
    assert "共 60 列，去年同學期為 24 列" in size_said(planned([row() for _ in range(60)], term=term))
    assert not size_said(planned([row() for _ in range(20)], term=term))


def test_far_more_rows_than_ever_came_for_a_term_are_remarked():
    term = term_of(114)
    imported([row() for _ in range(5)], term=term)
    assert not size_said(planned([row()], term=term))
    assert "本批次 30 列" in size_said(planned([row() for _ in range(30)], term=term))


def test_a_second_delivery_of_a_term_may_be_of_any_size():
    term = term_of(114)
    imported([row() for _ in range(20)], term=term)
    assert not size_said(planned([row() for _ in range(5)], term=term))
