"""The academic records of one person in a plan: which are new, which change, which stand in the file twice."""

from __future__ import annotations

from django.utils.translation import gettext as _

from .cells import NOTE
from .changes import RecordChange
from .columns import BY_ATTRIBUTE, RECORD_COLUMNS
from .grouping import Group, Item
from .known_people import KnownRecord
from .models import Verdict
from .plans import Options
from .programmes import Lists
from .values import academic_year

_ATTRIBUTES = tuple(column.attribute for column in RECORD_COLUMNS if column.attribute != "serial_number")


class RecordPlans:
    """`changes` by the row number that carries each."""

    def __init__(self, group: Group, lists: Lists, options: Options) -> None:
        self.group, self.person, self.lists, self.options = group, group.person, lists, options
        self.changes: dict[int, RecordChange] = {}
        self.carriers: list[Item] = []  # items with a change of their own

    def add(self, item: Item) -> None:
        """Plan the record that a row speaks of, or ask a person."""
        has_record = item.record and item.record.person is self.person
        # A person who ruled said which degree it is, or that it is a further one.
        record = item.record if has_record or item.ruling else self._record_of(item)
        if record is not None:
            item.record = record
            self._add_existing(item, record)
        elif item.value("programme"):
            self._add_new(item)
        elif item.planned.question:
            sentence = _("請在本批次的「待決定」選擇畢業系所，一次套用到所有相同的列。")
            item.ask("畢業系所", "programme_question", sentence)
        elif self.person is None or item.value("student_number") or item.value("graduation_date"):
            sentence = _("畢業系所空白或無法採用，無法編流水號；請補上後再匯入。")
            item.ask("畢業系所", "programme_missing", sentence)

    def levels(self) -> list[str]:
        """The levels of all records the person will have."""
        ids = [record.programme for record in self.person.records] if self.person else []
        ids += [c.values["programme"] for c in self.changes.values() if c.record_id is None]
        return [self.lists.programme(int(programme)).level for programme in ids]

    def _record_of(self, item: Item) -> KnownRecord | None:
        """The person's record of that programme, where the student number does not speak against it."""
        programme = item.value("programme")
        if self.person is None or (not programme and item.row.value("programme")):
            return None  # nobody yet, or something stands there that could not be resolved
        same = [r for r in self.person.records if not programme or r.programme == programme]
        fitting = [r for r in same if _agree(item.value("student_number"), r.student_number)]
        if len(fitting) == 1:
            return fitting[0]
        if programme and same:
            sentence = _("此人在同一畢業系所已有學號不同的學籍，請查明是更正還是另一個學籍。")
            item.ask("學號", "student_number_differs", sentence)
        return None

    def _add_existing(self, item: Item, record: KnownRecord) -> None:
        for attribute in ("serial_number", "programme", "student_number"):
            if not _agree(item.value(attribute), record.value(attribute)):
                header = BY_ATTRIBUTE[attribute].header
                sentence = _("%(header)s與資料庫中流水號 %(serial)s 的紀錄不同，請查明。")
                item.ask(
                    header,
                    "record_differs",
                    sentence % {"header": header, "serial": record.serial_number},
                )
        item.planned.person_id, item.planned.record_id = record.person.pk, record.pk
        values = {
            name: value
            for name in _ATTRIBUTES
            if (value := item.value(name)) and _adds(name, value, record.value(name))
        }
        if item.ruling:
            self._keep_keys(item, record, values)
        if self._is_of_another(values.get("student_number", ""), record):
            item.ask("學號", "two_records", _("流水號與學號指向兩筆不同的學籍，請查明。"))
        if (
            "enrolment_status" in values
            and record.value("graduation_date")
            and not item.value("graduation_date")
        ):
            del values["enrolment_status"]
            sentence = _("資料庫已有畢業日期而本列沒有，保留資料庫的在學狀態。")
            item.remark("在學狀態", NOTE, "kept_graduated", sentence)
        twin = next((other for other in self.carriers if other.record is record), None)
        if twin is None:
            self._carry(item, RecordChange(record.pk, values))
            change = self.changes[item.row.number]
        else:
            self._join(item, twin)
            change = self.changes[twin.row.number]
            _merge(change.values, values)
        change.before = {name: record.value(name) for name in change.values}

    def _is_of_another(self, number: str, record: KnownRecord) -> bool:
        """Whether another degree of the person in that programme bears the student number, or is given it by a row."""
        if not number:
            return False
        given = {change.record_id: change.values.get("student_number") for change in self.changes.values()}
        return any(
            number in (other.student_number, given.get(other.pk))
            for other in record.person.records
            if other is not record and other.programme == record.programme
        )

    def _keep_keys(self, item: Item, record: KnownRecord, values: dict[str, str]) -> None:
        """A person chose the record: what tells it apart stays as it is stored."""
        for attribute in ("programme", "student_number"):
            if record.value(attribute) and values.pop(attribute, None):
                header = BY_ATTRIBUTE[attribute].header
                sentence = _("依決定併入這筆學籍，保留資料庫的%(header)s。") % {"header": header}
                item.remark(header, NOTE, "kept_by_decision", sentence)

    def _add_new(self, item: Item) -> None:
        serial = item.value("serial_number")
        twin = next(
            (other for other in self.carriers if other.record is None and _same_degree(item, other)), None
        )
        values = {name: item.value(name) for name in _ATTRIBUTES if item.value(name)}
        if twin is not None:
            self._join(item, twin)
            change = self.changes[twin.row.number]
            _merge(change.values, values)
            if serial:
                self._bring_serial(twin, change, serial)
            return
        change = RecordChange(None, values)
        self._carry(item, change)
        item.planned.verdict = Verdict.NEW_RECORD
        if serial:
            self._bring_serial(item, change, serial)
        else:
            self._take_serial(item, change)

    def _bring_serial(self, item: Item, change: RecordChange, serial: str) -> None:
        """The file says the number: it is kept. Without a series, `prefix` tells the number brought."""
        for other in self.carriers:
            theirs = self.changes[other.row.number].values.get("serial_number")
            if other is not item and theirs == serial:
                for one in (item, other):
                    one.ask("流水號", "given_twice", _("檔案中同一流水號用於兩筆不同的學籍，請查明。"))
        change.values["serial_number"] = serial
        change.series_id, change.prefix = None, ""
        item.planned.series_id, item.planned.prefix = None, serial

    def _take_serial(self, item: Item, change: RecordChange) -> None:
        """The number will come from the series, in the year of graduation or else of the import."""
        graduation = item.value("graduation_date")
        year = (academic_year(graduation) if graduation else None) or self.options.academic_year
        series_id, prefix = self.lists.numbering(int(item.value("programme")), year)
        change.series_id, change.prefix = series_id, prefix
        item.planned.series_id, item.planned.prefix = series_id, prefix

    def _carry(self, item: Item, change: RecordChange) -> None:
        change.key = [item.row.number]  # all rows that speak of the record
        self.changes[item.row.number] = change
        self.carriers.append(item)

    def _join(self, item: Item, twin: Item) -> None:
        """The same degree stands in the file twice: once is enough, unless the rows contradict each other."""
        names = (*_ATTRIBUTES, "serial_number")
        if not all(
            _agree(item.value(name), twin.value(name))
            or (name == "graduation_date" and _same_month(item.value(name), twin.value(name)))
            for name in names
        ):
            rows = _("第 %(first)s 列與第 %(second)s 列") % {
                "first": twin.row.number,
                "second": item.row.number,
            }
            sentence = _("檔案中同一學籍有兩列而內容不同（%(rows)s），請保留正確的一列。") % {"rows": rows}
            for one in (item, twin):
                one.ask("畢業系所", "record_twice", sentence)
        self.changes[twin.row.number].key.append(item.row.number)
        sentence = _("與第 %(row)s 列是同一筆學籍，只匯入一次。") % {"row": twin.row.number}
        item.remark("", NOTE, "row_twice", sentence)


def _agree(one: str, other: str) -> bool:
    return not one or not other or one == other


def _same_month(one: str, other: str) -> bool:
    """A month and a day in it do not contradict each other."""
    return one.startswith(other) or other.startswith(one)


def _merge(values: dict[str, str], more: dict[str, str]) -> None:
    """Add what another row of the same degree says; of a month and a day in it the day."""
    for name, value in more.items():
        if not values.get(name, "").startswith(value):
            values[name] = value


def _same_degree(item: Item, other: Item) -> bool:
    return item.value("programme") == other.value("programme") and _agree(
        item.value("student_number"), other.value("student_number")
    )


def _adds(attribute: str, value: str, stored: str) -> bool:
    """Whether a value says something the stored one does not; a month adds nothing to a day in it."""
    if attribute == "graduation_date" and stored.startswith(value):
        return False
    return value != stored
