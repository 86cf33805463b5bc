"""What an account's page in the workspace is made of: one part a subject, each with its panel and its addresses."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern

from ..models import User


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
