"""Which rows of a file speak of the same person, and of whom: the middle step of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from .cells import NOTE
from .columns import BY_ATTRIBUTE, PERSON_COLUMNS, RECORD_COLUMNS, SECONDARY_WORDS
from .joins import against_join, followers, pair_identity
from .known_people import PERSON_TEXT_AT, RECORD_TEXT_AT, KnownPerson, KnownRecord
from .matching import Known
from .models import Verdict
from .plans import ABOUT_ROWS, Planned
from .rows import INDEX, Row
from .rulings import (
    SETTLED,
    Contradiction,
    Kind,
    Ruling,
    contradictions,
    identity_of,
    keeps_number,
    record_of,
    unconfirmed,
)

# Where a row holds what a person and a record hold; of the national ID only the digest is compared.
_OF_PERSON = [
    (INDEX[c.attribute], PERSON_TEXT_AT[c.attribute]) for c in PERSON_COLUMNS if c.attribute != "national_id"
]
_OF_RECORD = [(INDEX[c.attribute], RECORD_TEXT_AT[c.attribute]) for c in RECORD_COLUMNS]


@dataclass(slots=True)
class Item:
    """A row on its way to a verdict."""

    planned: Planned
    values: list[str]  # canonical, in column order; listed texts as the ids they resolve to
    digest: str
    name_key: str
    record: KnownRecord | None = None
    problems: list[tuple[str, str, str]] = field(
        default_factory=list
    )  # (header, code, sentence): a person decides
    ruling: Ruling | None = None  # what a person decided, where it is followed
    is_joined: bool = False  # a person declared it to be the same person as another row

    @property
    def row(self) -> Row:
        return self.planned.row

    def value(self, attribute: str) -> str:
        return self.values[INDEX[attribute]]

    @property
    def graduation_rank(self) -> str:
        """Later degrees are newer; who still studies, for all we know, is newest."""
        stored = self.record.value("graduation_date") if self.record else ""
        return self.value("graduation_date") or stored or "9999"

    @property
    def question(self) -> str:
        """What is asked about the row, alike for rows with the same problems; "" when nothing is."""
        asked = sorted({f"{code}@{header}" for header, code, _sentence in self.problems})
        return (ABOUT_ROWS + " ".join(asked))[:200] if asked else ""

    def ask(self, header: str, code: str, sentence: str) -> None:
        """A question to a person, unless the ruling on the row has answered it."""
        if self.ruling is None or code not in SETTLED:
            self.problems.append((header, code, sentence))

    def remark(self, header: str, level: str, code: str, sentence: str) -> None:
        self.planned.remarks.append((header, level, code, sentence))


@dataclass(slots=True)
class Group:
    """The rows of one person."""

    items: list[Item] = field(default_factory=list)
    person: KnownPerson | None = None

    @property
    def speaker(self) -> Item:
        """The row that is asked about the person: one that follows no other."""
        return next((item for item in self.items if not item.is_joined), self.items[0])


class Grouping:
    """Join the rows of one person: those matched to the same stored person, else with the same national ID, else
    with the same student number; and those that a person declared to be the same."""

    def __init__(self, items: list[Item], known: Known, rulings: Mapping[int, Ruling]) -> None:
        self.items = [item for item in items if item.planned.verdict != Verdict.KEPT_OUT]
        self.known, self.rulings = known, rulings
        self.by_key: dict[tuple[str, object], Group] = {}
        self.by_digest: dict[str, Group] = {}
        self.by_student: dict[str, Group] = {}
        self.by_serial: dict[str, Group] = {}
        self.by_ruled_number: dict[tuple[str, str], tuple[Group, Item]] = {}
        self.placed: dict[int, Group] = {}
        self.joined = self._joins() if any(one.kind == Kind.ROW for one in rulings.values()) else {}
        self.turns = {number: turn for turn, number in enumerate(self.joined, start=1)}

    def groups(self) -> list[Group]:
        groups: list[Group] = []
        matched = [
            (item, self._follow(item) if self._rule(item) else self._match(item)) for item in self.items
        ]
        # Rows of stored people first, then rows with a national ID: others join the person whose national ID or
        # student number they bear. Last, rows that follow another one.
        turns = self.turns
        for item, person in sorted(
            matched, key=lambda pair: (turns.get(pair[0].row.number, 0), pair[1] is None, not pair[0].digest)
        ):
            group = self._followed(item, person) or self._group_of(item, person)
            if not group.items:
                groups.append(group)
            group.items.append(item)
            if self.joined:
                self.placed[item.row.number] = group
            self._claim(item, group)
            if item.ruling and item.ruling.kind == Kind.NEW and group.person:
                _overtake(item, _("檔案中身分證字號或學號相同的列屬於既有校友。"))
        for group in groups:
            group.items.sort(key=lambda item: item.row.number)
        return groups

    def _group_of(self, item: Item, person: KnownPerson | None) -> Group:
        if person is None and item.digest in self.by_digest:
            return self.by_digest[item.digest]
        student = item.value("student_number")
        if person is None and not item.digest and student in self.by_student:
            group = self.by_student[student]
            if group.items[0].name_key == item.name_key:
                return group
        key = (
            ("person", person.pk)
            if person
            else ("digest", item.digest)
            if item.digest
            else ("row", item.row.number)
        )
        group = self.by_key.setdefault(key, Group(person=person))
        return group

    def _joins(self) -> dict[int, int]:
        """Each row that a person declared to be the same as another one, with that row; what facts have overtaken is
        asked for again."""
        by_number = {item.row.number: item for item in self.items}
        found = {}
        for number, ruling in self.rulings.items():
            item, other = by_number.get(number), by_number.get(ruling.other_row)
            if ruling.kind != Kind.ROW or item is None:
                continue
            if other is None:
                _overtake(item, _("第 %(row)s 列不匯入。") % {"row": ruling.other_row})
            elif ruling.identity != pair_identity(item, other):
                _overtake(item, _("決定之後，兩列之一的姓名、身分證字號、生日、學號或流水號更正過。"))
            elif against := against_join(item, other):
                _overtake(item, "".join(one.sentence for one in against))
            else:
                found[number] = ruling.other_row
        return followers(found)

    def _followed(self, item: Item, person: KnownPerson | None) -> Group | None:
        """The group of the row that an item follows, as long as no key of the item says that it is somebody else."""
        followed = self.joined.get(item.row.number)
        if followed is None:
            return None
        group = self.placed[followed]
        owner = group.person
        if person is not None and person is not owner:
            why = _("本列的流水號、身分證字號或學號屬於資料庫中的校友，第 %(row)s 列不是這位校友。")
        elif item.digest and owner and owner.digest and owner.digest != item.digest:
            why = _("第 %(row)s 列是資料庫中身分證字號不同的校友。")
        elif item.digest and self.by_digest.get(item.digest, group) is not group:
            why = _("檔案中另有身分證字號與本列相同的列，與第 %(row)s 列不是同一人。")
        elif person is None and (against := self._against_ruled(item, group)):
            why = _("第 %(row)s 列依決定併入既有校友，而本列：") + "".join(one.sentence for one in against)
        else:
            item.is_joined = True
            told = self.rulings[item.row.number].told
            item.remark("", NOTE, "decided", _("依決定處理：%(told)s") % {"told": told})
            return group
        _overtake(item, why % {"row": followed})
        return None

    def _against_ruled(self, item: Item, group: Group) -> list[Contradiction]:
        """What nobody confirmed of a row that comes to a stored person only because it follows a row ruled to be that
        person."""
        ruled = next(
            (one.ruling for one in group.items if one.ruling and one.ruling.kind == Kind.PERSON), None
        )
        if ruled is None:
            return []
        ruling = replace(ruled, record_id=None, is_new_degree=True)
        return unconfirmed(contradictions(item, ruling, self.known), ruling)

    def _rule(self, item: Item) -> bool:
        """Whether a person's ruling on the row stands; one that facts have overtaken is asked for again."""
        ruling = self.rulings.get(item.row.number)
        if ruling is None or ruling.kind == Kind.ROW:
            return False
        if ruling.identity != identity_of(item):
            _overtake(item, _("決定之後，這一列的姓名、身分證字號、生日、學號或流水號更正過。"))
            return False
        found = contradictions(item, ruling, self.known)
        against = unconfirmed(found, ruling)
        if against:
            _overtake(item, "".join(one.sentence for one in against))
            return False
        item.ruling = ruling
        item.remark("", NOTE, "decided", _("依決定處理：%(told)s") % {"told": ruling.told})
        for one in found:
            item.remark("", NOTE, one.code, one.sentence)
        return True

    def _follow(self, item: Item) -> KnownPerson | None:
        """The person that the ruling names, nobody when the row is somebody new."""
        self._ask_retired(item)
        person = self.known.people[item.ruling.person_id] if item.ruling.kind == Kind.PERSON else None
        item.record = record_of(item.ruling, person) if person else None
        return person

    def _match(self, item: Item) -> KnownPerson | None:
        """The stored person a row speaks of; contradicting keys are for a person to decide."""
        by_serial = self.known.by_serial.get(item.value("serial_number"))
        by_student = self._by_student(item)
        by_digest = self.known.by_digest.get(item.digest) if item.digest else None
        people = {
            person.pk: person
            for person in (by_digest, by_serial and by_serial.person, by_student and by_student.person)
            if person
        }
        item.record = by_serial or by_student
        if len(people) > 1:
            item.ask("", "keys_disagree", _("流水號、身分證字號與學號指向不同的校友，請查明後再匯入。"))
        person = by_digest or (item.record.person if item.record else None)
        if person and item.digest and person.digest and person.digest != item.digest:
            header = BY_ATTRIBUTE["serial_number" if by_serial else "student_number"].header
            sentence = _("%(header)s屬於另一位身分證字號不同的校友，請查明。") % {"header": header}
            item.ask("身分證字號", "other_person", sentence)
        if by_serial and by_student and by_serial is not by_student:
            item.ask("學號", "two_records", _("流水號與學號指向兩筆不同的學籍，請查明。"))
        same_number = self.known.by_student.get(item.value("student_number"), ())
        if any(record.person is not person for record in same_number):
            item.ask(
                "學號", "student_number_taken", _("這個學號已屬於資料庫中的另一位校友，請查明是哪一位的。")
            )
        self._ask_retired(item)
        return person

    def _ask_retired(self, item: Item) -> None:
        if item.value("serial_number") in self.known.burnt_serials:
            item.ask(
                "流水號", "serial_retired", _("這個流水號曾經編給其他紀錄，不可再用；請清空，由系統編號。")
            )

    def _by_student(self, item: Item) -> KnownRecord | None:
        records = self.known.by_student.get(item.value("student_number"), ())
        programme = item.value("programme")
        return next((record for record in records if record.programme == programme), None)

    def _claim(self, item: Item, group: Group) -> None:
        """No key of a file is given to two people."""
        if item.digest:
            other = self.by_digest.setdefault(item.digest, group)
            # A person who ruled whose a row is has said so; whoever has a national ID then keeps it.
            is_ruled = any(one.ruling for one in (item, *other.items))
            has_one = any(one.person and one.person.digest for one in (group, other))
            if other is not group and not (is_ruled and has_one):
                self._ask_claimants(item, other, "national_id", "id_given_twice")
        for attribute, code, claims in (
            ("student_number", "student_given_twice", self.by_student),
            ("serial_number", "given_twice", self.by_serial),
        ):
            value = item.value(attribute)
            if value and (other := claims.setdefault(value, group)) is not group:
                self._ask_claimants(item, other, attribute, code)
        if item.ruling and item.value("student_number") and not keeps_number(item.record):
            self._claim_number(item, group)

    def _ask_claimants(self, item: Item, other: Group, attribute: str, code: str) -> None:
        value, header = item.value(attribute), BY_ATTRIBUTE[attribute].header
        claimants = [*(one for one in other.items if one.value(attribute) == value), item]
        numbers = sorted(one.row.number for one in claimants)
        sentence = _("檔案中有兩位不同的人使用相同的%(header)s（%(rows)s），請查明是哪一位的。") % {
            "header": header,
            "rows": "、".join(_("第%(row)s列") % {"row": number} for number in numbers),
        }
        for one in claimants:
            one.ask(header, code, sentence)

    def _claim_number(self, item: Item, group: Group) -> None:
        """However people ruled, a student number gets one bearer in a programme."""
        pair = (item.value("student_number"), item.value("programme"))
        other, first = self.by_ruled_number.setdefault(pair, (group, item))
        if other is group:
            return
        for one in (first, item):
            one.ask(
                "學號", "number_given_twice", _("檔案中有兩位不同的人在同一系所使用相同的學號，請更正學號。")
            )


def _overtake(item: Item, sentence: str) -> None:
    item.ruling = None
    item.ask("", "decision_overtaken", _("先前的決定與資料矛盾，請重新決定：%(why)s") % {"why": sentence})


def is_stored_already(group: Group) -> bool:
    """Whether a single row says of a stored degree what is stored, word for word: most rows of a file that comes
    again. Its plan is made here; there is nothing to compare rule by rule."""
    if len(group.items) != 1 or group.person is None:
        return False
    (item,), person = group.items, group.person
    record = item.record
    if record is None or record.person is not person or item.problems or item.ruling:
        return False
    may_add = (
        item.row.extra
        or any(person.value(name) for name in SECONDARY_WORDS)
        or item.value("annotations")
        or (item.digest and item.digest != person.digest)
    )
    if may_add or not (_repeats(item, _OF_PERSON, person.texts) and _repeats(item, _OF_RECORD, record.texts)):
        return False
    item.planned.person_id, item.planned.record_id = person.pk, record.pk
    return True


def _repeats(item: Item, places: Iterable[tuple[int, int]], stored: Sequence[str]) -> bool:
    values = item.values
    for index, place in places:  # a loop: with `all` this takes thrice as long, and it is asked of every row
        if values[index] and values[index] != stored[place]:
            return False
    return True
