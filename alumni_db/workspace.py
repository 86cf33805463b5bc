"""The center's workspace: Django's admin with its own first page, navigation and dress, put together from the
pages of both apps."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin import applications, cooperation_part, reviews
from accounts.admin.accounts import AccountAdmin
from accounts.admin.agreements import AgreementVersionAdmin
from accounts.admin.reviews import AccountReviewAdmin
from accounts.admin.trail_list import AccountEventAdmin
from accounts.models import AccountApplication, AccountEvent, AccountReview, AgreementVersion
from accounts.sign_in import fresh_factor_first, fresh_factor_required
from records import models, policies
from records.admin import board
from records.admin.batches import ImportBatchAdmin
from records.admin.bulk_edits import BulkEditAdmin
from records.admin.change_request_list import cards as change_cards
from records.admin.change_requests import ChangeRequestAdmin
from records.admin.deliveries import DeliveryAdmin, DeliveryMappingAdmin
from records.admin.disclosures import DisclosureAdmin
from records.admin.follow_ups import FollowUpAdmin
from records.admin.organisation import (
    CollegeAdmin,
    DepartmentAdmin,
    OrganisationAliasAdmin,
    ProgrammeAdmin,
    SerialSeriesAdmin,
    StatusCodeAdmin,
)
from records.admin.people import PersonAdmin
from records.admin.verifications import VerificationAttemptAdmin
from records.admin.year_board import TermAdmin
from records.navigation import Link, own_links
from records.rights import CONTACT

# In the order of the navigation.
PAGES: tuple[tuple[type[Model], type[admin.ModelAdmin]], ...] = (
    (models.Person, PersonAdmin),
    (models.ChangeRequest, ChangeRequestAdmin),
    (models.FollowUp, FollowUpAdmin),
    (models.BulkEdit, BulkEditAdmin),
    (models.ImportBatch, ImportBatchAdmin),
    (models.Delivery, DeliveryAdmin),
    (models.DeliveryMapping, DeliveryMappingAdmin),
    (models.Term, TermAdmin),
    (models.Department, DepartmentAdmin),
    (models.Programme, ProgrammeAdmin),
    (models.OrganisationAlias, OrganisationAliasAdmin),
    (models.StatusCode, StatusCodeAdmin),
    (models.SerialSeries, SerialSeriesAdmin),
    (models.College, CollegeAdmin),
    (AccountApplication, applications.ApplicationAdmin),
    (get_user_model(), AccountAdmin),
    (AccountReview, AccountReviewAdmin),
    (AgreementVersion, AgreementVersionAdmin),
    (AccountEvent, AccountEventAdmin),
    (models.Disclosure, DisclosureAdmin),
    (models.VerificationAttempt, VerificationAttemptAdmin),
)
# What of the accounts waits for somebody: cards for the task board.
ACCOUNT_CARDS = (reviews.cards, cooperation_part.cards)


class AlumniAdminSite(admin.AdminSite):
    site_header = _("國立臺灣海洋大學校友資料庫")
    site_title = _("校友資料庫")
    index_title = _("工作看板")
    index_template = "admin/board.html"
    site_url = None
    enable_nav_sidebar = False

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        for model, page in PAGES:
            super().register(model, page)

    def admin_view(
        self, view: Callable[..., HttpResponse], cacheable: bool = False
    ) -> Callable[..., HttpResponse]:
        """Who is signed in and does not work here is told so: the sign-in page would send such a visitor back."""
        inner = super().admin_view(view, cacheable)

        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied(_("這是校友服務中心與系所的工作頁面，您的帳號不在其中工作。"))
            return inner(request, *args, **kwargs)

        return checked

    def sensitive(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """A view that writes much or lets whole national IDs out: factor or password are asked for again."""
        return fresh_factor_required(view)

    def sensitive_file(
        self, view: Callable[..., HttpResponse], back_to: str = ""
    ) -> Callable[..., HttpResponse]:
        """Likewise for what answers with a file: asked before the page with its form is shown, or before the way back
        to the page with its button."""
        return fresh_factor_first(view, back_to)

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """What other apps register by themselves stays out: groups and the worker's task results."""

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        now = timezone.now()
        context = self.each_context(request) | {
            "title": self.index_title,
            "board": board.Board(request.user, now),
            "change_cards": change_cards(request.user, now),
            "application_cards": applications.cards(request.user),
            "trail_cards": self._trail_cards(request, now),
            "account_cards": [card for cards in ACCOUNT_CARDS for card in cards(request.user)],
            "can_import": policies.can_import(request.user),
        }
        return TemplateResponse(request, self.index_template, context)

    def _trail_cards(self, request: HttpRequest, at: datetime.datetime) -> list[board.Card]:
        """What today's trails hold, for those whose work is to read them."""
        if not policies.can_see_trail(request.user):
            return []
        midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
        trails = (models.Disclosure, models.VerificationAttempt, AccountEvent)
        return [
            board.Card(
                _("今天的%(trail)s") % {"trail": self._registry[trail].navigation_title},
                trail.objects.filter(at__gte=midnight).count(),
                reverse(f"admin:{trail._meta.app_label}_{trail._meta.model_name}_changelist"),
            )
            for trail in trails
        ]

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> HttpResponse:
        """There is one first page; Django's pages per app lead there."""
        return redirect("admin:index")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {
            "navigation": self._navigation(request),
            "available_apps": [],
            "is_nav_sidebar_enabled": False,
        }

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Unused by our pages; Django would ask it for each page."""
        return []

    def _navigation(self, request: HttpRequest) -> list[Link]:
        if getattr(request.user, "role", "") == CONTACT:
            return own_links(request)
        links = [Link(_("工作看板"), reverse("admin:index"), request.path == reverse("admin:index"))]
        if policies.can_propose_changes(request.user):
            links.append(Link(_("聯絡人頁面"), reverse("records:home"), False))
        for model, model_admin in self._registry.items():
            title = getattr(model_admin, "navigation_title", None)
            if title is None or not model_admin.has_module_permission(request):
                continue
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            is_current = any(request.path.startswith(place) for place in self._places(model_admin, url))
            links.append(Link(title, url, is_current))
        return links

    def _places(self, model_admin: admin.ModelAdmin, url: str) -> list[str]:
        """The addresses below which a navigation entry is the current one."""
        others = getattr(model_admin, "navigation_covers", ())
        return [url, *(reverse(f"admin:{name}_changelist") for name in others)]
