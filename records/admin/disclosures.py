"""個資存取紀錄: read only, for the director and the auditor."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ..models import Disclosure
from .base import ChoiceFilter, TrailAdmin


class KindFilter(ChoiceFilter):
    title = _("種類")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return Disclosure.Kind.choices

    def narrowed(self, queryset: QuerySet[Disclosure], value: str) -> QuerySet[Disclosure]:
        return queryset.filter(kind=value)


class DisclosureAdmin(TrailAdmin):
    navigation_title = _("個資存取紀錄")
    list_display = ("moment", "who", "kind_", "rows_", "detail", "address_")
    list_filter = (KindFilter,)
    list_select_related = ("user",)

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
