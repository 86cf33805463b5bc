"""系所與代碼: the university's own lists, seen by center and IT, edited by the director and IT."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import organisation, policies
from ..forms.organisation import AliasForm, SeriesForm
from ..models import (
    College,
    Department,
    Division,
    Level,
    Programme,
    SerialSeries,
    StatusCode,
)
from ..page_checks import require
from ..values import academic_year
from .base import ChoiceFilter, WorkspaceAdmin

LISTS = ("department", "programme", "organisationalias", "statuscode", "serialseries", "college")


class UnitFilter(ChoiceFilter):
    """By department; the list's path to it is `field`."""

    title = gettext_lazy("系所")
    parameter_name = "department"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        return list(Department.objects.values_list("pk", "name"))

    def narrowed(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset.filter(department=value)


class CollegeOfUnitFilter(ChoiceFilter):
    title = gettext_lazy("學院")
    parameter_name = "college"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        return list(College.objects.values_list("pk", "name"))

    def narrowed(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset.filter(college=value)


class LevelOfListFilter(ChoiceFilter):
    title = gettext_lazy("學制")
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return Level.choices

    def narrowed(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset.filter(level=value)


class DivisionOfListFilter(ChoiceFilter):
    title = gettext_lazy("部別")
    parameter_name = "division"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return Division.choices

    def narrowed(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset.filter(division=value)


class StatusKindFilter(ChoiceFilter):
    title = gettext_lazy("種類")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return StatusCode.Kind.choices

    def narrowed(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset.filter(kind=value)


class OrganisationAdmin(WorkspaceAdmin):
    """A list of the university: its pages are Django's forms in our dress."""

    change_list_template = "admin/records/organisation_list.html"
    sortable_by = ()

    @admin.display(description=gettext_lazy("狀態"))
    def in_use(self, unit: Any) -> SafeString:
        kind, text = ("", _("使用中")) if unit.is_active else ("tag-warning", _("停用"))
        return format_html('<span class="tag {}">{}</span>', kind, text)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(policies.can_see_organisation(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(policies.can_edit_organisation(request.user))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(policies.can_edit_organisation(request.user))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Plain fields: Django's buttons beside them open pop-up windows and ask for addresses we have not."""
        return db_field.formfield(**kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {"title": self.opts.verbose_name_plural, "lists": self._lists()}
        return super().changelist_view(request, context)

    def change_view_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_see_organisation(request.user))
        return super().change_view_of(request, object_id)

    def _lists(self) -> list[tuple[str, str, bool]]:
        """Title, address and whether current: the tabs between the lists."""
        models = {model._meta.model_name: model for model in self.admin_site._registry}
        return [
            (
                models[name]._meta.verbose_name_plural,
                reverse(f"admin:records_{name}_changelist"),
                name == self.opts.model_name,
            )
            for name in LISTS
        ]


class RenamedUnitAdmin(OrganisationAdmin):
    """A unit whose former name stays known: files of last year still carry it."""

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "name" in form.changed_data:
            alias = organisation.rename(obj, form.initial["name"])
            if alias is not None:
                messages.info(request, _("原名稱「%(name)s」已留為別名。") % {"name": alias.text})


class DepartmentAdmin(RenamedUnitAdmin):
    navigation_title = gettext_lazy("系所與代碼")
    navigation_covers = tuple(f"records_{name}" for name in LISTS[1:])
    list_display = ("name", "code", "college", "in_use")
    list_filter = (CollegeOfUnitFilter,)
    list_select_related = ("college",)
    fields = ("name", "code", "college", "is_active")


class ProgrammeAdmin(RenamedUnitAdmin):
    list_display = ("name", "department", "level", "division", "letter", "code", "open_years")
    list_filter = (UnitFilter, LevelOfListFilter, DivisionOfListFilter)
    list_select_related = ("department",)
    fields = (
        "name", "department", "level", "division", "letter", "code", "from_academic_year", "closed_academic_year",
    )  # fmt: skip

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Programme, form: ModelForm, change: bool) -> None:
        """A new level or division of a department gets its serial series (SOP 6.1)."""
        super().save_model(request, obj, form, change)
        organisation.complete_series()

    def get_readonly_fields(self, request: HttpRequest, obj: Programme | None = None) -> tuple[str, ...]:
        """Level and division are written in serial numbers and pinned annotations: fixed once somebody has them."""
        if obj is not None and obj.academic_records.exists():
            return ("department", "level", "division", "letter")
        return ()

    @admin.display(description=gettext_lazy("設立－停招學年度"))
    def open_years(self, programme: Programme) -> str:
        return f"{programme.from_academic_year or ''}－{programme.closed_academic_year or ''}"


class OrganisationAliasAdmin(OrganisationAdmin):
    form = AliasForm
    list_display = ("text", "department", "programme")
    list_filter = (UnitFilter,)
    list_select_related = ("department", "programme")
    ordering = ("text",)


class StatusCodeAdmin(OrganisationAdmin):
    list_display = ("label", "code", "kind", "in_use")
    list_filter = (StatusKindFilter,)
    fields = ("kind", "code", "label", "is_active")


class SerialSeriesAdmin(OrganisationAdmin):
    form = SeriesForm
    change_form_template = "admin/records/series_form.html"
    list_display = ("unit", "level", "division", "letter", "pattern", "width", "when_full", "example")
    list_filter = (UnitFilter, LevelOfListFilter, DivisionOfListFilter)
    list_select_related = ("department",)

    @admin.display(description=gettext_lazy("系所"))
    def unit(self, series: SerialSeries) -> str:
        return series.department.name

    @admin.display(description=gettext_lazy("範例"))
    def example(self, series: SerialSeries) -> SafeString:
        return format_html('<span class="nowrap">{}</span>', series.example(_this_year()))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """The example beside the pattern; the script gets what it needs to write it anew while one types."""
        obj = kwargs.get("obj")
        if obj is None:
            series = SerialSeries(letter="B", department=Department(code="00"))
        else:  # as stored: the object at hand may carry a pattern that was just refused
            series = SerialSeries.objects.select_related("department").get(pk=obj.pk)
        codes = dict(Department.objects.values_list("pk", "code"))
        context |= {
            "example": series.example(_this_year()),
            "example_parts": json.dumps({"year": f"{_this_year():03d}", "codes": codes}),
        }
        return super().render_change_form(request, context, *args, **kwargs)


class CollegeAdmin(OrganisationAdmin):
    list_display = ("name",)
    fields = ("name",)


def _this_year() -> int:
    return academic_year(timezone.localdate().isoformat()) or 0
