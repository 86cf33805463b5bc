"""Degrees as the university grants them: programme, student number, dates, class, status.

Academic years are ROC years (2023-06 lies in 111). Nobody is enrolled before a programme opens or after
it closes.
"""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass
from functools import cache
from random import Random

from records.tables import read_table

FIRST_YEAR = 70
ROC_OFFSET = 1911
LEVELS = ("bachelor", "master", "doctor")
_LEVEL_DIGITS = {
    ("bachelor", "day"): "0",
    ("master", "day"): "1",
    ("doctor", "day"): "2",
    ("bachelor", "evening"): "3",
    ("master", "in-service"): "4",
}
_YEARS = {"bachelor": 4, "master": 2, "doctor": 4}
_WEIGHTS = {
    ("bachelor", "day"): 10,
    ("master", "day"): 4,
    ("doctor", "day"): 1,
    ("bachelor", "evening"): 4,
    ("master", "in-service"): 3,
}
_LAST_SEQUENCE = 999
_ENDED_EARLY_SHARE = 0.02
_CHINESE_DIGITS = "零一二三四"


@dataclass(frozen=True, slots=True)
class Programme:
    """A line of organisation.csv; ROC academic years, None where the university sets no limit."""

    name: str
    department: str
    level: str
    division: str
    code: str
    first_year: int | None
    last_year: int | None

    @property
    def years(self) -> int:
        return _YEARS[self.level]

    def admits(self, year: int, *, current_year: int) -> bool:
        """Whether who enters in `year` can finish while the programme exists."""
        opens, closes = self.first_year or FIRST_YEAR, self.last_year or current_year + self.years
        return opens <= year <= closes - self.years


@dataclass(frozen=True, slots=True)
class Study:
    """One degree or one enrolment: the right-hand cells of a row."""

    programme: Programme
    student_number: str
    entry_year: int
    graduated_on: datetime.date | None
    enrolment_status: str
    class_name: str
    is_current: bool

    @property
    def end_year(self) -> int:
        return self.entry_year + self.programme.years


@cache
def programmes() -> tuple[Programme, ...]:
    """Every programme of records/data/organisation.csv."""
    return tuple(
        Programme(
            name=line["programme"],
            department=line["department"],
            level=line["level"],
            division=line["division"],
            code=line["code"],
            first_year=int(line["from_academic_year"]) if line["from_academic_year"] else None,
            last_year=int(line["closed_academic_year"]) if line["closed_academic_year"] else None,
        )
        for line in read_table("organisation.csv")
    )


@cache
def status_text(kind: str, label: str) -> str:
    """`13-入學` for ("enrolment", "入學"), from records/data/status_codes.csv."""
    for line in read_table("status_codes.csv"):
        if (line["kind"], line["label"]) == (kind, label):
            return f"{line['code']}-{label}"
    raise KeyError(f"status_codes.csv has no {kind} {label}")


@cache
def _weighted_programmes(level: str | None, department: str | None) -> tuple[list[Programme], list[int]]:
    chosen = [
        programme
        for programme in programmes()
        if level in (None, programme.level) and department in (None, programme.department)
    ]
    return chosen, [_WEIGHTS[programme.level, programme.division] for programme in chosen]


def academic_year(day: datetime.date) -> int:
    """The ROC academic year of a day; it begins on 1 August."""
    return day.year - ROC_OFFSET - (day.month < 8)


class Registry:
    """Enrols people: draws studies and gives every one its own student number."""

    def __init__(self, random: Random, *, today: datetime.date) -> None:
        self._random = random
        self._today = today
        self._current_year = academic_year(today)
        self._sequences: Counter[tuple[str, int, str]] = Counter()

    def enrol(
        self, *, level: str | None = None, department: str | None = None, after: int | None = None
    ) -> Study | None:
        """Draw a study that begins in or after the academic year `after`; None when there is none."""
        if after is not None and after > self._current_year:
            return None
        chosen, weights = _weighted_programmes(level, department)
        for _ in range(20 if chosen else 0):
            programme = self._random.choices(chosen, weights)[0]
            year = self._entry_year(after)
            if programme.admits(year, current_year=self._current_year):
                number = self._student_number(programme, year)
                if number is not None:
                    return self._study(programme, year, number)
        return None

    def _entry_year(self, after: int | None) -> int:
        if after is not None:
            return min(after + int(self._random.expovariate(0.5)), self._current_year)
        return int(self._random.triangular(FIRST_YEAR, self._current_year + 1, self._current_year - 6))

    def _student_number(self, programme: Programme, year: int) -> str | None:
        """Level digit, ROC year, department code, sequence (domain.md 3); None when the year is full."""
        key = (_LEVEL_DIGITS[programme.level, programme.division], year % 100, programme.code)
        if self._sequences[key] == _LAST_SEQUENCE:
            return None
        self._sequences[key] += 1
        return f"{key[0]}{key[1]:02d}{key[2]}{self._sequences[key]:03d}"

    def _study(self, programme: Programme, year: int, number: str) -> Study:
        graduated_on = self._graduation(year + programme.years)
        is_current = graduated_on > self._today
        ended_early = not is_current and self._random.random() < _ENDED_EARLY_SHARE
        grade = min(self._current_year - year + 1, programme.years) if is_current else programme.years
        if is_current:
            label = "入學" if grade == 1 else self._random.choices(("在學", "休學"), (19, 1))[0]
        else:
            label = self._random.choice(("退學", "肄業")) if ended_early else "畢業"
        return Study(
            programme=programme,
            student_number=number,
            entry_year=year,
            graduated_on=None if is_current or ended_early else graduated_on,
            enrolment_status=status_text("enrolment", label),
            class_name=class_name(programme, grade, self._random.choice("AB")),
            is_current=is_current,
        )

    def _graduation(self, end_year: int) -> datetime.date:
        """June of the last academic year, for one in five January."""
        year = end_year + ROC_OFFSET
        month = 1 if self._random.random() < 0.2 else 6
        return datetime.date(year, month, self._random.randrange(10, 31))


def class_name(programme: Programme, grade: int, letter: str) -> str:
    """`四年A班`, `進修學士班四年A班`, `碩士班二年級`, `碩士在職專班`, `博士班三年級`."""
    if programme.level == "bachelor":
        prefix = "進修學士班" if programme.division == "evening" else ""
        return f"{prefix}{_CHINESE_DIGITS[grade]}年{letter}班"
    if programme.division == "in-service":
        return "碩士在職專班"
    return f"{'碩士班' if programme.level == 'master' else '博士班'}{_CHINESE_DIGITS[grade]}年級"
