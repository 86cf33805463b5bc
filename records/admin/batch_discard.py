"""Giving up a planned batch, or a refused file that is still kept: a page says what is lost before it is."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from .. import deliveries, imports
from ..models import ImportCorrection, ImportDecision
from .batch_pages import BatchPages, State


class BatchDiscardPage(BatchPages):
    def discard_urls(self) -> list[URLPattern]:
        page = require_http_methods(["GET", "HEAD", "POST"])(self.discard_view)
        return [
            path(
                "<int:object_id>/discard/",
                self.admin_site.admin_view(page),
                name=self.address_name("discard"),
            )
        ]

    def discard_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        batch = self._batch_for_act(request, object_id)
        if request.method != "POST":
            is_file = deliveries.may_be_mapped(batch)
            title = _("刪除批次 #%(number)s 的檔案") if is_file else _("放棄批次 #%(number)s")
            context = {
                "title": title % {"number": batch.pk},
                "batch": batch,
                "is_file": is_file,
                "is_planned": batch.state == State.PLANNED,
                "decisions": ImportDecision.objects.filter(batch=batch).count(),
                "corrections": ImportCorrection.objects.filter(batch=batch).count(),
            }
            return self._page(request, "discard.html", context)
        if imports.discard(batch):
            messages.success(request, _("已放棄，檔案與計畫中的個人資料已刪除。"))
        else:
            messages.warning(request, _("批次的狀態已經改變，不能放棄。"))
        return redirect("admin:records_importbatch_change", object_id)
