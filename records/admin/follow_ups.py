"""電話補正: whom to telephone for which missing data (SOP 6.10), for the center and for contacts within their scope."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from .. import follow_ups, kept_typing, policies, resources
from ..forms.follow_ups import AssignForm, CallForm, CallSheetForm, UnreachableForm
from ..models import CallAttempt, FollowUp
from ..page_checks import require
from ..reading_limits import count_list, count_person
from ..templatetags.telephone import dialled
from .base import WorkspaceAdmin
from .follow_up_filters import FILTERS
from .workbook_files import download, temporary_file

FIGURES_OF = datetime.timedelta(days=365)
# A longer sheet would be a mass export, which one person does not take alone (ASVS 2.3.5).
SHEET_PEOPLE = 500


class FollowUpAdmin(WorkspaceAdmin):
    navigation_title = gettext_lazy("電話補正")
    change_list_template = "admin/records/followup/list.html"
    list_display = (
        "name",
        "item_",
        "numbers",
        "departments",
        "age",
        "assignee",
        "last_call",
        "next_try_",
        "state_",
    )
    list_display_links = ("name",)
    list_filter = FILTERS
    sortable_by = ()
    ordering = ("opened_at", "person", "pk")

    # --- who may ----------------------------------------------------------------------------------------------
    def has_view_permission(self, request: HttpRequest, obj: FollowUp | None = None) -> bool:
        return bool(policies.can_follow_up(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: FollowUp | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[FollowUp]:
        records = policies.visible_records(request.user).order_by("graduation_date", "pk")
        return (
            follow_ups.work_list(request.user)
            .select_related("person", "assigned_to")
            .prefetch_related(Prefetch("person__academic_records", records, to_attr="shown_records"))
        )

    def get_list_display(self, request: HttpRequest) -> list[str]:
        reads = any(policies.may_read(request.user, name) for name in follow_ups.NUMBERS)
        return [name for name in self.list_display if reads or name != "numbers"]

    def own_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        acts = (
            ("assign", self.assign_view),
            ("unreachable", self.unreachable_view),
            ("reopen", self.reopen_view),
        )
        return [
            path("figures/", view(require_GET(self.figures_view)), name=self.address_name("figures")),
            path(
                "call-sheet/",
                view(self.admin_site.sensitive_file(self.call_sheet_view)),
                name=self.address_name("call_sheet"),
            ),
            *(
                path(f"<int:object_id>/{act}/", view(require_POST(page)), name=self.address_name(act))
                for act, page in acts
            ),
        ]

    # --- the list ---------------------------------------------------------------------------------------------
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        count_list(request)
        context = {
            "title": self.navigation_title,
            "takes_sheets": policies.can_take_call_sheets(request.user),
        }
        return super().changelist_view(request, context)

    @admin.display(description=gettext_lazy("姓名"))
    def name(self, item: FollowUp) -> SafeString:
        return format_html('<span class="name">{}</span>', item.person.chinese_name)

    @admin.display(description=gettext_lazy("缺漏資料"))
    def item_(self, item: FollowUp) -> str:
        return item.get_item_display()

    @admin.display(description=gettext_lazy("電話"))
    def numbers(self, item: FollowUp) -> SafeString:
        texts = [getattr(item.person, name) for name in follow_ups.NUMBERS]
        lines = format_html_join(
            "", '<span class="line">{}</span>', ((dialled(text),) for text in texts if text)
        )
        return _cell(_("電話"), lines or "－")

    @admin.display(description=gettext_lazy("系所"))
    def departments(self, item: FollowUp) -> str:
        names = dict.fromkeys(record.programme.department.name for record in item.person.shown_records)
        lines = format_html_join("", '<span class="line">{}</span>', ((name,) for name in names))
        return lines or "－"

    @admin.display(description=gettext_lazy("已開立"))
    def age(self, item: FollowUp) -> SafeString:
        opened = timezone.localtime(item.opened_at)
        until = timezone.localtime(item.closed_at) if item.closed_at else timezone.localtime()
        days = _("%(days)s 天") % {"days": (until.date() - opened.date()).days}
        return format_html('<span title="{}">{}</span>', f"{opened:%Y-%m-%d}", days)

    @admin.display(description=gettext_lazy("負責人"))
    def assignee(self, item: FollowUp) -> str:
        return item.assigned_to.display_name if item.assigned_to else "－"

    @admin.display(description=gettext_lazy("上次通話"))
    def last_call(self, item: FollowUp) -> str:
        if item.called_at is None:
            return _("尚未撥打")
        outcome = CallAttempt.Outcome(item.call_outcome).label
        return f"{timezone.localtime(item.called_at):%Y-%m-%d} {outcome}"

    @admin.display(description=gettext_lazy("下次聯絡"))
    def next_try_(self, item: FollowUp) -> str:
        if item.next_try is None or item.closed_at:
            return "－"
        is_due = item.next_try <= timezone.localdate()
        due = format_html(' <span class="tag tag-warning">{}</span>', _("到期")) if is_due else ""
        return format_html("{}{}", item.next_try.isoformat(), due)

    @admin.display(description=gettext_lazy("狀態"))
    def state_(self, item: FollowUp) -> SafeString:
        if item.closed_at:
            tag = format_html('<span class="tag state-applied">{}</span>', _("已補齊"))
        elif item.is_unreachable:
            tag = format_html('<span class="tag">{}</span>', _("無法聯繫"))
        else:
            tag = format_html('<span class="tag tag-warning">{}</span>', _("待補"))
        return tag

    # --- one person ---------------------------------------------------------------------------------------------
    def change_view_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What there is to ask, and the call that was made for it, as a POST."""
        require(policies.can_follow_up(request.user))
        item = self._item(request, object_id)
        typed = kept_typing.data_of(request)
        if typed is None:
            return self._work_page(request, item)
        form = CallForm(typed, numbers=follow_ups.numbers_of(item.person, request.user))
        if request.method == "POST" and form.is_valid():
            try:
                follow_ups.log_call(item, by=request.user, at=timezone.now(), **form.details())
            except ValidationError as error:
                form.blame(error.message_dict if hasattr(error, "error_dict") else error.messages)
            else:
                return self._done(request, item, _("已登錄通話。"))
        return self._work_page(request, item, call_form=form)

    def assign_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_follow_up(request.user))
        item = self._item(request, object_id)
        form = AssignForm(request.POST, accounts=follow_ups.assignable(item.person, request.user))
        return self._act(
            request,
            item,
            form,
            lambda data: follow_ups.assign(item, to=data["account"], by=request.user),
            _("已更新負責人。"),
            "assign_form",
        )

    def unreachable_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_declare_unreachable(request.user))
        item = self._item(request, object_id)
        return self._act(
            request,
            item,
            UnreachableForm(request.POST),
            lambda data: follow_ups.declare_unreachable(
                item, reason=data["reason"], by=request.user, at=timezone.now()
            ),
            _("已判定為無法聯繫；有新的聯絡資料時會自動恢復聯絡。"),
            "unreachable_form",
        )

    def reopen_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_declare_unreachable(request.user))
        item = self._item(request, object_id)
        if follow_ups.reopen([item.person_id], at=timezone.now()):
            return self._done(request, item, _("已恢復聯絡。"))
        return redirect("admin:records_followup_change", item.pk)

    def _act(
        self,
        request: HttpRequest,
        item: FollowUp,
        form: Any,
        act: Callable[[dict[str, Any]], Any],
        done: str,
        form_name: str,
    ) -> HttpResponse:
        if form.is_valid():
            try:
                act(form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                return self._done(request, item, done)
        return self._work_page(request, item, **{form_name: form})

    def _done(self, request: HttpRequest, item: FollowUp, sentence: str) -> HttpResponse:
        messages.success(request, sentence)
        return redirect("admin:records_followup_change", item.pk)

    def _item(self, request: HttpRequest, object_id: int) -> FollowUp:
        """The item in the user's scope; outside it the same 404 as for none (security.md H2)."""
        item = get_object_or_404(self.get_queryset(request), pk=object_id)
        count_person(request, item.person)
        return item

    def _work_page(self, request: HttpRequest, item: FollowUp, **forms: Any) -> HttpResponse:
        person, user = item.person, request.user
        context = {
            "title": _("電話補正：%(name)s") % {"name": person.chinese_name},
            "item": item,
            "person": person,
            "records": person.shown_records,
            "items": follow_ups.open_items(person),
            "calls": follow_ups.calls_to(person, user),
            "numbers": follow_ups.numbers_of(person, user),
            "gone": person.unreachable.filter(ended_at=None).select_related("declared_by").first(),
            "reads_reason": policies.may_read(user, "annotations"),
            "can_edit": bool(policies.can_edit_people(user)),
            "can_propose": bool(policies.can_propose_changes(user)),
            "can_declare": bool(policies.can_declare_unreachable(user)),
            "call_form": CallForm(numbers=follow_ups.numbers_of(person, user)),
            "assign_form": AssignForm(
                accounts=follow_ups.assignable(person, user), initial={"account": item.assigned_to_id}
            ),
            "unreachable_form": UnreachableForm(),
        }
        return self._page(request, "work.html", context | kept_typing.in_form(request) | forms)

    # --- figures and the sheet ----------------------------------------------------------------------------------
    def figures_view(self, request: HttpRequest) -> HttpResponse:
        require(policies.can_follow_up(request.user))
        rows = follow_ups.completion(request.user, since=timezone.now() - FIGURES_OF)
        context = {
            "title": _("各系所補正完成率"),
            "rows": rows,
            "bars": _bars(rows),
            "height": len(rows) * _STEP,
        }
        return self._page(request, "figures.html", context)

    def call_sheet_view(self, request: HttpRequest) -> HttpResponse:
        """The call sheet of the people that the list shows, as a workbook; logged with its purpose."""
        require(policies.can_take_call_sheets(request.user))
        items = self._chosen(request)
        people = items.order_by().values("person").distinct().count()
        form = CallSheetForm(request.POST or None)
        if request.method == "POST" and 0 < people <= SHEET_PEOPLE and form.is_valid():
            return self._sheet(request, items, form.cleaned_data["purpose"])
        context = {
            "title": _("下載電話名單"),
            "form": form,
            "people": people,
            "limit": SHEET_PEOPLE,
            "is_too_long": people > SHEET_PEOPLE,
        }
        return self._page(request, "call_sheet.html", context)

    def _chosen(self, request: HttpRequest) -> QuerySet[FollowUp]:
        """What the filters in the address leave, of what waits to be telephoned for."""
        try:
            shown = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters as error:
            raise Http404 from error
        chosen = FollowUp.objects.filter(pk__in=shown.order_by().values("pk"))
        return follow_ups.waiting(chosen).order_by("opened_at", "person", "pk")

    def _sheet(self, request: HttpRequest, items: QuerySet[FollowUp], purpose: str) -> HttpResponse:
        file = temporary_file()
        at = timezone.now()
        address = request.META.get("REMOTE_ADDR") or None
        resources.call_sheet_to(file, items, user=request.user, at=at, purpose=purpose, address=address)
        name = _("電話名單%(day)s.xlsx") % {"day": f"{timezone.localtime(at):%Y%m%d}"}
        return download(file, name)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        shared = {"opts": self.opts, "list_url": reverse("admin:records_followup_changelist")}
        context = self.admin_site.each_context(request) | shared | context
        return TemplateResponse(request, f"admin/records/followup/{template}", context)


# --- the chart ------------------------------------------------------------------------------------------------------
_STEP, _WIDTH = 56, 280


def _bars(rows: list[follow_ups.Completion]) -> list[dict[str, Any]]:
    """A bar a department below its name: done, then unreachable, on a ground as long as what was opened."""
    bars = []
    for index, row in enumerate(rows):
        done = row.done * _WIDTH // row.opened
        gone = row.unreachable * _WIDTH // row.opened
        bars.append({"row": row, "y": index * _STEP, "done": done, "gone": gone})
    return bars
