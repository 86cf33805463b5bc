"""The letter to who proposed a change: that it was answered and where to read the answer, and nothing of anybody."""

from __future__ import annotations

import pytest
from django.core import mail
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from records import change_requests, change_reviews
from records.change_comparisons import compared, fingerprint
from records.models import ChangeRequest, Person
from records.programmes import Lists
from tests.change_requests import OWN, contact_of, waiting
from tests.people import degree, somebody

pytestmark = pytest.mark.usefixtures("organisation")


@pytest.fixture
def contact():
    contact = contact_of(OWN)
    contact.email = "wang@example.org"
    contact.save()
    return contact


@pytest.fixture
def decide(user_of, django_capture_on_commit_callbacks):
    """`decide(request, step, **details)` as the center, and the worker does what waits."""

    def act(request: ChangeRequest, step, **details: object) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            by = user_of("center_staff")
            step(request.pk, version=request.version, by=by, at=timezone.now(), **details)

    return act


def request_of(contact, **values: str) -> ChangeRequest:
    return waiting(somebody(degree(f"{OWN}學士班")), contact, **values)


@pytest.mark.parametrize(
    ("step", "word"), [(change_reviews.give_back, "已退回"), (change_reviews.refuse, "不予核准")]
)
def test_who_proposed_is_told_that_there_is_an_answer_and_nothing_of_anybody(contact, decide, step, word):
    request = request_of(contact, chinese_name="林文河", birth_date="1991-02-03")
    decide(request, step, answer="林文海的生日請再確認 0912-345678")
    [letter] = mail.outbox
    assert letter.to == ["wang@example.org"] and request.number in letter.subject and word in letter.subject
    assert f"/admin/records/changerequest/{request.pk}/" in letter.body and word in letter.body
    for secret in ("林文", "1991", "0912", "生日"):
        assert secret not in letter.subject + letter.body


def test_a_part_is_told_and_a_whole_approval_needs_no_letter(contact, decide):
    part = request_of(contact, chinese_name="林文河", sex="F")
    seen = fingerprint(part, compared(part, Lists.load()))
    chosen = {part.items.get(attribute="sex").pk}
    decide(part, change_reviews.approve, seen=seen, items=chosen, answer="姓名請附證件")
    assert ["部分核准" in letter.subject for letter in mail.outbox] == [True]
    whole = request_of(contact, sex="F")
    seen = fingerprint(whole, compared(whole, Lists.load()))
    decide(whole, change_reviews.approve, seen=seen, items=None)
    assert len(mail.outbox) == 1 and ChangeRequest.objects.get(pk=whole.pk).state == "approved"


def test_who_proposed_is_told_when_others_have_overtaken_it(contact, decide):
    request = request_of(contact, chinese_name="林文河")
    Person.objects.filter(pk=request.person_id).update(chinese_name="林文江")
    decide(request, change_reviews.overtake)
    [letter] = mail.outbox
    assert "已由其他異動取代" in letter.subject and "重新提出" in letter.body and "林文" not in letter.body


def test_an_account_that_is_switched_off_or_has_no_address_gets_no_letter(contact, decide):
    requests = [request_of(contact), request_of(contact)]
    for request, fields in zip(
        requests, ({"is_active": False}, {"is_active": True, "email": ""}), strict=True
    ):
        for name, value in fields.items():
            setattr(contact, name, value)
        contact.save()
        decide(request, change_reviews.give_back, answer="請補件")
    assert not mail.outbox


def test_a_decision_that_is_not_written_is_not_told(contact, decide):
    request = request_of(contact)
    with pytest.raises(change_reviews.ReviewRefused):
        decide(request, change_reviews.give_back, answer="")
    assert not mail.outbox


def test_a_letter_is_tried_three_times_and_not_sent_when_the_request_is_done_with(contact, decide, settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens there
    request, other = request_of(contact), request_of(contact)
    decide(request, change_reviews.give_back, answer="請補件")
    for _try in range(3):
        run()
    assert not DBTaskResult.objects.filter(status="READY").exists()
    assert contact.events.first().kind == "letter_failed"
    decide(other, change_reviews.give_back, answer="請補件")
    other.refresh_from_db()
    change_reviews.withdraw(other.pk, version=other.version, by=contact, at=timezone.now())
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    run()
    assert not mail.outbox
    assert change_requests.returned_to(contact).get() == request


def run() -> None:
    """Let the waiting task run now."""
    [result] = DBTaskResult.objects.filter(status="READY")
    DBTaskResult.objects.filter(pk=result.pk).update(status="SUCCESSFUL")
    result.task.call(*result.args_kwargs["args"], **result.args_kwargs["kwargs"])
