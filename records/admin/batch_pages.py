"""What the pages of a batch share: the batch for who may import, its frame, and making its plan again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from .. import imports, policies, tasks
from ..models import ImportBatch
from ..page_checks import require
from .base import WorkspaceAdmin

State = ImportBatch.State


class BatchPages(WorkspaceAdmin):
    def _batch_for_act(self, request: HttpRequest, object_id: int) -> ImportBatch:
        require(policies.can_import(request.user))
        return get_object_or_404(ImportBatch, pk=object_id)

    def _plan_again(self, request: HttpRequest, batch: ImportBatch, is_stored: bool) -> None:
        # Out of "planned" at once: nobody can confirm the old plan while the new one waits for the worker.
        if is_stored and imports.move(batch, State.PLANNED, State.READING):
            tasks.replan_batch.enqueue(batch.pk)
            messages.success(request, _("已套用，計畫重新產生。"))
        else:
            messages.warning(request, _("批次的狀態已經改變，這次的選擇沒有套用。"))

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"admin/records/importbatch/{template}", context)
