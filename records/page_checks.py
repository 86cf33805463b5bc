"""What pages of the contacts and of the center ask alike before they answer."""

from __future__ import annotations

import re

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from .models import Person
from .policies import Decision
from .verifying import needs_verification

ID = re.compile(r"[0-9]{1,18}")  # of a row, as a form brings it


def require(decision: Decision) -> None:
    """Ends the request with 403 and the reason when a policy says no."""
    if not decision:
        raise PermissionDenied(str(decision.reason))


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def verify_first(request: HttpRequest, person: Person, back: str = "") -> HttpResponse | None:
    """SOP 6.5: among namesakes, who it is comes before any change. Where to when that is still to be done, and after
    it to `back`, else to this page; None when the form may open. What a form brought is kept by `kept_typing`."""
    if not needs_verification(request.user, person, timezone.now()):
        return None
    return redirect(
        f"{reverse('records:person_verify', args=[person.pk])}?{urlencode({'next': back or request.path})}"
    )
