"""匯入批次: upload, progress, the plan with its counts and rows, the decisions, and the one confirmation."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from .. import deliveries, imports, policies, resources, tasks
from ..database_faults import Fault, is_full
from ..forms.imports import OptionsForm, UploadForm
from ..imports import undoing
from ..models import Delivery, Disclosure, ImportBatch, Programme, Verdict
from ..page_checks import require
from ..progress_sentences import progress_of
from ..terms import TermClosed
from ..workbooks.reader import WorkbookRefused
from .batch_discard import BatchDiscardPage
from .batch_filters import BROKEN, FILTERS
from .batch_hand_over import BatchHandOver
from .batch_rows import BatchRowPages
from .batch_undo import BatchUndoPages
from .workbook_files import download, real_file, temporary_file

logger = logging.getLogger(__name__)
State = ImportBatch.State
WORKING = frozenset({State.RECEIVED, State.READING, State.APPLYING})


class Tab(NamedTuple):
    """A verdict with the number of its rows; `verdict` is "" for all rows."""

    verdict: str
    title: str
    count: str
    is_current: bool


class Result(NamedTuple):
    """What became of the rows of an applied batch; `changed` were planned, and not written any more."""

    written: str
    unchanged: str
    left: list[Tab]
    changed: int


class ImportBatchAdmin(BatchUndoPages, BatchRowPages, BatchDiscardPage, BatchHandOver):
    navigation_title = gettext_lazy("匯入批次")
    navigation_covers = ("records_delivery", "records_deliverymapping")
    change_list_template = "admin/records/importbatch/list.html"
    list_display = (
        "label", "state_", "file_name", "term", "rows_", "uploader", "uploaded", "importer", "applied"
    )  # fmt: skip
    empty_value_display = "－"
    list_display_links = ("label",)
    list_filter = FILTERS
    list_select_related = ("uploaded_by", "applied_by", "term")
    sortable_by = ()
    ordering = ("-pk",)

    def has_view_permission(self, request: HttpRequest, obj: ImportBatch | None = None) -> bool:
        return bool(policies.can_see_batches(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(policies.can_import(request.user))

    def has_change_permission(self, request: HttpRequest, obj: ImportBatch | None = None) -> bool:
        return bool(policies.can_import(request.user))

    # --- the list -------------------------------------------------------------------------------------------
    @admin.display(description=gettext_lazy("批次"))
    def label(self, batch: ImportBatch) -> str:
        return f"#{batch.pk}"

    @admin.display(description=gettext_lazy("列數"))
    def rows_(self, batch: ImportBatch) -> Any:
        return _grouped(batch.counts["rows"]) if "rows" in batch.counts else "－"

    @admin.display(description=gettext_lazy("上傳者"))
    def uploader(self, batch: ImportBatch) -> str:
        return batch.uploaded_by.display_name

    @admin.display(description=gettext_lazy("上傳時間"))
    def uploaded(self, batch: ImportBatch) -> SafeString:
        return _moment(batch.uploaded_at)

    @admin.display(description=gettext_lazy("匯入者"))
    def importer(self, batch: ImportBatch) -> str:
        return batch.applied_by.display_name if batch.applied_by else "－"

    @admin.display(description=gettext_lazy("匯入時間"))
    def applied(self, batch: ImportBatch) -> SafeString:
        return _moment(batch.applied_at)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        waiting = Delivery.objects.filter(state__in=deliveries.WAITING).count()
        return super().changelist_view(request, {"title": self.navigation_title, "waiting": waiting})

    # --- addresses ------------------------------------------------------------------------------------------
    def own_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        acts = (
            ("options", self.options_view),
            ("decide", self.decide_view),
        )
        return [
            path("template/", view(require_GET(self.template_view)), name=self.address_name("template")),
            path(
                "<int:object_id>/progress/",
                view(require_GET(self.progress_view)),
                name=self.address_name("progress"),
            ),
            *(
                path(f"<int:object_id>/{act}/", view(require_POST(page)), name=self.address_name(act))
                for act, page in acts
            ),
            *(
                path(f"<int:object_id>/{act}/", view(require_POST(page)), name=self.address_name(act))
                for act, page in (
                    ("apply", self.admin_site.sensitive(self.apply_view)),
                    (
                        "returned",
                        self.admin_site.sensitive_file(
                            self.returned_view, "admin:records_importbatch_change"
                        ),
                    ),
                )
            ),
            *self.discard_urls(),
            *self.hand_over_urls(),
            *self.row_urls(),
            *self.undo_urls(),
        ]

    # --- upload and template ----------------------------------------------------------------------------------
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        require(policies.can_import(request.user))
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            received = self._receive(request, form)
            if received is not None:
                return redirect(f"admin:{received._meta.label_lower.replace('.', '_')}_change", received.pk)
        waiting = Delivery.objects.filter(state__in=deliveries.WAITING)
        context = {"form": form, "waiting": waiting.select_related("uploaded_by")}
        return self._page(request, "upload.html", {"title": _("匯入離校資料")} | context)

    def _receive(self, request: HttpRequest, form: UploadForm) -> ImportBatch | Delivery | None:
        """What became of the file: a batch that is read next, or a delivery whose columns a person maps."""
        uploaded = form.cleaned_data["file"]
        try:
            with real_file(uploaded) as file:
                receive = deliveries.receive if form.cleaned_data["kind"] == "raw" else imports.receive
                received = receive(
                    file,
                    file_name=uploaded.name,
                    user=request.user,
                    mode=form.cleaned_data["mode"],
                    term=form.cleaned_data["term"],
                )
        except TermClosed as closed:
            form.add_error("term", closed)
            return None
        except WorkbookRefused as refusal:
            form.add_error("file", refusal.sentence)
            return None
        except OSError as error:
            logger.error("an upload could not be kept: %s", error.strerror)
            unkept = _("檔案無法存放在伺服器上，請稍後再試，或洽系統管理人員。")
            form.add_error("file", str(Fault.FULL.label) if is_full(error) else unkept)
            return None
        if isinstance(received, ImportBatch):
            tasks.read_batch.enqueue(received.pk)
        return received

    def template_view(self, request: HttpRequest) -> HttpResponse:
        require(policies.can_import(request.user))
        file = temporary_file()
        resources.template_to(file)
        return download(file, _("離校資料空白範本.xlsx"))

    # --- one batch --------------------------------------------------------------------------------------------
    def change_view_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_see_batches(request.user))
        batch = get_object_or_404(
            ImportBatch.objects.select_related("uploaded_by", "applied_by", "term"), pk=object_id
        )
        sees_rows = bool(policies.can_import(request.user))
        verdict = request.GET.get("verdict", "")
        verdict = verdict if verdict in Verdict.values else ""
        context = {
            "title": _("批次 #%(number)s") % {"number": batch.pk},
            "batch": batch,
            "is_working": batch.state in WORKING,
            "is_planned": batch.state == State.PLANNED,
            "progress": _progress(batch),
            "tabs": _tabs(batch, verdict),
            "twins": imports.twins_of(batch) if batch.state == State.PLANNED else [],
            "result": _result(batch) if batch.state == State.APPLIED else None,
            "sees_rows": sees_rows,
            "can_assign": policies.can_prepare_terms(request.user),
            "undo": undoing.undo_of(batch),
            "can_undo": batch.state == State.APPLIED and policies.can_undo_imports(request.user),
            "is_broken": batch.state in BROKEN,
            **self.hand_over_context(batch, sees_rows=sees_rows),
            "verdict": verdict,
            "successors": batch.successors.exclude(state__in=(*BROKEN, State.DISCARDED)).order_by("pk"),
            "has_returned": any(batch.counts.get(name) for name in ("kept_out", "needs_person", "remarks")),
        }
        if sees_rows and batch.state in (State.PLANNED, State.APPLIED):
            context |= self._plan(request, batch, verdict)
        return self._page(request, "batch.html", context)

    def _plan(self, request: HttpRequest, batch: ImportBatch, verdict: str) -> dict[str, Any]:
        """What only those see who may import: the rows, the questions, the options."""
        total = batch.counts.get(verdict or "rows", 0)
        page = Paginator(range(total), imports.ROWS_A_PAGE).get_page(request.GET.get("page"))
        is_planned = batch.state == State.PLANNED
        asked = imports.asked_in(batch) if is_planned else []
        return {
            "page": page,
            "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
            "rows": imports.rows_of(batch, verdict=verdict, page=page.number),
            "questions": imports.open_questions(batch, asked) if is_planned else [],
            "asked_about_rows": imports.asked_about_rows(batch, asked) if is_planned else [],
            "waits_to_be_planned": is_planned and batch.needs_plan,
            "overtaken": imports.overtaken(batch) if is_planned and not batch.needs_plan else None,
            "waiting_for_others": _count(batch, Verdict.NEEDS_PERSON) - sum(one.rows for one in asked),
            "answers": imports.answers_of(batch),
            "programmes": Programme.objects.all() if is_planned else [],
            "options": OptionsForm(instance=batch) if is_planned else None,
            "changing": _count(batch, *imports.CHANGING),
        }

    def progress_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """How far the batch is, for the page that asks every second."""
        require(policies.can_see_batches(request.user))
        batch = get_object_or_404(ImportBatch, pk=object_id)
        answer = _progress(batch) | {
            "working": batch.state in WORKING,
            "state": str(batch.get_state_display()),
        }
        return JsonResponse(answer)

    # --- acts -------------------------------------------------------------------------------------------------
    def options_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        batch = self._batch_for_act(request, object_id)
        form = OptionsForm(request.POST, instance=batch)
        if form.is_valid():
            options = {"mode": batch.mode, "refusals": batch.refusals}
            self._plan_again(request, batch, imports.change_options(batch, **options))
        else:
            messages.error(request, _("請選擇處理方式。"))
        return redirect("admin:records_importbatch_change", object_id)

    def decide_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        batch = self._batch_for_act(request, object_id)
        chosen = request.POST.get("programme", "")
        programme = Programme.objects.filter(pk=chosen).first() if chosen.isdecimal() else None
        question = request.POST.get("question", "")
        if programme is None or not question:
            messages.error(request, _("請選擇畢業系所。"))
        else:
            self._plan_again(request, batch, imports.decide(batch, question, programme, by=request.user))
        return redirect("admin:records_importbatch_change", object_id)

    def apply_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        batch = self._batch_for_act(request, object_id)
        if batch.state == State.PLANNED and batch.needs_plan:
            messages.warning(request, _("有決定或更正尚未套用；請先重新產生計畫，看過之後再確認匯入。"))
            return redirect("admin:records_importbatch_change", object_id)
        if tasks.request_apply(batch, request.user):
            messages.success(request, _("已確認，開始寫入。"))
        else:
            self._say_who_was_first(request, batch)
        return redirect("admin:records_importbatch_change", object_id)

    def _say_who_was_first(self, request: HttpRequest, batch: ImportBatch) -> None:
        batch.refresh_from_db()
        if batch.applied_by_id:
            text = _("這個批次已由 %(name)s 確認，不會重複匯入。") % {"name": batch.applied_by.display_name}
        else:
            text = _("這個批次目前是「%(state)s」，不能確認匯入。") % {"state": batch.get_state_display()}
        messages.warning(request, text)

    def returned_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The rows to be corrected, with every cell as it came: logged before they go out."""
        batch = self._batch_for_act(request, object_id)
        file = temporary_file()
        count = imports.write_returned_rows(batch, file)
        Disclosure.objects.create(
            user=request.user,
            kind=Disclosure.Kind.RETURNED_ROWS,
            at=timezone.now(),
            address=request.META.get("REMOTE_ADDR") or None,
            row_count=count,
            detail=_("批次 #%(number)s 的待更正列") % {"number": batch.pk},
        )
        return download(file, _("批次%(number)s待更正列.xlsx") % {"number": batch.pk})


def _moment(at: Any) -> SafeString | str:
    if at is None:
        return "－"
    return format_html('<span class="nowrap">{}</span>', f"{timezone.localtime(at):%Y-%m-%d %H:%M}")


def _progress(batch: ImportBatch) -> dict[str, Any]:
    return progress_of(batch.pk, is_working=batch.state in WORKING)


def _tabs(batch: ImportBatch, current: str) -> list[Tab]:
    if "rows" not in batch.counts:
        return []
    return [
        Tab("", _("全部"), _grouped(batch.counts["rows"]), not current),
        *(_tab(batch, Verdict(value), is_current=value == current) for value in Verdict.values),
    ]


def _tab(batch: ImportBatch, verdict: Verdict, *, is_current: bool = False) -> Tab:
    return Tab(verdict.value, str(verdict.label), _grouped(_count(batch, verdict)), is_current)


def _result(batch: ImportBatch) -> Result:
    left = [one for one in (Verdict.NEEDS_PERSON, Verdict.KEPT_OUT) if _count(batch, one)]
    return Result(
        _grouped(_count(batch, *imports.CHANGING)),
        _grouped(_count(batch, Verdict.UNCHANGED)),
        [_tab(batch, verdict) for verdict in left],
        batch.counts.get("not_written", 0),
    )


def _count(batch: ImportBatch, *verdicts: str) -> int:
    return sum(batch.counts.get(verdict, 0) for verdict in verdicts)


def _grouped(number: int) -> str:
    return f"{number:,}"
