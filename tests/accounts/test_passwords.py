"""The password policy, the links with which a password is set, and what follows."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import closing, invitations
from accounts.models import PasswordRecord, User
from records.models import Department

from .conftest import PASSWORD

NEW = "Harbour-light-9"


@pytest.fixture
def account(organisation, user_of) -> User:
    department = Department.objects.get(name="資訊工程學系")
    return user_of("department_contact", [department], username="hsiaoming", display_name="王小明")


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("Abc12!", "至少須有 8 個字元"),
        ("abcd1234", "至少 3 種"),
        ("ABCD!!!!", "至少 3 種"),
        ("Password1", "太常見"),
        ("Ntou-wave7", "學校名稱"),
        ("我愛海洋大學Abc12", "學校名稱"),
        ("Hsiaoming-77", "姓名、帳號"),
        ("王小明 Abc 12", "姓名、帳號"),
        ("資訊工程學系 Abc12", "姓名、帳號"),
        ("Tide-19900506", "生日"),
        ("Tide-790506x", "生日"),
        ("Tide.1990-05-06", "生日"),
        ("Tide-0912345678", "行動電話"),
        ("Tide-A123456789", "身分證字號"),
        ("a" * 15, "不同的字元"),
        ("123456789012345", "不同的字元"),
        ("98765432109876543210", "不同的字元"),
        ("Aa1Aa1Aa", "不同的字元"),
        ("Qwertyuiop12345", "不同的字元"),
        ("1qaz2wsx3edc4rfv", "不同的字元"),
        ("abcdefgh12345678", "不同的字元"),
        ("passwordpassword", "太常見"),
        ("Password12345678", "太常見"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(account, password, sentence):
    with pytest.raises(ValidationError, match=sentence):
        validate_password(password, account)


@pytest.mark.parametrize(
    "password", ["Abcd!234", "only small letters", "潮聲 Abc 12", "x" * 3 + " long one" * 9]
)
def test_a_strong_one_is_accepted_also_a_very_long_one(account, password):
    validate_password(password, account)


def test_none_of_the_last_three_comes_back(account):
    passwords = ["First-wave-1", "Second-wave-2", "Third-wave-3", "Fourth-wave-4"]
    for password in passwords:
        validate_password(password, account)
        account.set_password(password)
        account.save()
    for password in passwords[1:]:
        with pytest.raises(ValidationError, match="最近 3 次"):
            validate_password(password, account)
    validate_password(passwords[0], account)
    assert PasswordRecord.objects.filter(account=account).count() == 3


def test_the_change_of_a_password_refuses_the_last_ones_and_ends_other_sessions(person):
    someone = person()
    here, elsewhere = someone.signed_in(), someone.signed_in()
    address = reverse("password_change")
    same = {"oldpassword": PASSWORD, "password1": PASSWORD, "password2": PASSWORD}
    assert "最近 3 次" in here.post(address, same).content.decode()
    assert elsewhere.get(reverse("home")).url == reverse("admin:index")
    done = here.post(address, same | {"password1": NEW, "password2": NEW})
    assert done.url == reverse("home")
    assert here.get(reverse("home")).url == reverse("admin:index")
    assert elsewhere.get(reverse("home")).url.startswith(reverse("login"))
    assert someone.kinds()[-2:] == ["password_set", "sessions_ended"]


def test_an_old_password_is_changed_first(person, settings):
    settings.PASSWORD_POLICY = settings.PASSWORD_POLICY | {"max_age_days": 90}
    someone = person()
    client = someone.signed_in()
    assert client.get("/admin/").status_code == 200
    PasswordRecord.objects.update(set_at=timezone.now() - timedelta(days=91))
    assert client.get("/admin/").url == reverse("password_change")
    client.post(reverse("password_change"), {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert client.get("/admin/").status_code == 200


def follow(client: Client, body: str):
    return client.get(re.search(r"http://testserver(\S+)", body)[1], follow=True)


def test_an_invitation_sets_a_password_once(user_of, letters):
    user = user_of("auditor")
    [letter] = letters(lambda: invitations.invite(user, by=None))
    client = Client()
    page = follow(client, letter.body)
    address = page.request["PATH_INFO"]
    assert address.endswith("/set-password/") and f"帳號：{user.username}" in page.content.decode()
    weak = {"new_password1": "abc", "new_password2": "abc"}
    assert "至少須有 8 個字元" in client.post(address, weak).content.decode()
    assert client.post(address, {"new_password1": NEW, "new_password2": NEW}).url == reverse("login")
    assert User.objects.get(pk=user.pk).check_password(NEW)
    assert "已使用過或已逾 24 小時" in follow(Client(), letter.body).content.decode()


def test_the_first_hop_tells_the_token_to_no_other_page(user_of):
    response = Client().get(invitations.link(user_of("auditor")).removeprefix("http://testserver"))
    assert response.status_code == 302 and response["Referrer-Policy"] == "no-referrer"


def test_a_link_dies_after_a_day(user_of, settings):
    link = invitations.link(user_of("auditor"))
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert "已逾 24 小時" in follow(Client(), link).content.decode()


def test_a_reset_answers_the_same_for_known_and_unknown_addresses(person, letters):
    someone = person()
    answers = []

    def ask(email: str) -> None:
        page = Client().post(reverse("account_reset_password"), {"email": email}, follow=True)
        text = re.sub(r'csrfmiddlewaretoken" value="\w+"', "", page.content.decode())
        answers.append((page.redirect_chain, text))

    [letter] = letters(lambda: ask(someone.user.email))
    assert someone.user.username in letter.body
    assert letters(lambda: ask("nobody@example.org")) == []
    assert answers[0] == answers[1]
    assert someone.kinds() == ["reset_asked"]


def test_a_reset_does_not_skip_the_second_factor(person, letters):
    someone = person(factor=True)
    client = Client()
    address = follow(client, invitations.link(someone.user)).request["PATH_INFO"]
    client.post(address, {"new_password1": NEW, "new_password2": NEW})
    assert someone.sign_in(client, NEW).url == reverse("mfa_authenticate")
    assert client.get("/admin/").status_code == 302


def test_a_link_does_not_outlive_the_closing_of_its_account(person):
    someone = person()
    link = invitations.link(someone.user)
    open_page = Client()
    address = follow(open_page, link).request["PATH_INFO"]
    closing.close(someone.user, reason="離職", by=None)
    new = {"new_password1": NEW, "new_password2": NEW}
    for client in (Client(), open_page):
        assert "已使用過或已逾 24 小時" in follow(client, link).content.decode()
        client.post(address, new)
    closing.reopen(someone.user, by=None)
    assert "已使用過或已逾 24 小時" in follow(Client(), link).content.decode()
    open_page.post(address, new)
    assert not User.objects.get(pk=someone.user.pk).check_password(NEW)


def test_a_closed_account_gets_no_link(person, letters):
    someone = person()
    User.objects.update(is_active=False)
    assert letters(lambda: invitations.ask_reset(someone.user.email, None)) == []
    assert letters(lambda: invitations.invite(someone.user, by=None)) == []


def test_no_letter_and_no_trail_holds_a_password(person, letters):
    someone = person()
    client = someone.signed_in()
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    letters(lambda: client.post(reverse("password_change"), form))
    written = "".join(letter.body for letter in mail.outbox) + str(list(someone.user.events.values()))
    assert "設定了新的密碼" in written and NEW not in written and PASSWORD not in written
