"""A file refused for its headers goes on as a raw delivery: one button on the page of its batch."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from .. import deliveries, imports
from ..models import Delivery, ImportBatch
from ..terms import TermClosed
from ..workbooks.reader import WorkbookRefused
from .batch_pages import BatchPages

logger = logging.getLogger(__name__)


class BatchHandOver(BatchPages):
    def hand_over_urls(self) -> list[URLPattern]:
        return [
            path(
                "<int:object_id>/as-delivery/",
                self.admin_site.admin_view(require_POST(self.as_delivery_view)),
                name=self.address_name("as_delivery"),
            )
        ]

    def hand_over_context(self, batch: ImportBatch, *, sees_rows: bool) -> dict[str, Any]:
        """What the page of a batch needs to offer it."""
        if not sees_rows or not deliveries.may_be_mapped(batch):
            return {"may_be_mapped": False}
        return {"may_be_mapped": True, "kept_until": batch.uploaded_at + imports.FILE_KEPT}

    def as_delivery_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        batch = self._batch_for_act(request, object_id)
        delivery = self._handed_over(request, batch)
        if delivery is None:
            return redirect("admin:records_importbatch_change", batch.pk)
        return redirect("admin:records_delivery_change", delivery.pk)

    def _handed_over(self, request: HttpRequest, batch: ImportBatch) -> Delivery | None:
        """The delivery, None with a message that says why there is none."""
        try:
            delivery = deliveries.as_delivery(batch)
        except (WorkbookRefused, TermClosed) as refusal:
            is_closed = isinstance(refusal, TermClosed)
            messages.error(request, refusal.messages[0] if is_closed else refusal.sentence)
            return None
        except OSError as error:
            logger.error("the file of batch %s could not be handed over: %s", batch.pk, error.strerror)
            messages.error(request, _("檔案無法存放在伺服器上，請稍後再試，或洽系統管理人員。"))
            return None
        if delivery is None:
            messages.warning(request, _("檔案已經不在，請重新上傳。"))
        return delivery
