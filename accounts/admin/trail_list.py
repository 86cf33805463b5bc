"""帳號紀錄 of all accounts together: read only, for the director and the auditor."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from records.admin.base import ChoiceFilter, TrailAdmin

from ..models import AccountEvent


class KindFilter(ChoiceFilter):
    title = _("事項")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return AccountEvent.Kind.choices

    def narrowed(self, queryset: QuerySet[AccountEvent], value: str) -> QuerySet[AccountEvent]:
        return queryset.filter(kind=value)


class SinceFilter(ChoiceFilter):
    title = _("期間")
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", _("最近一天")), ("7", _("最近七天")), ("30", _("最近三十天")), ("180", _("最近半年"))]

    def narrowed(self, queryset: QuerySet[AccountEvent], value: str) -> QuerySet[AccountEvent]:
        return queryset.filter(at__gte=timezone.now() - datetime.timedelta(days=int(value)))


class AccountEventAdmin(TrailAdmin):
    navigation_title = _("帳號紀錄")
    list_display = ("moment", "account_", "kind_", "who", "detail_", "address_")
    list_filter = (KindFilter, SinceFilter)
    list_select_related = ("account", "by")
    search_fields = ("account__username", "account__display_name")
    search_help_text = _("輸入帳號或姓名")

    @admin.display(description=_("帳號"))
    def account_(self, event: AccountEvent) -> str:
        return str(event.account)

    @admin.display(description=_("事項"))
    def kind_(self, event: AccountEvent) -> SafeString:
        return format_html('<span class="tag">{}</span>', event.get_kind_display())

    @admin.display(description=_("經手人"))
    def who(self, event: AccountEvent) -> Any:
        return event.by.display_name if event.by else _("系統")

    @admin.display(description=_("內容"))
    def detail_(self, event: AccountEvent) -> str:
        return event.detail or "－"

    @admin.display(description=_("來源位址"))
    def address_(self, event: AccountEvent) -> str:
        return event.address or "－"
