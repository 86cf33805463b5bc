"""What holds for every page: its headers, and the answer where a paper cannot be made. Static files are served before
this and stay cacheable."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.documents import FontMissing


class PrivateResponseMiddleware:
    """No page stays in a browser or proxy (ASVS 14.3.2); none may use the device (Permissions-Policy)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Cache-Control"] = "no-store, private"
        response["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        return response


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
