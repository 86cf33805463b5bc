"""The plan of an import: every row gets exactly one verdict, every person one change. Writes nothing.

Rows are judged one by one (here), joined by person and matched (`grouping`), compared with what is stored
(`person_plans`). The rules are those of domain.md §3–4 and of docs/architecture.md, "What an import does".
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from django.utils.translation import gettext as _

from .bulk import IN_HAND, batched
from .cells import ERROR, NOTE, WARNING
from .columns import BY_ATTRIBUTE
from .grouping import Group, Grouping, Item, is_stored_already
from .known_people import KnownPerson, texts_loaded
from .matching import Known, LineCounts, annotation_lines
from .models import FollowUp, Verdict
from .person_plans import PersonPlan
from .plans import Options, Planned
from .programmes import Lists
from .rows import INDEX, Remark, Row
from .rulings import Kind, identity_of
from .same_names import find_namesakes

_ACCEPTS_MESSAGES = INDEX["accepts_messages"]
_PLANNED_AT_ONCE = 5_000
_ASKED_BY_TELEPHONE = tuple(FollowUp.Item.values)


def plan(rows: Iterable[Row], lists: Lists, options: Options) -> tuple[int, Iterator[Iterable[Planned]]]:
    """How many rows a file has, and the plan of each, in parts; each part must be used up before the next is asked for.

    Rows are judged as they come (reading goes on in a process of its own meanwhile). They are planned person by person
    as they are taken, so that the first of a part are stored while the others are made; while a part is taken, the
    database is asked nothing.
    """
    items: list[Item] = []
    for some in batched(rows, IN_HAND):
        items += [judged(row, lists, options) for row in some]
    known = Known(
        serials=(serial for item in items if (serial := item.value("serial_number"))),
        digests=(item.digest for item in items if item.digest),
        students=(number for item in items if (number := item.value("student_number"))),
    )
    known.load_more(ruling.person_id for ruling in options.rulings.values() if ruling.person_id)
    groups = Grouping(items, known, options.rulings).groups()
    find_namesakes(groups, known)
    lines = annotation_lines(
        group.person.pk
        for group in groups
        if group.person and any(item.value("annotations") for item in group.items)
    )
    kept_out = [item.planned for item in items if item.planned.verdict == Verdict.KEPT_OUT]
    return len(items), chain([kept_out], _of_people(deque(groups), lists, options, lines))


def _of_people(
    groups: deque[Group], lists: Lists, options: Options, lines: Mapping[int, LineCounts]
) -> Iterator[Iterator[Planned]]:
    """People leave the queue as they are planned: what was made of a hundred thousand would double the memory."""
    while groups:
        some = [groups.popleft() for _turn in range(min(_PLANNED_AT_ONCE, len(groups)))]
        with texts_loaded(_people_in(some)):
            yield _planned(some, lists, options, lines)


def _people_in(groups: Iterable[Group]) -> list[KnownPerson]:
    """Whom the rows of the groups speak of; where their keys disagree, all that they point at."""
    people: dict[int, KnownPerson] = {}
    for group in groups:
        if group.person:
            people[group.person.pk] = group.person
        for item in group.items:
            if item.record and item.record.person is not group.person:
                people[item.record.person.pk] = item.record.person
    return list(people.values())


def _planned(
    groups: Iterable[Group], lists: Lists, options: Options, lines: Mapping[int, LineCounts]
) -> Iterator[Planned]:
    for some in batched(groups, IN_HAND):
        for group in some:
            if not is_stored_already(group):
                stored_lines = lines.get(group.person.pk) if group.person else None
                PersonPlan(group, lists, options, stored_lines or Counter()).make()
                _tell_of_calls(group)
        yield from (item.planned for group in some for item in group.items)


def _tell_of_calls(group: Group) -> None:
    """Required data that somebody new lacks will be asked for by telephone (SOP 6.10)."""
    leader = next((item for item in group.items if item.planned.verdict == Verdict.NEW_PERSON), None)
    if leader is None:
        return
    missing = [name for name in _ASKED_BY_TELEPHONE if not leader.planned.change.values.get(name)]
    if missing:
        headers = "、".join(BY_ATTRIBUTE[name].header for name in missing)
        sentence = _("缺%(headers)s，匯入後列入電話補正。") % {"headers": headers}
        leader.remark("", NOTE, "follow_up", sentence)


def judged(row: Row, lists: Lists, options: Options) -> Item:
    """Look the listed values up and judge the row by itself."""
    planned = Planned(row, Verdict.UNCHANGED)
    added = [
        *_resolve_programme(planned, lists, options),
        *_resolve_status(planned, "enrolment_status", "enrolment", lists),
        *_resolve_status(planned, "current_identity", "identity", lists),
    ]
    planned.remarks = [*row.remarks, *added]
    values = row.values.copy()
    for attribute, value in planned.listed.items():
        values[INDEX[attribute]] = value
    item = Item(planned, values, row.digest, row.name_key)
    if not row.value("chinese_name"):
        planned.verdict = Verdict.KEPT_OUT
        if not row.is_rejected("chinese_name"):
            item.remark("中文姓名", ERROR, "name_missing", _("中文姓名空白，請補上後再匯入。"))
    ruling = options.rulings.get(row.number)
    if ruling and ruling.kind == Kind.OUT and ruling.identity == identity_of(row):
        planned.verdict = Verdict.KEPT_OUT
        item.remark("", WARNING, "left_out", _("不匯入：%(told)s") % {"told": ruling.told})
    return item


def _resolve_programme(planned: Planned, lists: Lists, options: Options) -> list[Remark]:
    """畢業系所 by name, by hints, or by what a person decided for all like rows."""
    row = planned.row
    found = lists.resolve_programme(
        row.value("programme"), student_number=row.value("student_number"), class_name=row.value("class_name")
    )
    notes, programme_id = list(found.notes), found.programme_id
    if found.question:
        decided = options.decisions.get(found.question)
        if decided:
            programme_id, notes = int(decided), []
        else:
            planned.question = found.question
    if programme_id:
        validity = lists.validity_note(programme_id, row.value("graduation_date"))
        notes += [validity] if validity else []
    planned.listed["programme"] = str(programme_id or "")
    return [("畢業系所", *note) for note in notes]


def _resolve_status(planned: Planned, attribute: str, kind: str, lists: Lists) -> list[Remark]:
    text = planned.row.value(attribute)
    found, notes = lists.resolve_status(kind, text) if text else (None, ())
    planned.listed[attribute] = str(found or "")
    return [(BY_ATTRIBUTE[attribute].header, *note) for note in notes]


def no_rows_yet() -> dict[str, int]:
    """Counts of a plan: rows by verdict, how many there are, their remarks and their refusals of messages."""
    return dict.fromkeys(Verdict.values, 0) | {"remarks": 0, "rows": 0, "refusals": 0}


def count(counts: dict[str, int], item: Planned) -> None:
    """Count one row in."""
    counts[item.verdict] += 1
    counts["rows"] += 1
    counts["remarks"] += len(item.remarks)
    if item.row.values[_ACCEPTS_MESSAGES] == "否":
        counts["refusals"] += 1
