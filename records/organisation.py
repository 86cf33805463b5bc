"""The university's lists as they come with the system, and the names under which units are known.

`load` only ever adds: what IT renamed, recoded or retired stays as IT left it.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.db import transaction

from .models import (
    LETTERS,
    College,
    Department,
    Division,
    Level,
    OrganisationAlias,
    Programme,
    SerialSeries,
    StatusCode,
)
from .names import fold_name
from .tables import DATA

KEY_LIMIT = 80
_PUNCTUATION = re.compile(r"[()\[\]{}（）〔〕【】「」『』《》<>、,，;；:：/／_|\"“”]")
_UNIVERSITY = re.compile(r"^(國立)?臺灣海洋大學|^(國立)?海洋大學|^海大(?=.)")
# 食品科學系 and 食品科學學系, 資訊工程系 and 資訊工程學系, 教育所 and 教育研究所 are the same.
_SPELLINGS = (("學學系", "學系"), ("學系", "系"), ("研究所", "所"))


@dataclass(slots=True)
class Counts:
    """How many rows `load` has added."""

    colleges: int = 0
    departments: int = 0
    programmes: int = 0
    series: int = 0
    statuses: int = 0
    aliases: int = 0


@lru_cache(maxsize=4096)
def alias_key(text: str) -> str:
    """The form in which names of units are compared: no blanks or brackets, 台 as 臺, 學系 as 系, 研究所 as 所."""
    key = _UNIVERSITY.sub("", _PUNCTUATION.sub("", fold_name(text)))
    for spelling, usual in _SPELLINGS:
        key = key.replace(spelling, usual)
    return key[:KEY_LIMIT]


def load(directory: Path = DATA) -> Counts:
    """Add colleges, departments, programmes, series, status codes and aliases that are missing.

    `directory` holds organisation.csv, status_codes.csv and organisation_aliases.csv (UTF-8, header line).
    A unit that IT renamed is recognised by its code or by its old name, which `rename` has kept as an alias.
    """
    counts = Counts()
    with transaction.atomic():
        added = _add_units(_table(directory / "organisation.csv"), counts)
        _add_statuses(_table(directory / "status_codes.csv"), counts)
        # Only those of new departments: an alias that IT has removed does not come back.
        _add_aliases(_table(directory / "organisation_aliases.csv"), added, counts)
        counts.series = complete_series()
    return counts


def complete_series() -> int:
    """Create the serial series of every level × division × department in use that has none; their number (SOP 6.1)."""
    have = set(SerialSeries.objects.values_list("level", "division", "department_id"))
    used = Programme.objects.order_by("pk").values_list("level", "division", "department_id", "letter")
    missing = {(level, division, unit): letter for level, division, unit, letter in used}
    new = [
        SerialSeries(level=level, division=division, department_id=unit, letter=letter)
        for (level, division, unit), letter in missing.items()
        if (level, division, unit) not in have
    ]
    # Two plans may start at once; the series is the same whoever creates it.
    SerialSeries.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def rename(unit: Department | Programme, old_name: str) -> OrganisationAlias | None:
    """Keep the former name of a renamed department or programme as an alias.

    None when the name says nothing new or already belongs to another unit.
    """
    key = alias_key(old_name)
    if not key or key == alias_key(unit.name) or _is_taken(key, unit):
        return None
    owner = {"department": unit} if isinstance(unit, Department) else {"programme": unit}
    alias, _created = OrganisationAlias.objects.get_or_create(key=key, defaults={"text": old_name} | owner)
    return alias


def _is_taken(key: str, unit: Department | Programme) -> bool:
    """Whether a unit of another department bears this name or has it as an alias.

    A degree programme (學位學程) and the department that offers it may share a name.
    """
    named = [row for row in Department.objects.all() if alias_key(row.name) == key]
    named += [row for row in Programme.objects.select_related("department") if alias_key(row.name) == key]
    aliases = OrganisationAlias.objects.filter(key=key).select_related("department", "programme__department")
    named += [alias.department or alias.programme for alias in aliases]
    return any(_department_of(row) != _department_of(unit) for row in named)


def _department_of(unit: Department | Programme) -> Department:
    return unit if isinstance(unit, Department) else unit.department


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _add_units(lines: list[dict[str, str]], counts: Counts) -> dict[str, Department]:
    """Colleges, departments, programmes; returns the departments that are new, by name."""
    colleges = {college.name: college for college in College.objects.all()}
    departments = {department.name: department for department in Department.objects.all()}
    by_code = {department.code: department for department in departments.values()}
    aliases = dict(
        OrganisationAlias.objects.filter(department__isnull=False).values_list("key", "department__name")
    )
    added: dict[str, Department] = {}
    known = _known_programmes()
    for line in lines:
        name, code = line["department"], line["code"]
        department = (
            departments.get(name) or departments.get(aliases.get(alias_key(name), "")) or by_code.get(code)
        )
        if department is None:
            college = colleges.get(line["college"])
            if college is None:
                college = colleges[line["college"]] = College.objects.create(name=line["college"])
                counts.colleges += 1
            department = Department.objects.create(college=college, name=name, code=code)
            departments[name] = by_code[code] = added[name] = department
            counts.departments += 1
        if alias_key(line["programme"]) not in known:
            known |= _add_programme(line, department, known)
            counts.programmes += 1
    return added


def _known_programmes() -> set[str]:
    """Keys of all names, former names and codes of programmes."""
    names = Programme.objects.values_list("name", flat=True)
    codes = Programme.objects.filter(code__isnull=False).values_list("code", flat=True)
    former = OrganisationAlias.objects.filter(programme__isnull=False).values_list("key", flat=True)
    return {alias_key(text) for text in (*names, *codes)} | set(former)


def _add_programme(line: dict[str, str], department: Department, known: set[str]) -> set[str]:
    letter = line["letter"] or LETTERS[Level(line["level"]), Division(line["division"])]
    code = f"{letter}{department.code}"  # of the first programme of a level and division only
    is_free = alias_key(code) not in known
    Programme.objects.create(
        department=department,
        name=line["programme"],
        code=code if is_free else None,
        level=line["level"],
        division=line["division"],
        letter=letter,
        from_academic_year=line["from_academic_year"] or None,
        closed_academic_year=line["closed_academic_year"] or None,
    )
    return {alias_key(line["programme"]), alias_key(code)}


def _add_statuses(lines: list[dict[str, str]], counts: Counts) -> None:
    have = StatusCode.objects.values_list("kind", "code", "label")
    taken = {(kind, text) for kind, code, label in have for text in (code, label)}
    new = [
        StatusCode(**line)
        for line in lines
        if (line["kind"], line["code"]) not in taken and (line["kind"], line["label"]) not in taken
    ]
    StatusCode.objects.bulk_create(new)
    counts.statuses += len(new)


def _add_aliases(lines: list[dict[str, str]], added: dict[str, Department], counts: Counts) -> None:
    units = [*Department.objects.values_list("name", flat=True)]
    units += Programme.objects.values_list("name", flat=True)
    taken = {alias_key(name) for name in units} | set(OrganisationAlias.objects.values_list("key", flat=True))
    new = {}
    for line in lines:
        key = alias_key(line["alias"])
        if line["department"] in added and key not in taken:
            new[key] = OrganisationAlias(text=line["alias"], key=key, department=added[line["department"]])
    OrganisationAlias.objects.bulk_create(new.values())
    counts.aliases += len(new)
