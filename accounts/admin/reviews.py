"""定期清查: twice a year every account on one page, confirmed or closed, and what was said, for an audit."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from records import policies
from records.admin.base import WorkspaceAdmin
from records.admin.board import Card
from records.page_checks import require

from .. import agreements, reviews
from ..forms.reviews import ReviewForm
from ..models import AccountReview, User
from ..sign_in import fresh_factor_required


class AccountReviewAdmin(WorkspaceAdmin):
    navigation_title = gettext_lazy("定期清查")
    list_filter = ()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(policies.can_manage_accounts(request.user) or policies.can_see_trail(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        """One page and what its buttons post to; a confirmation has no page of its own."""
        view = self.admin_site.admin_view
        decide = require_POST(fresh_factor_required(self.decide_view))
        return [
            path("", view(self.changelist_view), name=self.address_name("changelist")),
            path(
                "decide/",
                view(decide),
                name=self.address_name("decide"),
            ),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            require(policies.can_manage_accounts(request.user))
        current = reviews.period_of(timezone.now())
        kept = set(AccountReview.objects.order_by().values_list("period", flat=True).distinct())
        periods = sorted(kept | {current}, reverse=True)
        period = request.GET.get("period", current)
        period = period if period in periods else current
        can_decide = bool(policies.can_manage_accounts(request.user)) and period == current
        context = {
            "title": _("%(period)s 定期清查") % {"period": period},
            "period": period,
            "periods": periods,
            "can_decide": can_decide,
            "is_current": period == current,
            "waiting": self._rows(request, current) if can_decide else [],
            "waiting_count": reviews.waiting(current).count(),
            "decided": self._decided(period),
        }
        return self._page(request, "page.html", context)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"admin/accounts/review/{template}", context)

    def decide_view(self, request: HttpRequest) -> HttpResponse:
        """Confirm or close the chosen accounts, all or none; closing is asked once more."""
        require(policies.can_manage_accounts(request.user))
        period = reviews.period_of(timezone.now())
        form = ReviewForm(request.POST, period=period)
        if not form.is_valid():
            for error in form.errors.get_json_data().values():
                messages.error(request, error[0]["message"])
            return self._back()
        chosen, outcome = form.cleaned_data["accounts"], AccountReview.Outcome(form.cleaned_data["outcome"])
        for account in chosen:
            require(self._may(request, account, outcome))
        if outcome is AccountReview.Outcome.CLOSED and not form.cleaned_data["confirmed"]:
            rows = [(account, form.seen()[account.pk]) for account in chosen]
            return self._page(request, "close.html", {"title": _("停用帳號"), "period": period, "rows": rows})
        try:
            reviews.decide_all(
                chosen, period=period, outcome=outcome, seen=form.seen(), by=request.user, request=request
            )
        except ValidationError as error:
            for message in (*error.messages, _("這次所選的帳號都沒有處理。")):
                messages.error(request, message)
        else:
            text = _("已清查 %(count)s 個帳號：%(outcome)s。")
            messages.success(request, text % {"count": len(chosen), "outcome": outcome.label})
        return self._back()

    def _may(self, request: HttpRequest, account: User, outcome: AccountReview.Outcome) -> policies.Decision:
        if outcome is AccountReview.Outcome.CLOSED:
            return policies.can_manage_account_of(request.user, account.role)
        return policies.can_review_account_of(request.user, account.role)

    def _back(self) -> HttpResponse:
        return redirect(f"admin:{self.address_name('changelist')}")

    def _rows(self, request: HttpRequest, period: str) -> list[dict[str, Any]]:
        return [
            {
                "account": account,
                "shown": reviews.shown(account),
                "signature": agreements.valid_signature(account),
                "is_own": account == request.user,
                "may": bool(policies.can_review_account_of(request.user, account.role)),
                "may_manage": bool(policies.can_manage_account_of(request.user, account.role)),
            }
            for account in reviews.waiting(period)
        ]

    def _decided(self, period: str) -> QuerySet[AccountReview]:
        return AccountReview.objects.filter(period=period).select_related("account", "confirmed_by")


def cards(user: User) -> list[Card]:
    """For the task board: how many accounts are still to be confirmed in this half-year."""
    if not policies.can_manage_accounts(user):
        return []
    count = reviews.waiting(reviews.period_of(timezone.now())).count()
    return [Card(_("待清查的帳號"), count, reverse("admin:accounts_accountreview_changelist"), True)]
