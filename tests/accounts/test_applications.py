"""The way of an application: who may take which step, what each leaves behind, and who of two wins."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts import applications
from accounts.application_links import LINKS_KEPT, by_token
from accounts.application_steps import StepRefused, may
from accounts.models import AccountApplication, ApplicationEvent, Role, User
from tests.applicants import at, begun, department, filled, request_of, scan

State, Step = AccountApplication.State, ApplicationEvent.Step


@pytest.fixture
def staff(user_of) -> User:
    return user_of("center_staff", email="staff@example.com")


@pytest.fixture
def director(user_of) -> User:
    return user_of("center_director", email="director@example.com")


def token_of(letter) -> str:
    return letter.body.partition("http://testserver/apply/")[2].partition("/")[0]


def by(user: User) -> dict:
    return {"by": user, "request": request_of(user)}


def test_the_whole_way_ends_in_an_account_with_agreement_and_invitation(
    staff, director, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        application, token = at(Step.OPENED, staff, director)
    account = application.account
    assert (account.username, account.role) == ("cse.contact", Role.DEPARTMENT_CONTACT)
    assert not account.has_usable_password()
    assert account.department_ids == {department().pk}
    assert account.signatures.get().version == application.agreement
    assert {"opened", "invited", "agreement_signed"} <= {event.kind for event in account.events.all()}
    steps = [(event.step, event.by, event.address) for event in application.events.all()]
    assert steps == [
        (Step.BEGUN, None, "192.0.2.7"),
        (Step.SUBMITTED, None, "192.0.2.7"),
        (Step.RECEIVED, staff, "192.0.2.7"),
        (Step.CHECKED, staff, "192.0.2.7"),
        (Step.APPROVED, director, "192.0.2.7"),
        (Step.OPENED, staff, "192.0.2.7"),
    ]
    letters = [letter for letter in mail.outbox if application.number in letter.subject]
    assert len(letters) == len(steps)
    assert {letter.to[0] for letter in letters} == {"lin@example.com"}
    assert not [letter for letter in letters if token in letter.body]  # each letter has a link of its own


def test_only_the_digest_of_the_link_is_stored(db):
    application, token = begun()
    assert application.links.get().digest == hashlib.sha256(token.encode()).hexdigest()
    assert len(token) >= 43


def test_a_new_link_ends_the_earlier_ones(staff, director, django_capture_on_commit_callbacks):
    application, token = at(Step.RECEIVED, staff, director)
    with django_capture_on_commit_callbacks(execute=True):
        applications.send_new_link(application, **by(staff))
    assert by_token(token) is None
    assert by_token(token_of(mail.outbox[-1])) == application


def test_the_link_of_an_ended_application_ends_too(staff, director):
    application, token = at(Step.OPENED, staff, director)
    assert by_token(token) == application
    long_ago = timezone.now() - LINKS_KEPT - timedelta(days=1)
    AccountApplication.objects.update(changed_at=long_ago)
    assert by_token(token) is None


def test_who_checked_or_received_or_entered_does_not_approve(staff, director, user_of):
    other = user_of("center_director", username="director2")
    application, _token = at(Step.SUBMITTED, staff, director)
    today = timezone.localdate()
    paper = {"receipt": "paper", "receipt_number": "1", "received_on": today, "signed_on": today}
    applications.receive(application, **by(director), **paper)
    applications.check(application, **by(staff), username="cse.contact")
    decision = {"role": Role.DEPARTMENT_CONTACT, "departments": [department()]}
    with pytest.raises(StepRefused, match="登記收件或查核"):
        applications.approve(application, **by(director), **decision)
    assert not may(staff, Step.APPROVED, application)
    applications.approve(application, **by(other), **decision)
    assert application.state == State.APPROVED


@pytest.mark.parametrize("values", [{"email": "DIRECTOR@example.com"}, {"username": "center_director"}])
def test_nobody_decides_on_an_own_application(staff, director, values):
    application, _token = at(Step.CHECKED, staff, director, **values)
    with pytest.raises(StepRefused, match="您自己的申請"):
        applications.approve(application, **by(director), role=Role.AUDITOR, departments=[])
    application.refresh_from_db()
    assert application.state == State.CHECKED


@pytest.mark.parametrize("role", ["it_staff", "registrar", "department_contact", "auditor", "alumnus"])
def test_other_roles_take_no_step(staff, director, user_of, role):
    application, _token = at(Step.CHECKED, staff, director)
    visitor = user_of(role, username="visitor", email="visitor@example.com")
    for step in (Step.RECEIVED, Step.CHECKED, Step.APPROVED, Step.OPENED, Step.RETURNED, Step.REFUSED):
        assert not may(visitor, step, application)


def test_of_two_at_once_one_wins_and_the_other_is_told(staff, director, user_of):
    application, _token = at(Step.RECEIVED, staff, director)
    second = AccountApplication.objects.get(pk=application.pk)
    applications.check(application, **by(staff), username="cse.contact")
    other = user_of("center_staff", username="staff2")
    with pytest.raises(StepRefused, match=staff.display_name):
        applications.give_back(second, **by(other), reason="請補單位主管簽名")
    second.refresh_from_db()
    assert second.state == State.CHECKED
    assert not second.events.filter(step=Step.RETURNED).exists()


def test_a_scan_exchanged_meanwhile_is_not_received_unseen(staff, director, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    application, _token = at(Step.SUBMITTED, staff, director)
    applications.attach_scan(application, scan(), request=request_of())
    seen = AccountApplication.objects.get(pk=application.pk)
    applications.attach_scan(application, scan(), request=request_of())
    today = timezone.localdate()
    with pytest.raises(StepRefused, match="上傳簽名掃描檔"):
        applications.receive(seen, **by(staff), receipt="scan", received_on=today, signed_on=today)


def test_an_exchanged_scan_leaves_no_file_and_a_withdrawal_none_at_all(
    staff, director, settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.MEDIA_ROOT = tmp_path
    with django_capture_on_commit_callbacks(execute=True):
        application, _token = at(Step.SUBMITTED, staff, director)
        applications.attach_scan(application, scan(), request=request_of())
    first = application.scan.name
    with django_capture_on_commit_callbacks(execute=True):
        applications.attach_scan(application, scan(), request=request_of())
    assert not default_storage.exists(first)
    assert default_storage.exists(application.scan.name)
    with django_capture_on_commit_callbacks(execute=True):
        applications.withdraw(application, request=request_of())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_returned_application_is_corrected_and_starts_anew(
    staff, director, django_capture_on_commit_callbacks
):
    application, _token = at(Step.CHECKED, staff, director)
    with django_capture_on_commit_callbacks(execute=True):
        applications.give_back(application, **by(director), reason="請補單位主管簽名")
    letter = mail.outbox[-1]
    assert "請補單位主管簽名" in letter.body
    again = by_token(token_of(letter))
    assert again == application
    values = {"unit_head": "新任主任"}
    applications.save(again, values, [department()], request=request_of(), submits=True)
    assert (again.state, again.checked_by, again.received_on) == (State.SUBMITTED, None, None)


def test_a_taken_name_or_address_is_seen_by_the_center_and_stops_the_opening(staff, director, user_of):
    user_of("registrar", email="Someone@example.com")
    values = {"email": "someone@Example.com", "username": "REGISTRAR"}
    application, _token = at(Step.RECEIVED, staff, director, **values)
    assert len(applications.warnings_for(application)) == 2
    applications.check(application, **by(staff), username="cse.contact2")
    applications.approve(
        application, **by(director), role=Role.DEPARTMENT_CONTACT, departments=[department()]
    )
    with pytest.raises(StepRefused, match="電子郵件已經有一個使用中的帳號"):
        applications.open_account(application, **by(staff))
    application.refresh_from_db()
    assert (application.state, application.account) == (State.APPROVED, None)
    assert application.events.get(step=Step.CHECKED).note.startswith("帳號名稱由 REGISTRAR 改為")


def test_center_staff_do_not_open_an_account_above_their_own(staff, director):
    application, _token = at(Step.CHECKED, staff, director)
    applications.approve(application, **by(director), role=Role.IT_STAFF, departments=[department()])
    assert not application.granted.exists()
    with pytest.raises(StepRefused, match="主任或校務系統組"):
        applications.open_account(application, **by(staff))
    applications.open_account(application, **by(director))
    application.refresh_from_db()
    assert application.account.role == Role.IT_STAFF


def test_drafts_nobody_touched_are_forgotten_and_others_stay(staff, director):
    old, _token = begun()
    waiting, _token = at(Step.SUBMITTED, staff, director, email="second@example.com")
    long_ago = timezone.now() - applications.DRAFTS_KEPT - timedelta(days=1)
    AccountApplication.objects.update(changed_at=long_ago)
    begun(email="third@example.com")
    assert not AccountApplication.objects.filter(pk=old.pk).exists()
    assert AccountApplication.objects.filter(pk=waiting.pk).exists()


def test_one_address_is_not_flooded_with_mail(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        tokens = {begun(username=f"name{number}")[1] for number in range(applications.MAIL_LIMIT + 2)}
    assert len(tokens) == applications.MAIL_LIMIT + 2
    assert len(mail.outbox) == applications.MAIL_LIMIT


def test_a_step_is_written_once(db):
    application, _token = begun()
    with pytest.raises(TypeError):
        application.events.get().save()
    assert filled()["email"] == application.email
