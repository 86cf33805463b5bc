"""這個帳號能做什麼, on an account's page; and the button to see the workspace as the account sees it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from records import policies
from records.page_checks import require

from .. import permissions, see_as
from ..models import User
from ..sign_in import fresh_factor_required
from .parts import AccountPart


class PermissionsPart(AccountPart):
    template = "admin/accounts/user/permissions_part.html"

    def urls(self) -> list[URLPattern]:
        view = self.page.admin_site.admin_view
        return [
            path(
                "<int:object_id>/see-as/",
                view(require_POST(fresh_factor_required(self.see_as_view))),
                name=self.page.address_name("see_as"),
            ),
            path("see-as/end/", view(require_POST(self.end_view)), name=self.page.address_name("see_as_end")),
        ]

    def panel(self, request: HttpRequest, account: User) -> dict[str, Any]:
        decision = policies.can_see_as_account(request.user, account)
        return {
            "account": account,
            "rights": permissions.of_account(account),
            "may_see_as": bool(decision),
            "why_not": decision.reason,
        }

    def see_as_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_see_as(request.user))
        account = get_object_or_404(User, pk=object_id)
        see_as.begin(request, account)
        return redirect("admin:index")

    def end_view(self, request: HttpRequest) -> HttpResponse:
        account = see_as.end(request)
        if account is None:
            return redirect("admin:index")
        messages.success(request, _("已結束檢視，現在是您自己的頁面。"))
        return redirect("admin:accounts_user_change", account.pk)
