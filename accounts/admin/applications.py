"""帳號申請 in the workspace: what waits for the center, one application with its steps and history, and the entry
of applications that came on paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from records import policies
from records.admin.base import ChoiceFilter, WorkspaceAdmin
from records.admin.board import Card
from records.page_checks import require

from .. import applications, documents, scans
from ..application_links import ENDED
from ..application_steps import MOVES, StepRefused, may
from ..forms.applications import (
    ApplicationForm,
    ApproveForm,
    CheckForm,
    ReceiveForm,
    RefuseForm,
    ReturnForm,
    StepForm,
)
from ..models import AccountApplication, ApplicationEvent
from ..sign_in import fresh_factor_required

State, Step = AccountApplication.State, ApplicationEvent.Step
WAITING = (State.SUBMITTED, State.RECEIVED, State.CHECKED, State.APPROVED)
UNREACHED = "unreached"
# What gives somebody rights: factor or password are asked for again (ASVS 7.5.3).
_SENSITIVE = frozenset({Step.APPROVED, Step.OPENED})


class Action(NamedTuple):
    """A step of the center: its form, what does it, the words on its button and after it."""

    form: type[StepForm]
    act: Callable[..., Any]
    title: str | Promise
    done: str | Promise
    is_main: bool = True


# In the order of the page. What leads on is main; the others stand folded below.
ACTIONS: dict[Step, Action] = {
    Step.RECEIVED: Action(
        ReceiveForm, applications.receive, gettext_lazy("登記收件"), gettext_lazy("已登記收件。")
    ),
    Step.CHECKED: Action(
        CheckForm, applications.check, gettext_lazy("完成查核"), gettext_lazy("已完成查核，等待主任核定。")
    ),
    Step.APPROVED: Action(
        ApproveForm, applications.approve, gettext_lazy("核定"), gettext_lazy("已核定，可以開立帳號。")
    ),
    Step.OPENED: Action(
        StepForm,
        applications.open_account,
        gettext_lazy("開立帳號"),
        gettext_lazy("帳號已開立，設定密碼的連結已寄給申請人。"),
    ),
    Step.RETURNED: Action(
        ReturnForm, applications.give_back, gettext_lazy("退回補正"), gettext_lazy("已退回申請人。"), False
    ),
    Step.REFUSED: Action(
        RefuseForm, applications.refuse, gettext_lazy("不予核准"), gettext_lazy("已通知申請人。"), False
    ),
    Step.LINKED: Action(
        StepForm,
        applications.send_new_link,
        gettext_lazy("寄送新的申請連結"),
        gettext_lazy("新的連結已寄出，舊的連結失效。"),
        False,
    ),
}


def cards(user: Any) -> list[Card]:
    """For the board: how many applications wait for each step, each leading to its list; none for who may not
    see applications."""
    if not policies.can_see_applications(user):
        return []
    counts = Counter(dict(AccountApplication.objects.order_by().values_list("state").annotate(Count("pk"))))
    mine = {
        State.CHECKED: bool(policies.can_approve_applications(user)),
        **dict.fromkeys(
            (State.SUBMITTED, State.RECEIVED, State.APPROVED), bool(policies.can_check_applications(user))
        ),
    }
    address = reverse("admin:accounts_accountapplication_changelist")
    found = [Card(state.label, counts[state], f"{address}?state={state}", mine[state]) for state in WAITING]
    if unreached := unreached_applications().count():
        found.append(Card(_("信件未送達"), unreached, f"{address}?state={UNREACHED}", True))
    return found


def unreached_applications() -> QuerySet[AccountApplication]:
    """Those whose applicant a letter did not reach and can still be sent a new link, or called."""
    return AccountApplication.objects.filter(unreached=True).exclude(state__in={State.DRAFT, *ENDED})


class StateFilter(ChoiceFilter):
    title = gettext_lazy("狀態")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        states = [choice for choice in State.choices if choice[0] != State.DRAFT]
        return [("waiting", _("等待中心處理")), (UNREACHED, _("信件未送達")), *states]

    def narrowed(self, queryset: QuerySet, value: str) -> QuerySet:
        if value == UNREACHED:
            return queryset.filter(pk__in=unreached_applications())
        return queryset.filter(state__in=WAITING if value == "waiting" else [value])


class ApplicationAdmin(WorkspaceAdmin):
    navigation_title = gettext_lazy("帳號申請")
    list_display = ("number_", "unit_name", "person_name", "state_", "receipt_", "changed_")
    list_filter = (StateFilter,)
    sortable_by = ()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(policies.can_see_applications(request.user))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(policies.can_check_applications(request.user))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """A draft is the applicant's own until it is submitted."""
        return super().get_queryset(request).exclude(state=State.DRAFT)

    def own_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:object_id>/pdf/", view(require_POST(self.pdf_view)), name=self.address_name("pdf")),
            path("<int:object_id>/scan/", view(require_POST(self.scan_view)), name=self.address_name("scan")),
            path(
                "<int:object_id>/steps/<slug:step>/",
                view(require_POST(self.step_view)),
                name=self.address_name("step"),
            ),
        ]

    @admin.display(description=gettext_lazy("編號"))
    def number_(self, application: AccountApplication) -> str:
        return application.number

    @admin.display(description=gettext_lazy("狀態"))
    def state_(self, application: AccountApplication) -> SafeString:
        return format_html(
            '<span class="tag application-{}">{}</span>', application.state, application.get_state_display()
        )

    @admin.display(description=gettext_lazy("收件日期"))
    def receipt_(self, application: AccountApplication) -> str:
        return f"{application.received_on:%Y-%m-%d}" if application.received_on else "－"

    @admin.display(description=gettext_lazy("最近異動"))
    def changed_(self, application: AccountApplication) -> SafeString:
        return format_html(
            '<span class="nowrap">{}</span>', f"{timezone.localtime(application.changed_at):%Y-%m-%d %H:%M}"
        )

    # --- pages ------------------------------------------------------------------------------------------------
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": self.navigation_title})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """An application that came on paper, with all that stands on it."""
        require(policies.can_check_applications(request.user))
        form = ApplicationForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            chosen = form.cleaned_data["departments"]
            application = applications.enter(form.values, chosen, by=request.user, request=request)
            messages.success(request, _("已登錄，申請連結已寄給申請人。請接著登記收件。"))
            return redirect("admin:accounts_accountapplication_change", application.pk)
        return self._page(request, "form.html", {"title": _("登錄紙本申請"), "form": form})

    def change_view_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_see_applications(request.user))
        return self._application_page(request, self._application(request, object_id))

    def _application_page(
        self, request: HttpRequest, application: AccountApplication, tried: dict[Step, StepForm] | None = None
    ) -> HttpResponse:
        """`tried` holds the form of a step that was sent with errors."""
        main, others, denied = [], [], []
        for step, action in ACTIONS.items():
            if application.state not in MOVES[step][0]:
                continue
            allowed = may(request.user, step, application)
            if not allowed:
                denied += [allowed.reason] if action.is_main else []
                continue
            form = (tried or {}).get(step) or action.form(application=application)
            entry = {"step": step, "action": action, "form": form}
            (main if action.is_main else others).append(entry)
        can_check = bool(policies.can_check_applications(request.user))
        context = {
            "title": str(application),
            "application": application,
            "main": main,
            "others": others,
            "denied": denied,
            "warnings": applications.warnings_for(application),
            "events": application.events.select_related("by"),
            "can_check": can_check,
            "will_lock_out": self._locks_out_director(request, application),
        }
        return self._page(request, "application.html", context)

    def _locks_out_director(self, request: HttpRequest, application: AccountApplication) -> bool:
        """Whether the next step would take the director's own right to approve."""
        is_director = bool(policies.can_approve_applications(request.user))
        return is_director and application.state in (State.SUBMITTED, State.RECEIVED)

    # --- acts -------------------------------------------------------------------------------------------------
    def step_view(self, request: HttpRequest, object_id: int, step: str) -> HttpResponse:
        """Takes a step on the version that the page showed; one sentence says what became of it."""
        if step not in ACTIONS:
            raise Http404
        take = self._take_sensitive_step if step in _SENSITIVE else self._take_step
        return take(request, object_id, step)

    @method_decorator(fresh_factor_required)
    def _take_sensitive_step(self, request: HttpRequest, object_id: int, step: str) -> HttpResponse:
        return self._take_step(request, object_id, step)

    def _take_step(self, request: HttpRequest, object_id: int, step: str) -> HttpResponse:
        is_approval = step == Step.APPROVED
        require(
            (policies.can_approve_applications if is_approval else policies.can_check_applications)(
                request.user
            )
        )
        application, action = self._application(request, object_id), ACTIONS[Step(step)]
        form = action.form(request.POST, application=application)
        if not form.is_valid():
            return self._application_page(request, application, {Step(step): form})
        application.version = form.cleaned_data["version"]
        try:
            action.act(application, by=request.user, request=request, **form.details)
        except StepRefused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, action.done)
        return redirect("admin:accounts_accountapplication_change", object_id)

    def scan_view(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """The signed scan, for the center only; noted in the history before it goes out."""
        require(policies.can_check_applications(request.user))
        application = self._application(request, object_id)
        if not application.scan:
            raise Http404
        applications.take_scan(application, by=request.user, request=request)
        return scans.download(application.scan.name, documents.name_of(application))

    def pdf_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_see_applications(request.user))
        application = self._application(request, object_id)
        if application.agreement is None:
            raise Http404
        answer = documents.application_pdf(application)
        applications.take_print(application, by=request.user, request=request)
        return answer

    def _application(self, request: HttpRequest, object_id: int) -> AccountApplication:
        return get_object_or_404(self.get_queryset(request), pk=object_id)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"admin/accounts/accountapplication/{template}", context)
