"""`manage.py verify` is silent on sound change requests and names every kind of damage."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from records import change_reviews
from records.change_comparisons import compared, fingerprint
from records.change_request_verification import INVARIANTS
from records.models import AcademicRecord, ChangeItem, ChangeRequest, Person
from records.programmes import Lists
from records.synthetic.identity_numbers import with_check_digit
from tests.change_requests import OWN, contact_of, waiting
from tests.people import degree, somebody

pytestmark = pytest.mark.usefixtures("organisation")


def found() -> list[str]:
    return [sentence for invariant in INVARIANTS for sentence in invariant.check(timezone.now())]


def execute(statement: str, *values: object) -> None:
    """A change past all models and doors."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def somebody_new(number: int) -> Person:
    return somebody(degree(f"{OWN}學士班"), chinese_name=f"林{number}")


@pytest.fixture
def requests(user_of) -> SimpleNamespace:
    """A request in each state, led there by its steps."""
    reviewer, now = user_of("center_staff"), timezone.now()
    paper = default_storage.save("evidence/paper.pdf", ContentFile(b"%PDF-"))
    made = {}

    def step(name: str, act: Callable | None = None, **more: object) -> ChangeRequest:
        request = made[name] = waiting(somebody_new(len(made)), chinese_name="林文河")
        if act is not None:
            act(request.pk, version=1, at=now, by=more.pop("by", reviewer), **more)
        return ChangeRequest.objects.get(pk=request.pk)

    identity = waiting(somebody_new(99), national_id=with_check_digit("L17000123"))
    identity.events.update(evidence=paper)
    step("submitted")
    taken = step("taken", change_reviews.take)
    freed = step("freed", change_reviews.take)
    change_reviews.free(freed.pk, version=freed.version, by=reviewer, at=now)
    approved = step("approved")
    seen = fingerprint(approved, compared(approved, Lists.load()))
    change_reviews.approve(approved.pk, version=1, seen=seen, items=None, by=reviewer, at=now)
    step("returned", change_reviews.give_back, answer="請附證明")
    step("refused", change_reviews.refuse, answer="不符")
    step("withdrawn", change_reviews.withdraw, by=approved.proposed_by)
    again = waiting(made["returned"].person, chinese_name="林文江")
    change_reviews.note_evidence_taken(taken, by=reviewer, at=now, address=None)
    yield SimpleNamespace(**made, identity=identity, again=again, paper=paper)
    default_storage.delete(paper)


def test_sound_requests_are_sound(requests):
    assert ChangeRequest.objects.get(pk=requests.returned.pk).succeeded_by == requests.again
    assert found() == []


@pytest.mark.parametrize("rows", ["records_changerequestevent", "records_changeitem"])
def test_a_step_that_is_taken_between_two_questions_is_no_damage(requests, user_of, rows):
    request, reviewer, done = requests.submitted, user_of("center_staff"), []

    def between(execute, sql, params, many, context):
        if not done and f'FROM "{rows}"' in sql:
            done.append(True)
            act = {"version": 1, "by": reviewer, "at": timezone.now(), "answer": "不符"}
            change_reviews.refuse(request.pk, **act)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(between):
        assert found() == []
    assert done


@pytest.mark.parametrize(
    ("name", "statement", "said"),
    [
        ("submitted", "DELETE FROM records_changerequestevent WHERE request_id = %s", "沒有提出的紀錄"),
        ("submitted", "DELETE FROM records_changeitem WHERE request_id = %s", "沒有任何欄位"),
        (
            "approved",
            "UPDATE records_changerequest SET state = 'refused' WHERE id = %s",
            "歷程卻停在「核准」",
        ),
        (
            "refused",
            "UPDATE records_changerequest SET state = 'withdrawn' WHERE id = %s",
            "歷程卻停在「不予核准」",
        ),
        (
            "approved",
            "UPDATE records_changeitem SET decision = 'declined' WHERE request_id = %s",
            "結果卻不是如此",
        ),
        (
            "taken",
            "UPDATE records_changeitem SET decision = 'approved' WHERE request_id = %s",
            "結果卻不是如此",
        ),
        (
            "identity",
            "UPDATE records_changeitem SET sealed = NULL WHERE request_id = %s",
            "身分證字號無法解開",
        ),
        (
            "identity",
            "UPDATE records_changeitem SET proposed_digest = '0' WHERE request_id = %s",
            "與其比對值不符",
        ),
        (
            "refused",
            "UPDATE records_changeitem SET proposed_digest = '0' WHERE request_id = %s",
            "仍留有身分證字號",
        ),
        (
            "returned",
            "UPDATE records_changerequest SET succeeded_by_id = id WHERE id = %s",
            "後續申請不是同一位",
        ),
    ],
)
def test_what_was_changed_past_the_steps_is_named(requests, name, statement, said):
    request = getattr(requests, name)
    execute(statement, request.pk)
    sentences = found()
    assert any(request.number in sentence and said in sentence for sentence in sentences), sentences


def test_another_reviewer_or_time_than_the_steps_tell_is_named(requests, user_of):
    other, now = user_of("center_director"), timezone.now()
    ChangeRequest.objects.filter(pk=requests.taken.pk).update(taken_by=other)
    later = now + datetime.timedelta(days=1)
    ChangeRequest.objects.filter(pk=requests.refused.pk).update(decided_at=later)
    assert found() == [
        f"異動申請 {request.number} 的審核人或審核時間與歷程不符。"
        for request in (requests.taken, requests.refused)
    ]


def test_who_approved_the_own_request_is_named(requests):
    ChangeRequest.objects.filter(pk=requests.approved.pk).update(decided_by=requests.approved.proposed_by)
    assert f"異動申請 {requests.approved.number} 由申請人自己審核。" in found()


def test_another_proposer_than_the_steps_tell_is_named(requests):
    other = contact_of(OWN, username="lee", display_name="李聯絡")
    ChangeRequest.objects.filter(pk=requests.submitted.pk).update(proposed_by=other)
    assert found() == [f"異動申請 {requests.submitted.number} 的申請人或申請時間與歷程不符。"]


@pytest.mark.parametrize(("column", "who"), [("person_id", "校友"), ("proposed_by_id", "申請人")])
def test_a_request_of_or_about_nobody_is_named(requests, column, who):
    request = requests.submitted
    execute(f"UPDATE records_changerequest SET {column} = 987654 WHERE id = %s", request.pk)  # noqa: S608
    assert f"異動申請 {request.number} 的{who}已不存在。" in found()
    execute(  # else the database itself complains at the end
        f"UPDATE records_changerequest SET {column} = %s WHERE id = %s",  # noqa: S608
        getattr(request, column),
        request.pk,
    )


def test_an_open_request_about_somebody_without_degrees_is_named(requests):
    AcademicRecord.objects.filter(person=requests.submitted.person_id).delete()
    said = f"異動申請 {requests.submitted.number} 仍在等待審核，校友卻已沒有學籍身分。"
    assert said in found()


def test_a_field_of_another_persons_degree_is_named(requests):
    foreign = AcademicRecord.objects.get(person=requests.taken.person_id)
    ChangeItem.objects.filter(request=requests.submitted).update(record=foreign)
    assert found() == [f"異動申請 {requests.submitted.number} 的學籍身分屬於另一位校友。"]


def test_a_paper_that_is_gone_is_named(requests):
    default_storage.delete(requests.paper)
    assert found() == [f"異動申請 {requests.identity.number} 的佐證檔已不存在。"]
