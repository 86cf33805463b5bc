"""帳號申請 for the applicant: the public form, and everything behind the link, without a login.

Whoever has the link is the applicant. An address that leads nowhere is a plain 404, whatever it once was.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from .. import applications, documents, scans
from ..application_links import ENDED, by_token
from ..application_steps import EDITABLE, WITH_CENTER, StepRefused
from ..forms.applications import ApplicationForm, PublicApplicationForm, ScanForm
from ..models import AccountApplication, ApplicationEvent

State, Step = AccountApplication.State, ApplicationEvent.Step
HIDDEN = Q(step=Step.UNREACHED) | Q(step=Step.SCAN_TAKEN, by__isnull=False)  # the center's own affairs
CONFLICT, TOO_MANY = 409, 429


class Stage(NamedTuple):
    """A stage of the way as the applicant sees it, and the states in which it is the current one."""

    title: str | Promise
    states: frozenset[State]


STAGES = (
    Stage(gettext_lazy("填寫並送出"), EDITABLE),
    Stage(gettext_lazy("簽名並送交"), frozenset({State.SUBMITTED})),
    Stage(gettext_lazy("中心查核"), frozenset({State.RECEIVED})),
    Stage(gettext_lazy("主任核定"), frozenset({State.CHECKED})),
    Stage(gettext_lazy("開立帳號"), frozenset({State.APPROVED})),
)


def stages_of(state: str) -> list[dict[str, Any]]:
    """The stages with `mark`: done, current or to come; all done for an opened account, none for an ended one."""
    current = next((number for number, stage in enumerate(STAGES) if state in stage.states), None)
    if current is None:
        current = len(STAGES) if state == State.OPENED else -1
    marks = ["done" if n < current else "current" if n == current else "" for n in range(len(STAGES))]
    return [{"title": stage.title, "mark": mark} for stage, mark in zip(STAGES, marks, strict=True)]


class ApplyView(View):
    """The public page: begins a draft, and submits it at once for who has everything at hand."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, PublicApplicationForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        submits = "submit" in request.POST
        form = PublicApplicationForm(request.POST, is_complete=submits)
        if not form.is_valid():
            return self._page(request, form)
        if applications.too_many_begun(request.META.get("REMOTE_ADDR") or None):
            form.add_error(None, _("這個網路位址在一小時內建立的申請太多，請稍後再試。"))
            return self._page(request, form, status=TOO_MANY)
        token = applications.begin(form.values, form.cleaned_data["departments"], request=request)
        if submits:
            application = application_of(token)
            chosen = form.cleaned_data["departments"]
            applications.save(application, form.values, chosen, request=request, submits=True)
        messages.success(
            request, _("已儲存。這一頁的網址就是您的申請連結，也會寄到您的信箱；請妥善保存，不要轉傳。")
        )
        return redirect("application", token)

    def _page(self, request: HttpRequest, form: PublicApplicationForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "stages": stages_of(State.DRAFT), "is_new": True}
        return render(request, "applications/form.html", context, status=status)


def application_of(token: str) -> AccountApplication:
    """The application behind a link, or 404."""
    application = by_token(token)
    if application is None:
        raise Http404
    return application


def last_reason(application: AccountApplication) -> str:
    """Why the center returned or refused it the last time."""
    told = application.events.exclude(reason="").last()
    return told.reason if told else ""


class LinkedView(View):
    """A page behind the link: `self.application` is the link's. Search engines are asked to stay away."""

    def dispatch(self, request: HttpRequest, *args: Any, token: str, **kwargs: Any) -> HttpResponseBase:
        self.application = application_of(token)
        self.token = token
        response = super().dispatch(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        return response

    def refused(self, request: HttpRequest, error: Exception) -> HttpResponse:
        messages.error(request, str(error))
        return redirect("application", self.token)


class ApplicationView(LinkedView):
    """State, what to do next, history."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(request, ScanForm())

    def page(self, request: HttpRequest, form: ScanForm, status: int = 200) -> HttpResponse:
        application = self.application
        events = application.events.select_related("by").exclude(HIDDEN)
        context = {
            "application": application,
            "token": self.token,
            "stages": stages_of(application.state),
            "events": events,
            "last_reason": last_reason(application),
            "scan_form": form,
            "can_edit": application.state in EDITABLE,
            "can_print": application.state in WITH_CENTER,
            "can_take_scan": can_take_scan(application),
            "can_withdraw": application.state not in ENDED,
        }
        return render(request, "applications/application.html", context, status=status)


class EditView(LinkedView):
    """The form again, for a draft or a returned application."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.application.state not in EDITABLE:
            return self._too_late(request)
        return self._page(request, ApplicationForm(instance=self.application))

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.application.state not in EDITABLE:
            return self._too_late(request)
        submits = "submit" in request.POST
        if request.POST.get("version") != str(self.application.version):
            return self._changed_meanwhile(request)
        # A form of its own object: what is not valid must not show up in `self.application`.
        form = ApplicationForm(request.POST, instance=application_of(self.token), is_complete=submits)
        if not form.is_valid():
            return self._page(request, form)
        chosen = form.cleaned_data["departments"]
        try:
            applications.save(self.application, form.values, chosen, request=request, submits=submits)
        except StepRefused:  # another window was faster by a moment; `self.application` is what it left
            return self._changed_meanwhile(request)
        messages.success(request, _("申請已送出。") if submits else _("草稿已儲存。"))
        return redirect("application", self.token)

    def _too_late(self, request: HttpRequest) -> HttpResponse:
        messages.warning(request, _("申請已經送出，不能再修改。"))
        return redirect("application", self.token)

    def _changed_meanwhile(self, request: HttpRequest) -> HttpResponse:
        """What was typed stays on the page; sent once more, it takes the place of what the other window stored."""
        if self.application.state not in EDITABLE:
            return self._too_late(request)
        form = ApplicationForm(request.POST, instance=application_of(self.token), is_complete=False)
        form.add_error(
            None, _("這份申請已在另一個視窗儲存過。您輸入的內容還在下面，尚未儲存；請核對後再送一次。")
        )
        return self._page(request, form, status=CONFLICT)

    def _page(self, request: HttpRequest, form: ApplicationForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "application": self.application,
            "token": self.token,
            "stages": stages_of(self.application.state),
            "last_reason": last_reason(self.application) if self.application.state == State.RETURNED else "",
        }
        return render(request, "applications/form.html", context, status=status)


def can_take_scan(application: AccountApplication) -> bool:
    """The paper bears the national ID: once the center has it, no link brings it out any more."""
    return bool(application.scan) and application.state == State.SUBMITTED


class PdfView(ApplicationView):
    """The filled-in form and the agreement, to be printed and signed."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.application.state not in WITH_CENTER:
            raise Http404
        limits = ("pdf", applications.PDF_LIMIT, applications.PDF_WINDOW)
        if applications.quota_is_used_up(self.application, *limits):
            messages.error(request, _("一小時內下載的次數太多，請稍後再試。"))
            return self.page(request, ScanForm(), status=TOO_MANY)
        return documents.application_pdf(self.application)


class ScanView(ApplicationView):
    """Takes the signed scan in. How often is counted before the file is looked at, which is work."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.application.state != State.SUBMITTED:
            messages.error(request, _("這份申請目前不能上傳掃描檔。"))
            return redirect("application", self.token)
        limits = ("scan", applications.SCAN_LIMIT, applications.SCAN_WINDOW)
        if applications.quota_is_used_up(self.application, *limits):
            messages.error(request, _("這份申請已經上傳太多次，請改以紙本送交，或與校友服務中心聯絡。"))
            return self.page(request, ScanForm(), status=TOO_MANY)
        form = ScanForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.page(request, form)
        try:
            applications.attach_scan(self.application, form.cleaned_data["scan"], request=request)
        except StepRefused as error:
            return self.refused(request, error)
        messages.success(request, _("掃描檔已上傳。中心登記收件後會寄信通知您。"))
        return redirect("application", self.token)


class ScanDownloadView(LinkedView):
    """Gives the applicant the uploaded scan back until the center has received it, always as a download; noted
    in the history before it goes out."""

    def post(self, request: HttpRequest) -> HttpResponseBase:
        if not can_take_scan(self.application):
            raise Http404
        applications.take_scan(self.application, by=None, request=request)
        return scans.download(self.application.scan.name, documents.name_of(self.application))


class WithdrawView(LinkedView):
    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            applications.withdraw(self.application, request=request)
        except StepRefused as error:
            return self.refused(request, error)
        messages.success(request, _("申請已撤回。"))
        return redirect("application", self.token)
