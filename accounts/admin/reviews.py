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
from records.admin.base import WorkspaceAdmin, require
from records.admin.board import Card

from .. import agreements, reviews
from ..forms.reviews import ReviewForm
from ..models import AccountReview, User

# What the reviewer reads as the rights of an account, each as the policies decide it now.
RIGHTS: tuple[tuple[Any, policies.Policy], ...] = (
    (gettext_lazy("檢視校友"), policies.can_view_people),
    (gettext_lazy("修改校友"), policies.can_edit_people),
    (gettext_lazy("檢視身分證字號與生日"), policies.can_see_identity),
    (gettext_lazy("匯出"), policies.can_export),
    (gettext_lazy("匯入"), policies.can_import),
    (gettext_lazy("檢視匯入批次"), policies.can_see_batches),
    (gettext_lazy("修改系所與代碼"), policies.can_edit_organisation),
    (gettext_lazy("管理帳號"), policies.can_manage_accounts),
    (gettext_lazy("檢視存取紀錄"), policies.can_see_trail),
)


def rights_of(account: User) -> str:
    """The rights of an account in words."""
    return "、".join(str(label) for label, policy in RIGHTS if policy(account))


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
        return [
            path("", view(self.changelist_view), name=self.address_name("changelist")),
            path("decide/", view(require_POST(self.decide_view)), name=self.address_name("decide")),
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
            "opts": self.opts,
            "period": period,
            "periods": periods,
            "can_decide": can_decide,
            "is_current": period == current,
            "waiting": self._rows(request, current) if can_decide else [],
            "waiting_count": reviews.waiting(current).count(),
            "decided": self._decided(period),
        }
        page = "admin/accounts/review/page.html"
        return TemplateResponse(request, page, self.admin_site.each_context(request) | context)

    def decide_view(self, request: HttpRequest) -> HttpResponse:
        """Confirm or close the chosen accounts; what cannot be done is said, the others are done."""
        require(policies.can_manage_accounts(request.user))
        period = reviews.period_of(timezone.now())
        form = ReviewForm(request.POST, period=period)
        if not form.is_valid():
            for error in form.errors.get_json_data().values():
                messages.error(request, error[0]["message"])
            return self._back()
        outcome, done = AccountReview.Outcome(form.cleaned_data["outcome"]), 0
        for account in form.cleaned_data["accounts"]:
            try:
                require(policies.can_manage_account_of(request.user, account.role))
                rights = rights_of(account)
                reviews.decide(
                    account, period=period, outcome=outcome, rights=rights, by=request.user, request=request
                )
                done += 1
            except ValidationError as error:
                messages.error(request, f"{account}：{error.message}")
        if done:
            text = _("已清查 %(count)s 個帳號：%(outcome)s。")
            messages.success(request, text % {"count": done, "outcome": outcome.label})
        return self._back()

    def _back(self) -> HttpResponse:
        return redirect(f"admin:{self.address_name('changelist')}")

    def _rows(self, request: HttpRequest, period: str) -> list[dict[str, Any]]:
        accounts = reviews.waiting(period).prefetch_related("memberships__department")
        return [
            {
                "account": account,
                "departments": [one.department.name for one in account.memberships.all()],
                "rights": rights_of(account),
                "signature": agreements.valid_signature(account),
                "is_own": account == request.user,
                "may": bool(policies.can_manage_account_of(request.user, account.role)),
            }
            for account in accounts
        ]

    def _decided(self, period: str) -> QuerySet[AccountReview]:
        return AccountReview.objects.filter(period=period).select_related("account", "confirmed_by")


def cards(user: User) -> list[Card]:
    """For the task board: how many accounts are still to be confirmed in this half-year."""
    if not policies.can_manage_accounts(user):
        return []
    count = reviews.waiting(reviews.period_of(timezone.now())).count()
    return [Card(_("待清查的帳號"), count, reverse("admin:accounts_accountreview_changelist"), True)]
