"""還原匯入批次: from the reason to the plan, its confirmation, its progress and its result."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from .. import policies, tasks
from ..forms.batch_undos import UndoReasonForm
from ..imports import undo_showing, undoing
from ..models import BatchUndo, BatchUndoRow, ImportBatch
from ..page_checks import require
from ..progress_sentences import progress_of
from .base import WorkspaceAdmin

State, Outcome = BatchUndo.State, BatchUndoRow.Outcome
WORKING = frozenset({State.PLANNING, State.APPLYING})
ROWS_A_PAGE = 50


class Tab(NamedTuple):
    """An outcome with the number of its rows; `outcome` is "" for all rows."""

    outcome: str
    title: str
    count: int
    is_current: bool


class BatchUndoPages(WorkspaceAdmin):
    """What the page of batches has for taking one back."""

    def undo_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        pages = (
            ("undo/", "undo", require_http_methods(["GET", "HEAD", "POST"])(self.undo_view)),
            ("undo/progress/", "undo_progress", require_GET(self.undo_progress_view)),
            ("undo/apply/", "undo_apply", require_POST(self.admin_site.sensitive(self.undo_apply_view))),
            ("undo/discard/", "undo_discard", require_POST(self.undo_discard_view)),
        )
        return [
            path(f"<int:object_id>/{route}", view(page), name=self.address_name(name))
            for route, name, page in pages
        ]

    # --- in the list ----------------------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportBatch]:
        standing = Prefetch(
            "undoings", BatchUndo.objects.exclude(state=State.DISCARDED), to_attr="standing_undoings"
        )
        return super().get_queryset(request).prefetch_related(standing)

    @admin.display(description=gettext_lazy("狀態"))
    def state_(self, batch: ImportBatch) -> SafeString:
        tags = [(f"state-{batch.state}", batch.get_state_display())]
        tags += [(f"undo-{undo.state}", undo.result) for undo in batch.standing_undoings]
        return format_html_join(" ", '<span class="tag {}">{}</span>', tags)

    # --- the page -------------------------------------------------------------------------------------------
    def undo_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The plan of the undo; before there is one, the form that asks for the reason."""
        batch = self._batch_to_undo(request, object_id)
        form = UndoReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                tasks.request_undo_plan(batch, form.cleaned_data["reason"], request.user)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                return self._to_plan(object_id)
        undo = undoing.undo_of(batch)
        context = self._plan_of(request, undo) if undo else self._asking(batch, form)
        context |= {"title": _("還原批次 #%(number)s") % {"number": batch.pk}, "batch": batch, "undo": undo}
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, "admin/records/importbatch/undo.html", context)

    def _asking(self, batch: ImportBatch, form: UndoReasonForm) -> dict[str, Any]:
        given_up = batch.undoings.exclude(error="").first()
        return {
            "form": form,
            "can_undo": batch.state == ImportBatch.State.APPLIED,
            "error": given_up.error if given_up else "",
        }

    def _plan_of(self, request: HttpRequest, undo: BatchUndo) -> dict[str, Any]:
        outcome = request.GET.get("outcome", "")
        outcome = outcome if outcome in Outcome.values else ""
        total = undo.counts.get(outcome, 0) if outcome else sum(undo.counts.values())
        page = Paginator(range(total), ROWS_A_PAGE).get_page(request.GET.get("page"))
        return {
            "error": undo.error,
            "is_working": undo.state in WORKING,
            "is_planned": undo.state == State.PLANNED,
            "progress": _progress(undo),
            "decision": undoing.may_confirm(request.user, undo),
            "needs_second": undoing.needs_second_person(undo),
            "limit": undoing.ALONE,
            "is_begun": bool(undo.counts.get(Outcome.DONE)),
            "tabs": _tabs(undo, outcome),
            "outcome": outcome,
            "page": page,
            "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
            "rows": undo_showing.undo_rows(
                undo, outcome=outcome, start=(page.number - 1) * ROWS_A_PAGE, count=ROWS_A_PAGE
            ),
        }

    def undo_progress_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """How far it is, for the page that asks every second."""
        undo = undoing.undo_of(self._batch_to_undo(request, object_id))
        if undo is None:
            return JsonResponse({"working": False})
        state = {"working": undo.state in WORKING, "state": str(undo.get_state_display())}
        return JsonResponse(_progress(undo) | state)

    # --- acts -----------------------------------------------------------------------------------------------
    def undo_apply_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        undo = undoing.undo_of(self._batch_to_undo(request, object_id))
        if undo is None:
            messages.warning(request, _("這個批次沒有還原計畫。"))
            return self._to_plan(object_id)
        require(undoing.may_confirm(request.user, undo))
        if tasks.request_undo(undo, request.user):
            messages.success(request, _("已確認，開始還原。"))
        else:
            text = _("這項還原目前是「%(state)s」，不能確認。") % {"state": undo.get_state_display()}
            messages.warning(request, text)
        return self._to_plan(object_id)

    def undo_discard_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        undo = undoing.undo_of(self._batch_to_undo(request, object_id))
        if undo is not None and undoing.discard_undo(undo):
            messages.success(request, _("已放棄還原計畫，沒有任何資料被更動。"))
            return redirect("admin:records_importbatch_change", object_id)
        messages.warning(request, _("狀態已經改變，不能放棄。"))
        return self._to_plan(object_id)

    def _batch_to_undo(self, request: HttpRequest, object_id: int) -> ImportBatch:
        require(policies.can_undo_imports(request.user))
        batches = ImportBatch.objects.select_related("uploaded_by", "applied_by")
        return get_object_or_404(batches, pk=object_id)

    def _to_plan(self, object_id: int) -> HttpResponse:
        return redirect("admin:records_importbatch_undo", object_id)


def _progress(undo: BatchUndo) -> dict[str, Any]:
    return progress_of(undoing.progress_name(undo), is_working=undo.state in WORKING)


def _tabs(undo: BatchUndo, current: str) -> list[Tab]:
    counted = [(value, str(title), undo.counts.get(value, 0)) for value, title in Outcome.choices]
    shown = [Tab(value, title, count, value == current) for value, title, count in counted if count]
    return [Tab("", _("全部"), sum(undo.counts.values()), not current), *shown]
