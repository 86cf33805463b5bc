"""Contacts and reviewers who meet, each on a connection of its own: nothing is lost, and everybody is told."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from records import change_requests, change_reviews, follow_ups, submissions
from records.change_comparisons import compared, fingerprint
from records.change_reviews import ReviewRefused
from records.changes import lines as line_writer
from records.changes import people as people_writer
from records.models import ChangeRequest, Person
from records.programmes import Lists
from records.synthetic.identity_numbers import with_check_digit
from tests.change_requests import OTHER, OWN, contact_of, proposed, waiting
from tests.people import degree, somebody

from .test_parallel_imports import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("organisation")]
A_MOMENT = 0.5  # seconds for what a lock may keep from coming
PATIENCE = 60  # seconds for what comes in any case


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


def slowed(monkeypatch, module, name: str, *, says: threading.Event, waits_for: threading.Event) -> None:
    """The function tells that it was called, and gives the other side a moment to come as far as it can."""
    real = getattr(module, name)

    def act(*args, **kwargs):
        says.set()
        waits_for.wait(A_MOMENT)
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, act)


def test_a_call_and_an_edit_of_one_person_at_once_both_go_through(user_of, monkeypatch):
    person = somebody(degree(f"{OWN}學士班"), without=("email",))
    item, staff = person.follow_ups.get(), user_of("center_staff")
    editing, calling = threading.Event(), threading.Event()
    slowed(monkeypatch, line_writer, "write", says=editing, waits_for=calling)
    slowed(monkeypatch, follow_ups, "log_call_to", says=calling, waits_for=threading.Event())

    def call() -> bool:
        assert editing.wait(PATIENCE)
        try:
            follow_ups.log_call(item, by=staff, at=timezone.now(), number="0911-000001", outcome="reached")
        except ValidationError:  # the address has come: nobody has to be called any more
            return False
        return True

    together(lambda: proposed(person, {"email": "new@example.com"}, editor=contact_of(OWN)), call)
    assert Person.objects.get(pk=person.pk).email == "new@example.com"
    item.refresh_from_db()
    assert item.closed_at


def test_a_paper_handed_in_later_and_an_approval_at_once_both_go_through(user_of, monkeypatch):
    contact, reviewer, person = contact_of(OWN), user_of("center_staff"), somebody(degree(f"{OWN}學士班"))
    request = waiting(person, contact)
    seen = fingerprint(request, compared(request, Lists.load()))
    supplementing, approving = threading.Event(), threading.Event()
    slowed(monkeypatch, change_requests, "submit", says=supplementing, waits_for=approving)
    slowed(monkeypatch, change_reviews, "may_review", says=approving, waits_for=threading.Event())

    def approve() -> str:
        assert supplementing.wait(PATIENCE)
        act = {"by": reviewer, "at": timezone.now()}
        try:
            change_reviews.approve(request.pk, version=1, seen=seen, items=None, **act)
        except ReviewRefused as refusal:
            return str(refusal)
        return ""

    _outcome, refusal = together(
        lambda: proposed(person, {"chinese_name": "林文河"}, editor=contact, reason="補充"), approve
    )
    assert "補件" in refusal
    request.refresh_from_db()
    assert request.is_waiting and request.events.filter(note="補充").exists()


def test_what_is_said_to_wait_while_it_is_refused_does_wait(user_of, monkeypatch):
    contact, reviewer, person = contact_of(OWN), user_of("center_staff"), somebody(degree(f"{OWN}學士班"))
    request = waiting(person, contact)
    looking, refused = threading.Event(), threading.Event()
    slowed(monkeypatch, submissions, "proposed_value", says=looking, waits_for=refused)

    def refuse() -> None:
        assert looking.wait(PATIENCE)
        with suppress(ReviewRefused):  # told that there is more to look at
            change_reviews.refuse(request.pk, version=1, by=reviewer, at=timezone.now(), answer="不符")
        refused.set()

    outcome, _nothing = together(
        lambda: proposed(person, {"chinese_name": "林文河"}, editor=contact, reason="補充"), refuse
    )
    assert ChangeRequest.objects.get(pk=outcome.waiting.pk).is_waiting


def test_two_who_write_the_same_national_id_at_once_are_told(user_of, monkeypatch):
    staff, number = user_of("center_staff"), with_check_digit("L17000123")
    people = [somebody(degree(f"{OWN}學士班"), without=("national_id",)) for _n in range(2)]
    both = threading.Barrier(2)
    real = people_writer.write

    def write(*args):
        with suppress(threading.BrokenBarrierError):
            both.wait(A_MOMENT)
        return real(*args)

    monkeypatch.setattr(people_writer, "write", write)
    outcomes = together(
        *[lambda one=one: proposed(one, {"national_id": number}, editor=staff) for one in people]
    )
    assert sorted(len(outcome.applied) for outcome in outcomes) == [0, 1]
    [refused] = [outcome.refused["national_id"] for outcome in outcomes if outcome.refused]
    assert "另一位校友" in refused
