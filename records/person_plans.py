"""The change of one person, and the verdicts of the rows that speak of that person."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from django.utils.translation import gettext as _

from .annotations import PINNED_START, Line, parse_lines
from .cells import NOTE, WARNING
from .changes import NewObjection, PersonChange, RecordChange
from .columns import BY_ATTRIBUTE, PERSON_COLUMNS, RECORD_COLUMNS, REPLACEABLE_ATTRIBUTES
from .grouping import Group, Item
from .matching import KnownRecord
from .models import ImportBatch, MessageObjection, Verdict
from .plans import Options
from .programmes import Lists
from .rows import INDEX
from .values import academic_year, fold_name, mask_national_id

Mode, Refusals = ImportBatch.Mode, ImportBatch.Refusals
_IDENTITY = ("chinese_name", "birth_date", "sex")
_PERSON_ATTRIBUTES = tuple(
    column.attribute for column in PERSON_COLUMNS if column.attribute != "accepts_messages"
)
_PERSON_INDEXES = tuple((attribute, INDEX[attribute]) for attribute in _PERSON_ATTRIBUTES)
_RECORD_ATTRIBUTES = tuple(
    column.attribute for column in RECORD_COLUMNS if column.attribute != "serial_number"
)


class PersonPlan:
    """The change of one person out of all rows that speak of that person."""

    def __init__(
        self,
        group: Group,
        lists: Lists,
        options: Options,
        stored_lines: set[tuple[str, datetime.date | None, str]],
    ) -> None:
        self.group, self.lists, self.options = group, lists, options
        self.person = group.person
        self.stored_lines = stored_lines
        # The newest degree speaks for the person; of two equally new rows the later one.
        self.newest_first = sorted(
            group.items, key=lambda item: (item.row.graduation_rank, item.row.number), reverse=True
        )
        self.values: dict[str, str] = {}
        self.before: dict[str, str] = {}
        self.records: dict[int, RecordChange] = {}  # row number → change
        self.new_records: dict[tuple[str, str, str], Item] = {}
        self.diff: list[tuple[str, str, str]] = []

    def make(self) -> None:
        self._check_identity()
        for item in self.group.items:
            self._plan_record(item)
        if any(item.problems for item in self.group.items):
            self._leave_to_a_person()
            return
        if self.person is None and not self._can_be_told_apart():
            return
        self._plan_person()
        lines = self._legacy_lines()
        objection = self._plan_messages()
        self._give_verdicts(lines, objection)

    # --- may these rows be one person, and this person -------------------------------------------------------
    def _check_identity(self) -> None:
        if self._is_one_new_row():
            return
        for attribute in _IDENTITY:
            seen = {_comparable(attribute, v): v for i in self.group.items if (v := i.value(attribute))}
            header = BY_ATTRIBUTE[attribute].header
            if len(seen) > 1:
                for item in self.group.items:
                    item.ask(
                        header,
                        "differs_in_file",
                        _("同一人的各列%(header)s不同（%(rows)s），請查明。")
                        % {"header": header, "rows": self._row_numbers()},
                    )
            stored = self.person.values[attribute] if self.person else ""
            if stored and seen and _comparable(attribute, stored) not in seen:
                self.newest_first[0].ask(
                    header,
                    "differs_from_stored",
                    _("%(header)s與資料庫中的校友不同，請核對是否為同一人。") % {"header": header},
                )

    def _row_numbers(self) -> str:
        return "、".join(_("第%(row)s列") % {"row": item.row.number} for item in self.group.items)

    def _can_be_told_apart(self) -> bool:
        """A wrong national ID keeps a row in only when its student number still says who it is."""
        if any(item.digest for item in self.group.items):
            return True
        going = True
        for item in self.group.items:
            wrong = item.row.is_rejected("national_id")
            if wrong and not (item.value("student_number") and item.value("programme")):
                item.planned.verdict = Verdict.KEPT_OUT
                going = False
        if not going:
            for item in self.group.items:
                item.planned.verdict = Verdict.KEPT_OUT
        return going

    def _is_one_new_row(self) -> bool:
        """Nothing to compare with: most rows of most files."""
        return self.person is None and len(self.group.items) == 1

    # --- records --------------------------------------------------------------------------------------------
    def _plan_record(self, item: Item) -> None:
        record = item.record if item.record and item.record.person is self.person else self._record_of(item)
        if record is not None:
            item.record = record
            self._plan_existing_record(item, record)
        elif item.value("programme"):
            self._plan_new_record(item)
        elif item.planned.question:
            item.ask(
                "畢業系所",
                "programme_question",
                _("請在本批次的「待決定」選擇畢業系所，一次套用到所有相同的列。"),
            )
        elif self.person is None or item.value("student_number") or item.value("graduation_date"):
            item.ask(
                "畢業系所", "programme_missing", _("畢業系所空白或無法採用，無法編流水號；請補上後再匯入。")
            )

    def _record_of(self, item: Item) -> KnownRecord | None:
        """The person's record of that programme, where the student number does not speak against it."""
        if self.person is None:
            return None
        programme, student = item.value("programme"), item.value("student_number")
        if not programme and item.row.value("programme"):
            return None  # something stands there that nobody could resolve yet
        records = [
            record
            for record in self.person.records
            if (not programme or record.values["programme"] == programme)
            and (
                not student
                or not record.values["student_number"]
                or record.values["student_number"] == student
            )
        ]
        if len(records) == 1:
            return records[0]
        same_programme = [r for r in self.person.records if programme and r.values["programme"] == programme]
        if same_programme:
            item.ask(
                "學號",
                "student_number_differs",
                _("此人在同一畢業系所已有學號不同的學籍，請查明是更正還是另一個學籍。"),
            )
        return None

    def _plan_existing_record(self, item: Item, record: KnownRecord) -> None:
        row = item.row
        for attribute in ("serial_number", "programme", "student_number"):
            given, stored = item.value(attribute), record.values[attribute]
            if given and stored and given != stored:
                header = BY_ATTRIBUTE[attribute].header
                item.ask(
                    header,
                    "record_differs",
                    _("%(header)s與資料庫中流水號 %(serial)s 的紀錄不同，請查明。")
                    % {"header": header, "serial": record.values["serial_number"]},
                )
        values = {
            attribute: value
            for attribute in _RECORD_ATTRIBUTES
            if (value := item.value(attribute)) and _adds(attribute, value, record.values[attribute])
        }
        self.records[row.number] = RecordChange(
            record.pk, values, {name: record.values[name] for name in values}, key=row.number
        )
        item.planned.person_id, item.planned.record_id = record.person.pk, record.pk
        self._show(item, values, record.values)

    def _plan_new_record(self, item: Item) -> None:
        row = item.row
        key = (item.value("programme"), item.value("student_number"), item.value("serial_number"))
        twin = self.new_records.setdefault(key, item)
        values = {name: item.value(name) for name in _RECORD_ATTRIBUTES if item.value(name)}
        if twin is not item:
            self._plan_twin(item, twin, values)
            return
        change = RecordChange(None, values, key=row.number)
        if item.value("serial_number"):
            values["serial_number"] = item.value("serial_number")
        else:
            series = self.lists.series(int(item.value("programme")))
            year = academic_year(item.value("graduation_date")) if item.value("graduation_date") else None
            year = year or academic_year(self.options.today.isoformat())
            change.series_id, change.prefix = series.pk, series.prefix(year)
            item.planned.series_id, item.planned.prefix = change.series_id, change.prefix
        self.records[row.number] = change
        item.planned.verdict = Verdict.NEW_RECORD

    def _plan_twin(self, item: Item, twin: Item, values: dict[str, str]) -> None:
        """The same degree stands in the file twice."""
        first = self.records[twin.row.number].values
        if any(first.get(name, value) != value for name, value in values.items()):
            for one in (item, twin):
                one.ask(
                    "畢業系所",
                    "record_twice",
                    _("檔案中同一學籍有兩列而內容不同（%(rows)s），請保留正確的一列。")
                    % {"rows": self._row_numbers()},
                )
        first.update({name: value for name, value in values.items() if name not in first})
        item.remark(
            "", NOTE, "row_twice", _("與第 %(row)s 列是同一筆學籍，只匯入一次。") % {"row": twin.row.number}
        )

    # --- the person -----------------------------------------------------------------------------------------
    def _plan_person(self) -> None:
        if self._is_one_new_row():
            given = self.group.items[0].values
            self.values = {name: given[index] for name, index in _PERSON_INDEXES if given[index]}
            self._keep_secondary({})
            return
        stored = self.person.values if self.person else {}
        for attribute in _PERSON_ATTRIBUTES:
            winner = next((item for item in self.newest_first if item.value(attribute)), None)
            if winner is None:
                continue
            value = winner.value(attribute)
            self._remark_losers(attribute, winner)
            old = stored.get(attribute, "")
            if not old:
                if not (
                    self.person and self.options.mode == Mode.SKIP and attribute in REPLACEABLE_ATTRIBUTES
                ):
                    self._set(attribute, value, "")
            elif (
                attribute in REPLACEABLE_ATTRIBUTES
                and value != old
                and self._may_replace(attribute, winner, old)
            ):
                self._set(attribute, value, old)
        self._keep_secondary(stored)

    def _set(self, attribute: str, value: str, old: str) -> None:
        self.values[attribute] = value
        if old:
            self.before[attribute] = old

    def _remark_losers(self, attribute: str, winner: Item) -> None:
        """Contact data that differs inside the file: the newest degree's wins, the other is remarked."""
        for item in self.newest_first:
            value = item.value(attribute)
            if not value or value == winner.value(attribute) or attribute in (*_IDENTITY, "national_id"):
                continue
            header = BY_ATTRIBUTE[attribute].header
            moved = attribute == "address" and self._keep_older_address(value)
            sentence = (
                _("與第 %(row)s 列（較新的學籍）不同，採用該列；本列住址改列其他住址。")
                if moved
                else _("與第 %(row)s 列（較新的學籍）不同，採用該列的資料。")
            )
            item.remark(header, NOTE, "newest_wins", sentence % {"row": winner.row.number})

    def _keep_older_address(self, value: str) -> bool:
        given = any(item.value("other_address") for item in self.group.items)
        stored = self.person.values["other_address"] if self.person else ""
        if given or stored or "other_address" in self.values:
            return False
        self._set("other_address", value, "")
        return True

    def _may_replace(self, attribute: str, winner: Item, old: str) -> bool:
        """Whether the file's value takes the place of a stored one; if not, a remark says why."""
        header = BY_ATTRIBUTE[attribute].header
        if self.options.mode == Mode.SKIP:
            winner.remark(
                header, NOTE, "kept_stored", _("與資料庫不同；本批次設定為不更動既有聯絡資料，保留原值。")
            )
            return False
        if self.options.mode == Mode.OVERWRITE:
            return True
        if attribute in self.person.hand_edited:
            winner.remark(header, NOTE, "kept_hand_edited", _("資料庫中的值是人工修改過的，保留原值。"))
            return False
        if winner.row.graduation_rank < self._stored_rank():
            moved = attribute == "address" and self._keep_older_address(winner.value("address"))
            sentence = (
                _("資料庫已有較新學籍的住址，本列住址改列其他住址。")
                if moved
                else _("資料庫已有較新學籍的資料，保留原值。")
            )
            winner.remark(header, NOTE, "kept_newer", sentence)
            return False
        if attribute == "address":
            self._keep_older_address(old)
        return True

    def _stored_rank(self) -> str:
        """How new the stored data is: the newest degree that this file says nothing about."""
        spoken = {item.record.pk for item in self.group.items if item.record}
        return max(
            (r.values["graduation_date"] or "9999" for r in self.person.records if r.pk not in spoken),
            default="",
        )

    def _keep_secondary(self, stored: Mapping[str, str]) -> None:
        """Second addresses and numbers are added to those known, never put in their place."""
        if self.person and self.options.mode == Mode.SKIP:
            return
        for attribute in ("other_emails", "other_phones"):
            old = stored.get(attribute, "")
            kept = [part for part in old.split(", ") if part]
            for item in self.newest_first:
                for part in item.row.extra.get(attribute, "").split(", "):
                    if part and part not in kept:
                        kept.append(part)
            text = ", ".join(kept)
            if text != old:
                self._set(attribute, text, old)

    # --- messages and old annotations -----------------------------------------------------------------------
    def _plan_messages(self) -> NewObjection | None:
        """SOP 6.9: a recorded objection is never touched; 否 without one is what the batch decided."""
        answers = {item.value("accepts_messages") for item in self.group.items}
        stored = self.person.values["accepts_messages"] if self.person else ""
        if self.person and self.person.is_objecting:
            if "是" in answers:
                self.newest_first[0].remark(
                    "是否願意接受母校訊息",
                    NOTE,
                    "objection_stands",
                    _("該校友曾反應不願意接受訊息，維持不變。"),
                )
            return None
        if "否" in answers and self.options.refusals == Refusals.RECORD:
            return NewObjection(
                self.options.today,
                MessageObjection.Channel.FILE,
                _("匯入檔案「%(file)s」記載為否") % {"file": self.options.file_name[:200]},
            )
        if answers & {"是", "否"} and stored != "是":
            self._set("accepts_messages", "是", stored)
        return None

    def _legacy_lines(self) -> list[Line]:
        lines: list[Line] = []
        for item in self.group.items:
            for line in parse_lines(item.value("annotations")):
                content = (line.text, line.made_on, line.editor_name)
                pinned = line.number is None and line.text.startswith(PINNED_START)
                if content not in self.stored_lines and not (pinned and self._is_pinned(line.text)):
                    lines.append(line)
                    self.stored_lines.add(content)
        return lines

    def _is_pinned(self, text: str) -> bool:
        return any(stored == text for stored, _made, _editor in self.stored_lines)

    # --- verdicts -------------------------------------------------------------------------------------------
    def _give_verdicts(self, lines: list[Line], objection: NewObjection | None) -> None:
        leader = self._leader()
        has_person_change = bool(self.values or lines or objection)
        records = [change for change in self.records.values() if change.record_id is None or change.values]
        if self.person is None:
            leader.planned.verdict = Verdict.NEW_PERSON
        for item in self.group.items:
            change = self.records.get(item.row.number)
            is_update = bool(change and change.values) or (item is leader and has_person_change)
            if item.planned.verdict == Verdict.UNCHANGED and is_update:
                item.planned.verdict = Verdict.UPDATE
            item.planned.target = self._target(item, leader)
            if self.person:
                item.planned.person_id = self.person.pk
        if not (has_person_change or records):
            return
        for item in self.group.items:
            item.planned.leader = leader.row.number
        leader.planned.change = PersonChange(
            self.person.pk if self.person else None, self.values, self.before, records, lines, objection
        )
        if self.person is not None:
            self._show(leader, self.values, self.before)
        if lines:
            leader.planned.diff.append(("註解", "", "\n".join(line.text for line in lines)))
        if objection:
            leader.planned.diff.append(("是否願意接受母校訊息", "", "否"))

    def _leader(self) -> Item:
        """The row that carries the person's change: for somebody new one with a record, else the newest."""
        if self.person is not None:
            return self.newest_first[0]
        return next(item for item in self.newest_first if item.row.number in self.records)

    def _target(self, item: Item, leader: Item) -> str:
        if item.record:
            return _("流水號 %(serial)s") % {"serial": item.record.values["serial_number"]}
        if self.person:
            serials = "、".join(record.values["serial_number"] for record in self.person.records)
            return _("既有校友（流水號 %(serials)s）") % {"serials": serials}
        if item is not leader:
            return _("與第 %(row)s 列為同一人") % {"row": leader.row.number}
        return ""

    def _leave_to_a_person(self) -> None:
        for item in self.group.items:
            item.planned.verdict = Verdict.NEEDS_PERSON
            item.planned.series_id, item.planned.prefix = None, ""
            for header, code, sentence in dict.fromkeys(item.problems):
                item.remark(header, WARNING, code, sentence)
            if not item.problems:
                rows = "、".join(str(other.row.number) for other in self.group.items if other.problems)
                item.remark(
                    "",
                    WARNING,
                    "with_others",
                    _("與第 %(rows)s 列為同一人，待該列判斷後一併處理。") % {"rows": rows},
                )
            if self.person:
                item.planned.person_id = self.person.pk
            item.planned.diff = []

    def _show(self, item: Item, values: Mapping[str, str], before: Mapping[str, str]) -> None:
        for attribute, value in values.items():
            column = BY_ATTRIBUTE.get(attribute)
            if column is None:
                continue
            if attribute == "national_id":
                item.planned.diff.append((column.header, before.get(attribute, ""), mask_national_id(value)))
            else:
                item.planned.diff.append(
                    (
                        column.header,
                        self.lists.shown(attribute, before.get(attribute, "")),
                        self.lists.shown(attribute, value),
                    )
                )


def _comparable(attribute: str, value: str) -> str:
    return fold_name(value) if attribute == "chinese_name" else value


def _adds(attribute: str, value: str, stored: str) -> bool:
    """Whether a value says something the stored one does not; a month adds nothing to a day in it."""
    if attribute == "graduation_date" and stored.startswith(value):
        return False
    return value != stored
