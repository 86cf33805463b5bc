"""The answer while the database is away, busy or full: a sentence and the way on, instead of an error (security.md §6,
cases 4, 5, 25). Nothing has to be started again: the next request looks anew."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, connections
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.views.defaults import server_error

from records.database_faults import PASSING, Fault, fault_of, is_full
from records.values import hide_national_ids

logger = logging.getLogger(__name__)
LONGEST_WAIT_MILLISECONDS = 2_000
RETRY_AFTER_SECONDS = "30"
CHUNK = 64 * 1024
# What is never written into a page, not even into its sender's own.
SECRET_NAMES = ("password", "code", "credential", "national_id")


def limit_waits() -> None:
    """Who waits at a page waits at most so long for rows that an import is writing (case 39), and is told then. Workers
    and commands wait for one another. SQLite has one writer: there everybody waits as long as the settings say."""
    for wrapper in connections.all():
        if wrapper.vendor == "postgresql":
            wrapper.settings_dict["OPTIONS"]["options"] = f"-c lock_timeout={LONGEST_WAIT_MILLISECONDS}"


class DatabaseFaultMiddleware:
    """Stands before everything that asks the database, such as the session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            connection.close_if_health_check_failed()
            connection.ensure_connection()
        except PASSING as error:
            return unavailable(request, error)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return unavailable(request, exception) if isinstance(exception, PASSING) else None


def handle_500(request: HttpRequest) -> HttpResponse:
    """What failed outside of a view, such as in the session, fails for the same reasons."""
    error = sys.exc_info()[1]
    if isinstance(error, OSError) and is_full(error):  # an upload, which is read before its view
        _take_the_rest(request)
        return _page(request, Fault.FULL, [])
    return unavailable(request, error) if isinstance(error, PASSING) else server_error(request)


def _take_the_rest(request: HttpRequest) -> None:
    """A browser reads an answer only once all of its upload was taken. What of it lies on the disk goes at once."""
    for handler in request.upload_handlers:
        with contextlib.suppress(OSError):  # what is still to be written finds no space either
            getattr(handler, "file", io.BytesIO()).close()
    with contextlib.suppress(OSError):  # the browser went away
        while request.read(CHUNK):
            pass


def unavailable(request: HttpRequest, error: OperationalError | InterfaceError) -> HttpResponse:
    """503 in a page that asks the database nothing. What a form sent stands in it, ready to be sent again."""
    return _page(request, fault_of(error), _sent(request))


def _page(request: HttpRequest, fault: Fault, sent: list[tuple[str, str]]) -> HttpResponse:
    logger.error("503: %s", fault.value)
    with translation.override(settings.LANGUAGE_CODE):
        context = {"sentence": fault.label, "is_post": request.method == "POST", "sent": sent}
        html = render_to_string("503.html", context | {"path": request.get_full_path()})
    return HttpResponse(html, status=503, headers={"Retry-After": RETRY_AFTER_SECONDS})


def _sent(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields of a form as they came; none at all of one that carries a secret, a national ID or a file."""
    if request.method != "POST" or request.FILES:
        return []
    sent = [(name, value) for name, values in request.POST.lists() for value in values]
    return [] if any(_is_secret(name, value) for name, value in sent) else sent


def _is_secret(name: str, value: str) -> bool:
    """A field whose name or text says so: IDs are typed into fields of any name, such as that of a serial number."""
    is_named = bool(value) and any(secret in name for secret in SECRET_NAMES)
    return is_named or hide_national_ids(value) != value
