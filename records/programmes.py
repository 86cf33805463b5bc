"""畢業系所, 在學狀態 and 目前身分: from the words of a cell to the university's lists, loaded once.

A text names a programme (name, code, alias) or only a department; then the level digit of the student number
and the class say which of its programmes is meant (domain.md §3: a hint, never a rule that rejects).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext as _

from . import columns
from .cells import ERROR, WARNING, Note
from .models import (
    College,
    Department,
    Division,
    Level,
    OrganisationAlias,
    Programme,
    SerialSeries,
    StatusCode,
)
from .organisation import alias_key
from .values import academic_year

QUESTION_LIMIT = 200
# The level digit in front of a student number; the university may change the table, nothing else knows it.
LEVEL_DIGITS = {
    "0": (Level.BACHELOR, Division.DAY),
    "1": (Level.MASTER, Division.DAY),
    "2": (Level.DOCTOR, Division.DAY),
    "3": (Level.BACHELOR, Division.EVENING),
    "4": (Level.MASTER, Division.IN_SERVICE),
}
SUFFIXES = {
    (Level.BACHELOR, Division.DAY): "學士班",
    (Level.BACHELOR, Division.EVENING): "進修學士班",
    (Level.MASTER, Division.DAY): "碩士班",
    (Level.MASTER, Division.IN_SERVICE): "碩士在職專班",
    (Level.DOCTOR, Division.DAY): "博士班",
}
# Who entered before a programme closed may take this long to finish, extensions and leave included.
LONGEST_STUDY_YEARS = 9

_WITH_LEVEL_DIGIT = re.compile(r"[0-9]{8}")
_GRADUATE = frozenset((Level.MASTER, Level.DOCTOR))
# The first pattern that matches says it; folded text (see alias_key).
_LEVEL_WORDS = (
    (Level.DOCTOR, re.compile(r"博士|博班|博[一二三四五六七1-7]|博$")),
    (Level.MASTER, re.compile(r"碩|在職")),
    (Level.BACHELOR, re.compile(r"學士|大學部|大[一二三四五1-5]|進修|夜間|[一二三四五1-5]年[a-e甲乙丙丁戊]")),
)
_DIVISION_WORDS = (
    (Division.IN_SERVICE, re.compile(r"在職|碩專|碩職")),
    (Division.EVENING, re.compile(r"進修|夜間")),
    (Division.DAY, re.compile(r"日間")),
)
# What may stand behind the name of a department and still be understood as a whole.
_LEVEL_PHRASE = re.compile(
    r"(系|所)?(日間部?|進修部?|夜間部?|學士|大學部|碩士|碩|博士|博|在職|專|班|學位學程|[一二三四五六]年級?)*"
)
# A level in full, behind the name of a department with a class behind it: "碩士班" of 資工系碩士班二年級. The 所 is the
# one that `_split` leaves; a 系 behind a name begins another word (系統組).
_LEVEL_IN_FULL = re.compile(
    r"所?(?:大學部|(?:日間|進修|夜間)部?)?(?:(?:學士|碩士|博士)(?:在職)?專?班?|碩專班|碩職班|碩班|博班|學位學程)?"
)
_NAMED = re.compile(r"[\u4e00-\u9fff]")
_STATUS = re.compile(r"(\d+)[\s\-－—–_.．、:：]*(.*)")


class Hint(NamedTuple):
    """What words or a number say about level and division; None where they are silent."""

    level: Level | None = None
    division: Division | None = None


class Resolution(NamedTuple):
    """A programme, or why there is none. `question` is the same for all rows that a person decides together."""

    programme_id: int | None
    notes: tuple[Note, ...] = ()
    question: str = ""
    candidates: tuple[int, ...] = ()


EMPTY = Resolution(None)


def number_hint(student_number: str) -> Hint:
    """The hint of a student number such as 00957001; none where it is not of that shape."""
    if not _WITH_LEVEL_DIGIT.fullmatch(student_number):
        return Hint()
    return Hint(*LEVEL_DIGITS.get(student_number[0], ()))


@lru_cache(maxsize=4096)
def words_hint(text: str) -> Hint:
    """The hint of a class such as 碩士班二年級, 進修學士班四年A班, 四年A班."""
    folded = alias_key(text)
    level = next((level for level, words in _LEVEL_WORDS if words.search(folded)), None)
    return Hint(level, next((value for value, words in _DIVISION_WORDS if words.search(folded)), None))


@dataclass
class Lists:
    """The lists in memory; one instance serves a whole plan or page."""

    programmes: dict[int, Programme]
    statuses: dict[int, StatusCode]
    _names: dict[str, int]  # key of a name, code or alias → programme
    _departments: dict[str, int]  # key of a name, code, alias or stem → department
    _codes: frozenset[str]  # keys that count only as the whole text
    _colleges: tuple[str, ...]
    _series: dict[tuple[str, str, int], SerialSeries]
    _of_department: dict[int, list[Programme]] = field(default_factory=dict)
    _cache: dict[tuple[str, str, str], Resolution] = field(default_factory=dict)
    _found_statuses: dict[tuple[str, str], tuple[int | None, tuple[Note, ...]]] = field(default_factory=dict)
    _numberings: dict[tuple[int, int], tuple[int, str]] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Lists:
        """Read everything. Every programme has its serial series: `organisation` sees to it when one is added."""
        programmes = {row.pk: row for row in Programme.objects.select_related("department")}
        departments = list(Department.objects.all())
        aliases = list(OrganisationAlias.objects.all())
        names = {alias.key: alias.programme_id for alias in aliases if alias.programme_id}
        names |= {alias_key(row.code): pk for pk, row in programmes.items() if row.code}
        names |= {alias_key(row.name): pk for pk, row in programmes.items()}
        lists = cls(
            programmes=programmes,
            statuses={status.pk: status for status in StatusCode.objects.all()},
            _names=names,
            _departments=_department_keys(departments, aliases),
            _codes=frozenset(alias_key(department.code) for department in departments),
            _colleges=tuple(alias_key(name) for name in College.objects.values_list("name", flat=True)),
            _series={(row.level, row.division, row.department_id): row for row in _all_series()},
        )
        for programme in programmes.values():
            lists._of_department.setdefault(programme.department_id, []).append(programme)
        return lists

    @classmethod
    def for_showing(cls) -> Lists:
        """Read only what `shown` needs: a page asks the database twice, not six times."""
        programmes = {row.pk: row for row in Programme.objects.all()}
        statuses = {status.pk: status for status in StatusCode.objects.all()}
        return cls(programmes, statuses, {}, {}, frozenset(), (), {})

    def programme(self, programme_id: int) -> Programme:
        """The programme, with its department."""
        return self.programmes[programme_id]

    def series(self, programme_id: int) -> SerialSeries:
        """The serial series of a programme's level, division and department (SOP 6.1)."""
        programme = self.programmes[programme_id]
        return self._series[programme.level, programme.division, programme.department_id]

    def numbering(self, programme_id: int, year: int) -> tuple[int, str]:
        """The series of a programme (its id), and what stands in front of the sequence in a ROC academic year."""
        place = (programme_id, year)
        if place not in self._numberings:
            series = self.series(programme_id)
            self._numberings[place] = (series.pk, series.prefix(year))
        return self._numberings[place]

    def shown(self, attribute: str, value: str) -> str:
        """A canonical value as people and exports see it: a programme's name, `21-畢業`, otherwise `columns.shown`."""
        if not value:
            return ""
        if attribute == "programme":
            return self.programmes[int(value)].name
        if attribute in ("enrolment_status", "current_identity"):
            return str(self.statuses[int(value)])
        return columns.shown(attribute, value)

    def validity_note(self, programme_id: int, graduation_date: str) -> Note | None:
        """A warning when the programme was not there at a graduation date (ISO date or month)."""
        year = academic_year(graduation_date)
        programme = self.programmes[programme_id]
        opened, closed = programme.from_academic_year, programme.closed_academic_year
        if year is None:
            return None
        if opened is not None and year < opened:
            message = _("「%(name)s」自 %(year)d 學年度設立，畢業日期在此之前，請確認。")
            return Note(WARNING, "programme_not_open", message % {"name": programme.name, "year": opened})
        if closed is not None and year > closed + LONGEST_STUDY_YEARS:
            message = _("「%(name)s」自 %(year)d 學年度停招，畢業日期與停招時間相距過久，請確認。")
            return Note(WARNING, "programme_closed", message % {"name": programme.name, "year": closed})
        return None

    def resolve_programme(self, text: str, *, student_number: str = "", class_name: str = "") -> Resolution:
        """The programme that a cell means; `text` is tidy text as `values.clean_programme` returns it."""
        if not text:
            return EMPTY
        digit = student_number[0] if _WITH_LEVEL_DIGIT.fullmatch(student_number) else ""
        place = (text, digit, class_name)
        if place not in self._cache:
            self._cache[place] = self._resolve(text, number_hint(student_number), words_hint(class_name))
        return self._cache[place]

    def _resolve(self, text: str, number: Hint, words: Hint) -> Resolution:
        key = self._without_college(alias_key(text))
        if key in self._names:
            return Resolution(self._names[key])
        department, rest = self._split(key)
        if department is None:
            message = _("找不到畢業系所「%(text)s」，請更正，或在此批次選擇對應的畢業系所。")
            return Resolution(
                None, (Note(WARNING, "programme_unknown", message % {"text": text}),), _question(key, "")
            )
        offered = self._of_department.get(department, [])
        if not _LEVEL_PHRASE.fullmatch(rest):
            return _unclear(text, key, "", offered)
        said = words_hint(rest)
        if said.level:  # the text is complete: no hint is needed
            found = _chosen(offered, said.level, said.division or Division.DAY)
            return Resolution(found.pk) if found else _unclear(text, key, "", offered)
        return self._by_hint(text, key, rest, said, number, words, offered)

    def _by_hint(
        self, text: str, key: str, rest: str, said: Hint, number: Hint, words: Hint, offered: list[Programme]
    ) -> Resolution:
        """The programme of a department that the student number and the class point at."""
        if rest.startswith("所"):  # the institute of a department: never its bachelors
            offered = [row for row in offered if row.level in _GRADUATE] or offered
        levels = {hint.level for hint in (number, words) if hint.level}
        summary = f"{number.level or ''},{number.division or ''},{words.level or ''},{words.division or ''}"
        if len(levels) != 1:
            if not levels and len(offered) == 1:
                message = _("畢業系所只寫「%(text)s」，該系所只有「%(name)s」，請確認。")
                return _hinted(offered[0], text, message)
            return _unclear(text, key, summary, offered)
        division = said.division or words.division or number.division or Division.DAY
        found = _chosen(offered, levels.pop(), division)
        if found is None:
            return _unclear(text, key, summary, offered)
        return _hinted(found, text, _("畢業系所只寫「%(text)s」，依學號與班級判為「%(name)s」，請確認。"))

    def _without_college(self, key: str) -> str:
        for college in self._colleges:
            if key.startswith(college) and len(key) > len(college):
                return key.removeprefix(college)
        return key

    def names_unit(self, text: str) -> bool:
        """Whether a text is the name of a programme, or of a department with or without its level, and no more.

        By name: a code means its unit only where it is the whole cell."""
        key = self._without_college(alias_key(text))
        if not _NAMED.search(key):
            return False
        department, rest = self._split(key)
        return key in self._names or (department is not None and bool(_LEVEL_IN_FULL.fullmatch(rest)))

    def _split(self, key: str) -> tuple[int | None, str]:
        """The department named at the start of a text, by the longest of its names, and what follows it."""
        if key in self._departments:
            return self._departments[key], key[-1] if key[-1] == "所" else ""
        for end in range(len(key) - 1, 1, -1):
            head = key[:end]
            if head in self._departments and head not in self._codes:
                # 海法所博士班: the last sign of the name tells an institute from a department.
                return self._departments[head], ("所" if head[-1] == "所" else "") + key[end:]
        return None, ""

    def resolve_status(self, kind: str, text: str) -> tuple[int | None, tuple[Note, ...]]:
        """The status that a cell means: code, label or `13-入學`. Code and label of two statuses are kept out."""
        if not text:
            return None, ()
        if (kind, text) not in self._found_statuses:
            self._found_statuses[kind, text] = self._status(kind, text)
        return self._found_statuses[kind, text]

    def _status(self, kind: str, text: str) -> tuple[int | None, tuple[Note, ...]]:
        statuses = [status for status in self.statuses.values() if status.kind == kind]
        by_label = {alias_key(status.label): status.pk for status in statuses}
        by_code = {status.code.lstrip("0"): status.pk for status in statuses}
        if alias_key(text) in by_label:
            return by_label[alias_key(text)], ()
        read = _STATUS.fullmatch(text)
        code = by_code.get(read[1].lstrip("0")) if read else None
        label = by_label.get(alias_key(read[2])) if read else None
        if read is None or code is None or (label is not None and label != code):
            choices = "、".join(str(status) for status in statuses if status.is_active)
            message = _("沒有「%(text)s」這個狀態，可用的有：%(choices)s。")
            return None, (Note(ERROR, "status_unknown", message % {"text": text, "choices": choices}),)
        if read[2] and label is None:
            message = _("「%(text)s」的名稱與代碼不符，依代碼視為「%(status)s」，請確認。")
            note = Note(WARNING, "status_by_code", message % {"text": text, "status": self.statuses[code]})
            return code, (note,)
        return code, ()


def _all_series() -> list[SerialSeries]:
    return list(SerialSeries.objects.select_related("department"))


def _department_keys(departments: list[Department], aliases: list[OrganisationAlias]) -> dict[str, int]:
    """Names, aliases and codes of departments, and their stems (資工 for 資工系) where only one unit has them."""
    keys = {alias.key: alias.department_id for alias in aliases if alias.department_id}
    keys |= {alias_key(department.name): department.pk for department in departments}
    stems: dict[str, set[int]] = {}
    for key, pk in keys.items():
        if key[-1:] in ("系", "所") and len(key) > 2:
            for ending in ("", "系", "所"):
                stems.setdefault(key[:-1] + ending, set()).add(pk)
    unique = {stem: pks.pop() for stem, pks in stems.items() if len(pks) == 1}
    return {alias_key(department.code): department.pk for department in departments} | unique | keys


def _chosen(offered: list[Programme], level: Level, division: Division) -> Programme | None:
    """The one programme of a level and division; of several, the one with the standard name."""
    matching = [row for row in offered if (row.level, row.division) == (level, division)]
    if len(matching) > 1:
        suffix = SUFFIXES.get((level, division), "")
        standard = [row for row in matching if row.name == row.department.name + suffix]
        matching = standard or matching
    return matching[0] if len(matching) == 1 else None


def _hinted(programme: Programme, text: str, message: str) -> Resolution:
    note = Note(WARNING, "programme_by_hint", message % {"text": text, "name": programme.name})
    return Resolution(programme.pk, (note,))


def _unclear(text: str, key: str, summary: str, offered: list[Programme]) -> Resolution:
    message = _("無法由「%(text)s」判斷是哪一個畢業系所，請填寫全名，或在此批次選擇對應的畢業系所。")
    note = Note(WARNING, "programme_unclear", message % {"text": text})
    return Resolution(None, (note,), _question(key, summary), tuple(row.pk for row in offered))


def _question(key: str, summary: str) -> str:
    return f"{key}|{summary}"[:QUESTION_LIMIT]
