"""What every request meets: where it comes from, in which language it is answered, which headers it carries, and the
answer where a paper cannot be made."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from records.documents import FontMissing


class PrivateResponseMiddleware:
    """No page stays in a browser or proxy (ASVS 14.3.2); none may use the device (Permissions-Policy)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Cache-Control"] = "no-store, private"
        response["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        return response


class ClientAddressMiddleware:
    """Behind a proxy named in TRUSTED_PROXIES the client's address is the one that this proxy added last to
    X-Forwarded-For. From anybody else the header counts for nothing (ASVS 4.1.3)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.META.get("REMOTE_ADDR") in settings.TRUSTED_PROXIES:
            last = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
            if _is_address(last):
                request.META["REMOTE_ADDR"] = last
        return self.get_response(request)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class WorkspaceLanguageMiddleware:
    """The workspace and the contacts' pages speak Chinese whatever language the pages of sign-in were read in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        if request.resolver_match.app_name in ("admin", "records"):
            translation.activate(settings.LANGUAGE_CODE)
            request.LANGUAGE_CODE = settings.LANGUAGE_CODE


class MissingFontMiddleware:
    """Answers for every page that makes a PDF on a machine without a Chinese font."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, FontMissing):
            return None
        return render(request, "documents/unavailable.html", {"sentence": str(exception)}, status=503)
