"""One term of the year board: what came, its checks, the sign-off sheet, and what people say and decide of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import policies, sign_off, terms
from ..documents import download, render_pdf
from ..forms.terms import AssignForm, DueForm, ExpectedForm, ReasonForm
from ..models import ImportBatch, Term
from ..page_checks import require
from ..term_figures import compare
from .base import WorkspaceAdmin


def people_link(user: Any, term: Term) -> str:
    """The list of the people whom a term brought, to be narrowed further; "" for who sees nobody."""
    if term.pk is None or not policies.can_view_people(user):
        return ""
    return f"{reverse('admin:records_person_changelist')}?term={term.pk}"


def _with_successors(
    batches: list[ImportBatch], line: terms.Line
) -> list[tuple[ImportBatch, list[ImportBatch]]]:
    """Each batch with those of its term that brought corrections of what it left open."""
    return [(batch, [later for later in line.alive if later.predecessor_id == batch.pk]) for batch in batches]


def _reason_form(name: str, data: Any = None) -> ReasonForm:
    """One of several on a page, told apart by what the reason is for."""
    return ReasonForm(data, auto_id=f"id_{name}_%s")


class TermPages(WorkspaceAdmin):
    def term_of(self, key: str) -> Term:
        """The term of an address, among those shown today."""
        try:
            return terms.named(key, timezone.localdate())
        except Term.DoesNotExist as error:
            raise Http404 from error

    def change_view_of(self, request: HttpRequest, key: str) -> HttpResponse:
        require(policies.can_see_terms(request.user))
        return self.term_page(request, self.term_of(key))

    def term_page(
        self, request: HttpRequest, term: Term, act: str = "", wrong: forms.Form | None = None
    ) -> HttpResponse:
        """The page of a term; a form with errors takes the place of the one that is shown otherwise. Forms are named by
        the act they ask for, as it ends its address: "due", or "reasons/rows" for the reason of a check."""
        user, today = request.user, timezone.localdate()
        before = terms.year_before(term)
        line = terms.line_of(term, today)
        checks, comparison = sign_off.checks_of(term), compare(term, before)
        sheet = line.signed.sheet if line.signed else sign_off.sheet_of(term, checks, comparison)
        shown = {
            "expected": ExpectedForm(initial={"expected": term.expected}),
            "due": DueForm(term=term),
            "reopen": _reason_form("reopen"),
            **{f"reasons/{check.code}": _reason_form(check.code) for check in checks},
            act: wrong,
        }
        context = {
            "title": str(term),
            "line": line,
            "term": term,
            "batches": _with_successors(line.alive, line),
            "ended": _with_successors(line.ended, line),
            "before": before,
            "comparison": comparison,
            "checks": [(check, shown[f"reasons/{check.code}"]) for check in checks],
            "open_checks": sign_off.open_checks(sheet),
            "reasoned": sum(bool(check["reason"]) for check in sheet["checks"]),
            "seen": sign_off.digest(sheet),
            "reminders": term.reminders.all() if term.pk else [],
            "sign_offs": term.sign_offs.select_related("signed_by", "reopened_by") if term.pk else [],
            "people_link": people_link(user, term),
            "people_link_before": people_link(user, before),
            "sees_rows": policies.can_import(user),
            "may_expect": not line.signed and policies.can_expect_rows(user),
            "may_set_due": not line.signed and policies.can_set_due_dates(user),
            "may_prepare": policies.can_prepare_terms(user),
            "may_sign": policies.can_sign_off_terms(user),
            "forms": shown,
            "wrong": wrong,
        }
        return self.page(request, "term.html", context)

    def page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        """A page under templates/admin/records/term/."""
        shared = {"opts": self.opts, "list_url": reverse("admin:records_term_changelist")}
        context = self.admin_site.each_context(request) | shared | context
        return TemplateResponse(request, f"admin/records/term/{template}", context)

    # --- acts -----------------------------------------------------------------------------------------------------
    def expected_view(self, request: HttpRequest, key: str) -> HttpResponse:
        require(policies.can_expect_rows(request.user))
        term = self.term_of(key)
        form = ExpectedForm(request.POST)
        if not form.is_valid():
            return self.term_page(request, term, "expected", form)
        return self._done(
            request,
            term,
            lambda: terms.set_expected(term, form.cleaned_data["expected"]),
            _("已儲存預計筆數。"),
        )

    def due_view(self, request: HttpRequest, key: str) -> HttpResponse:
        require(policies.can_set_due_dates(request.user))
        term = self.term_of(key)
        form = DueForm(request.POST, term=term)
        if not form.is_valid():
            return self.term_page(request, term, "due", form)
        return self._done(
            request, term, lambda: terms.set_due(term, form.cleaned_data["due_on"]), _("已變更匯入期限。")
        )

    def reason_view(self, request: HttpRequest, key: str, code: str) -> HttpResponse:
        require(policies.can_prepare_terms(request.user))
        term = self.term_of(key)
        form = _reason_form(code, request.POST)
        if not form.is_valid():
            return self.term_page(request, term, f"reasons/{code}", form)
        return self._done(
            request,
            term,
            lambda: sign_off.state_reason(
                term, code, form.cleaned_data["reason"], by=request.user, at=timezone.now()
            ),
            _("已記錄說明。"),
        )

    def sign_off_view(self, request: HttpRequest, key: str) -> HttpResponse:
        require(policies.can_sign_off_terms(request.user))
        term = self.term_of(key)
        seen = request.POST.get("seen", "")
        return self._done(
            request,
            term,
            lambda: sign_off.sign_off(term, seen=seen, by=request.user, at=timezone.now()),
            _("已簽核，%(term)s結案。") % {"term": term},
        )

    def reopen_view(self, request: HttpRequest, key: str) -> HttpResponse:
        require(policies.can_sign_off_terms(request.user))
        term = self.term_of(key)
        form = _reason_form("reopen", request.POST)
        if not form.is_valid():
            return self.term_page(request, term, "reopen", form)
        if terms.reopen(term, by=request.user, at=timezone.now(), reason=form.cleaned_data["reason"]):
            messages.success(request, _("已重新開啟。"))
        return redirect("admin:records_term_change", term.key)

    def _done(
        self, request: HttpRequest, term: Term, act: Callable[[], object], sentence: str
    ) -> HttpResponse:
        try:
            act()
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, sentence)
        return redirect("admin:records_term_change", term.key)

    # --- the sheet ------------------------------------------------------------------------------------------------
    def sheet_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """The sheet for paper: as it was signed, or as it would be; refused while a check is not through."""
        require(policies.can_see_terms(request.user))
        term = self.term_of(key)
        signed = terms.line_of(term, timezone.localdate()).signed
        sheet = signed.sheet if signed else sign_off.sheet_of(term)
        if open_checks := sign_off.open_checks(sheet):
            titles = "、".join(check["title"] for check in open_checks)
            text = _("尚不能列印簽核表，未通過的檢核：%(titles)s。") % {"titles": titles}
            messages.error(request, text)
            return redirect("admin:records_term_change", term.key)
        context = {"sheet": sheet, "signed": signed, "digest": sign_off.digest(sheet)}
        return download(
            render_pdf("documents/term_sheet.html", context), _("%(term)s簽核表.pdf") % {"term": term}
        )

    # --- the term of a batch ----------------------------------------------------------------------------------------
    def assign_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_prepare_terms(request.user))
        batch = get_object_or_404(ImportBatch.objects.select_related("term"), pk=object_id)
        form = AssignForm(request.POST or None, day=timezone.localdate(), current=batch.term)
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            try:
                is_moved = terms.assign(
                    batch, data["term"], by=request.user, at=timezone.now(), reason=data["reason"]
                )
            except terms.TermClosed as closed:
                form.add_error("reason", closed)
            else:
                messages.success(request, _("已變更批次的學期。") if is_moved else _("批次的學期沒有改變。"))
                return redirect("admin:records_importbatch_change", batch.pk)
        return self.page(request, "assign.html", {"title": _("變更學期"), "batch": batch, "form": form})
