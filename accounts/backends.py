"""How django-axes counts here: by account and source together, and by source alone with a generous limit."""

from __future__ import annotations

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings
from django.http import HttpRequest

from . import sign_in


def client_address(request: HttpRequest) -> str | None:
    """What alumni_db.middleware made of the client's address; no header is asked here."""
    return request.META.get("REMOTE_ADDR") or None


class SignInLimits(AxesDatabaseHandler):
    """Five failures lock an account for the source they came from (附表十), never for another one: strangers
    cannot lock anybody out (ASVS 6.1.1). The limit by source keeps one source from trying all accounts."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        if super().is_locked(request, credentials):
            return True
        return sign_in.failures_from(request.axes_ip_address) >= settings.SIGN_IN_SOURCE_LIMIT

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        was_locked = getattr(request, "axes_locked_out", False)
        super().user_login_failed(sender, credentials, request, **kwargs)
        if request is not None and not was_locked:
            username = credentials.get("username") or ""
            sign_in.report_failure(username, request.axes_ip_address, locked=request.axes_locked_out)
