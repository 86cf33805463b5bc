"""Finding a person, the page of one person, and "confirmed, nothing changed"."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import change_requests, follow_ups, policies, verifying
from ..confirming import confirm, latest
from ..models import MessageObjection, Person
from ..page_checks import is_partial, verify_first
from ..person_page import context_of
from ..querysets import PersonQuerySet
from ..reading_limits import count_search
from ..search import by_national_id, is_serial_number, looks_like_national_id, national_id_in, search
from . import batch
from .access import OwnPage
from .home import own_work, with_records

MOST = 20
CALLS = 5
LONGEST = 200
_NOT_A_DIGIT = re.compile(r"\D")


class SearchView(OwnPage):
    """As somebody types, or by the button. By POST only: what is typed stands in no address and no log."""

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Who comes back to the address of a search, which holds nothing, finds the field to search anew."""
        return redirect("records:home")

    def post(self, request: HttpRequest) -> HttpResponse:
        count_search(request)
        text = request.POST.get("text", "").strip()[:LONGEST]
        shown = "" if looks_like_national_id(text) else text
        context = found(request.user, text) | {"text": shown, "for_batch": "batch" in request.POST}
        if is_partial(request):
            return render(request, "records/includes/results.html", context)
        if context["for_batch"]:
            return render(request, "records/batch.html", batch.shown(request) | context)
        return render(request, "records/home.html", own_work(request.user, timezone.now()) | context)


def found(user: Any, text: str) -> dict[str, Any]:
    """The people of a search within the user's scope, the first `MOST` of them, or the sentence why not."""
    people, today = Person.objects.visible_to(user), timezone.localdate()
    if not text:
        return {"searched": False}
    is_serial = is_serial_number(policies.visible_records(user), text)
    if not is_serial and (national_id_in(text, today) or looks_like_national_id(text)):
        if not policies.can_see_identity(user):
            return {"searched": True, "refusal": _("您的角色不能以身分證字號查詢，請改以姓名或學號查詢。")}
        person = by_national_id(people, text, today)
        people = people.filter(pk=person.pk) if person else people.none()
    else:
        people = search(user, people, text, today).order_by("name_key", "pk")
    hits = list(with_records(user, people)[: MOST + 1])
    return {"searched": True, "hits": [_hit(person) for person in hits[:MOST]], "more": len(hits) > MOST}


def _hit(person: Person) -> dict[str, Any]:
    """What tells one person from the next without saying more than that."""
    return {
        "person": person,
        "records": person.shown_records,
        "mobile_end": _NOT_A_DIGIT.sub("", person.mobile)[-3:],
    }


class PersonView(OwnPage):
    def get(self, request: HttpRequest, object_id: int) -> HttpResponse:
        person = self.person(object_id)
        shared = context_of(person, request.user)
        context = shared | {
            "person": person,
            "requests": change_requests.open_about(person, request.user),
            "confirmation": latest(person),
            "may_propose": bool(policies.can_propose_changes(request.user)),
            "may_record_wishes": bool(policies.can_record_wishes(request.user)),
            "may_remark": bool(policies.can_remark(request.user)),
            "sees_words": shared["sees_words"] or self._recorded(shared["objection"]),
            "has_namesakes": self._namesakes(person).exists(),
            "verified_until": verifying.verified_until(request.user, person, timezone.now()),
            "calls": follow_ups.calls_to(person, request.user)[:CALLS],
            "may_call": bool(policies.can_follow_up(request.user)),
            "batch": batch.place(request, person.pk),
        }
        return render(request, "records/person.html", context)

    def _recorded(self, objection: MessageObjection | None) -> bool:
        """Whether the words are the reader's own: of free words a contact reads those (`rights`)."""
        return objection is not None and objection.recorded_by_id == self.request.user.pk

    def _namesakes(self, person: Person) -> PersonQuerySet:
        """The others of that name whom the user sees; nothing is said of those of other departments."""
        return verifying.namesakes(person).visible_to(self.request.user).exclude(pk=person.pk)


class ConfirmView(OwnPage):
    """已確認，資料無異動, in one tap; while required data are missing, only after they were asked for (SOP 6.10)."""

    allowed = policies.can_propose_changes
    http_method_names = ["post"]

    def post(self, request: HttpRequest, object_id: int) -> HttpResponse:
        person = self.person(object_id)
        if first := verify_first(request, person, back=reverse("records:person", args=[person.pk])):
            messages.info(request, _("確認前請先核對身分。"))
            return first
        now = timezone.now()
        missing = [
            item.get_item_display()
            for item in follow_ups.open_items(person)
            if follow_ups.blank_refusal(person, item.item, at=now)
        ]
        if missing:
            messages.warning(
                request,
                _(
                    "尚未記錄：還缺%(items)s。請向校友詢問後填入；問不到時，請先登錄今天的通話，再按「已確認」。"
                )
                % {"items": "、".join(missing)},
            )
            return redirect("records:person", person.pk)
        confirm(person, by=request.user, at=now)
        messages.success(request, _("已記錄「%(name)s」的資料確認無異動。") % {"name": person.chinese_name})
        return batch.onward(request, person)
