"""個資存取紀錄: read only, for the director and the auditor."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from .. import policies
from ..models import Disclosure
from ..page_checks import require
from .base import ChoiceFilter, WorkspaceAdmin


class KindFilter(ChoiceFilter):
    title = _("種類")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return Disclosure.Kind.choices

    def narrowed(self, queryset: QuerySet[Disclosure], value: str) -> QuerySet[Disclosure]:
        return queryset.filter(kind=value)


class DisclosureAdmin(WorkspaceAdmin):
    navigation_title = _("個資存取紀錄")
    list_display = ("moment", "who", "kind_", "rows_", "detail", "address_")
    list_filter = (KindFilter,)
    list_select_related = ("user",)
    sortable_by = ()

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> None:
        return None

    def has_view_permission(self, request: HttpRequest, obj: Disclosure | None = None) -> bool:
        return bool(policies.can_see_trail(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Disclosure | None = None) -> bool:
        return False

    def change_view_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The list says it all; there is no page of one entry."""
        require(policies.can_see_trail(request.user))
        raise Http404

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": self.navigation_title})

    @admin.display(description=_("時間"))
    def moment(self, entry: Disclosure) -> SafeString:
        return format_html(
            '<span class="nowrap">{}</span>', f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S}"
        )

    @admin.display(description=_("帳號"))
    def who(self, entry: Disclosure) -> Any:
        return entry.user or _("命令列")

    @admin.display(description=_("種類"))
    def kind_(self, entry: Disclosure) -> SafeString:
        return format_html('<span class="tag">{}</span>', entry.get_kind_display())

    @admin.display(description=_("筆數"))
    def rows_(self, entry: Disclosure) -> int:
        return entry.row_count

    @admin.display(description=_("來源位址"))
    def address_(self, entry: Disclosure) -> str:
        return entry.address or "－"
