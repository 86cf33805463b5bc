"""Nobody's typing is lost: what was sent when the sign-in, the verification or the page's own token had ended is kept
in the session, sealed, and stands in the form again when its author comes back. Nothing of it is written before the
author saves it.

A form carries a signed mark of who typed in it and where. Only with it is anything kept, and only its author gets it.
"""

from __future__ import annotations

import base64
import datetime

from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.csrf import csrf_failure as refused

from ..encryption import DamagedValue, open_bytes, seal_bytes

FIELD = "typed_by"
SESSION_KEY = "kept_on_contacts_pages"  # not that of `records.kept_typing`, whose entries look otherwise
SALT = "records.views.kept_typing"
MARK_HOLDS = datetime.timedelta(days=1)
MOST = 20_000  # characters; no form of ours is as long


def mark(request: HttpRequest) -> str:
    """What a form on this page carries in its field `FIELD`."""
    return signing.dumps([request.user.pk, request.path], salt=SALT)


def keep(request: HttpRequest) -> bool:
    """Keep what this POST brought, when the form bears the mark of this page; whether it was kept."""
    author = _author(request)
    text = request.POST.urlencode()
    if author is None or len(text) > MOST:
        return False
    sealed = seal_bytes(text.encode(), _place(author, request.path))
    request.session[SESSION_KEY] = {
        "author": author,
        "path": request.path,
        "text": base64.b64encode(sealed).decode(),
    }
    return True


def kept(request: HttpRequest) -> QueryDict | None:
    """What the user typed into this page before, None when there is nothing."""
    state = request.session.get(SESSION_KEY)
    if not state or (state["author"], state["path"]) != (request.user.pk, request.path):
        return None
    try:
        text = open_bytes(base64.b64decode(state["text"]), _place(request.user.pk, request.path))
    except DamagedValue:  # the key was changed since
        return None
    return QueryDict(text.decode(), mutable=True)


def forget(request: HttpRequest) -> None:
    """What was kept is saved, or given up."""
    request.session.pop(SESSION_KEY, None)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Takes the place of Django's answer: a page opened before the sign-in was renewed in another window has an old
    token. Its form is not carried out, but shown again as it was typed."""
    if request.user.is_authenticated and _author(request) == request.user.pk and keep(request):
        return redirect(request.path)
    return refused(request, reason=reason)


def _author(request: HttpRequest) -> int | None:
    """Who typed in the form that was sent, None without a mark of this page."""
    try:
        author, path = signing.loads(request.POST.get(FIELD, ""), salt=SALT, max_age=MARK_HOLDS)
    except signing.BadSignature:
        return None
    return author if path == request.path else None


def _place(author: int, path: str) -> str:
    return f"kept_typing:{author}:{path}"
