"""Contacts and reviewers who meet, each on a connection of its own: nothing is lost, and everybody is told."""

from __future__ import annotations

import pytest
from django.utils import timezone

from records import change_reviews
from records.change_comparisons import compared, fingerprint
from records.change_reviews import ReviewRefused
from records.models import ChangeRequest, Person
from records.programmes import Lists
from tests.change_requests import OTHER, OWN, contact_of, proposed, waiting
from tests.people import degree, somebody

from .test_parallel_imports import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("organisation")]


def test_of_reviewers_who_approve_at_once_exactly_one_wins_and_the_others_are_told(user_of):
    request = waiting()
    reviewers = [user_of("center_staff", username=f"staff{n}") for n in range(4)]
    seen = fingerprint(request, compared(request, Lists.load()))

    def approve(by) -> str:
        try:
            change_reviews.approve(request.pk, version=1, seen=seen, items=None, by=by, at=timezone.now())
        except ReviewRefused as refusal:
            return str(refusal)
        return "won"

    said = together(*[lambda by=by: approve(by) for by in reviewers])
    assert said.count("won") == 1 and sum("已經改變" in text for text in said) == 3
    person = Person.objects.get(pk=request.person_id)
    assert person.chinese_name == "林文河" and person.annotations.filter(number=1).count() == 1
    assert not person.annotations.filter(number=2).exists()


def test_two_contacts_and_a_reviewer_at_once_lose_nothing(user_of):
    """Two departments change different fields and the same one while a request is approved."""
    person = somebody(degree(f"{OWN}學士班"), degree(f"{OTHER}碩士班"))
    first, second = contact_of(OWN), contact_of(OTHER, username="lee", display_name="李聯絡")
    request, reviewer = waiting(person, first), user_of("center_staff")
    seen = fingerprint(request, compared(request, Lists.load()))
    before = Person.objects.get(pk=person.pk)
    outcomes = together(
        lambda: proposed(person, {"mobile": "0922-000001", "city": "基隆市"}, editor=first, seen=before),
        lambda: proposed(person, {"mobile": "0922-000002", "address": "新址1號"}, editor=second, seen=before),
        lambda: change_reviews.approve(
            request.pk, version=1, seen=seen, items=None, by=reviewer, at=timezone.now()
        ),
    )
    after = Person.objects.get(pk=person.pk)
    assert (after.city, after.address, after.chinese_name) == ("基隆市", "新址1號", "林文河")
    winner, loser = outcomes[0], outcomes[1]
    if "mobile" in winner.stale:
        winner, loser = loser, winner
    assert "mobile" in winner.applied
    assert loser.stale["mobile"][0] == after.mobile != loser.stale["mobile"][1]
    assert ChangeRequest.objects.get(pk=request.pk).state == "approved"
    numbers = [line.number for line in person.annotations.exclude(number=None).order_by("number")]
    assert numbers == [1, 2, 3, 4]
