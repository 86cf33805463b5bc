"""The filters of the telephone work. What is not here cannot be asked for."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import follow_ups
from ..models import AcademicRecord, FollowUp
from .base import ChoiceFilter
from .people_filters import DepartmentFilter as PeopleDepartmentFilter


class StateFilter(ChoiceFilter):
    """What waits to be telephoned for is shown first; the rest when it is asked for."""

    title = _("狀態")
    parameter_name = "state"
    blank_title = _("待補")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("unreachable", gettext("無法聯繫")),
            ("done", gettext("已補齊")),
            ("all", gettext("全部")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
        value = self.value() if self.is_chosen() else ""
        if value == "all":
            return queryset
        if value == "done":
            return queryset.filter(closed_at__isnull=False)
        if value == "unreachable":
            return queryset.filter(closed_at=None, is_unreachable=True)
        return follow_ups.waiting(queryset)


class ItemFilter(ChoiceFilter):
    title = _("缺漏資料")
    parameter_name = "item"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return FollowUp.Item.choices

    def narrowed(self, queryset: QuerySet[FollowUp], value: str) -> QuerySet[FollowUp]:
        return queryset.filter(item=value)


class DepartmentFilter(PeopleDepartmentFilter):
    """The departments of the list of people: a contact is offered the own ones, and none when there is one."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
        if not self.is_chosen():
            return queryset
        records = AcademicRecord.objects.filter(self.condition_for(self.value()))
        return queryset.filter(person__in=records.values("person"))


class AssigneeFilter(ChoiceFilter):
    title = _("負責人")
    parameter_name = "assignee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.user = request.user
        waiting = follow_ups.waiting(follow_ups.visible_to(request.user)).exclude(assigned_to=None)
        others = waiting.exclude(assigned_to=request.user).order_by("assigned_to__display_name")
        named = others.values_list("assigned_to", "assigned_to__display_name").distinct()
        return [
            ("me", gettext("我")),
            ("nobody", gettext("尚未指派")),
            *((str(pk), name) for pk, name in named),
        ]

    def narrowed(self, queryset: QuerySet[FollowUp], value: str) -> QuerySet[FollowUp]:
        if value == "nobody":
            return queryset.filter(assigned_to=None)
        return queryset.filter(assigned_to=self.user.pk if value == "me" else value)


class DueFilter(ChoiceFilter):
    title = _("聯絡日期")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("today", gettext("今天到期")), ("never", gettext("尚未撥打"))]

    def narrowed(self, queryset: QuerySet[FollowUp], value: str) -> QuerySet[FollowUp]:
        if value == "today":
            return follow_ups.due(queryset, timezone.localdate())
        return queryset.filter(called_at=None)


FILTERS = (StateFilter, ItemFilter, DepartmentFilter, AssigneeFilter, DueFilter)
