"""What every page of the contacts asks first: who it is, what that role may do, and whom it reaches."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views import View

from .. import policies
from ..admin.base import require
from ..models import Person, Source
from ..rights import CENTER
from ..verifying import needs_verification


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def verify_first(request: HttpRequest, person: Person, back: str = "") -> HttpResponse | None:
    """SOP 6.5: among namesakes, who it is comes before any change. Where to when that is still to be done, and after
    it to `back`, else to this page; None when the form may open. For the forms of the workspace too."""
    if not needs_verification(request.user, person, timezone.now()):
        return None
    return redirect(
        f"{reverse('records:person_verify', args=[person.pk])}?{urlencode({'next': back or request.path})}"
    )


def source_of(user: Any) -> Source:
    """Under which source the history keeps what a user does on these pages."""
    return Source.ADMIN if user.role in CENTER else Source.FORM


class OwnPage(View):
    """A page for those whom `allowed` lets in; a person outside the scope answers like nobody (security.md H2)."""

    allowed: policies.Function = policies.can_view_people

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.not_signed_in(request)
        require(self.allowed(request.user))
        return super().dispatch(request, *args, **kwargs)

    def not_signed_in(self, request: HttpRequest) -> HttpResponse:
        if is_partial(request):
            return HttpResponse(status=401)  # the page's script says it; a sign-in page is no part of a page
        return redirect_to_login(request.get_full_path())

    def person(self, object_id: int) -> Person:
        person = Person.objects.visible_to(self.request.user).filter(pk=object_id).first()
        if person is None:
            raise Http404
        return person
