"""Whom the rows of a file may mean when nothing but the name speaks (SOP 6.5): a person is asked."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice

from django.utils.translation import gettext as _

from .columns import COLUMNS
from .grouping import Group
from .known_people import KnownPerson, KnownRecord
from .matching import Known, Namesake, namesakes

# However many rows of a file bear one name.
_COMPARED_AT_MOST, _NAMED_AT_MOST = 200, 10


def find_namesakes(groups: list[Group], known: Known) -> None:
    """Ask about every group that may be a stored person, or another group, of the same name and no other birthday."""
    new = [group for group in groups if not (group.person or any(item.ruling for item in group.items))]
    stored = namesakes(group.items[0].name_key for group in new)
    in_file: dict[str, list[Group]] = defaultdict(list)
    for group in groups:
        in_file[group.items[0].name_key].append(group)
    # Only of a row without national ID it is asked whether all that it says is stored already.
    known.load_more(
        namesake.pk
        for group in new
        if not any(item.digest for item in group.items)
        for namesake in stored.get(group.items[0].name_key, ())
    )
    owners = {group.person.pk: group for group in groups if group.person}
    for group in new:
        item = group.speaker
        digest = next((item.digest for item in group.items if item.digest), "")
        birth_date = next((i.value("birth_date") for i in group.items if i.value("birth_date")), "")
        possible = [
            namesake for namesake in stored.get(item.name_key, ()) if _may_be(namesake, digest, birth_date)
        ]
        people = [] if digest else [known.people[one.pk] for one in possible if one.pk in known.people]
        same = [r for person in people for r in person.records if _says_nothing_new(group, r)]
        if len(same) == 1:
            item.record = same[0]
            _give_to(group, same[0].person, owners, groups)
        elif possible:
            item.ask("中文姓名", "same_name", _same_name_sentence(digest, len(possible)))
            item.planned.alike = _rows_alike(group, in_file[item.name_key], birth_date)
        elif not digest and any(
            _may_be_group(other, birth_date) for other in in_file[item.name_key] if other is not group
        ):
            item.ask(
                "中文姓名",
                "same_name_in_file",
                _("檔案中另有同名的人，本列沒有身分證字號，無法分辨是否為同一人。"),
            )
            item.planned.alike = _rows_alike(group, in_file[item.name_key], birth_date)


def _rows_alike(group: Group, namesakes: list[Group], birth_date: str) -> list[int]:
    """The rows of the first groups of that name that may be the same person."""
    alike = (
        other.speaker.row.number
        for other in islice(namesakes, _COMPARED_AT_MOST)
        if other is not group and _may_be_group(other, birth_date)
    )
    return list(islice(alike, _NAMED_AT_MOST))


def _give_to(group: Group, person: KnownPerson, owners: dict[int, Group], groups: list[Group]) -> None:
    """The rows speak of this stored person; they join rows that do so already."""
    owner = owners.setdefault(person.pk, group)
    owner.person = person
    if owner is not group:
        owner.items = sorted([*owner.items, *group.items], key=lambda item: item.row.number)
        groups.remove(group)


def _same_name_sentence(digest: str, count: int) -> str:
    if digest:
        return _("資料庫有 %(count)s 位同名且尚無身分證字號的校友，可能是同一人，請核對生日與系所。") % {
            "count": count
        }
    return _("資料庫有 %(count)s 位同名校友，本列沒有身分證字號，請核對身分證字號、系所與生日。") % {
        "count": count
    }


def _may_be(namesake: Namesake, digest: str, birth_date: str) -> bool:
    if digest and namesake.digest:
        return False
    if birth_date and namesake.birth_date:
        return namesake.birth_date.isoformat() == birth_date
    return not digest


def _may_be_group(other: Group, birth_date: str) -> bool:
    theirs = next((i.value("birth_date") for i in other.items if i.value("birth_date")), "")
    return not (birth_date and theirs) or birth_date == theirs


def _says_nothing_new(group: Group, record: KnownRecord) -> bool:
    """Whether everything the single row says is stored with that record already."""
    if len(group.items) != 1:
        return False
    item = group.items[0]
    stored = record.person.values | record.values
    return bool(item.value("programme")) and all(
        not (value := item.value(column.attribute)) or stored[column.attribute] == value
        for column in COLUMNS
        if column.attribute not in {"annotations", "accepts_messages", "national_id"}
    )
