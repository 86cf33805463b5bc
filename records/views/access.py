"""What every page of the contacts asks first: who it is, what that role may do, and whom it reaches."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.views import View

from .. import policies
from ..models import Person, Source
from ..page_checks import is_partial, require
from ..reading_limits import count_person
from ..rights import CENTER


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
        count_person(self.request, person)
        return person
