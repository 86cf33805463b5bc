"""What every list and form of the workspace shares: few addresses, no deletion, filters from an allow-list."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from .. import policies
from ..page_checks import require


class ChoiceFilter(admin.SimpleListFilter):
    """A filter shown as a drop-down. Only filters of this kind exist, so no lookup can be made up in a URL."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return self.narrowed(queryset, self.value()) if self.is_chosen() else queryset

    def narrowed(self, queryset: QuerySet, value: str) -> QuerySet:
        raise NotImplementedError

    def is_chosen(self) -> bool:
        """A value that is not on offer counts as none: it is ignored, it never reaches a query."""
        return any(str(value) == self.value() for value, _title in self.lookup_choices)

    def options(self) -> list[tuple[str, str, bool]]:
        """Value, title and whether chosen, for the drop-down."""
        return [(str(value), title, str(value) == self.value()) for value, title in self.lookup_choices]


class WorkspaceAdmin(admin.ModelAdmin):
    """A ModelAdmin with list, add and change only: no deletion, no history and revert pages (security.md H1–H3),
    no bulk actions, no lookups from the query string (H4)."""

    actions = None
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_display_links: Any = None

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        return self.list_display_links or list(list_display)[:1]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only the parameters of the filters, which take them before they could become a lookup."""
        return lookup in {choice.parameter_name for choice in self.list_filter}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def address_name(self, page: str) -> str:
        """The name of an address without its namespace, e.g. "records_person_edit"."""
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("", view(self.changelist_view), name=self.address_name("changelist")),
            *self.own_urls(),
            path("add/", view(self.add_view), name=self.address_name("add")),
            path("<int:object_id>/", view(self.change_view_of), name=self.address_name("change")),
        ]

    def own_urls(self) -> list[URLPattern]:
        """The addresses that a model has beyond list, add and change."""
        return []

    def _get_obj_does_not_exist_redirect(self, *_args: Any) -> HttpResponse:
        """Django would lead to the first page with a message that names the id; here it is a plain 404."""
        raise Http404

    def change_view_of(self, request: HttpRequest, object_id: int) -> Any:
        return self.change_view(request, str(object_id))


class TrailAdmin(WorkspaceAdmin):
    """A list of what was done, for whom `allowed` lets in: read only, the list says it all, no page of one entry."""

    allowed: policies.Function = policies.can_see_trail
    sortable_by = ()

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> None:
        return None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.allowed(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(self.allowed(request.user))
        raise Http404

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": self.navigation_title})

    @admin.display(description=gettext_lazy("時間"))
    def moment(self, entry: Any) -> SafeString:
        return format_html(
            '<span class="nowrap">{}</span>', f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S}"
        )
