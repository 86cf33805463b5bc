"""Entering an event's changes: a list of people found one after another, gone through in order. The session keeps who
is on the list and who is done; nothing else of anybody."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from .. import policies
from ..models import Person
from ..page_checks import ID
from .access import OwnPage
from .home import with_records

SESSION_KEY = "batch"
MOST = 200


class Place(NamedTuple):
    """Where a person stands on the list; `previous` and `following` are ids, None at the ends."""

    number: int
    count: int
    previous: int | None
    following: int | None
    is_done: bool


class BatchView(OwnPage):
    allowed = policies.can_propose_changes

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "records/batch.html", shown(request) | {"searched": False, "for_batch": True})


class BatchChangeView(OwnPage):
    """Puts somebody on the list, takes somebody off, or begins a new list."""

    allowed = policies.can_propose_changes
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        state = _state(request)
        if "clear" in request.POST:
            state = {"people": [], "done": []}
        elif (added := self._person_named("add")) is not None:
            self._add(state, added)
        elif (removed := self._person_named("remove")) is not None:
            state = {key: [pk for pk in ids if pk != removed.pk] for key, ids in state.items()}
        request.session[SESSION_KEY] = state
        return redirect("records:batch")

    def _person_named(self, field: str) -> Person | None:
        number = self.request.POST.get(field, "")
        return self.person(int(number)) if ID.fullmatch(number) else None

    def _add(self, state: dict[str, list[int]], person: Person) -> None:
        if person.pk in state["people"]:
            messages.info(self.request, _("「%(name)s」已在名單中。") % {"name": person.chinese_name})
        elif len(state["people"]) >= MOST:
            messages.warning(self.request, _("名單最多 %(most)d 位。") % {"most": MOST})
        else:
            state["people"].append(person.pk)
            messages.success(self.request, _("已將「%(name)s」加入名單。") % {"name": person.chinese_name})


def shown(request: HttpRequest) -> dict[str, Any]:
    """The list as its page shows it, in the order it was made; who left the scope is not on it."""
    state = _state(request)
    people = Person.objects.visible_to(request.user).filter(pk__in=state["people"])
    by_id = {person.pk: person for person in with_records(request.user, people)}
    entries = [(by_id[pk], pk in state["done"]) for pk in state["people"] if pk in by_id]
    return {
        "entries": entries,
        "done_count": sum(is_done for _person, is_done in entries),
        "first_open": next((person for person, is_done in entries if not is_done), None),
    }


def place(request: HttpRequest, pk: int) -> Place | None:
    """Where a person stands on the list; None for who is not on it."""
    state = _state(request)
    if pk not in state["people"]:
        return None
    index = state["people"].index(pk)
    before, after = state["people"][:index], state["people"][index + 1 :]
    return Place(
        index + 1,
        len(state["people"]),
        before[-1] if before else None,
        after[0] if after else None,
        pk in state["done"],
    )


def onward(request: HttpRequest, person: Person) -> HttpResponse:
    """After a person was saved or confirmed: to the person's page, or, on the list, marked done and on to the next
    who is not."""
    state = _state(request)
    if person.pk not in state["people"]:
        return redirect("records:person", person.pk)
    state["done"] = list(dict.fromkeys([*state["done"], person.pk]))
    request.session[SESSION_KEY] = state
    index = state["people"].index(person.pk)
    order = state["people"][index + 1 :] + state["people"][:index]
    following = next((pk for pk in order if pk not in state["done"]), None)
    if following is None:
        messages.success(request, _("名單上的校友都已處理完畢。"))
        return redirect("records:batch")
    return redirect("records:person", following)


def _state(request: HttpRequest) -> dict[str, list[int]]:
    state = request.session.get(SESSION_KEY, {})
    return {"people": list(state.get("people", [])), "done": list(state.get("done", []))}
