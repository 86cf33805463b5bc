"""The synthetic workbook: people who do not exist, rows that import, mistakes that were really made."""

from __future__ import annotations

import datetime
import re
from collections import Counter, defaultdict
from io import StringIO
from pathlib import Path
from random import Random

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from openpyxl import load_workbook

from records.cells import ERROR, ErrorCell, FormulaCell
from records.columns import COLUMNS, HEADERS
from records.synthetic import MAX_ROWS, MISTAKES, Cell, make_rows
from records.synthetic.identity_numbers import with_check_digit
from records.synthetic.layout import Row
from records.synthetic.raw import RAW_HEADERS, raw_rows
from records.synthetic.studies import academic_year, programmes

TODAY = datetime.date(2026, 11, 21)
REQUIRED = (
    Cell.STUDENT_NUMBER,
    Cell.CHINESE_NAME,
    Cell.NATIONAL_ID,
    Cell.BIRTH_DATE,
    Cell.EMAIL,
    Cell.PROGRAMME,
)


def rows_of(count: int = 2000, *, seed: int = 1, dirty: bool = False) -> list[Row]:
    return list(make_rows(count, seed=seed, dirty=dirty, today=TODAY))


@pytest.fixture(scope="module")
def clean() -> list[Row]:
    return rows_of()


@pytest.fixture(scope="module")
def degrees(clean: list[Row]) -> dict[str, list[Row]]:
    grouped = defaultdict(list)
    for row in clean:
        grouped[row[Cell.NATIONAL_ID]].append(row)
    return grouped


def test_the_same_seed_gives_the_same_rows():
    assert rows_of(300, dirty=True) == rows_of(300, dirty=True)
    assert rows_of(50, seed=1) != rows_of(50, seed=2)


@pytest.mark.parametrize("dirty", [False, True])
def test_as_many_rows_come_as_were_asked_for(dirty: bool):
    assert [len(rows_of(count, dirty=dirty)) for count in (0, 1, 137)] == [0, 1, 137]
    assert {len(row) for row in rows_of(200, dirty=dirty)} == {len(HEADERS)}


def test_more_rows_than_a_sheet_holds_are_refused():
    with pytest.raises(ValueError, match="count"):
        rows_of(MAX_ROWS + 1)


def test_a_clean_row_has_every_required_cell_and_no_serial_number(clean: list[Row]):
    assert all(row[column] for row in clean for column in REQUIRED)
    assert {row[Cell.SERIAL_NUMBER] for row in clean} == {None}


def test_no_cell_of_a_clean_row_is_rejected(clean: list[Row]):
    rejected = {
        (column.attribute, note.code)
        for row in clean
        for column, cell in zip(COLUMNS, row, strict=True)
        for note in column.cleaned(cell, TODAY).notes
        if note.level == ERROR
    }
    assert rejected == set()


def test_every_student_number_is_given_once_and_reads_level_year_department(clean: list[Row]):
    codes = {programme.name: programme.code for programme in programmes()}
    assert max(Counter(row[Cell.STUDENT_NUMBER] for row in clean).values()) == 1
    for row in clean:
        assert re.fullmatch(rf"[0-4]\d{{2}}{codes[row[Cell.PROGRAMME]]}\d{{3}}", row[Cell.STUDENT_NUMBER])


def test_identity_numbers_pass_the_checksum_and_were_never_issued(degrees: dict[str, list[Row]]):
    for number in degrees:
        if re.fullmatch(r"[A-Z]\d{9}", number):
            assert number == with_check_digit(number[:-1])
            assert re.match(r"[LRSY]([12]9|[89]0)", number)
        else:
            assert re.fullmatch(r"X\d{7}", number)


@pytest.mark.parametrize("number", ["A100000001", "O276543216", "W112300007", "C900123454"])
def test_the_check_digit_is_that_of_known_numbers(number: str):
    assert with_check_digit(number[:-1]) == number


def test_the_sex_agrees_with_the_identity_number(clean: list[Row]):
    for row in clean:
        if not row[Cell.NATIONAL_ID].startswith("X"):
            assert row[Cell.SEX] == ("男" if row[Cell.NATIONAL_ID][1] in "18" else "女")


def test_addresses_reach_nobody(clean: list[Row]):
    assert all(re.search(r"@(mail\.)?example\.(com|org|edu\.tw)$", row[Cell.EMAIL]) for row in clean)


def test_about_an_eighth_of_the_people_hold_several_degrees(degrees: dict[str, list[Row]]):
    share = sum(len(rows) > 1 for rows in degrees.values()) / len(degrees)
    assert 0.09 < share < 0.16


def test_the_degrees_of_a_person_agree_on_who_it_is_and_follow_each_other(degrees: dict[str, list[Row]]):
    for rows in degrees.values():
        for column in (Cell.CHINESE_NAME, Cell.SEX, Cell.BIRTH_DATE, Cell.CURRENT_IDENTITY):
            assert len({row[column] for row in rows}) == 1
        dates = sorted(row[Cell.GRADUATION_DATE] for row in rows if row[Cell.GRADUATION_DATE])
        assert len(set(dates)) == len(dates)


def test_some_different_people_bear_the_same_name(degrees: dict[str, list[Row]]):
    names = Counter(rows[0][Cell.CHINESE_NAME] for rows in degrees.values())
    assert 0.02 < sum(count for count in names.values() if count > 1) / len(degrees) < 0.2


def test_nobody_graduates_in_the_future_or_before_being_grown_up(clean: list[Row]):
    for row in clean:
        day = row[Cell.GRADUATION_DATE]
        assert day is None or (day <= TODAY and (day - row[Cell.BIRTH_DATE]).days > 20 * 365)
        assert (row[Cell.ENROLMENT_STATUS] == "21-畢業") is (day is not None)


def test_nobody_studies_in_a_programme_that_does_not_exist_at_the_time(clean: list[Row]):
    by_name = {programme.name: programme for programme in programmes()}
    for row in clean:
        programme = by_name[row[Cell.PROGRAMME]]
        year = int(row[Cell.STUDENT_NUMBER][1:3])
        entered = year + 100 if year < 70 else year
        assert entered >= (programme.first_year or 0)
        if programme.last_year and row[Cell.GRADUATION_DATE]:
            assert academic_year(row[Cell.GRADUATION_DATE]) <= programme.last_year


def test_about_one_row_in_eight_of_a_dirty_file_is_changed(clean: list[Row]):
    spotless = {tuple(map(repr, row)) for row in clean}
    changed = sum(tuple(map(repr, row)) not in spotless for row in rows_of(dirty=True))
    assert 0.08 < changed / len(clean) < 0.16


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_shows_and_leaves_the_clean_row_as_it_was(name: str, clean: list[Row]):
    row = next(row for row in clean if row[Cell.GRADUATION_DATE] and row[Cell.ENGLISH_NAME])
    before = list(row)
    result = MISTAKES[name](row, Random(7))
    assert row == before
    assert [list(map(repr, line)) for line in result] != [list(map(repr, row))]
    assert all(len(line) == len(HEADERS) for line in result)
    assert MISTAKES[name](row, Random(7)) == result


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_can_befall_a_row_with_blank_cells(name: str, clean: list[Row]):
    row = [
        cell if Cell(place) in REQUIRED or place == Cell.SEX else None for place, cell in enumerate(clean[0])
    ]
    assert MISTAKES[name](row, Random(7))


def test_a_workbook_holds_the_rows_below_the_headers(tmp_path: Path):
    file = tmp_path / "alumni.xlsx"
    call_command("make_workbook", str(file), rows=60, seed=3, dirty=True, on=TODAY, stdout=StringIO())
    header, *lines = load_workbook(file)["校友資料"].iter_rows(values_only=True)
    assert header == HEADERS
    assert len(lines) == 60
    for line, row in zip(lines, rows_of(60, seed=3, dirty=True), strict=True):
        if not any(isinstance(cell, ErrorCell | FormulaCell) for cell in row):
            assert line[Cell.NATIONAL_ID] == row[Cell.NATIONAL_ID]


def test_a_file_that_cannot_be_written_is_said_so(tmp_path: Path):
    with pytest.raises(CommandError, match="無法寫入"):
        call_command("make_workbook", str(tmp_path / "no" / "such.xlsx"), rows=1)


def test_the_raw_delivery_says_the_same_of_the_same_people(clean):
    rows = list(raw_rows(iter(clean[:200])))
    columns = {header: [row[place] for row in rows] for place, header in enumerate(RAW_HEADERS)}
    assert columns["學生學號"] == [row[Cell.STUDENT_NUMBER] for row in clean[:200]]
    joined = [
        f"{name}{level or ''}" for name, level in zip(columns["系所名稱"], columns["學制"], strict=True)
    ]
    assert joined == [row[Cell.PROGRAMME] for row in clean[:200]]
    assert all(re.fullmatch(r"[0-9]{5}", text) for text in columns["畢業年月"] if text)
    assert not set(RAW_HEADERS) & {column.header for column in COLUMNS[:9]}
