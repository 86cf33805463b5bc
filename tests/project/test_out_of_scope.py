"""What lies outside the scope answers like what does not exist: same status, same body (security.md H2, promise 1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ScopeGrant
from records.models import Department, Person
from tests.factories import importer
from tests.people import degree, somebody
from tests.walking import forgotten, portions, same_login

from .url_table import ANONYMOUS, CENTER_AND_IT, OK, TABLE, VISITORS

pytestmark = pytest.mark.usefixtures("organisation")
MISSING = 987654
LIST = "/admin/records/person/"
OWN, OTHER = "資訊工程學系", "食品科學系"

# Of an application, who has the link is the applicant: there is no scope but the link itself.
PER_OBJECT = [
    key
    for key, row in TABLE.items()
    if row.kwargs is not dict and key != "admin:app_list" and not key.startswith("application")
]
OUTSIDERS = [visitor for visitor in VISITORS if visitor not in CENTER_AND_IT]


@pytest.fixture
def client_for(client_of) -> Callable[[str], Client]:
    def make(visitor: str) -> Client:
        if visitor == ANONYMOUS:
            return client_of(None)
        own = [Department.objects.get(name=OWN)] if visitor == "department_contact" else []
        return client_of(visitor, departments=own)

    return make


def told(response: HttpResponse, ids: dict[str, Any]) -> tuple[int, str]:
    """Status and body (or where it leads), without the ids themselves and the CSRF token."""
    said = response.get("Location") or response.content.decode()
    said = re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", said)
    for name, pk in ids.items():
        said = re.sub(rf"(/|%2F){pk}(?=/|%2F)", r"\1#", said)
        said = re.sub(rf"{name}(=|%3D){pk}(?!\d)", f"{name}=#", said)
    return response.status_code, said


def out_of_scope(key: str) -> dict[str, Any]:
    """The parts of an address of somebody of another department, or of what the table makes."""
    if not ("person" in key or key.startswith("admin:records_record")):
        return TABLE[key].kwargs()
    stranger = somebody(degree(f"{OTHER}碩士班"))
    ids = TABLE[key].kwargs() | {"object_id": stranger.pk}
    if "record_id" in ids:
        ids["record_id"] = stranger.academic_records.get().pk
    return ids


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("keys", portions(PER_OBJECT))
def test_an_object_outside_the_scope_answers_like_one_that_does_not_exist(keys, method, client_for):
    logins, wrong = {visitor: client_for(visitor) for visitor in OUTSIDERS}, []
    for key in keys:
        row = TABLE[key]
        with forgotten():
            ids = out_of_scope(key)
            missing = {name: MISSING if isinstance(pk, int) else pk for name, pk in ids.items()}
            for visitor in OUTSIDERS:
                if OK in (row.expected[visitor], row.posted.get(visitor)):
                    continue
                ask = getattr(same_login(logins[visitor]), method)
                there = told(ask(reverse(key, kwargs=ids)), ids)
                not_there = told(ask(reverse(key, kwargs=missing)), missing)
                if there != not_there or there[0] in (OK, 500):
                    wrong.append((key, visitor, there, not_there))
    assert not wrong


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("role", ["center_staff", "department_contact"])
def test_a_degree_is_not_reached_through_another_person(role, method, client_for):
    person, other = somebody(degree(f"{OWN}學士班")), somebody(degree(f"{OWN}學士班"))
    client, record = client_for(role), other.academic_records.get()
    answers = [
        told(getattr(client, method)(f"{LIST}{person.pk}/records/{pk}/"), {"record_id": pk})
        for pk in (record.pk, MISSING)
    ]
    assert answers[0] == answers[1] and answers[0][0] in (403, 404)


@pytest.mark.parametrize("name", ["department", "college", "year", "status", "found", "p"])
def test_a_filter_on_what_is_outside_answers_like_one_on_nothing(name, client_for):
    """Foreign keys in the query: the value of another department finds and says what an unknown value does."""
    somebody(degree(f"{OTHER}碩士班", graduation_date="1999-06"))
    somebody(degree(f"{OWN}學士班"))
    client = client_for("department_contact")
    other = Department.objects.get(name=OTHER)
    outside = {"department": other.pk, "year": "1999"}.get(name, MISSING + 1)
    answers = [told(client.get(LIST, {name: value}), {name: value}) for value in (outside, MISSING)]
    assert answers[0] == answers[1]


def test_what_is_missing_of_people_outside_is_counted_for_nobody(client_for):
    """The items are on offer for everybody who sees people; the birthday that nobody inside lacks finds nobody."""
    somebody(degree(f"{OTHER}碩士班"), without=("birth_date",))
    somebody(degree(f"{OWN}學士班"))
    page = client_for("department_contact").get(LIST, {"missing": "birth_date"})
    assert not page.context_data["cl"].result_list and page.context_data["cl"].result_count == 0


def test_a_grant_is_not_ended_through_another_account(client_of, user_of):
    contact, today = user_of("department_contact"), timezone.localdate()
    grant = ScopeGrant.objects.create(
        account=contact, reason="測試", starts_on=today, ends_on=today, given_by=importer()
    )
    client, other = client_of("center_director"), user_of("department_contact", username="contact2")
    answers = [
        told(client.post(f"/admin/accounts/user/{other.pk}/grants/{pk}/end/"), {"grant_id": pk})
        for pk in (grant.pk, MISSING)
    ]
    assert answers[0] == answers[1] and answers[0][0] == 404
    grant.refresh_from_db()
    assert grant.ended_at is None


def test_a_foreign_key_in_a_form_says_the_same_of_what_is_missing_and_of_what_may_not_be_chosen(
    client_of, user_of
):
    """A scope is chosen from the lists; an id of another kind or of nothing is the same wrong choice."""
    contact, person = user_of("department_contact"), somebody()
    director = client_of("center_director")
    grants = {
        str(
            director.post(f"/admin/accounts/user/{contact.pk}/grants/add/", {"scope": scope})
            .context_data["form"]
            .errors["scope"]
        )
        for scope in ("department-987654", f"person-{person.pk}", f"{contact.pk}")
    }
    assert len(grants) == 3 and all(
        "不是一個可用的選項" in text or "不在可用的選項" in text for text in grants
    )
    degrees = [
        str(
            director.post(f"{LIST}{person.pk}/records/add/", {"programme": pk})
            .context_data["form"]
            .errors["programme"]
        )
        for pk in ("987654", "-1")
    ]
    assert degrees[0].replace("987654", "") == degrees[1].replace("-1", "")
    assert Person.objects.get().academic_records.count() == 1
