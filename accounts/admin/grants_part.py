"""額外的系所範圍, on an account's page: what was given, until when, by whom; given and ended by director and IT."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from records import policies
from records.page_checks import require

from .. import grants
from ..forms.grants import GrantForm
from ..models import ScopeGrant, User
from ..sign_in import fresh_factor_required
from .parts import AccountPart

TAGS = {"valid": "", "coming": "tag-note", "expired": "tag-warning", "ended": "tag-warning"}


def state_titles() -> dict[str, str]:
    return {"valid": _("有效"), "coming": _("尚未開始"), "expired": _("已到期"), "ended": _("已提前終止")}


class GrantsPart(AccountPart):
    template = "admin/accounts/user/grants_part.html"

    def urls(self) -> list[URLPattern]:
        view = self.page.admin_site.admin_view
        return [
            path(
                "<int:object_id>/grants/add/",
                view(fresh_factor_required(self.add_view)),
                name=self.page.address_name("grant_add"),
            ),
            path(
                "<int:object_id>/grants/<int:grant_id>/end/",
                view(require_POST(fresh_factor_required(self.end_view))),
                name=self.page.address_name("grant_end"),
            ),
        ]

    def panel(self, request: HttpRequest, account: User) -> dict[str, Any] | None:
        given = list(account.scope_grants.select_related("department", "college", "given_by", "ended_by"))
        may_give = bool(policies.can_give_scope_to(request.user, account))
        if not (given or may_give):
            return None
        today, titles = timezone.localdate(), state_titles()
        states = [(grant, grant.state(today)) for grant in given]
        return {
            "account": account,
            "grants": [
                (grant, titles[state], TAGS[state], state in ("valid", "coming")) for grant, state in states
            ],
            "may_give": may_give,
            "may_end": bool(policies.can_give_scope(request.user)),
        }

    def add_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_give_scope(request.user))
        account = get_object_or_404(User, pk=object_id)
        require(policies.can_give_scope_to(request.user, account))
        form = GrantForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and self._give(request, account, form):
            return redirect("admin:accounts_user_change", account.pk)
        context = {"title": _("授予額外的系所範圍"), "account": account, "form": form, "opts": self.page.opts}
        context = self.page.admin_site.each_context(request) | context
        return TemplateResponse(request, "admin/accounts/user/grant_form.html", context)

    def _give(self, request: HttpRequest, account: User, form: GrantForm) -> bool:
        try:
            grant = grants.give(account, by=request.user, request=request, **form.chosen())
        except ValidationError as error:
            form.add_error(None, error)
            return False
        messages.success(request, _("已授予「%(grant)s」。") % {"grant": grant})
        return True

    def end_view(self, request: HttpRequest, object_id: int, grant_id: int) -> HttpResponse:
        require(policies.can_give_scope(request.user))
        grant = get_object_or_404(ScopeGrant, pk=grant_id, account=object_id)
        if grants.end(grant, by=request.user, request=request):
            messages.success(request, _("已終止「%(grant)s」。") % {"grant": grant})
        else:
            messages.info(request, _("這項範圍已經失效。"))
        return redirect("admin:accounts_user_change", object_id)
