"""What an account's page in the workspace is made of: one part a subject, each with its panel and its addresses."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern

from records import policies
from records.page_checks import require

from ..models import User


def managed_account(request: HttpRequest, object_id: int) -> User:
    """The account of an address; ends the request when the user may not manage it."""
    require(policies.can_manage_accounts(request.user))
    account = get_object_or_404(User, pk=object_id)
    require(policies.can_manage_account_of(request.user, account.role))
    return account


class AccountPart:
    """A panel on an account's page, and the addresses its buttons post to."""

    template: str

    def __init__(self, page: admin.ModelAdmin) -> None:
        self.page = page

    def urls(self) -> list[URLPattern]:
        """Addresses below the list of accounts, named with `self.page.address_name(...)` and wrapped in
        `self.page.admin_site.admin_view`."""
        return []

    def panel(self, request: HttpRequest, account: User) -> dict[str, Any] | None:
        """What the template needs, under the name `part`; None when this part has nothing to show."""
        raise NotImplementedError

    def account(self, request: HttpRequest, object_id: int) -> User:
        """The account of an address; ends the request when the user may not manage it."""
        return managed_account(request, object_id)

    def answer(
        self, request: HttpRequest, account: User, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        """A page of this part about one account."""
        shown = self.page.admin_site.each_context(request) | {"opts": self.page.opts, "account": account}
        return TemplateResponse(request, f"admin/accounts/user/{template}", shown | context)

    def back(self, account: User) -> HttpResponse:
        """To the account's page."""
        return redirect(f"admin:{self.page.address_name('change')}", account.pk)
