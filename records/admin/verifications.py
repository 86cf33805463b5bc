"""身分核對紀錄 (SOP 6.5): who compared whom, when, and how it ended; read only, for the center and the auditor.

No value is stored, so none is shown. Who may read names is told whom it was about, others the number of the row."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import policies
from ..models import VerificationAttempt
from ..verifying import began_a_lock
from .base import ChoiceFilter, TrailAdmin

Outcome = VerificationAttempt.Outcome
DAYS = (1, 7, 30, 365)


class OutcomeFilter(ChoiceFilter):
    title = _("結果")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("not_succeeded", gettext("核對不符，全部")), *Outcome.choices]

    def narrowed(self, queryset: QuerySet[VerificationAttempt], value: str) -> QuerySet[VerificationAttempt]:
        if value == "not_succeeded":
            return queryset.exclude(outcome=Outcome.SUCCEEDED)
        return queryset.filter(outcome=value)


class EditorFilter(ChoiceFilter):
    title = _("帳號")
    parameter_name = "editor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        editors = VerificationAttempt.objects.order_by().values("editor")
        accounts = get_user_model().objects.filter(pk__in=editors).order_by("display_name", "pk")
        return [(str(account.pk), str(account)) for account in accounts]

    def narrowed(self, queryset: QuerySet[VerificationAttempt], value: str) -> QuerySet[VerificationAttempt]:
        return queryset.filter(editor=value)


class SinceFilter(ChoiceFilter):
    title = _("期間")
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(days), gettext("最近 %(days)d 天") % {"days": days}) for days in DAYS]

    def narrowed(self, queryset: QuerySet[VerificationAttempt], value: str) -> QuerySet[VerificationAttempt]:
        return queryset.filter(at__gte=timezone.now() - datetime.timedelta(days=int(value)))


class VerificationAttemptAdmin(TrailAdmin):
    navigation_title = _("身分核對紀錄")
    allowed = policies.can_see_verifications
    list_filter = (OutcomeFilter, EditorFilter, SinceFilter)
    list_select_related = ("editor", "person")

    def get_list_display(self, request: HttpRequest) -> list[str]:
        names = policies.may_read(request.user, "chinese_name")
        words = ["how"] if policies.may_read(request.user, "words") else []
        return ["moment", "editor", "whom" if names else "number", "outcome_", "lock", *words]

    def get_queryset(self, request: HttpRequest) -> QuerySet[VerificationAttempt]:
        return super().get_queryset(request).annotate(began_a_lock=began_a_lock())

    @admin.display(description=_("校友"))
    def whom(self, attempt: VerificationAttempt) -> SafeString:
        address = reverse("admin:records_person_change", args=[attempt.person_id])
        name, number = attempt.person.chinese_name, self.number(attempt)
        return format_html('<a href="{}">{}</a> <span class="latin">{}</span>', address, name, number)

    @admin.display(description=_("校友"))
    def number(self, attempt: VerificationAttempt) -> str:
        return f"#{attempt.person_id}"

    @admin.display(description=_("結果"))
    def outcome_(self, attempt: VerificationAttempt) -> SafeString:
        kind = "" if attempt.outcome == Outcome.SUCCEEDED else " tag-warning"
        said = gettext("以說明核對") if attempt.stated else attempt.get_outcome_display()
        return format_html('<span class="tag{}">{}</span>', kind, said)

    @admin.display(description=_("核對方式說明"))
    def how(self, attempt: VerificationAttempt) -> str:
        return attempt.stated or "－"

    @admin.display(description=_("暫停核對"))
    def lock(self, attempt: VerificationAttempt) -> str:
        if attempt.outcome == Outcome.LOCKED:
            return gettext("暫停期間")
        return gettext("不符次數達上限，開始暫停") if attempt.began_a_lock else "－"
