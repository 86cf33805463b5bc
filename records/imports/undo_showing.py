"""Looking at the undo of a batch: its rows page by page, with what would go back read from the history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext as _

from ..columns import BY_ATTRIBUTE, SECONDARY_WORDS
from ..models import AcademicRecord, BatchUndo, BatchUndoRow, ImportRow, Person, Source
from ..programmes import Lists
from ..storing import current_record_values, current_values
from .judging import Trace, traces

Outcome, Why = BatchUndoRow.Outcome, BatchUndoRow.Why


@dataclass(slots=True)
class UndoRowView:
    """A row as a person sees it; `diff` is (header, the batch's value, the earlier one), the national ID masked."""

    person_id: int
    name: str
    is_there: bool  # the person still has a page
    serials: list[str]
    outcome: str
    outcome_label: str
    stays: bool  # kept, or it cannot go back
    what: str  # a removal in words, "" for fields
    why: str
    diff: list[tuple[str, str, str]] = field(default_factory=list)


def undo_rows(undo: BatchUndo, *, outcome: str, start: int, count: int) -> list[UndoRowView]:
    """Some rows of the stored plan, of one outcome or ("") of all."""
    rows = undo.rows.filter(outcome=outcome) if outcome else undo.rows.all()
    shown = list(rows.order_by("pk")[start : start + count])
    past = _Past(undo, shown)
    return [past.view(row) for row in shown]


class _Past:
    """What the history tells of the people and degrees of one page."""

    def __init__(self, undo: BatchUndo, rows: Sequence[BatchUndoRow]) -> None:
        people = sorted({row.person_id for row in rows})
        degrees = sorted({row.record_id for row in rows if row.record_id is not None})
        history = Person.history.filter(id__any_of=people).order_by("history_id")
        self._names = dict(history.values_list("id", "chinese_name"))
        self._there = set(Person.objects.filter(pk__any_of=people).values_list("pk", flat=True))
        self._people = traces(Person.history.filter(id__any_of=people), undo.batch)
        self._degrees = traces(AcademicRecord.history.filter(id__any_of=degrees), undo.batch)
        self._serials = self._entered(undo, people)
        editors = get_user_model().objects.filter(pk__in={row.later_by_id for row in rows})
        self._editors = {account.pk: account.display_name for account in editors}
        self._lists = Lists.load()

    @staticmethod
    def _entered(undo: BatchUndo, people: list[int]) -> Mapping[int, list[str]]:
        """The serial numbers that the batch gave these people."""
        found: dict[int, list[str]] = defaultdict(list)
        history = AcademicRecord.history.filter(person_id__any_of=people, history_type="+")
        own = history.filter(batch=undo.batch, source=Source.IMPORT).order_by("history_id")
        for person_id, serial in own.values_list("person_id", "serial_number"):
            found[person_id].append(serial)
        return found

    def view(self, row: BatchUndoRow) -> UndoRowView:
        of_record = row.record_id is not None
        trace = self._degrees[row.record_id] if of_record else self._people[row.person_id]
        removal = _("移除這筆學籍身分") if of_record else _("移除這位校友與其學籍身分")
        return UndoRowView(
            person_id=row.person_id,
            name=self._names[row.person_id],
            is_there=row.person_id in self._there,
            serials=[trace.after.serial_number] if of_record else self._given(row),
            outcome=row.outcome,
            outcome_label=str(row.get_outcome_display()),
            stays=row.outcome in (Outcome.KEPT, Outcome.CANNOT),
            what="" if row.fields else removal,
            why=self._why(row) + ("" if row.fields else self._changed_since(row, trace)),
            diff=[self._change(name, trace, of_record) for name in row.fields],
        )

    def _given(self, row: BatchUndoRow) -> list[str]:
        return [] if row.fields else self._serials.get(row.person_id, [])

    def _change(self, name: str, trace: Trace, of_record: bool) -> tuple[str, str, str]:
        values_of = current_record_values if of_record else current_values
        after, before = (self._shown(name, values_of(row)[name]) for row in (trace.after, trace.before))
        return _header(name), after, before

    @staticmethod
    def _changed_since(row: BatchUndoRow, trace: Trace) -> str:
        """The fields of what would be removed that were changed since, in brackets."""
        if row.why != Why.CHANGED:
            return ""
        values_of = current_record_values if row.record_id is not None else current_values
        known = values_of(trace.after)
        names = [
            name for one in trace.later for name, value in values_of(one).items() if value != known[name]
        ]
        if not names:
            return ""
        return _("（%(fields)s）") % {"fields": "、".join(_header(name) for name in dict.fromkeys(names))}

    def _shown(self, name: str, value: str) -> str:
        try:
            return self._lists.shown(name, value)
        except KeyError:
            return _("（已不在名單中）")

    def _why(self, row: BatchUndoRow) -> str:
        if row.why == Why.CHANGED and row.later_at:
            return _("之後由%(who)s於 %(at)s 異動或確認過") % {
                "who": self._editors.get(row.later_by_id) or _("系統"),
                "at": f"{timezone.localtime(row.later_at):%Y-%m-%d %H:%M}",
            }
        if row.why == Why.REFERRED:
            model: Any = apps.get_model(row.referred_by)
            if model is ImportRow:
                return _("之後匯入的檔案也有這位校友的資料；要一併還原，請先還原那個批次")
            return _("之後有「%(what)s」提及") % {"what": model._meta.verbose_name}
        return str(row.get_why_display()) if row.why else ""


def _header(name: str) -> str:
    return SECONDARY_WORDS.get(name) or BY_ATTRIBUTE[name].header
