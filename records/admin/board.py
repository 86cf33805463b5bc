"""工作看板: what waits for somebody, counted, each number leading to its list."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import bulk_edits, deliveries, follow_ups, policies, terms
from ..imports import undoing
from ..models import AcademicRecord, BatchUndo, BulkEdit, Delivery, FollowUp, ImportBatch, Person
from ..rights import Reach, reach_of

State = ImportBatch.State
RECENT = 8
BROKEN_SHOWN = datetime.timedelta(days=14)


class Card(NamedTuple):
    """A number with its name and the list behind it; `is_urgent` when somebody has to act."""

    title: str
    count: int
    url: str
    is_urgent: bool = False


class Board:
    """What one user sees; every part asks the policies and is empty for who may not."""

    def __init__(self, user: Any, at: datetime.datetime) -> None:
        self.user = user
        self.at = at
        self.sees_batches = bool(policies.can_see_batches(user))
        self.sees_people = bool(policies.can_view_people(user))
        self.sees_follow_ups = bool(policies.can_follow_up(user))

    @cached_property
    def batch_cards(self) -> list[Card]:
        if not self.sees_batches:
            return []
        batches = ImportBatch.objects.order_by().exclude(self._is_past)
        states = Counter(dict(batches.values_list("state").annotate(Count("pk"))))
        reading = states[State.RECEIVED] + states[State.READING]
        return [
            Card(
                _("等待確認的批次"), states[State.PLANNED], _batches(State.PLANNED), states[State.PLANNED] > 0
            ),
            Card(_("需人工判斷的列"), self._rows_needing_a_person(), _batches(State.PLANNED), True),
            *self._delivery_cards(),
            Card(_("讀取中"), reading, _batches(State.READING)),
            Card(_("寫入中"), states[State.APPLYING], _batches(State.APPLYING)),
            Card(_("退回或失敗"), states[State.REFUSED] + states[State.FAILED], _batches("broken")),
            *self._undo_cards(),
        ]

    @cached_property
    def term_cards(self) -> list[Card]:
        """The terms of the year board with a due date near or over, and those that only wait for the signature."""
        if not policies.can_see_terms(self.user):
            return []
        day = timezone.localdate(self.at)
        standings = [line.standing for line in terms.lines_of(terms.known(day), day)]
        imported = sum(standing.code == terms.IMPORTED for standing in standings)
        urgent = sum(standing.is_urgent and standing.code != terms.IMPORTED for standing in standings)
        listing = reverse("admin:records_term_changelist")
        return [
            Card(_("待完成的學期"), urgent, listing, True),
            Card(_("待簽核的學期"), imported, listing, True),
        ]

    def _delivery_cards(self) -> Iterator[Card]:
        """The raw deliveries that wait for somebody to say what their columns or values are, and are deleted if nobody
        does."""
        if policies.can_import(self.user):
            count = Delivery.objects.filter(state__in=deliveries.WAITING).count()
            listing = reverse("admin:records_delivery_changelist")
            yield Card(_("待對應的離校資料檔"), count, f"{listing}?state=waiting", True)

    def _undo_cards(self) -> Iterator[Card]:
        """The undos of others that wait for this user as the second person."""
        if policies.can_confirm_large_undos(self.user):
            planned = BatchUndo.objects.filter(state=BatchUndo.State.PLANNED).exclude(made_by=self.user.pk)
            waiting = list(filter(undoing.needs_second_person, planned))
            if waiting:
                url = reverse("admin:records_importbatch_undo", args=[waiting[0].batch_id])
                yield Card(_("待您確認的批次還原"), len(waiting), url, True)

    @cached_property
    def _is_past(self) -> Q:
        """What came to nothing is no news for ever; the list of batches keeps it."""
        broken = (State.REFUSED, State.FAILED, State.DISCARDED)
        return Q(state__in=broken, uploaded_at__lt=self.at - BROKEN_SHOWN)

    def _rows_needing_a_person(self) -> int:
        """Summed from the counts stored with each batch: the rows themselves are sealed and many."""
        waiting = ImportBatch.objects.filter(state=State.PLANNED).values_list("counts", flat=True)
        return sum(counts.get("needs_person", 0) for counts in waiting)

    @cached_property
    def missing_cards(self) -> list[Card]:
        """SOP 6.10: required data that is missing and has to be asked for by telephone."""
        if not self.sees_follow_ups:
            return []
        visible = follow_ups.visible_to(self.user).order_by()
        opened = follow_ups.waiting(visible)
        counts = Counter(dict(opened.values_list("item").annotate(Count("pk"))))
        due = follow_ups.due(visible, timezone.localdate(self.at))
        listing = reverse("admin:records_followup_changelist")
        return [
            *(
                Card(_("缺%(item)s") % {"item": label}, counts[item], f"{listing}?item={item}", True)
                for item, label in FollowUp.Item.choices
            ),
            Card(_("今天到期的聯絡"), due.count(), f"{listing}?due=today", True),
            Card(_("指派給我"), opened.filter(assigned_to=self.user.pk).count(), f"{listing}?assignee=me"),
        ]

    @cached_property
    def bulk_edit_cards(self) -> list[Card]:
        """The plans of others that wait for this user as the second person."""
        if not policies.can_confirm_bulk_edits(self.user):
            return []
        planned = BulkEdit.objects.filter(state=BulkEdit.State.PLANNED).exclude(made_by=self.user.pk)
        count = sum(map(bulk_edits.needs_second_person, planned))
        listing = reverse("admin:records_bulkedit_changelist")
        return [Card(_("待您確認的整批修改"), count, f"{listing}?state=planned", True)] if count else []

    @cached_property
    def total_cards(self) -> list[Card]:
        if not self.sees_people:
            return []
        sees_all = reach_of(self.user) is Reach.ALL
        records = AcademicRecord.objects.all() if sees_all else policies.visible_records(self.user)
        return [
            Card(_("校友"), Person.objects.visible_to(self.user).count(), _people()),
            Card(_("學籍身分"), records.count(), _people()),
        ]

    @cached_property
    def recent_batches(self) -> list[ImportBatch]:
        if not self.sees_batches:
            return []
        return list(ImportBatch.objects.exclude(self._is_past).select_related("uploaded_by")[:RECENT])


def _people() -> str:
    return reverse("admin:records_person_changelist")


def _batches(state: str) -> str:
    return f"{reverse('admin:records_importbatch_changelist')}?state={state}"
