"""What the pages of one person share: the person within the reader's scope, and the frame of a page."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from .. import kept_typing
from ..models import Person
from ..querysets import PersonQuerySet
from ..reading_limits import count_person
from .people_list import PeopleListAdmin


class PersonPages(PeopleListAdmin):
    def person_of(self, request: HttpRequest, object_id: int) -> Person:
        """The person in the user's scope; outside it the same 404 as for nobody (security.md H2)."""
        person = Person.objects.visible_to(request.user).filter(pk=object_id).first()
        if person is None:
            raise Http404
        count_person(request, person)
        return person

    def same_name(self, request: HttpRequest, name_key: str) -> PersonQuerySet:
        return self.get_queryset(request).filter(name_key=name_key)

    def page(
        self, request: HttpRequest, template: str, person: Person | None, context: dict[str, Any]
    ) -> HttpResponse:
        """A page under templates/admin/records/person/; forms on it keep what is typed when the login ends."""
        context = (
            self.admin_site.each_context(request)
            | kept_typing.in_form(request)
            | {"opts": self.opts, "person": person}
            | context
        )
        context.setdefault("title", person.chinese_name if person else "")
        return TemplateResponse(request, f"admin/records/person/{template}", context)

    def form_page(
        self,
        request: HttpRequest,
        person: Person | None,
        title: str,
        form: Any,
        *,
        heading: str,
        **context: Any,
    ) -> HttpResponse:
        """A page with one form under one heading."""
        sections = [(heading, list(form.visible_fields()))]
        context = {"title": title, "form": form, "sections": sections} | context
        return self.page(request, "form.html", person, context)
