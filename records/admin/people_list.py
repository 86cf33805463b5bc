"""校友, the list: its columns for each role, its search, and the filters working together."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import policies
from ..models import AcademicRecord, MessageObjection, Person
from ..page_checks import require
from ..querysets import PersonQuerySet
from ..reading_limits import count_list, count_search
from ..rights import Reach, reach_of
from ..search import by_national_id, is_serial_number, looks_like_national_id, national_id_in, search
from .base import WorkspaceAdmin
from .people_filters import FILTERS, RecordFilter

SEARCH_PARAMETER = "found"
SEARCHES_KEPT = 20
SESSION_KEY = "person_searches"
# Column → the field it shows; who may not read the field has no such column.
COLUMNS = {
    "name": "chinese_name",
    "programmes": "programme",
    "levels": "programme",
    "serials": "serial_number",
    "student_numbers": "student_number",
    "graduated": "graduation_date",
    "mobile_": "mobile",
    "email_": "email",
    "messages_": "accepts_messages",
}
# A contact telephones and writes: fewer columns, and how old the data are.
COLUMNS_OF_OWN_PEOPLE = {
    "name": "chinese_name",
    "student_numbers": "student_number",
    "programmes": "programme",
    "mobile_": "mobile",
    "email_": "email",
    "messages_": "accepts_messages",
    "updated": "mobile",
}


class PersonChangeList(ChangeList):
    """The list of people: what was searched for stays in the session, and all filters on degrees speak about
    one degree."""

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        kept = super().get_filters_params(params)
        kept.pop(SEARCH_PARAMETER, None)
        return kept

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> PersonQuerySet:
        people = super().get_queryset(request, exclude_parameters)
        conditions = [spec.condition() for spec in self.filter_specs if isinstance(spec, RecordFilter)]
        if any(conditions):
            records = AcademicRecord.objects.filter(
                pk__in=policies.visible_records(request.user).values("pk")
            )
            people = people.filter(pk__in=records.filter(*conditions).values("person"))
        token = request.GET.get(SEARCH_PARAMETER, "")
        self.searched = request.session.get(SESSION_KEY, {}).get(token, "")
        self.search_token = token if self.searched else ""  # kept when the filters are sent
        if not self.searched:
            return people
        return search(request.user, people, self.searched, timezone.localdate())


class PeopleListAdmin(WorkspaceAdmin):
    """The list and its search; `people.PersonAdmin` adds the pages of one person."""

    navigation_title = gettext_lazy("校友")
    change_list_template = "admin/records/person/list.html"
    list_display_links = ("name",)
    list_filter = FILTERS
    sortable_by = ("name",)
    ordering = ("-pk",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PersonChangeList

    def get_list_display(self, request: HttpRequest) -> list[str]:
        columns = COLUMNS_OF_OWN_PEOPLE if reach_of(request.user) is Reach.OWN else COLUMNS
        return [name for name, field in columns.items() if policies.may_read(request.user, field)]

    def get_queryset(self, request: HttpRequest) -> PersonQuerySet:
        records = policies.visible_records(request.user).order_by("graduation_date", "pk")
        return Person.objects.visible_to(request.user).prefetch_related(
            Prefetch("academic_records", records, to_attr="shown_records"),
            Prefetch(
                "objections",
                MessageObjection.objects.filter(ended_on__isnull=True),
                to_attr="open_objections",
            ),
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        count_list(request)
        context = {
            "title": self.navigation_title,
            "search_url": reverse("admin:records_person_search"),
            "finds_national_id": bool(policies.can_see_identity(request.user)),
            "can_bulk_edit": bool(policies.can_bulk_edit(request.user)),
        }
        return super().changelist_view(request, context)

    # --- columns --------------------------------------------------------------------------------------------
    @admin.display(description=gettext_lazy("姓名"), ordering="name_key")
    def name(self, person: Person) -> SafeString:
        if not person.english_name:
            return format_html('<span class="name">{}</span>', person.chinese_name)
        return format_html(
            '<span class="name">{}</span> <span class="latin">{}</span>',
            person.chinese_name,
            person.english_name,
        )

    @admin.display(description=gettext_lazy("畢業系所"))
    def programmes(self, person: Person) -> SafeString:
        return _lines(record.programme.name for record in person.shown_records)

    @admin.display(description=gettext_lazy("學制"))
    def levels(self, person: Person) -> SafeString:
        return _lines(record.programme.get_level_display() for record in person.shown_records)

    @admin.display(description=gettext_lazy("流水號"))
    def serials(self, person: Person) -> SafeString:
        return _lines(record.serial_number for record in person.shown_records)

    @admin.display(description=gettext_lazy("學號"))
    def student_numbers(self, person: Person) -> SafeString:
        return _lines(record.student_number for record in person.shown_records)

    @admin.display(description=gettext_lazy("畢業日期"))
    def graduated(self, person: Person) -> SafeString:
        return _lines(record.graduation_date for record in person.shown_records)

    @admin.display(description=gettext_lazy("行動電話"))
    def mobile_(self, person: Person) -> SafeString:
        return _lines([person.mobile])

    @admin.display(description=gettext_lazy("電子郵件"))
    def email_(self, person: Person) -> SafeString:
        return format_html('<span class="email">{}</span>', person.email or "－")

    @admin.display(description=gettext_lazy("母校訊息"))
    def messages_(self, person: Person) -> SafeString:
        if person.open_objections:
            tag = format_html('<span class="tag tag-warning">{}</span>', _("不願接受"))
        else:
            answer = {True: _("願意"), False: _("不願接受"), None: _("未回覆")}[person.accepts_messages]
            tag = format_html('<span class="tag">{}</span>', answer)
        return tag

    @admin.display(description=gettext_lazy("最後異動"))
    def updated(self, person: Person) -> SafeString:
        """Of the person, or of a degree that the user sees."""
        latest = max([person.updated_at, *(record.updated_at for record in person.shown_records)])
        day = format_html('<span class="nowrap">{}</span>', f"{timezone.localtime(latest):%Y-%m-%d}")
        return day

    # --- search ---------------------------------------------------------------------------------------------
    def search_view(self, request: HttpRequest) -> HttpResponse:
        """What was typed never reaches an address: it may be a whole national ID (security.md, promise 2)."""
        require(policies.can_view_people(request.user))
        count_search(request)
        text, today = request.POST.get("text", "").strip()[:200], timezone.localdate()
        listing = reverse("admin:records_person_changelist")
        is_serial = is_serial_number(policies.visible_records(request.user), text)
        if not is_serial and (national_id_in(text, today) or looks_like_national_id(text)):
            return self._national_id_found(request, text, today, listing)
        if not text:
            return redirect(listing)
        token = secrets.token_urlsafe(6)
        searches = dict(list(request.session.get(SESSION_KEY, {}).items())[1 - SEARCHES_KEPT :])
        request.session[SESSION_KEY] = searches | {token: text}
        return redirect(f"{listing}?{SEARCH_PARAMETER}={token}")

    def _national_id_found(
        self, request: HttpRequest, text: str, today: datetime.date, listing: str
    ) -> HttpResponse:
        if not policies.can_see_identity(request.user):
            messages.warning(request, _("您的角色不能以身分證字號查詢。"))
            return redirect(listing)
        person = by_national_id(Person.objects.visible_to(request.user), text, today)
        if person is None:
            messages.warning(request, _("查無這個身分證字號，請確認號碼是否正確。"))
            return redirect(listing)
        return redirect("admin:records_person_change", person.pk)


def _lines(texts: Iterable[str]) -> SafeString:
    """One line for each degree, so that the columns of one row stand side by side."""
    return format_html_join("", '<span class="line">{}</span>', ((text or "－",) for text in texts))
