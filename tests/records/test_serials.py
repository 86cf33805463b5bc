"""Serial numbers: given once for ever, unique under parallel writers, continued behind those a file brings."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import connection, connections, transaction

from records import imports
from records.imports import applying
from records.models import AcademicRecord, Person, SerialCounter, SerialSeries
from records.serials import Need, SeriesFull, reserve
from tests.factories import BACHELOR, applied, imported, planned, row, verdicts

pytestmark = pytest.mark.django_db

IS_POSTGRESQL = connection.vendor == "postgresql"


@pytest.fixture
def series(db) -> SerialSeries:
    """The series of the day bachelors of 資訊工程學系."""
    return SerialSeries.objects.get(department__name="資訊工程學系", level="bachelor", division="day")


def numbers() -> list[str]:
    return list(AcademicRecord.objects.order_by("pk").values_list("serial_number", flat=True))


def prefix(series: SerialSeries, year: int = 101) -> str:
    return series.prefix(year)


def test_a_number_is_letter_department_academic_year_and_sequence(series):
    imported([row(畢業日期="2013-06-15"), row(畢業日期="2013-09-01")])
    code = series.department.code
    assert numbers() == [f"B{code}1010001", f"B{code}1020001"]
    assert series.example(101) == f"B{code}1010001"


def test_a_number_that_the_file_brings_is_kept_and_the_series_goes_on_behind_it(series):
    start = prefix(series)
    imported([row(流水號=f"{start}0041")])
    imported([row()])
    assert numbers() == [f"{start}0041", f"{start}0042"]


def test_numbers_brought_and_numbers_given_in_one_file_do_not_meet(series):
    start = prefix(series)
    batch = imported([row(), row(流水號=f"{start}0001"), row(), row(流水號=f"{start}0003")])
    assert batch.state == "applied", batch.error
    assert len(set(numbers())) == 4
    assert {f"{start}0001", f"{start}0003"} <= set(numbers())


@pytest.mark.parametrize(
    "pattern",
    ["{letter}{department}{year}-{sequence}", "{year}{letter}{department}{sequence}", "N{sequence}"],
)
def test_numbers_brought_and_given_in_one_file_do_not_meet_whatever_the_pattern(series, pattern):
    SerialSeries.objects.filter(pk=series.pk).update(pattern=pattern)
    series.refresh_from_db()
    start = prefix(series)
    batch = imported([row(), row(流水號=f"{start}0001"), row(), row(流水號=f"{start}0003")])
    assert batch.state == "applied", batch.error
    assert len(set(numbers())) == 4


def test_a_number_brought_beyond_the_width_does_not_meet_one_given_in_the_same_file(series):
    start = prefix(series)
    SerialCounter.objects.create(prefix=start, last_sequence=9998)
    batch = imported([row(), row(), row(流水號=f"{start}10000")])
    assert batch.state == "applied", batch.error
    assert len(set(numbers())) == 3


def test_a_pattern_with_the_year_in_front_goes_on_behind_a_number_too(series):
    SerialSeries.objects.filter(pk=series.pk).update(pattern="{year}-{letter}{department}-{sequence}")
    series.refresh_from_db()
    imported([row(流水號=f"{prefix(series)}0001")])
    imported([row()])
    assert len(set(numbers())) == 2


def test_a_number_that_another_record_has_needs_a_person():
    imported([row(流水號="X1")])
    assert verdicts(planned([row(流水號="X1")])) == ["needs_person"]


def test_a_number_is_not_given_again_after_its_record_was_deleted(series):
    imported([row(), row(流水號="X7")])
    given = numbers()
    with connection.cursor() as cursor:  # by hand, past every rule
        cursor.execute("UPDATE records_importrow SET record_id = NULL, person_id = NULL")
        cursor.execute("DELETE FROM records_academicrecord")
    SerialCounter.objects.update(last_sequence=0)
    imported([row()])
    assert numbers() and not set(numbers()) & set(given)
    batch = planned([row(流水號="X7")])
    assert verdicts(batch) == ["needs_person"]


def test_a_full_series_widens(series):
    start = prefix(series)
    SerialCounter.objects.create(prefix=start, last_sequence=9998)
    imported([row(), row(), row()])
    assert numbers() == [f"{start}9999", f"{start}10000", f"{start}10001"]


def test_a_full_series_that_is_to_stop_stops_with_a_sentence_and_nothing_is_written(series):
    SerialSeries.objects.filter(pk=series.pk).update(when_full="stop")
    SerialCounter.objects.create(prefix=prefix(series), last_sequence=9998)
    batch = planned([row(), row()])
    assert imports.start_applying(batch, batch.uploaded_by)
    imports.apply(batch)
    batch.refresh_from_db()
    assert batch.state == "planned"
    assert "位數上限" in batch.error and prefix(series) in batch.error
    assert Person.objects.count() == 0
    SerialSeries.objects.filter(pk=series.pk).update(width=5)
    batch = applied(batch)
    assert (batch.state, numbers()) == ("applied", [f"{prefix(series)}09999", f"{prefix(series)}10000"])


def test_the_last_number_of_a_series_that_stops_is_given(series):
    SerialSeries.objects.filter(pk=series.pk).update(when_full="stop")
    need = Need(series.pk, prefix(series))
    SerialCounter.objects.create(prefix=need.prefix, last_sequence=9998)
    assert reserve(Counter({need: 1})).take(need) == f"{need.prefix}9999"
    with pytest.raises(SeriesFull):
        reserve(Counter({need: 1}))


def test_two_series_that_write_the_same_prefix_share_a_counter(series):
    other = SerialSeries.objects.exclude(pk=series.pk).first()
    first, second = Need(series.pk, "SAME"), Need(other.pk, "SAME")
    pool = reserve(Counter({first: 3, second: 3}))
    assert len({pool.take(need) for need in [first, second] * 3}) == 6


@pytest.mark.django_db(transaction=True)
def test_numbers_of_a_transaction_that_failed_are_not_given_again(organisation, monkeypatch):
    """The reservation is committed before it is used."""
    imported([row(**BACHELOR)])
    batch = planned([row()])

    def fail(*_args):
        raise RuntimeError("the power fails")

    monkeypatch.setattr(applying._Outcome, "write", fail)
    imports.start_applying(batch, batch.uploaded_by)
    with pytest.raises(RuntimeError):
        imports.apply(batch)
    monkeypatch.undo()
    batch.refresh_from_db()
    applied(batch)
    assert [number[-4:] for number in numbers()] == ["0001", "0003"]


@pytest.mark.django_db(transaction=True)
def test_parallel_writers_never_get_the_same_number(organisation):
    """50 × 200 on PostgreSQL; SQLite has one writer at a time, so fewer wait for each other there."""
    workers, each = (50, 200) if IS_POSTGRESQL else (8, 50)
    series = SerialSeries.objects.get(department__name="資訊工程學系", level="bachelor", division="day")
    need = Need(series.pk, "B57114")
    found: list[list[str]] = []
    failures: list[BaseException] = []
    start = threading.Barrier(workers)

    def work() -> None:
        try:
            start.wait()
            mine: list[str] = []
            # In several reservations, one of them rolled back: gaps are allowed, doubles are not.
            for count in (1, each // 2, each - each // 2 - 1):
                pool = reserve(Counter({need: count}))
                mine += [pool.take(need) for _ in range(count)]
            with transaction.atomic():
                reserve(Counter({need: 1}))
                transaction.set_rollback(True)
            found.append(mine)
        except Exception as failure:  # noqa: BLE001 -- told by the test's own thread
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    given = [number for mine in found for number in mine]
    assert len(given) == workers * each
    assert len(set(given)) == workers * each
