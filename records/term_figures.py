"""How many new degrees each term brought, by department and level, and by college: counted by the database.

A new degree is the first history row that a batch of the term wrote of it, as long as the degree is still there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, QuerySet

from .models import AcademicRecord, College, Department, ImportBatch, Level, Programme, Term

# What somebody should look at: fewer or more than a year before by so many, and by such a part of it.
STRIKING_COUNT, STRIKING_PART = 5, 0.3


def entered(batches: QuerySet[ImportBatch]) -> QuerySet:
    """The first history rows of the degrees that these batches entered and that are still there."""
    is_there = Exists(AcademicRecord.objects.filter(pk=OuterRef("id")))
    return AcademicRecord.history.filter(is_there, history_type="+", batch__in=batches).order_by()


def applied_batches(terms: Iterable[Term]) -> QuerySet[ImportBatch]:
    """The imported batches of these terms."""
    stored = [term.pk for term in terms if term.pk]
    return ImportBatch.objects.filter(term__in=stored, state=ImportBatch.State.APPLIED).order_by()


@dataclass(frozen=True, slots=True)
class Change:
    """A number of new degrees beside that of the same term a year before; `before` is None when that term brought
    nothing through this system."""

    now: int
    before: int | None

    @property
    def difference(self) -> int | None:
        return None if self.before is None else self.now - self.before

    @property
    def is_striking(self) -> bool:
        """Whether somebody should look why: at least 5 more or fewer, and 30% of what it was."""
        if self.before is None:
            return False
        apart = abs(self.now - self.before)
        return apart >= STRIKING_COUNT and apart >= STRIKING_PART * self.before


@dataclass(frozen=True, slots=True)
class DepartmentLine:
    """A department's new degrees at each level of `Level`, in its order, and in all."""

    department: Department
    levels: list[tuple[Level, Change]]
    total: Change


@dataclass(frozen=True, slots=True)
class Comparison:
    """A term beside the same term a year before: the departments that either brought somebody, and the sum."""

    lines: list[DepartmentLine]
    levels: list[tuple[Level, Change]]
    total: Change

    @property
    def has_before(self) -> bool:
        return self.total.before is not None

    @property
    def striking(self) -> int:
        """How many numbers of departments stand out."""
        return sum(change.is_striking for line in self.lines for _level, change in line.levels)


def compare(term: Term, before: Term) -> Comparison:
    """What a term brought, by department and level, beside an earlier one."""
    now = _by_department_and_level(term)
    earlier = _by_department_and_level(before) or None
    seen = {department for department, _level in (*now, *(earlier or ()))}
    lines = [
        DepartmentLine(department, *_changes(now, earlier, {department.pk}))
        for department in Department.objects.filter(pk__in=seen).order_by("code")
    ]
    return Comparison(lines, *_changes(now, earlier, seen))


def _by_department_and_level(term: Term) -> Counter[tuple[int, str]]:
    """(department, level) → new degrees."""
    rows = entered(applied_batches([term])).values_list("programme__department", "programme__level")
    return Counter({(department, level): count for department, level, count in rows.annotate(Count("pk"))})


def _changes(
    now: Counter[tuple[int, str]], earlier: Counter[tuple[int, str]] | None, departments: set[int]
) -> tuple[list[tuple[Level, Change]], Change]:
    def count(counted: Counter[tuple[int, str]], levels: Iterable[str]) -> int:
        return sum(counted[department, level] for department in departments for level in levels)

    def change(*levels: str) -> Change:
        return Change(count(now, levels), None if earlier is None else count(earlier, levels))

    return [(level, change(level)) for level in Level], change(*Level)


class Cell(NamedTuple):
    college: College
    number: int


@dataclass(frozen=True, slots=True)
class TermTotal:
    """A term's new degrees by college and in all."""

    term: Term
    cells: list[Cell]

    @property
    def total(self) -> int:
        return sum(cell.number for cell in self.cells)


def totals(terms: list[Term]) -> tuple[list[College], list[TermTotal]]:
    """The colleges with any new degree, and those of each term by college: one count for all years, by the columns of
    one table, which is far quicker than joining a hundred thousand rows to their departments."""
    college_of = dict(Programme.objects.order_by().values_list("pk", "department__college"))
    batches = applied_batches(terms)
    term_of = dict(batches.values_list("pk", "term"))
    counted: Counter[tuple[int, int]] = Counter()
    for batch, programme, count in entered(batches).values_list("batch", "programme").annotate(Count("pk")):
        counted[term_of[batch], college_of[programme]] += count
    colleges = list(College.objects.filter(pk__in={college for _term, college in counted}).order_by("pk"))
    return colleges, [
        TermTotal(term, [Cell(college, counted[term.pk, college.pk]) for college in colleges])
        for term in terms
    ]
