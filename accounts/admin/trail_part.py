"""帳號紀錄 on an account's page: the newest lines, and all of them on a page of their own."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from ..models import AccountEvent, User
from .parts import AccountPart

NEWEST = 10
A_PAGE = 50


class TrailPart(AccountPart):
    template = "admin/accounts/user/trail.html"

    def urls(self) -> list[URLPattern]:
        view = self.page.admin_site.admin_view(self.trail_view)
        return [path("<int:object_id>/trail/", view, name=self.page.address_name("trail"))]

    def panel(self, request: HttpRequest, account: User) -> dict[str, Any] | None:
        events = _events(account)
        return {"events": events[:NEWEST], "count": events.count(), "newest": NEWEST}

    def trail_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        account = self.account(request, object_id)
        page = Paginator(_events(account), A_PAGE).get_page(request.GET.get("p"))
        return self.answer(request, account, "trail_page.html", {"title": _("帳號紀錄"), "page": page})


def _events(account: User) -> QuerySet[AccountEvent]:
    return account.events.select_related("by")
