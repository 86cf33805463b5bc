"""The change of one person, and the verdicts of the rows that speak of that person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from django.utils.translation import gettext as _

from .annotations import OBJECTION, WITHDRAWAL, Line, parse_lines, pinned_text
from .cells import NOTE, WARNING
from .changes import NewObjection, PersonChange
from .columns import BY_ATTRIBUTE, PERSON_COLUMNS, REPLACEABLE_ATTRIBUTES
from .grouping import Group, Item
from .matching import LineCounts
from .models import ImportBatch, MessageObjection, Verdict
from .plans import Options
from .programmes import Lists
from .record_plans import RecordPlans
from .rows import INDEX
from .values import fold_name, mask_national_id

Mode, Refusals = ImportBatch.Mode, ImportBatch.Refusals
_IDENTITY = ("chinese_name", "birth_date", "sex")
_PERSON_ATTRIBUTES = tuple(
    column.attribute for column in PERSON_COLUMNS if column.attribute != "accepts_messages"
)
_SECONDARY = ("other_emails", "other_phones")
_PERSON_INDEXES = tuple((attribute, INDEX[attribute]) for attribute in _PERSON_ATTRIBUTES)


class PersonPlan:
    """The change of one person out of all rows that speak of that person."""

    def __init__(
        self,
        group: Group,
        lists: Lists,
        options: Options,
        stored_lines: LineCounts,
    ) -> None:
        self.group, self.lists, self.options = group, lists, options
        self.person = group.person
        self.stored_lines = stored_lines
        self.values: dict[str, str] = {}
        self.before: dict[str, str] = {}
        self.records = RecordPlans(group, lists, options)
        self.diff: list[tuple[str, str, str]] = []

    def make(self) -> None:
        for item in self.group.items:
            self.records.add(item)
        # The newest degree speaks for the person; of two equally new rows the later one.
        self.newest_first = sorted(
            self.group.items, key=lambda item: (item.graduation_rank, item.row.number), reverse=True
        )
        self._check_identity()
        if any(item.problems for item in self.group.items):
            self._leave_to_a_person()
            return
        if self.person is None and not self._can_be_told_apart():
            return
        self._plan_person()
        lines, pinned = self._legacy_lines()
        objection = self._plan_messages(lines)
        self._give_verdicts(lines, pinned, objection)

    # --- may these rows be one person, and this person -------------------------------------------------------
    def _check_identity(self) -> None:
        if self._is_one_new_row():
            return
        if len({item.digest for item in self.group.items if item.digest}) > 1:
            for item in self.group.items:
                sentence = _("這幾列（%(rows)s）應是同一人，身分證字號卻不同，請查明。")
                item.ask("身分證字號", "differs_in_file", sentence % {"rows": self._row_numbers()})
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
            stored = self.person.value(attribute) if self.person else ""
            if stored and seen and _comparable(attribute, stored) not in seen:
                self._ask_or_keep(header)

    def _ask_or_keep(self, header: str) -> None:
        """Who is meant when the file and the stored person differ; a person who ruled on a row has said so."""
        ruled = next((item for item in self.group.items if item.ruling), None)
        if ruled is not None:
            sentence = _("依決定為同一人，保留資料庫的%(header)s；須更正時請修改校友資料。")
            ruled.remark(header, NOTE, "kept_by_decision", sentence % {"header": header})
            return
        self.newest_first[0].ask(
            header,
            "differs_from_stored",
            _("%(header)s與資料庫中的校友不同，請核對是否為同一人。") % {"header": header},
        )

    def _row_numbers(self) -> str:
        return "、".join(_("第%(row)s列") % {"row": item.row.number} for item in self.group.items)

    def _can_be_told_apart(self) -> bool:
        """A wrong national ID keeps a row in only when its student number still says who it is, or a person who
        declared it to be the same as a row that can be told apart."""
        items = self.group.items
        if any(item.digest for item in items):
            return True
        unclear = [
            item
            for item in items
            if item.row.is_rejected("national_id")
            and not (item.value("student_number") and item.value("programme"))
        ]
        if not unclear or (len(unclear) < len(items) and any(item.is_joined for item in items)):
            return True
        for item in items:
            item.planned.verdict = Verdict.KEPT_OUT
        return False

    def _is_one_new_row(self) -> bool:
        """Nothing to compare with: most rows of most files."""
        return self.person is None and len(self.group.items) == 1

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
        if self.person and self.options.mode == Mode.SKIP:
            return False
        given = any(item.value("other_address") for item in self.group.items)
        stored = self.person.value("other_address") if self.person else ""
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
            if attribute in self.person.hand_edited:
                sentence = _("資料庫中的值是人工修改過的；本批次設定為以檔案覆寫，原值留在異動紀錄。")
                winner.remark(header, WARNING, "replaced_hand_edited", sentence)
            return True
        if attribute in self.person.hand_edited:
            winner.remark(header, NOTE, "kept_hand_edited", _("資料庫中的值是人工修改過的，保留原值。"))
            return False
        if winner.graduation_rank < self._stored_rank():
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
            (r.value("graduation_date") or "9999" for r in self.person.records if r.pk not in spoken),
            default="",
        )

    def _keep_secondary(self, stored: Mapping[str, str]) -> None:
        """Second addresses and numbers are added to those known, never put in their place."""
        if self.person and self.options.mode == Mode.SKIP:
            return
        if not any(stored.get(attribute) for attribute in _SECONDARY) and not any(
            item.row.extra for item in self.group.items
        ):
            return
        for attribute in _SECONDARY:
            old = stored.get(attribute, "")
            primary = {self.values.get(name) or stored.get(name) for name in ("email", "phone", "mobile")}
            kept = [part for part in old.split(", ") if part and part not in primary]
            for item in self.newest_first:
                for part in item.row.extra.get(attribute, "").split(", "):
                    if part and part not in kept and part not in primary:
                        kept.append(part)
            text = ", ".join(kept)
            if text != old:
                self._set(attribute, text, old)

    # --- messages and old annotations -----------------------------------------------------------------------
    def _plan_messages(self, lines: list[Line]) -> NewObjection | None:
        """SOP 6.9: a recorded objection is never touched; 否 without one is what the batch decided. An old
        annotation that tells of an objection is its record, unless a later one tells that it was withdrawn."""
        answers = {item.value("accepts_messages") for item in self.group.items}
        stored = self.person.value("accepts_messages") if self.person else ""
        if self.person and self.person.is_objecting:
            if "是" in answers:
                sentence = _("該校友曾反應不願意接受訊息，維持不變。")
                self.newest_first[0].remark("是否願意接受母校訊息", NOTE, "objection_stands", sentence)
            return None
        told = next((line for line in reversed(lines) if line.text in (OBJECTION, WITHDRAWAL)), None)
        if told and told.text == OBJECTION:
            words = _("舊系統註解：%(line)s") % {"line": told.text}
            return NewObjection(told.made_on or self.options.today, MessageObjection.Channel.FILE, words)
        if "否" in answers and self.options.refusals == Refusals.RECORD:
            words = _("匯入檔案「%(file)s」記載為否") % {"file": self.options.file_name[:200]}
            return NewObjection(self.options.today, MessageObjection.Channel.FILE, words)
        if answers & {"是", "否"} and stored != "是":
            self._set("accepts_messages", "是", stored)
        return None

    def _legacy_lines(self) -> tuple[list[Line], Line | None]:
        """The old annotation lines that are not stored yet, and the old identities line when it is still true.

        Lines may be equal but for their number; each degree's row may repeat the same text.
        """
        per_row = [
            Counter(parse_lines(text)) for item in self.group.items if (text := item.value("annotations"))
        ]
        if not per_row:
            return [], None
        wanted: Counter[Line] = Counter()
        for counted in per_row:
            wanted |= counted
        due = pinned_text(self.records.levels()) if wanted else ""
        unclaimed = self.stored_lines.copy()
        lines, pinned = [], None
        for line in wanted.elements():
            content = line[1:]
            if unclaimed[content] > 0:
                unclaimed[content] -= 1
            elif line.number is None and line.text == due:
                pinned = line
            else:
                lines.append(line)
        return lines, pinned

    # --- verdicts -------------------------------------------------------------------------------------------
    def _give_verdicts(self, lines: list[Line], pinned: Line | None, objection: NewObjection | None) -> None:
        leader = self._leader()
        has_person_change = bool(self.values or lines or objection)
        changes = self.records.changes
        records = [change for change in changes.values() if change.record_id is None or change.values]
        if self.person is None:
            leader.planned.verdict = Verdict.NEW_PERSON
        for item in self.group.items:
            change = changes.get(item.row.number)
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
            self.person.pk if self.person else None,
            self.values,
            self.before,
            records,
            lines,
            objection,
            pinned_line=pinned,
        )
        self._show_records()
        if self.person is not None:
            self._show(leader, self.values, self.before)
        if lines:
            leader.planned.diff.append(("註解", "", "\n".join(line.text for line in lines)))
        if objection:
            leader.planned.diff.append(("是否願意接受母校訊息", "", "否"))

    def _leader(self) -> Item:
        """The row that carries the person's change: one of a stored record, or of a record that comes with it."""
        if self.person is not None:
            return next((item for item in self.newest_first if item.record), self.newest_first[0])
        return next(item for item in self.newest_first if item.row.number in self.records.changes)

    def _target(self, item: Item, leader: Item) -> str:
        if item.record:
            return ""  # its serial number stands there anyway
        if self.person:
            serials = "、".join(record.serial_number for record in self.person.records)
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
            item.planned.question = item.planned.question or item.question
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

    def _show_records(self) -> None:
        for item in self.records.carriers:
            if item.record is not None:
                self._show(item, self.records.changes[item.row.number].values, item.record.values)

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
