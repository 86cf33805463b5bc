"""Nobody's typing is lost when the login ended meanwhile: what a form sent is kept until its author is back.

A form that takes part carries `token(request)` in the hidden field FIELD: signed, and telling whose form of which
page it is. When such a form arrives and something comes before its view (the login is over, an agreement is to be
signed, the login was renewed in another window), the middleware keeps it in the session, sealed, and leads to the
login; the page that is opened afterwards by the same account (`data_of`) has the fields filled in. Nothing is written
until that person saves again. Without a token of ours nothing is kept, so that nobody fills sessions from outside.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from .encryption import DamagedValue, seal, unseal

FIELD = "kept_for"
MAX_AGE = timedelta(days=2)  # a form left open over the weekend's first day
LIMIT = 64 * 1024  # characters
MOST = 3  # pages at a time
_SALT = "records.kept_typing"
_KEY = "kept_typing"


def token(request: HttpRequest) -> str:
    """What the hidden field FIELD of a form carries: this account, this page."""
    return signing.dumps([request.user.pk, request.path], salt=_SALT)


def data_of(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: what was sent now, or what the same account sent here before its login ended, or
    None. Kept typing is handed out once."""
    if request.method == "POST":
        request.typing_arrived = True
        return request.POST
    kept = request.session.get(_KEY, {})
    entry = kept.get(request.path)
    if entry is None or entry[0] != request.user.pk:
        return None
    del kept[request.path]
    request.session[_KEY] = kept
    try:
        text = unseal(base64.b64decode(entry[1]), _context(request.user.pk, request.path))
    except (DamagedValue, binascii.Error):
        return None
    messages.warning(
        request, _("您剛才輸入的內容尚未儲存，已為您保留在下方；請確認後再按一次儲存。附件須重新選擇。")
    )
    return QueryDict(text)


def _context(user_id: int, path: str) -> str:
    return f"kept_typing:{user_id}:{path}"


class KeptTypingMiddleware:
    """Keeps what a form sent when its view did not get it. Stands before everything that may come first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method != "POST" or getattr(request, "typing_arrived", False):
            return response
        if response.status_code not in (302, 403) or not self._keep(request):
            return response
        if not request.user.is_authenticated:
            return redirect_to_login(request.path)
        # 403: the token against forged requests is that of an earlier login. The page with a new one is shown.
        return redirect(request.path) if response.status_code == 403 else response

    def _keep(self, request: HttpRequest) -> bool:
        try:
            owner, path = signing.loads(request.POST.get(FIELD, ""), salt=_SALT, max_age=MAX_AGE)
        except signing.BadSignature:
            return False
        stranger = request.user.is_authenticated and request.user.pk != owner
        if stranger or path != request.path:
            return False
        data = request.POST.copy()
        for name in (FIELD, "csrfmiddlewaretoken"):
            data.pop(name, None)
        text = data.urlencode()
        if len(text) > LIMIT:
            return False
        kept = request.session.get(_KEY, {})
        kept.pop(path, None)
        sealed = base64.b64encode(seal(text, _context(owner, path))).decode()
        request.session[_KEY] = dict([*kept.items(), (path, [owner, sealed])][-MOST:])
        return True
