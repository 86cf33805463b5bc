"""One change of one field taken back as a new change, when nothing later touched the field.

The past is read from the history; what is written goes through the door like any change, with its own line, history
(source 還原) and reason. Objections are no fields: only the alumnus turns them (SOP 6.9).
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from . import follow_ups, policies
from .changes import Applied, PersonChange, RecordChange, apply_changes
from .columns import BY_ATTRIBUTE, SECONDARY_WORDS
from .encryption import unseal
from .models import AcademicRecord, Person, Programme, Source, StatusCode
from .programmes import Lists
from .storing import current_record_values, seen_values
from .timelines import REVERTIBLE, how

_LISTS: dict[str, type[Model]] = {
    "programme": Programme,
    "enrolment_status": StatusCode,
    "current_identity": StatusCode,
}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one history row, with the row before it and those after it, oldest first."""

    person: Person
    attribute: str
    previous: Any
    row: Any
    later: tuple[Any, ...]

    @property
    def of_record(self) -> bool:
        return self.row.instance_type is AcademicRecord

    @property
    def label(self) -> str:
        word = SECONDARY_WORDS.get(self.attribute)
        return word or BY_ATTRIBUTE[self.attribute].header

    def shown(self, row: Any, lists: Lists) -> str:
        """The field in a history row as people read it; a national ID by its mask."""
        if self.attribute == "national_id":
            return row.national_id_mask
        return lists.shown(self.attribute, _value(row, self.attribute))

    @property
    def later_touch(self) -> Any:
        """The first history row after this one that changed the field again, None when there is none."""
        before = self.row
        for row in self.later:
            if _value(row, self.attribute) != _value(before, self.attribute):
                return row
            before = row
        return None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it: the door's answer, or the sentence why nothing was written."""

    applied: Applied | None
    refusal: str = ""

    def __bool__(self) -> bool:
        return self.applied is not None


def find(person: Person, kind: str, history_id: int, attribute: str) -> FieldChange | None:
    """The change of a field of a person or of one of the person's degrees; `kind` is "person" or "record", as
    `timelines.Change.ref` names it. None when there is no such change."""
    if attribute not in REVERTIBLE.get(kind, ()):
        return None
    if kind == "person":
        history = Person.history.filter(id=person.pk)
    else:
        ids = AcademicRecord.objects.filter(person=person).values("pk")
        history = AcademicRecord.history.filter(id__in=ids)
    object_id = history.filter(history_id=history_id).values_list("id", flat=True).first()
    rows = list(history.filter(id=object_id).select_related("history_user").order_by("history_id"))
    at = next((index for index, row in enumerate(rows) if row.history_id == history_id), 0)
    if at == 0 or _value(rows[at], attribute) == _value(rows[at - 1], attribute):
        return None  # no such row, the entry of the data, or a row that left the field as it was
    return FieldChange(person, attribute, rows[at - 1], rows[at], tuple(rows[at + 1 :]))


def obstacle(change: FieldChange, *, editor: Any, at: datetime.datetime) -> str:
    """The sentence why a change cannot be taken back, "" when it can."""
    allowed = policies.can_revert(editor)
    if not allowed:
        return str(allowed.reason)
    if not policies.may_write(editor, change.attribute):
        return _("您的角色不能修改這個欄位。")
    if not Person.objects.visible_to(editor).filter(pk=change.person.pk).exists():
        return _("這位校友不在您的範圍內。")
    if later := change.later_touch:
        return _(
            "「%(field)s」之後已由%(who)s於 %(when)s 再次異動（%(how)s），不能還原這一筆；"
            "請先檢視較新的異動，或直接修改資料。"
        ) % {
            "field": change.label,
            "who": later.history_user.display_name if later.history_user else _("系統"),
            "when": f"{timezone.localtime(later.history_date):%Y-%m-%d %H:%M}",
            "how": how(later),
        }
    value = _value(change.previous, change.attribute)
    if not value:
        return follow_ups.blank_refusal(change.person, change.attribute, at=at)
    model = _LISTS.get(change.attribute)
    if model and not model.objects.filter(pk=value).exists():
        return _("原來的%(field)s已不在名單中，不能還原。") % {"field": change.label}
    return ""


def revert(change: FieldChange, *, reason: str, editor: Any, at: datetime.datetime) -> Outcome:
    """Write the earlier value again, with `reason` in the history; asks everything that `obstacle` asks."""
    if refusal := obstacle(change, editor=editor, at=at):
        return Outcome(None, refusal)
    name = change.attribute
    values = {name: _earlier(change)}
    before = {name: _value(change.row, name)}
    if change.of_record:
        asked = PersonChange(change.person.pk, {}, records=[RecordChange(change.row.id, values, before)])
    else:
        asked = PersonChange(change.person.pk, values, before)
    [applied] = apply_changes([asked], editor=editor, source=Source.REVERT, at=at, reason=reason)
    if not applied.stale:
        return Outcome(applied)
    if name == "national_id":
        return Outcome(None, _("原來的身分證字號現已屬於另一位校友，或這個欄位剛才已由他人修改，不能還原。"))
    if "student_number" in applied.stale and change.of_record:
        return Outcome(None, _("原來的畢業系所已有相同學號的紀錄，不能還原。"))
    return Outcome(None, _("「%(field)s」剛才已由他人修改，請重新檢視異動歷程。") % {"field": change.label})


def _value(row: Any, attribute: str) -> str:
    """The canonical text in a history row; of the national ID its digest."""
    values = current_record_values(row) if row.instance_type is AcademicRecord else seen_values(row)
    return values[attribute]


def _earlier(change: FieldChange) -> str:
    """The canonical text that is written again; the national ID is opened for it."""
    if change.attribute != "national_id":
        return _value(change.previous, change.attribute)
    sealed = change.previous.national_id_sealed
    return unseal(sealed, Person.national_id_context(change.person.pk)) if sealed else ""
