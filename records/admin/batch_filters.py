"""The filters of the list of batches. What is not here cannot be asked for."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..models import ImportBatch, Term
from .base import ChoiceFilter

State = ImportBatch.State
BROKEN = (State.REFUSED, State.FAILED)


class StateFilter(ChoiceFilter):
    title = _("狀態")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*State.choices, ("broken", gettext("退回或失敗"))]

    def narrowed(self, queryset: QuerySet[ImportBatch], value: str) -> QuerySet[ImportBatch]:
        return queryset.filter(state__in=BROKEN if value == "broken" else [value])


class TermFilter(ChoiceFilter):
    title = _("學期")
    parameter_name = "term"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        return [(term.pk, str(term)) for term in Term.objects.all()]

    def narrowed(self, queryset: QuerySet[ImportBatch], value: str) -> QuerySet[ImportBatch]:
        return queryset.filter(term=value)


FILTERS = (StateFilter, TermFilter)
