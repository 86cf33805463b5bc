"""Nobody's typing is lost: what was sent when the sign-in, the verification or the form's own token had ended, or a
reading limit was passed, is kept in the session, sealed, and stands in the form again when its author is back. Nothing
of it is written before the author saves it.

A form that takes part carries `mark(request)` in the hidden field FIELD: signed, and telling whose form of which page
it is. When such a form arrives and something comes before its view, or the view leads elsewhere before it reads the
form (`data_of`), the middleware keeps it. Without a mark of ours nothing is kept, so that nobody fills sessions from
outside; only its author gets it. It is forgotten when the form arrives, or by the button DISCARD.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from .encryption import DamagedValue, seal, unseal

FIELD = "kept_for"
DISCARD = "discard"
FILES = "kept_files"  # names the fields in which a file had been chosen: files themselves are not kept
SESSION_KEY = "kept_typing"
MAX_AGE = timedelta(days=2)  # a form left open over the weekend's first day
LIMIT = 64 * 1024  # characters
MOST = 3  # pages at a time
# Sent elsewhere, a token of an earlier login, a reading limit: what comes before a view, or before it reads the form.
_NOT_ARRIVED = (302, 403, 429)
_SALT = "records.kept_typing"


def mark(request: HttpRequest) -> str:
    """What the hidden field FIELD of a form carries: this account, this page."""
    return signing.dumps([request.user.pk, request.path], salt=_SALT)


def data_of(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: what was sent now, or what the same account sent here in vain before, or None."""
    if request.method == "POST":
        request.typing_arrived = True
        _forget(request)
        return request.POST
    owner, sealed = request.session.get(SESSION_KEY, {}).get(request.path, (None, ""))
    if owner is None or owner != request.user.pk:
        return None
    try:
        text = unseal(base64.b64decode(sealed), _context(owner, request.path))
    except (DamagedValue, binascii.Error):  # the key was changed since
        return None
    data = QueryDict(text, mutable=True)
    request.typing_was_kept = True
    request.file_was_kept = FILES in data
    return data


def in_form(request: HttpRequest) -> dict[str, Any]:
    """What the template of a form needs, to be asked for after `data_of`: the mark, whether the form shows what was
    kept, and whether a file has to be chosen anew because a browser does not send it twice."""
    return {
        "kept_for": mark(request),
        "was_kept": getattr(request, "typing_was_kept", False),
        "file_is_gone": bool(request.FILES) or getattr(request, "file_was_kept", False),
    }


def _context(user_id: int, path: str) -> str:
    return f"kept_typing:{user_id}:{path}"


def _forget(request: HttpRequest) -> None:
    kept = request.session.get(SESSION_KEY, {})
    if request.path in kept:
        del kept[request.path]
        request.session[SESSION_KEY] = kept


def _author(request: HttpRequest) -> int | None:
    """Who typed in the form that was sent; None without a mark of this page."""
    try:
        author, path = signing.loads(request.POST.get(FIELD, ""), salt=_SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    return author if path == request.path else None


class KeptTypingMiddleware:
    """Keeps what a form sent when its view did not get it. Stands before everything that may come first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method != "POST" or getattr(request, "typing_arrived", False):
            return response
        if response.status_code not in _NOT_ARRIVED or not self._keep(request):
            return response
        if not request.user.is_authenticated:
            messages.info(request, _("登入已結束。請重新登入，您輸入的內容已保留，尚未儲存。"))
            return redirect_to_login(request.path)
        messages.info(request, _("您輸入的內容已保留，尚未儲存。"))
        # 403: the token against forged requests is that of an earlier login. The page with a new one is shown.
        return redirect(request.path) if response.status_code == 403 else response

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """The button DISCARD of a form that shows what was kept."""
        if request.method != "POST" or DISCARD not in request.POST:
            return None
        if not request.user.is_authenticated or _author(request) != request.user.pk:
            return None
        request.typing_arrived = True
        _forget(request)
        return redirect(request.path)

    def _keep(self, request: HttpRequest) -> bool:
        author = _author(request)
        if author is None or (request.user.is_authenticated and request.user.pk != author):
            return False
        data = request.POST.copy()
        for name in (FIELD, "csrfmiddlewaretoken"):
            data.pop(name, None)
        data.setlist(FILES, list(request.FILES))
        text = data.urlencode()
        if len(text) > LIMIT:
            return False
        kept = request.session.get(SESSION_KEY, {})
        kept.pop(request.path, None)
        sealed = base64.b64encode(seal(text, _context(author, request.path))).decode()
        request.session[SESSION_KEY] = dict([*kept.items(), (request.path, [author, sealed])][-MOST:])
        return True
