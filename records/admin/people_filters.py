"""The filters of the list of people. What is not here cannot be asked for."""

from __future__ import annotations

from typing import Any

from django.db.models import Max, Min, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import policies
from ..models import (
    College,
    Department,
    Division,
    FollowUp,
    Level,
    MessageObjection,
    Person,
    StatusCode,
    Term,
)
from ..rights import Reach, reach_of
from ..term_figures import applied_batches, entered
from .base import ChoiceFilter


class FieldFilter(ChoiceFilter):
    """A filter on a field: it has nothing on offer for who may not read the field, and is then not there."""

    attribute: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return self.offered(request.user) if policies.may_read(request.user, self.attribute) else []

    def offered(self, user: Any) -> list[tuple[Any, str]]:
        raise NotImplementedError


class RecordFilter(FieldFilter):
    """A filter on degrees. All of them speak about the same degree: a bachelor of one department who is a
    master of another is no master of the first. The list joins them (`PersonChangeList`)."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset

    def condition(self) -> Q:
        return self.condition_for(self.value()) if self.is_chosen() else Q()

    def condition_for(self, value: str) -> Q:
        raise NotImplementedError


def _if_several(choices: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """A choice among one is none: a contact of one department has no filter for it."""
    return choices if len(choices) > 1 else []


class CollegeFilter(RecordFilter):
    title = _("學院")
    parameter_name = "college"
    attribute = "programme"

    def offered(self, user: Any) -> list[tuple[Any, str]]:
        colleges = College.objects.all()
        if reach_of(user) is Reach.OWN:
            colleges = colleges.filter(departments__in=user.department_ids).distinct()
        return _if_several(list(colleges.values_list("pk", "name")))

    def condition_for(self, value: str) -> Q:
        return Q(programme__department__college=value)


class DepartmentFilter(RecordFilter):
    title = _("系所")
    parameter_name = "department"
    attribute = "programme"

    def offered(self, user: Any) -> list[tuple[Any, str]]:
        departments = Department.objects.all()
        if reach_of(user) is Reach.OWN:
            departments = departments.filter(pk__in=user.department_ids)
        return _if_several(list(departments.values_list("pk", "name")))

    def condition_for(self, value: str) -> Q:
        return Q(programme__department=value)


class LevelFilter(RecordFilter):
    title = _("學制")
    parameter_name = "level"
    attribute = "programme"

    def offered(self, user: Any) -> list[tuple[Any, str]]:
        return Level.choices

    def condition_for(self, value: str) -> Q:
        return Q(programme__level=value)


class DivisionFilter(RecordFilter):
    title = _("部別")
    parameter_name = "division"
    attribute = "programme"

    def offered(self, user: Any) -> list[tuple[Any, str]]:
        return Division.choices

    def condition_for(self, value: str) -> Q:
        return Q(programme__division=value)


class GraduationYearFilter(RecordFilter):
    """By the calendar year of graduation, between the first and the last one that the user sees. Who sees all
    degrees costs two index look-ups."""

    title = _("畢業年")
    parameter_name = "year"
    attribute = "graduation_date"

    def offered(self, user: Any) -> list[tuple[Any, str]]:
        graduated = policies.visible_records(user).select_related(None).exclude(graduation_date="")
        span = graduated.aggregate(first=Min("graduation_date"), last=Max("graduation_date"))
        if span["first"] is None:
            return []
        years = range(int(span["last"][:4]), int(span["first"][:4]) - 1, -1)
        return [(str(year), f"{year}（民國 {year - 1911}）") for year in years]

    def condition_for(self, value: str) -> Q:
        return Q(graduation_date__gte=value, graduation_date__lt=str(int(value) + 1))


class StatusFilter(RecordFilter):
    title = _("在學狀態")
    parameter_name = "status"
    attribute = "enrolment_status"

    def offered(self, user: Any) -> list[tuple[Any, str]]:
        return [
            (status.pk, str(status)) for status in StatusCode.objects.filter(kind=StatusCode.Kind.ENROLMENT)
        ]

    def condition_for(self, value: str) -> Q:
        return Q(enrolment_status=value)


class TermFilter(RecordFilter):
    """By the term whose batches entered the degree: what the numbers of the year board count."""

    title = _("匯入學期")
    parameter_name = "term"
    attribute = "programme"

    def offered(self, user: Any) -> list[tuple[Any, str]]:
        if not policies.can_see_terms(user):
            return []
        return [(term.pk, str(term)) for term in Term.objects.exclude(batches=None).distinct()]

    def condition_for(self, value: str) -> Q:
        return Q(pk__in=entered(applied_batches([Term(pk=value)])).values("id"))


class MissingFilter(ChoiceFilter):
    """Required data that is missing (SOP 6.10). Who reaches a person is told *that* a field is blank, also one that the
    role does not read: the departments have to ask for it, and their telephone work says the same."""

    title = _("缺漏資料")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("any", gettext("任一項")), *FollowUp.Item.choices]

    def narrowed(self, queryset: QuerySet[Person], value: str) -> QuerySet[Person]:
        opened = FollowUp.objects.filter(closed_at__isnull=True)
        if value != "any":
            opened = opened.filter(item=value)
        return queryset.filter(pk__in=opened.values("person"))


class MessagesFilter(FieldFilter):
    title = _("母校訊息")
    parameter_name = "messages"
    attribute = "accepts_messages"

    def offered(self, user: Any) -> list[tuple[Any, str]]:
        return [("objected", _("反應不願接受")), ("accepts", _("未反應不願接受"))]

    def narrowed(self, queryset: QuerySet[Person], value: str) -> QuerySet[Person]:
        opened = MessageObjection.objects.filter(ended_on__isnull=True).values("person")
        return queryset.filter(pk__in=opened) if value == "objected" else queryset.exclude(pk__in=opened)


FILTERS = (
    CollegeFilter,
    DepartmentFilter,
    LevelFilter,
    DivisionFilter,
    GraduationYearFilter,
    StatusFilter,
    TermFilter,
    MissingFilter,
    MessagesFilter,
)
