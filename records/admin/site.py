"""The center's workspace: Django's admin with its own first page, navigation and dress."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import policies
from . import board


class Link(NamedTuple):
    """An entry of the navigation; `is_current` when the page shown lies below it."""

    title: str
    url: str
    is_current: bool


class AlumniAdminSite(admin.AdminSite):
    site_header = _("國立臺灣海洋大學校友資料庫")
    site_title = _("校友資料庫")
    index_title = _("工作看板")
    index_template = "admin/board.html"
    site_url = None
    enable_nav_sidebar = False

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = self.each_context(request) | {
            "title": self.index_title,
            "board": board.Board(request.user, timezone.now()),
            "can_import": policies.can_import(request.user),
        }
        return TemplateResponse(request, self.index_template, context)

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> HttpResponse:
        """There is one first page; Django's pages per app lead there."""
        return redirect("admin:index")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {
            "navigation": list(self._navigation(request)),
            "available_apps": [],
            "is_nav_sidebar_enabled": False,
        }

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Unused by our pages; Django would ask it for each page."""
        return []

    def _navigation(self, request: HttpRequest) -> list[Link]:
        links = [Link(_("工作看板"), reverse("admin:index"), request.path == reverse("admin:index"))]
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
