"""異動申請, the list: the center's inbox, oldest first, and a contact's own requests, those that came back first."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Case, Count, Exists, IntegerField, Min, OuterRef, Prefetch, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .. import change_comparisons, change_requests, change_reviews, policies
from ..models import (
    WAITING,
    AcademicRecord,
    ChangeItem,
    ChangeRequest,
    ChangeRequestEvent,
    Department,
    ReviewMode,
)
from ..programmes import Lists
from ..rights import ALL_FIELDS, Reach, reach_of
from .base import ChoiceFilter, WorkspaceAdmin
from .board import Card

State, Step = ChangeRequest.State, ChangeRequestEvent.Step
LIST = "admin:records_changerequest_changelist"
AGES = {"3": 3, "7": 7, "30": 30}  # days
_TITLES = {field.attribute: field.title for field in ALL_FIELDS}


def cards(user: Any, at: datetime.datetime) -> list[Card]:
    """For the board: to reviewers how many requests wait and how long the oldest does; to a contact what came back
    and what waits."""
    address = reverse(LIST)
    if policies.can_review_changes(user):
        waiting = ChangeRequest.objects.filter(state__in=WAITING).exclude(proposed_by=user)
        found = waiting.order_by().aggregate(count=Count("pk"), oldest=Min("proposed_at"))
        days = (at - found["oldest"]).days if found["oldest"] else 0
        return [
            Card(_("等待審核的異動"), found["count"], f"{address}?state=waiting", found["count"] > 0),
            Card(_("最久的等待天數"), days, f"{address}?state=waiting", days >= AGES["7"]),
        ]
    if reach_of(user) is not Reach.OWN or not policies.can_propose_changes(user):
        return []
    own = change_requests.visible_to(user)
    returned = change_requests.returned_to(user).count()
    return [
        Card(_("退回的異動申請"), returned, f"{address}?state=returned", returned > 0),
        Card(_("等待中心審核的異動"), own.filter(state__in=WAITING).count(), f"{address}?state=waiting"),
    ]


class StateFilter(ChoiceFilter):
    """Reviewers begin with what waits; "all" is a choice of its own for them."""

    title = gettext_lazy("狀態")
    parameter_name = "state"

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.is_inbox = bool(policies.can_review_changes(request.user))
        super().__init__(request, *args)
        self.blank_title = _("等待審核") if self.is_inbox else _("全部")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        first = ("all", _("全部")) if self.is_inbox else ("waiting", _("等待審核"))
        return [first, *(choice for choice in State.choices if choice[0] != State.SUBMITTED)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value() or ("waiting" if self.is_inbox else "all")
        if value == "waiting":
            return queryset.filter(state__in=WAITING)
        return queryset.filter(state=value) if value in State.values else queryset


class DepartmentFilter(ChoiceFilter):
    title = gettext_lazy("系所")
    parameter_name = "department"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        departments = Department.objects.all()
        if reach_of(request.user) is Reach.OWN:
            departments = departments.filter(pk__in=request.user.department_ids)
        return list(departments.values_list("pk", "name"))

    def narrowed(self, queryset: QuerySet, value: str) -> QuerySet:
        records = AcademicRecord.objects.filter(programme__department=value)
        return queryset.filter(person__in=records.values("person"))


class FieldFilter(ChoiceFilter):
    title = gettext_lazy("欄位")
    parameter_name = "field"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        items = ChangeItem.objects.filter(request__in=change_requests.visible_to(request.user))
        used = set(items.order_by().values_list("attribute", flat=True).distinct())
        return [(field.attribute, str(field.title)) for field in ALL_FIELDS if field.attribute in used]

    def narrowed(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset.filter(pk__in=ChangeItem.objects.filter(attribute=value).values("request"))


class ProposerFilter(ChoiceFilter):
    title = gettext_lazy("申請人")
    parameter_name = "proposer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        proposers = ChangeRequest.objects.order_by("proposed_by__display_name")
        return list(proposers.values_list("proposed_by", "proposed_by__display_name").distinct())

    def narrowed(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset.filter(proposed_by=value)


class AgeFilter(ChoiceFilter):
    title = gettext_lazy("已等待")
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, _("超過 %(days)s 天") % {"days": days}) for value, days in AGES.items()]

    def narrowed(self, queryset: QuerySet, value: str) -> QuerySet:
        limit = timezone.now() - datetime.timedelta(days=AGES[value])
        return queryset.filter(proposed_at__lt=limit)


class ChangeRequestListAdmin(WorkspaceAdmin):
    """The list; `change_requests.ChangeRequestAdmin` adds the pages."""

    navigation_title = gettext_lazy("異動申請")
    change_list_template = "admin/records/changerequest/list.html"
    list_display_links = ("number_",)
    sortable_by = ()

    def has_view_permission(self, request: HttpRequest, obj: ChangeRequest | None = None) -> bool:
        return bool(policies.can_see_change_requests(request.user))

    def has_change_permission(self, request: HttpRequest, obj: ChangeRequest | None = None) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_list_filter(self, request: HttpRequest) -> list[type[ChoiceFilter]]:
        filters = [StateFilter, DepartmentFilter, FieldFilter, AgeFilter]
        if reach_of(request.user) is Reach.ALL:
            filters.insert(3, ProposerFilter)
        return filters

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup in {choice.parameter_name for choice in self.get_list_filter(request)}

    def get_list_display(self, request: HttpRequest) -> list[str]:
        columns = ["number_", "person_", "fields_", "proposer_", "age_", "state_"]
        if policies.can_review_changes(request.user):
            columns.insert(0, "chosen_")
        return columns

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChangeRequest]:
        """Each with what `change_comparisons.compared` reads, and what the columns say of it for this reader."""
        records = policies.visible_records(request.user).order_by("graduation_date", "pk")
        further = ChangeRequestEvent.objects.filter(request=OuterRef("pk"), step=Step.SUPPLEMENTED)
        requests = change_requests.visible_to(request.user).annotate(is_supplemented=Exists(further))
        return requests.select_related("person", "proposed_by", "taken_by", "decided_by").prefetch_related(
            Prefetch("items", ChangeItem.objects.select_related("record__programme")),
            Prefetch("person__academic_records", records, to_attr="shown_records"),
        )

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        if policies.can_review_changes(request.user):
            return ["proposed_at", "pk"]
        came_back = Case(
            When(state=State.RETURNED, succeeded_by=None, then=Value(0)),
            When(state__in=WAITING, then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )
        return [came_back, "-proposed_at", "-pk"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": self.navigation_title,
            "can_review": bool(policies.can_review_changes(request.user)),
            "can_set_mode": bool(policies.can_set_review_mode(request.user)),
            "sees_mode": reach_of(request.user) is Reach.ALL,
            "is_strict": ReviewMode.is_strict_now(),
        }
        response = super().changelist_view(request, context)
        listing = getattr(response, "context_data", {}).get("cl")
        if listing is not None:
            self._prepare(request, listing.result_list)
        return response

    def _prepare(self, request: HttpRequest, requests: Any) -> None:
        """What the columns need beyond the rows: the university's lists once, and who looks."""
        lists, now = Lists.for_showing(), timezone.now()
        for one in requests:
            one.compared = change_comparisons.shown_to(request.user, one, lists)
            one.may_choose = one.is_waiting and bool(change_reviews.may_review(request.user, one))
            one.holder = change_reviews.holder(one, now)
            one.shown_state = change_reviews.state_now(one, now)
            one.age = age_of(one, now)

    # --- columns --------------------------------------------------------------------------------------------
    @admin.display(description=gettext_lazy("選取"))
    def chosen_(self, request: ChangeRequest) -> SafeString:
        if not request.may_choose:
            return format_html('<span class="sr">{}</span>', _("不能選取"))
        return format_html(
            '<input type="checkbox" name="chosen" value="{}" form="bulk" aria-label="{}">',
            request.pk,
            _("選取 %(number)s") % {"number": request.number},
        )

    @admin.display(description=gettext_lazy("編號"))
    def number_(self, request: ChangeRequest) -> str:
        return request.number

    @admin.display(description=gettext_lazy("校友"))
    def person_(self, request: ChangeRequest) -> SafeString:
        programmes = format_html_join(
            "", '<span class="line">{}</span>', ((r.programme.name,) for r in request.person.shown_records)
        )
        name = format_html('<span class="name">{}</span>', request.person.chinese_name)
        return format_html("{} {}", name, programmes)

    @admin.display(description=gettext_lazy("異動（原內容 → 申請內容）"))
    def fields_(self, request: ChangeRequest) -> SafeString:
        context = {"compared": request.compared, "is_waiting": request.is_waiting}
        return render_to_string("admin/records/changerequest/fields.html", context)

    @admin.display(description=gettext_lazy("申請人"))
    def proposer_(self, request: ChangeRequest) -> str:
        return request.proposed_by.display_name

    @admin.display(description=gettext_lazy("申請時間"))
    def age_(self, request: ChangeRequest) -> SafeString:
        moment = timezone.localtime(request.proposed_at)
        when = format_html('<span class="nowrap">{}</span>', f"{moment:%Y-%m-%d %H:%M}")
        if not request.is_waiting:
            return when
        return format_html('{} <span class="line">{}</span>', when, request.age)

    @admin.display(description=gettext_lazy("狀態"))
    def state_(self, request: ChangeRequest) -> SafeString:
        state = request.shown_state
        tag = format_html('<span class="tag request-{}">{}</span>', state.value, state.label)
        if request.is_waiting and request.is_supplemented:
            tag = format_html('{} <span class="tag tag-warning">{}</span>', tag, _("補件"))
        if request.holder:
            tag = format_html('{} <span class="line">{}</span>', tag, request.holder.display_name)
        return tag


def age_of(request: ChangeRequest, at: datetime.datetime) -> str:
    """How long a request has waited, in words."""
    waited = at - request.proposed_at
    if waited.days:
        return ngettext("已等待 %(days)d 天", "已等待 %(days)d 天", waited.days) % {"days": waited.days}
    hours = waited.seconds // 3600
    return _("已等待 %(hours)d 小時") % {"hours": hours} if hours else _("不到 1 小時")
