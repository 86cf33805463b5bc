"""One row of a batch: as it was read, what is asked, whom it may mean; decided and corrected by who may import."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from .. import imports, plans
from ..cells import NOTE
from ..encryption import DamagedValue
from ..forms.import_rows import CorrectionForm, DecisionForm
from ..imports import row_pages
from ..imports.candidates import candidates_of
from ..imports.correcting import errors_in
from ..imports.file_namesakes import joined_here, rows_alike
from ..imports.row_decisions import against, item_of, like_rows, newest_decision
from ..models import ImportBatch, ImportRow, Verdict
from ..plans import ABOUT_ROWS
from ..programmes import Lists
from .batch_pages import BatchPages, State


class Asked(NamedTuple):
    """The forms of a row's page, each bound when it was sent."""

    decision: DecisionForm | None = None
    correction: CorrectionForm | None = None
    contradictions: tuple[Any, ...] = ()


class BatchRowPages(BatchPages):
    def row_urls(self) -> list[URLPattern]:
        """The addresses below a batch's rows, and the act that makes the plan again."""
        view = self.admin_site.admin_view
        row = "<int:object_id>/rows/<int:row_number>/"
        return [
            path(row, view(require_GET(self.row_view)), name=self.address_name("row")),
            *(
                path(f"{row}{act}/", view(require_POST(page)), name=self.address_name(f"row_{act}"))
                for act, page in (
                    ("decide", self.row_decide_view),
                    ("withdraw", self.row_withdraw_view),
                    ("correct", self.row_correct_view),
                )
            ),
            path(
                "<int:object_id>/replan/",
                view(require_POST(self.replan_view)),
                name=self.address_name("replan"),
            ),
        ]

    def row_view(self, request: HttpRequest, object_id: int, row_number: int) -> HttpResponse:
        batch, stored = self._row(request, object_id, row_number)
        return self._row_page(request, batch, stored, Asked())

    def row_decide_view(self, request: HttpRequest, object_id: int, row_number: int) -> HttpResponse:
        batch, stored = self._row(request, object_id, row_number)
        form = self._decision_form(batch, stored, request.user, request.POST)
        if not form.is_valid():
            return self._row_page(request, batch, stored, Asked(decision=form))
        found = [*form.doubts(), *against(batch, stored, form.ruling())]
        # Whatever else was sent was asked of nobody.
        ruling = form.ruling({one.code for one in found}.intersection(request.POST.getlist("accepted")))
        if any(one.is_final or one.code not in ruling.accepted for one in found):
            return self._row_page(request, batch, stored, Asked(form, contradictions=tuple(found)))
        result = imports.decide_row(
            batch,
            stored,
            ruling,
            scope=form.chosen_scope(),
            reason=form.cleaned_data["reason"],
            by=request.user,
        )
        if result is None:
            messages.warning(request, _("批次的狀態已經改變，這次的選擇沒有套用。"))
            return redirect("admin:records_importbatch_change", object_id)
        told = _("已記下第 %(row)s 列的決定。")
        if result.decided > 1:
            told = _("已記下第 %(row)s 列等 %(count)s 列的決定。")
        messages.success(request, told % {"row": row_number, "count": result.decided})
        if result.left:
            rows = "、".join(str(number) for number in result.left[:20])
            messages.warning(
                request, _("第 %(rows)s 列另有不同之處，沒有一併決定，請逐列判斷。") % {"rows": rows}
            )
        return self._onward(request, batch, stored)

    def row_withdraw_view(self, request: HttpRequest, object_id: int, row_number: int) -> HttpResponse:
        batch, stored = self._row(request, object_id, row_number)
        if imports.withdraw_decision(batch, stored.row_number, by=request.user):
            messages.success(request, _("已取消這一列的決定。"))
        else:
            messages.warning(request, _("批次的狀態已經改變，這次的選擇沒有套用。"))
        return redirect("admin:records_importbatch_row", object_id, row_number)

    def row_correct_view(self, request: HttpRequest, object_id: int, row_number: int) -> HttpResponse:
        batch, stored = self._row(request, object_id, row_number)
        form = self._correction_form(request, stored, request.POST)
        if form.is_valid():
            cells = form.changed_cells()
            if not cells:
                form.add_error(None, _("沒有更正任何欄位。"))
            form.tell(errors_in(batch, stored, cells) if cells else {})
        if form.errors:
            return self._row_page(request, batch, stored, Asked(correction=form))
        if imports.correct(batch, {stored.row_number: cells}, by=request.user) is None:
            messages.warning(request, _("批次的狀態已經改變，這次的選擇沒有套用。"))
            return redirect("admin:records_importbatch_change", object_id)
        messages.success(request, _("已記下第 %(row)s 列的更正。") % {"row": row_number})
        return self._onward(request, batch, stored)

    def replan_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        batch = self._batch_for_act(request, object_id)
        self._plan_again(request, batch, is_stored=True)
        return redirect("admin:records_importbatch_change", object_id)

    def _onward(self, request: HttpRequest, batch: ImportBatch, stored: ImportRow) -> HttpResponse:
        """To the next row that waits; after the last one the plan is made again by itself."""
        place = row_pages.place_of(batch, stored)
        following = place.following or place.first
        if following is not None:
            return redirect("admin:records_importbatch_row", batch.pk, following)
        self._plan_again(request, batch, is_stored=True)
        return redirect("admin:records_importbatch_change", batch.pk)

    # --- the page ---------------------------------------------------------------------------------------------
    def _row(self, request: HttpRequest, object_id: int, row_number: int) -> tuple[ImportBatch, ImportRow]:
        batch = self._batch_for_act(request, object_id)
        rows = ImportRow.objects.select_related("record", "outcome__record")
        stored = get_object_or_404(rows, batch=batch, row_number=row_number)
        try:
            stored.open_payload()
        except DamagedValue as damaged:
            raise Http404 from damaged  # the plan says what is wrong with the row
        return batch, stored

    def _decision_form(
        self, batch: ImportBatch, stored: ImportRow, user: Any, data: Any = None
    ) -> DecisionForm:
        like = {scope: rows.count() for scope, rows in like_rows(batch, stored).items()}
        item = item_of(batch, stored)
        found = candidates_of(stored, item, user)
        rows = rows_alike(batch, stored, item, user)
        return DecisionForm(data, item=item, candidates=found, rows=rows, like=like, user=user)

    def _correction_form(self, request: HttpRequest, stored: ImportRow, data: Any = None) -> CorrectionForm:
        everything = "all" in (request.GET.get("cells"), request.POST.get("cells"))
        cells = row_pages.cells_to_correct(stored, everything=everything)
        return CorrectionForm(data, cells=cells, remarks=row_pages.sentences_by_header(stored))

    def _row_page(
        self, request: HttpRequest, batch: ImportBatch, stored: ImportRow, asked: Asked
    ) -> HttpResponse:
        is_open = batch.state == State.PLANNED
        view = plans.view(stored, Lists.load())
        asks = is_open and stored.verdict == Verdict.NEEDS_PERSON
        context = {
            "title": _("第 %(row)s 列") % {"row": stored.row_number},
            "batch": batch,
            "row": view,
            "cells": row_pages.cell_views(stored, view),
            "asked": [remark for remark in view.remarks if remark[1] != NOTE],
            "is_open": is_open,
            "is_left_out": batch.state == State.APPLIED
            and stored.verdict in (Verdict.NEEDS_PERSON, Verdict.KEPT_OUT),
            "asks_programme": asks and bool(stored.question) and not stored.question.startswith(ABOUT_ROWS),
            "place": row_pages.place_of(batch, stored) if is_open else None,
            "decision": newest_decision(stored),
            "joined_here": joined_here(stored) if is_open else [],
            "corrections": row_pages.corrections_of(stored),
            "contradictions": asked.contradictions,
            "is_final": any(one.is_final for one in asked.contradictions),
            "accepted": request.POST.getlist("accepted"),
        }
        if is_open:
            context["correction_form"] = asked.correction or self._correction_form(request, stored)
            context["offers_all_cells"] = "all" in (request.GET.get("cells"), request.POST.get("cells"))
        if asks or asked.decision or (is_open and context["decision"]):
            context["form"] = asked.decision or self._decision_form(batch, stored, request.user)
        return self._page(request, "row.html", context)
