"""What the pages of sign-in show beside their own: the single sign-on, and whether a factor is missing."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest

from .sign_in import has_factor, must_have_factor


def sign_in(request: HttpRequest) -> dict[str, Any]:
    """Evaluated only where a template asks."""

    def single_sign_on() -> list[dict[str, str]]:
        if not settings.OIDC_SERVER_URL:
            return []
        providers = get_adapter().list_providers(request)
        return [{"name": provider.name, "url": provider.get_login_url(request)} for provider in providers]

    def second_factor_missing() -> bool:
        return must_have_factor(request.user) and not has_factor(request.user)

    return {"single_sign_on": single_sign_on, "second_factor_missing": second_factor_missing}
