"""The pages of an application as the applicant and the center meet them."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import agreements, applications
from accounts.models import AccountApplication, ApplicationEvent, User
from tests.applicants import at, begun, filled, pdf, png, request_of, scan, submitted

State, Step = AccountApplication.State, ApplicationEvent.Step
LIST = "/admin/accounts/accountapplication/"


@pytest.fixture
def staff(user_of) -> User:
    return user_of("center_staff", email="staff@example.com")


@pytest.fixture
def director(user_of) -> User:
    return user_of("center_director", email="director@example.com")


def send(client: Client, url: str = "/apply", *, button: str = "submit", **values):
    return client.post(url, filled(**values) | {button: "1"}, follow=True)


def page_of(application: AccountApplication) -> str:
    return f"{LIST}{application.pk}/"


def upload(token: str, content: bytes, name: str = "簽名.pdf"):
    file = SimpleUploadedFile(name, content, content_type="application/pdf")
    return Client().post(f"/apply/{token}/scan", {"scan": file}, follow=True)


# --- the public page ----------------------------------------------------------------------------------------
def test_a_draft_needs_a_name_and_an_address_and_its_link_is_mailed(
    db, client, django_capture_on_commit_callbacks
):
    nothing = dict.fromkeys(("unit_type", "unit_name", "unit_head", "extension", "username", "purpose"), "")
    with django_capture_on_commit_callbacks(execute=True):
        answer = send(client, button="save", **nothing, departments=[])
    [letter] = mail.outbox
    link = letter.body.partition("http://testserver")[2].split()[0]
    assert client.get(link).status_code == Client().get(answer.redirect_chain[-1][0]).status_code == 200
    assert AccountApplication.objects.get().state == State.DRAFT
    assert "草稿" in answer.content.decode()


def test_sending_asks_for_everything_and_tells_it_at_the_fields(db, client):
    answer = send(client, username="a!", departments=[], purpose="")
    text = answer.content.decode()
    for sentence in ("帳號名稱至少要 4 個字元", "至少要勾選一個系所", "請填寫這一欄"):
        assert sentence in text
    assert not AccountApplication.objects.exists()


def test_the_public_form_never_asks_for_a_password_and_a_program_is_stopped(db, client):
    assert 'type="password"' not in client.get("/apply").content.decode()
    answer = send(client, website="https://spam.example")
    assert "自動填表程式" in answer.content.decode()
    assert not AccountApplication.objects.exists()


def test_a_known_address_or_account_gets_the_same_answer_and_the_same_letters(
    user_of, django_capture_on_commit_callbacks
):
    user_of("registrar", email="known@example.com")
    agreements.current()  # there before anybody asks
    answers = []
    for number, known in enumerate([{"email": "known@example.com", "username": "registrar"}, {}]):
        with django_capture_on_commit_callbacks(execute=True), CaptureQueriesContext(connection) as asked:
            answer = send(Client(), **known)
        application = AccountApplication.objects.latest("pk")
        link, text = answer.redirect_chain[-1][0], answer.content.decode()
        for mine in (link, application.number, application.email, application.username):
            text = text.replace(mine, "…")
        letters = [letter.subject.replace(application.number, "…") for letter in mail.outbox[2 * number :]]
        answers.append(
            (answer.status_code, len(asked), text.partition("<main")[2].partition("csrf")[0], letters)
        )
    assert answers[0] == answers[1]


def test_a_source_that_begins_too_many_is_asked_to_wait(db, client):
    for number in range(applications.BEGUN_LIMIT):
        begun(email=f"somebody{number}@example.com")
    answer = client.post("/apply", filled() | {"save": "1"}, REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 429
    assert "請稍後再試" in answer.content.decode()
    assert client.post("/apply", filled() | {"save": "1"}, REMOTE_ADDR="192.0.2.8").status_code == 302


def said(answer: HttpResponse) -> str:
    """A page without what differs from request to request."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


def test_a_link_that_leads_nowhere_answers_like_any_missing_page(db, client):
    _application, token = submitted()
    wrong = client.get(f"/apply/{token[:-1]}x/")
    assert wrong.status_code == 404
    assert said(wrong) == said(client.get("/no-such-page/"))
    assert client.get(f"/apply/{token}/")["X-Robots-Tag"] == "noindex"


# --- scans --------------------------------------------------------------------------------------------------
@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_a_scan_goes_out_to_the_link_and_the_center_as_a_download_only(staff, director, client_of, media):
    application, token = submitted()
    assert "掃描檔已上傳" in upload(token, png(), name="../../簽名.exe").content.decode()
    application.refresh_from_db()
    assert application.scan.name.endswith(".png") and "簽名" not in application.scan.name
    for answer in (
        Client().post(f"/apply/{token}/scan/download"),
        client_of("center_staff").post(f"{page_of(application)}scan/"),
    ):
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Type"] == "image/png"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert b"".join(answer.streaming_content) == png()
    assert client_of("it_staff").post(f"{page_of(application)}scan/").status_code == 403
    taken = application.events.filter(step=Step.SCAN_TAKEN)
    assert [event.by for event in taken] == [None, staff]
    shown = Client().get(f"/apply/{token}/").content.decode()
    assert shown.count("<strong>下載掃描檔</strong>") == 1  # the own one


def test_once_the_center_has_the_paper_no_link_brings_the_scan_out(staff, director, client_of, media):
    application, token = submitted()
    upload(token, png())
    application.refresh_from_db()
    today = timezone.localdate()
    values = {"receipt": "scan", "received_on": today, "signed_on": today}
    applications.receive(application, by=staff, request=request_of(staff), **values)
    for _state in ("received", "returned"):
        assert Client().post(f"/apply/{token}/scan/download").status_code == 404
        assert "下載已上傳" not in Client().get(f"/apply/{token}/").content.decode()
        if application.state == State.RECEIVED:
            applications.give_back(application, by=staff, request=request_of(staff), reason="缺簽名")


def test_uploads_and_printing_have_a_quota_and_other_applications_go_on(db, media, monkeypatch):
    monkeypatch.setattr(applications, "SCAN_LIMIT", 2)
    monkeypatch.setattr(applications, "PDF_LIMIT", 1)
    _application, token = submitted()
    assert "不是其中之一" in upload(token, b"MZ").content.decode()  # refused ones count, too
    assert "掃描檔已上傳" in upload(token, png()).content.decode()
    assert upload(token, png()).status_code == 429
    assert [Client().get(f"/apply/{token}/form.pdf").status_code for _time in range(2)] == [200, 429]
    _application, other = submitted(email="other@example.com")
    assert "掃描檔已上傳" in upload(other, png()).content.decode()


def test_nothing_is_looked_at_that_no_application_waits_for(db, media):
    _application, token = begun()
    assert "目前不能上傳" in upload(token, b"MZ").content.decode()


def test_of_two_windows_the_older_one_is_refused_and_keeps_what_was_typed(db, client):
    application, token = begun()
    page = client.get(f"/apply/{token}/edit").content.decode()
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    edit = f"/apply/{token}/edit"
    send(client, edit, button="save", version=version, unit_name="第一個視窗")
    late = send(client, edit, button="submit", version=version, unit_name="第二個視窗")
    text = late.content.decode()
    assert late.status_code == 409
    assert "已在另一個視窗儲存過" in text and 'value="第二個視窗"' in text
    application.refresh_from_db()
    assert (application.unit_name, application.state) == ("第一個視窗", State.DRAFT)
    version = re.search(r'name="version" value="(\d+)"', text)[1]
    assert "申請已送出" in send(client, edit, version=version, unit_name="第二個視窗").content.decode()


# --- the workspace ------------------------------------------------------------------------------------------
def step(client: Client, application: AccountApplication, name: str, **values):
    application.refresh_from_db()
    values = {"version": application.version} | values
    return client.post(f"{page_of(application)}steps/{name}/", values, follow=True)


def test_staff_and_director_lead_it_to_an_account(staff, director, client_of):
    application, _token = submitted()
    at_desk, at_top = client_of("center_staff"), client_of("center_director")
    today = f"{timezone.localdate():%Y-%m-%d}"
    paper = {"receipt": "paper", "received_on": today, "signed_on": today}
    assert "請填寫紙本的收件編號" in step(at_desk, application, "received", **paper).content.decode()
    step(at_desk, application, "received", **paper, receipt_number="112-7")
    step(at_desk, application, "checked", username="cse.office", note="電話確認過")
    assert step(at_desk, application, "approved", role="department_contact").status_code == 403
    nothing = step(at_top, application, "approved", role="department_contact")
    assert "至少要負責一個系所" in nothing.content.decode()
    chosen = [department.pk for department in application.departments.all()]
    step(at_top, application, "approved", role="department_contact", departments=chosen)
    answer = step(at_desk, application, "opened")
    assert "帳號已開立" in answer.content.decode()
    application.refresh_from_db()
    assert application.account.username == "cse.office"


def test_an_old_page_does_not_act_on_what_changed_since(staff, director, client_of):
    application, _token = at(Step.RECEIVED, staff, director)
    seen = application.version
    applications.check(application, by=staff, request=request_of(staff), username="cse.contact")
    answer = step(client_of("center_staff"), application, "returned", version=seen, reason="缺簽名")
    assert "這次的動作沒有生效" in answer.content.decode()
    application.refresh_from_db()
    assert application.state == State.CHECKED


@pytest.mark.parametrize("role", ["it_staff", "registrar", "department_contact", "auditor"])
def test_other_roles_cannot_act(staff, director, client_of, role):
    application, _token = at(Step.RECEIVED, staff, director)
    assert step(client_of(role), application, "checked", username="cse.contact").status_code == 403
    application.refresh_from_db()
    assert application.state == State.RECEIVED


def test_a_paper_application_is_entered_by_the_center(staff, director, client_of):
    answer = client_of("center_staff").post(f"{LIST}add/", filled(), follow=True)
    application = AccountApplication.objects.get()
    assert (application.state, application.entered_by) == (State.SUBMITTED, staff)
    assert "請接著登記收件" in answer.content.decode()


def test_the_center_sees_warnings_and_drafts_stay_the_applicants_own(staff, director, client_of, user_of):
    user_of("registrar", email="known@example.com")
    draft, _token = begun(email="draft@example.com")
    application, token = submitted(email="known@example.com", username="registrar")
    client = client_of("center_staff")
    text = client.get(page_of(application)).content.decode()
    assert "已經有人使用" in text and "已經有一個使用中的帳號" in text
    assert "已經有" not in Client().get(f"/apply/{token}/").content.decode()
    assert client.get(page_of(draft)).status_code == 404
    assert draft.number not in client.get(LIST).content.decode()


def test_the_board_counts_what_waits_and_leads_to_it(staff, director, client_of):
    submitted(email="one@example.com", username="one.one")
    at(Step.CHECKED, staff, director, email="two@example.com", username="two.two")
    client = client_of("center_director")
    text = client.get("/admin/").content.decode()
    assert f'href="{LIST}?state=checked"' in text
    assert "two.two" not in text
    shown = client.get(LIST, {"state": "checked"}).content.decode()
    assert "A0" in shown and shown.count('class="tag application-') == 1
    assert LIST not in client_of("auditor").get("/admin/").content.decode()


def test_the_internal_note_is_for_the_center_and_the_reason_for_both(staff, director, client_of):
    application, token = at(Step.RECEIVED, staff, director)
    client = client_of("center_staff")
    step(client, application, "checked", username="cse.contact", note="主管口頭同意")
    step(client, application, "refused", reason="用途不符")
    inside = client.get(page_of(application)).content.decode()
    outside = Client().get(f"/apply/{token}/").content.decode()
    assert "主管口頭同意" in inside and "主管口頭同意" not in outside
    assert "用途不符" in inside and "用途不符" in outside


def test_scan_names_of_ours_are_the_only_ones(db, media):
    application, _token = submitted()
    applications.attach_scan(application, scan(pdf()), request=request_of())
    assert application.scan.name.startswith("applications/") and application.scan.name.endswith(".pdf")
