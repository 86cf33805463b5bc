"""The way of an application: who may take which step, what each leaves behind, and who of two wins."""

from __future__ import annotations

import datetime
import hashlib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.storage import default_storage
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts import agreements, application_steps, applications, invitations
from accounts.application_links import LINKS_KEPT, LINKS_LAST, by_token
from accounts.application_steps import StepRefused, may
from accounts.models import AccountApplication, AgreementVersion, ApplicationEvent, Role, User
from tests.applicants import at, begun, department, filled, request_of, scan, submitted

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


@pytest.mark.parametrize(
    "values",
    [
        {"email": "DIRECTOR@example.com"},
        {"username": "Center_Director"},
        {"person_name": "測試校友服務中心主任 "},
    ],
)
def test_nobody_decides_on_an_own_application(staff, director, values):
    application, _token = at(Step.CHECKED, staff, director, **values)
    with pytest.raises(StepRefused, match="您自己的申請"):
        applications.approve(application, **by(director), role=Role.AUDITOR, departments=[])
    application.refresh_from_db()
    assert application.state == State.CHECKED


def test_who_changes_the_own_address_is_still_the_same_person(staff, director):
    other, _token = at(Step.CHECKED, staff, director, email="other@example.com", username="other.one")
    decision = {"role": Role.DEPARTMENT_CONTACT, "departments": [department()]}
    applications.approve(other, **by(director), **decision)
    application, _token = at(Step.CHECKED, staff, director, email="director@example.com")
    User.objects.filter(pk=director.pk).update(email="new@example.com", display_name="新名")
    director.refresh_from_db()
    with pytest.raises(StepRefused, match="您自己的申請"):
        applications.approve(application, **by(director), **decision)


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


def test_one_address_is_not_flooded_with_letters_whatever_they_are_about(
    db, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(4):
            application, _token = submitted(username=f"name{number}", email="Somebody@example.com")
            applications.withdraw(application, request=request_of(address=f"192.0.2.{number}"))
        for _number in range(4):  # an address that was exchanged for another one still got the letter
            application, _token = begun(email="somebody@example.com")
            applications.save(
                application, {"email": "other@example.com"}, [], request=request_of(), submits=False
            )
    assert len(mail.outbox) == application_steps.LETTERS_TO_ADDRESS


def test_one_source_does_not_write_to_the_whole_world(db, django_capture_on_commit_callbacks, monkeypatch):
    monkeypatch.setattr(application_steps, "LETTERS_FROM_SOURCE", 4)
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(5):
            submitted(email=f"somebody{number}@example.com")
    assert len(mail.outbox) == 4


def test_letters_of_the_center_are_not_counted(staff, director, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(application_steps.LETTERS_TO_ADDRESS):
            begun(username=f"name{number}")
        application, _token = at(Step.CHECKED, staff, director)
        applications.give_back(application, **by(director), reason="請補簽名")
    assert "請補簽名" in mail.outbox[-1].body


# --- what was signed ----------------------------------------------------------------------------------------
def test_what_was_signed_before_does_not_count_for_what_is_submitted_now(
    staff, director, settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.MEDIA_ROOT = tmp_path
    application, _token = at(Step.SUBMITTED, staff, director)
    with django_capture_on_commit_callbacks(execute=True):
        applications.attach_scan(application, scan(), request=request_of())
        applications.give_back(application, **by(staff), reason="請更正姓名")
        draft = AgreementVersion.objects.create(title="切結書", text="新的內容")
        agreements.publish(draft, by=director)
        values = {"person_name": "另一人"}
        applications.save(application, values, [department()], request=request_of(), submits=True)
    assert not application.scan
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    today = timezone.localdate()
    with pytest.raises(StepRefused, match="還沒有上傳"):
        applications.receive(application, **by(staff), receipt="scan", received_on=today, signed_on=today)


def test_a_scan_older_than_the_submission_is_not_received(staff, director):
    application, _token = at(Step.SUBMITTED, staff, director)
    AccountApplication.objects.update(scan="applications/old.png")
    application.refresh_from_db()
    today = timezone.localdate()
    with pytest.raises(StepRefused, match="還沒有上傳"):
        applications.receive(application, **by(staff), receipt="scan", received_on=today, signed_on=today)


def test_the_date_on_the_paper_is_one_on_which_it_can_have_been_signed(staff, director):
    application, _token = at(Step.SUBMITTED, staff, director)
    today = timezone.localdate()
    paper = {"receipt": "paper", "receipt_number": "1", "received_on": today}
    for day in (datetime.date(1999, 1, 1), today - timedelta(days=1)):
        with pytest.raises(StepRefused, match="簽署日期不能早於"):
            applications.receive(application, **by(staff), **paper, signed_on=day)
    applications.receive(application, **by(staff), **paper, signed_on=today)


def test_no_application_leads_to_the_account_of_a_director(staff, director):
    application, _token = at(Step.CHECKED, staff, director)
    with pytest.raises(StepRefused, match="不能核定這個角色"):
        applications.approve(application, **by(director), role=Role.CENTER_DIRECTOR, departments=[])
    application.refresh_from_db()
    assert application.state == State.CHECKED


# --- links --------------------------------------------------------------------------------------------------
def test_the_letter_of_a_step_leaves_the_page_open_and_a_link_asked_for_replaces_all(
    staff, director, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        application, token = at(Step.CHECKED, staff, director)
    older = [token, *(token_of(letter) for letter in mail.outbox)]
    assert {by_token(one) for one in older} == {application}
    with django_capture_on_commit_callbacks(execute=True):
        applications.send_new_link(application, **by(staff))
    assert [by_token(one) for one in older] == [None] * len(older)
    assert by_token(token_of(mail.outbox[-1])) == application


def test_the_links_of_an_open_application_end_a_month_after_the_last_letter(
    staff, director, django_capture_on_commit_callbacks
):
    application, token = at(Step.SUBMITTED, staff, director)
    long_ago = timezone.now() - LINKS_LAST - timedelta(days=1)
    application.links.update(made_at=long_ago)
    assert by_token(token) is None
    with django_capture_on_commit_callbacks(execute=True):
        applications.send_new_link(application, **by(staff))
    assert by_token(token_of(mail.outbox[-1])) == application


# --- letters that do not arrive -----------------------------------------------------------------------------
@pytest.fixture
def queue(settings):
    """The tasks as production keeps them; `queue()` lets all that wait run now and says what they were."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

    def run() -> list[DBTaskResult]:
        waiting = list(DBTaskResult.objects.filter(status="READY"))
        for result in waiting:
            DBTaskResult.objects.filter(pk=result.pk).update(status="SUCCESSFUL")
            arguments = result.args_kwargs
            result.task.call(*arguments["args"], **arguments["kwargs"])
        return waiting

    return run


@pytest.fixture
def broken_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens there


def test_a_letter_is_tried_three_times_and_then_the_center_is_told(
    staff, client_of, queue, broken_mail, settings, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        application, token = submitted()
    assert "apply" not in str(DBTaskResult.objects.values_list("args_kwargs", flat=True))
    first, second, third = queue(), queue(), queue()
    assert len(first) == len(second) == len(third) == 2
    assert timezone.now() < second[0].run_after < third[0].run_after
    assert not queue()
    application.refresh_from_db()
    assert application.unreached
    assert application.events.filter(step=Step.UNREACHED).count() == 2
    assert by_token(token) == application and application.links.count() == 1
    client = client_of("center_staff")
    assert "信件未送達" in client.get("/admin/").content.decode()
    found = client.get("/admin/accounts/accountapplication/", {"state": "unreached"}).content.decode()
    assert application.number in found
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with django_capture_on_commit_callbacks(execute=True):
        applications.send_new_link(application, **by(staff))
    queue()
    application.refresh_from_db()
    assert not application.unreached
    assert by_token(token_of(mail.outbox[-1])) == application


def test_an_invitation_that_does_not_arrive_stands_in_the_trail(
    staff, queue, broken_mail, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        invitations.invite(staff, by=None)
    for _time in range(3):
        assert len(queue()) == 1
    assert not queue()
    assert staff.events.first().kind == "letter_failed"


def test_a_step_is_written_once(db):
    application, _token = begun()
    with pytest.raises(TypeError):
        application.events.get().save()
    assert filled()["email"] == application.email
