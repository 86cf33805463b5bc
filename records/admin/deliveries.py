"""離校資料檔: the mapping of the registrar's columns, the values, the way to the batch; and the log of mappings."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from .. import deliveries, policies, tasks
from ..forms.deliveries import ColumnsForm, ValuesForm
from ..models import Delivery, DeliveryMapping, Disclosure
from ..page_checks import require
from ..progress_sentences import progress_of
from ..terms import TermClosed
from .base import ChoiceFilter, WorkspaceAdmin
from .workbook_files import download, temporary_file

logger = logging.getLogger(__name__)
State = Delivery.State


class ImportersAdmin(WorkspaceAdmin):
    """For who may import; nothing is added, changed or deleted through Django's own form."""

    sortable_by = ()
    ordering = ("-pk",)
    title: Any = ""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(policies.can_import(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": self.title})

    def page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"admin/records/delivery/{template}", context)


class StateFilter(ChoiceFilter):
    title = gettext_lazy("狀態")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", _("待對應（欄位或內容）")), *State.choices]

    def narrowed(self, queryset: Any, value: str) -> Any:
        return queryset.filter(state__in=deliveries.WAITING if value == "waiting" else [value])


class DeliveryAdmin(ImportersAdmin):
    title = gettext_lazy("離校資料檔")
    list_display = ("label", "file_name", "state_", "mapping_", "uploader", "uploaded", "batch_")
    list_display_links = ("label",)
    list_filter = (StateFilter,)
    list_select_related = ("uploaded_by", "mapping", "batch")

    @admin.display(description=gettext_lazy("編號"))
    def label(self, delivery: Delivery) -> str:
        return f"#{delivery.pk}"

    @admin.display(description=gettext_lazy("狀態"))
    def state_(self, delivery: Delivery) -> SafeString:
        return format_html('<span class="tag">{}</span>', delivery.get_state_display())

    @admin.display(description=gettext_lazy("欄位對應"))
    def mapping_(self, delivery: Delivery) -> str:
        return delivery.mapping.name if delivery.mapping else "－"

    @admin.display(description=gettext_lazy("上傳者"))
    def uploader(self, delivery: Delivery) -> str:
        return delivery.uploaded_by.display_name

    @admin.display(description=gettext_lazy("上傳時間"))
    def uploaded(self, delivery: Delivery) -> str:
        return f"{timezone.localtime(delivery.uploaded_at):%Y-%m-%d %H:%M}"

    @admin.display(description=gettext_lazy("批次"))
    def batch_(self, delivery: Delivery) -> str:
        return f"#{delivery.batch_id}" if delivery.batch_id else "－"

    def own_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        acts = (
            ("columns", self.columns_view),
            ("values", self.values_view),
            ("discard", self.discard_view),
            ("as_workbook", self.as_workbook_view),
            ("filled", self.admin_site.sensitive_file(self.filled_view, "admin:records_delivery_change")),
        )
        return [
            path(
                "<int:object_id>/progress/",
                view(require_GET(self.progress_view)),
                name=self.address_name("progress"),
            ),
            *(
                path(f"<int:object_id>/{act}/", view(require_POST(page)), name=self.address_name(act))
                for act, page in acts
            ),
        ]

    # --- one delivery -------------------------------------------------------------------------------------------
    def change_view_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        delivery = self._delivery(request, object_id)
        if delivery.batch_id:
            return redirect("admin:records_importbatch_change", delivery.batch_id)
        if delivery.state == State.MAPPING:
            return self._columns_page(request, delivery, self._columns_form(delivery))
        if delivery.state == State.VALUES:
            form = ValuesForm(unknown=delivery.open_details()["unknown"])
            return self._page_of(request, delivery, "values.html", {"form": form})
        return self._page_of(request, delivery, "delivery.html", {"progress": _progress(delivery)})

    def progress_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """How far the conversion is, for the page that asks every second."""
        delivery = self._delivery(request, object_id)
        state = {"working": delivery.state == State.CONVERTING, "state": str(delivery.get_state_display())}
        return JsonResponse(_progress(delivery) | state)

    def columns_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The columns are confirmed: stored under their name, and the worker converts."""
        delivery = self._delivery(request, object_id)
        if delivery.state != State.MAPPING:
            return self._moved_on(request, delivery)
        form = self._columns_form(delivery, request.POST)
        if not form.is_valid():
            return self._columns_page(request, delivery, form)
        mapping = deliveries.save(form.cleaned_data["name"], form.mapping(), user=request.user)
        return self._converted(request, delivery, mapping, values_settled=False)

    def values_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The values are answered, or left to the batch: a version of the mapping with them, and the worker goes on."""
        delivery = self._delivery(request, object_id)
        if delivery.state != State.VALUES:
            return self._moved_on(request, delivery)
        form = ValuesForm(request.POST, unknown=delivery.open_details()["unknown"])
        if not form.is_valid():
            return self._page_of(request, delivery, "values.html", {"form": form})
        complete = form.added_to(deliveries.mapping_of(delivery.mapping))
        mapping = deliveries.save(delivery.mapping.name, complete, user=request.user)
        return self._converted(request, delivery, mapping, values_settled=True)

    def _converted(
        self, request: HttpRequest, delivery: Delivery, mapping: DeliveryMapping, *, values_settled: bool
    ) -> HttpResponse:
        if not tasks.request_conversion(delivery, mapping, values_settled=values_settled):
            return self._moved_on(request, delivery)
        return redirect("admin:records_delivery_change", delivery.pk)

    def discard_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        delivery = self._delivery(request, object_id)
        if not deliveries.discard(delivery):
            return self._moved_on(request, delivery)
        messages.success(request, _("已放棄，上傳的檔案已刪除。"))
        return redirect("admin:records_importbatch_add")

    def as_workbook_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A file that has the template's headers after all is read as the template."""
        delivery = self._delivery(request, object_id)
        try:
            batch = deliveries.as_workbook(delivery)
        except TermClosed as closed:
            messages.error(request, closed.messages[0])
            return redirect("admin:records_delivery_change", delivery.pk)
        except OSError as error:
            logger.error("delivery %s could not be handed over: %s", delivery.pk, error.strerror)
            messages.error(request, _("檔案無法存放在伺服器上，請稍後再試，或洽系統管理人員。"))
            return redirect("admin:records_delivery_change", delivery.pk)
        if batch is None:
            return self._moved_on(request, delivery)
        tasks.read_batch.enqueue(batch.pk)
        return redirect("admin:records_importbatch_change", batch.pk)

    def filled_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The filled template, with whole national IDs: logged before it goes out."""
        delivery = self._delivery(request, object_id)
        if not delivery.mapping_id or not delivery.batch_id or not delivery.batch.counts.get("rows"):
            return self._moved_on(request, delivery)
        file = temporary_file()
        count = deliveries.write_filled(delivery, file)
        Disclosure.objects.create(
            user=request.user,
            kind=Disclosure.Kind.CONVERTED,
            at=timezone.now(),
            address=request.META.get("REMOTE_ADDR") or None,
            row_count=count,
            detail=_("批次 #%(number)s 的轉檔結果") % {"number": delivery.batch_id},
        )
        return download(file, _("批次%(number)s轉檔結果.xlsx") % {"number": delivery.batch_id})

    def _delivery(self, request: HttpRequest, object_id: int) -> Delivery:
        require(policies.can_import(request.user))
        found = Delivery.objects.select_related("uploaded_by", "mapping", "batch")
        return get_object_or_404(found, pk=object_id)

    def _moved_on(self, request: HttpRequest, delivery: Delivery) -> HttpResponse:
        delivery.refresh_from_db()
        text = _("這個檔案目前是「%(state)s」，這次的選擇沒有套用。")
        messages.warning(request, text % {"state": delivery.get_state_display()})
        return redirect("admin:records_delivery_change", delivery.pk)

    # --- pages --------------------------------------------------------------------------------------------------
    def _columns_form(self, delivery: Delivery, data: Any = None) -> ColumnsForm:
        details = delivery.open_details()
        stored = delivery.mapping or deliveries.latest_for(details["headers"])
        targets = deliveries.proposed_mapping(delivery, stored)
        return ColumnsForm(data, details=details, targets=targets, stored=stored)

    def _columns_page(self, request: HttpRequest, delivery: Delivery, form: ColumnsForm) -> HttpResponse:
        details = delivery.open_details()
        context = {
            "form": form,
            "stored": form.stored,
            "values": _values_in_words(form.stored),
            "details": details,
            "unusable": details["unusable"],
            "earlier": deliveries.earlier_delivery(delivery),
            "has_template_headers": deliveries.has_template_headers(delivery),
        }
        return self._page_of(request, delivery, "columns.html", context)

    def _page_of(
        self, request: HttpRequest, delivery: Delivery, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        title = _("離校資料檔 #%(number)s") % {"number": delivery.pk}
        is_waiting = delivery.state in deliveries.WAITING
        shared = {
            "title": title,
            "delivery": delivery,
            "kept_until": deliveries.kept_until(delivery) if is_waiting else None,
        }
        return self.page(request, template, shared | context)


class DeliveryMappingAdmin(ImportersAdmin):
    """Every version of every mapping: the log."""

    title = gettext_lazy("離校資料的欄位對應")
    list_display = ("name", "columns_", "saver", "saved")
    list_display_links = ("name",)
    list_select_related = ("saved_by",)

    @admin.display(description=gettext_lazy("匯入的欄數"))
    def columns_(self, stored: DeliveryMapping) -> int:
        return len(deliveries.mapping_of(stored).used)

    @admin.display(description=gettext_lazy("儲存人"))
    def saver(self, stored: DeliveryMapping) -> str:
        return stored.saved_by.display_name

    @admin.display(description=gettext_lazy("儲存時間"))
    def saved(self, stored: DeliveryMapping) -> str:
        return f"{timezone.localtime(stored.saved_at):%Y-%m-%d %H:%M}"

    def change_view_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """One name with all its versions, the newest first, each with what it changed."""
        require(policies.can_import(request.user))
        name = get_object_or_404(DeliveryMapping, pk=object_id).name
        versions = list(DeliveryMapping.objects.filter(name=name).select_related("saved_by"))
        mappings = [deliveries.mapping_of(stored) for stored in versions]
        changes = [deliveries.differences(*pair) for pair in zip(mappings[1:], mappings, strict=False)]
        context = {
            "title": name,
            "columns": [(header, _target_in_words(target)) for header, target in mappings[0].columns],
            "joins": [
                (deliveries.TARGETS[attribute][0], deliveries.JOINS[join])
                for attribute, join in mappings[0].joins.items()
            ],
            "values": _values_in_words(versions[0]),
            "versions": list(zip(versions, [*changes, []], strict=True)),
        }
        return self.page(request, "mapping.html", context)


def _target_in_words(target: str) -> str:
    header, way = deliveries.TARGETS.get(target, ("", ""))
    return f"{header}{way}"


def _values_in_words(stored: DeliveryMapping | None) -> list[tuple[str, str, str]]:
    """(our header, foreign text, our text) of what a stored mapping says about values."""
    values = stored.values if stored else {}
    return [
        (deliveries.TARGETS[attribute][0], text, ours)
        for attribute, found in values.items()
        for text, ours in found.items()
    ]


def _progress(delivery: Delivery) -> dict[str, Any]:
    return progress_of(deliveries.progress_name(delivery), is_working=delivery.state == State.CONVERTING)
