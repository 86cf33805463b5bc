"""核對身分: the page on which an editor states what the alumnus told (SOP 6.5)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from .. import policies
from ..forms.verifying import StatementForm, VerificationForm
from ..models import Person
from ..verifying import (
    Outcome,
    Verified,
    is_comparable,
    locked_until,
    needs_verification,
    state,
    verify,
)
from .access import OwnPage
from .home import with_records


class VerifyView(OwnPage):
    allowed = policies.can_propose_changes

    def get(self, request: HttpRequest, object_id: int) -> HttpResponse:
        person = self.person(object_id)
        if not needs_verification(request.user, person, timezone.now()):
            return redirect(self._next(person))
        return self._page(person, self._form(person))

    def post(self, request: HttpRequest, object_id: int) -> HttpResponse:
        person = self.person(object_id)
        # Who needs no comparison gets none: it would tell about what is stored.
        if not needs_verification(request.user, person, timezone.now()):
            return redirect(self._next(person))
        form = self._form(person, request.POST)
        if form is None or not form.is_valid():
            return self._page(person, form)
        if not is_comparable(person):
            state(request.user, person, form.cleaned_data["stated"], at=timezone.now())
            messages.success(request, _("已記錄核對方式，您可以修改這位校友的資料，30 分鐘內有效。"))
            return redirect(self._next(person))
        verified = verify(request.user, person, form.told(), at=timezone.now())
        if verified.outcome == Outcome.SUCCEEDED:
            messages.success(request, _("核對相符，您可以修改這位校友的資料，30 分鐘內有效。"))
            return redirect(self._next(person))
        return self._page(person, form, verified)

    def _form(self, person: Person, data: QueryDict | None = None) -> VerificationForm | StatementForm | None:
        """What is asked; None when `person` cannot be verified by the user."""
        if is_comparable(person):
            return VerificationForm(data, today=timezone.localdate())
        return StatementForm(data) if policies.can_state_verification(self.request.user) else None

    def _next(self, person: Person) -> str:
        """The page that sent here, else the form."""
        return self._asked() or reverse("records:person_edit", args=[person.pk])

    def _asked(self) -> str:
        """The page that sent here, when it is one of this site, else ""."""
        # The form brings it along as a field: a POST whose address has a query is not resumed after a new sign-in.
        asked = self.request.POST.get("next") or self.request.GET.get("next", "")
        is_ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
        return asked if is_ours else ""

    def _place(self) -> str:
        """Whose pages sent here: "workspace" for the center's, else "own". The ways back lead there."""
        return "workspace" if self._asked().startswith(reverse("admin:index")) else "own"

    def _page(
        self,
        person: Person,
        form: VerificationForm | StatementForm | None,
        verified: Verified | None = None,
    ) -> HttpResponse:
        another = None
        if verified and verified.person:
            another = with_records(self.request.user, Person.objects.filter(pk=verified.person.pk)).get()
        context = {
            "person": person,
            "form": form,
            "is_comparable": is_comparable(person),
            "refusal": policies.can_state_verification.refusal,
            "next": self._asked(),
            "outcome": verified.outcome if verified else "",
            "another": another,
            "place": self._place(),
            "locked_until": locked_until(self.request.user, person, timezone.now()),
        }
        return render(self.request, "records/verify.html", context)
