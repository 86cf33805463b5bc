"""校友: who may open which page of a person, and where the pages lie."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from .. import policies
from ..models import Person
from ..page_checks import require
from ..person_page import context_of
from .person_acts import PersonActs
from .person_editing import PersonEditing


class PersonAdmin(PersonEditing, PersonActs):
    # --- who may --------------------------------------------------------------------------------------------
    def has_view_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        return bool(policies.can_view_people(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(policies.can_edit_people(request.user))

    def has_change_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        return bool(policies.can_edit_people(request.user))

    # --- addresses ------------------------------------------------------------------------------------------
    def own_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, self.address_name
        person = "<int:object_id>"
        return [
            path("search/", view(require_POST(self.search_view)), name=name("search")),
            path(f"{person}/edit/", view(self.edit_view), name=name("edit")),
            path(f"{person}/objection/", view(self.objection_view), name=name("objection")),
            path(f"{person}/withdrawal/", view(self.withdrawal_view), name=name("withdrawal")),
            path(
                f"{person}/objections/<int:objection_id>/<str:which>/",
                view(require_POST(self.evidence_view)),
                name=name("evidence"),
            ),
            path(f"{person}/remarks/add/", view(self.remark_view), name=name("remark")),
            path(
                f"{person}/remarks/<int:annotation_id>/strike/", view(self.strike_view), name=name("strike")
            ),
            path(
                f"{person}/revert/<str:kind>/<int:history_id>/<slug:attribute>/",
                view(self.revert_view),
                name=name("revert"),
            ),
            path(f"{person}/records/add/", view(self.record_add_view), name="records_record_add"),
            path(
                f"{person}/records/<int:record_id>/", view(self.record_edit_view), name="records_record_edit"
            ),
        ]

    # --- one person -----------------------------------------------------------------------------------------
    def change_view_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_view_people(request.user))
        person = self.person_of(request, object_id)
        return self.page(request, "person.html", person, context_of(person, request.user))
