"""Login, its end, and the change of a one-time password."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.middleware import SEEN, STARTED
from accounts.models import Role, User
from accounts.validators import CharacterKindsValidator
from tests.agreements import sign_agreement

NEW_PASSWORD = "Wave-of-2031"


@pytest.fixture
def account(db) -> tuple[User, str]:
    opened = User.objects.open_account("new-one", display_name="測試新人", role=Role.CENTER_STAFF)
    sign_agreement(opened[0])
    return opened


def log_in(client: Client, account: tuple[User, str]):
    user, password = account
    return client.post(reverse("login"), {"username": user.username, "password": password})


def change_password(client: Client, old: str, new: str):
    form = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post(reverse("password_change"), form)


def test_a_one_time_password_opens_only_the_password_page(client, account):
    assert log_in(client, account).url == reverse("home")
    for name in ("home", "admin:index"):
        assert client.get(reverse(name)).url == reverse("password_change")
    assert client.get("/admin/no-such-page/").status_code == 302
    assert client.get(reverse("password_change")).status_code == 200


def test_after_the_change_the_account_works_where_its_role_works(client, account):
    log_in(client, account)
    assert change_password(client, account[1], NEW_PASSWORD).url == reverse("home")
    account[0].refresh_from_db()
    assert not account[0].must_change_password
    assert client.get(reverse("home")).url == reverse("admin:index")
    assert authenticate(username="new-one", password=NEW_PASSWORD)


def test_the_one_time_password_cannot_be_kept(client, account):
    log_in(client, account)
    response = change_password(client, account[1], account[1])
    assert "新密碼不可與目前的密碼相同" in response.content.decode()
    account[0].refresh_from_db()
    assert account[0].must_change_password


def test_a_change_of_password_ends_the_other_sessions(client, account):
    other = Client()
    log_in(client, account)
    log_in(other, account)
    change_password(client, account[1], NEW_PASSWORD)
    assert client.get(reverse("home")).url == reverse("admin:index")
    assert other.get(reverse("home")).url.startswith(reverse("login"))


def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(client, account):
    answers = [
        client.post(reverse("login"), {"username": name, "password": "wrong"}).content.decode()
        for name in ("new-one", "nobody")
    ]
    start, end = '<div class="notice notice-error"', "</div>"
    first, second = (text[text.index(start) : text.index(end, text.index(start))] for text in answers)
    assert first == second


def test_a_closed_account_is_out_at_its_next_request(client_of, user_of):
    client = client_of("it_staff")
    User.objects.filter(pk=user_of("it_staff").pk).update(is_active=False)
    assert client.get(reverse("home")).url.startswith(reverse("login"))


def test_a_login_ends_after_its_absolute_age_however_busy_it_is(client_of, settings):
    client = client_of("it_staff")
    client.get(reverse("home"))
    session = client.session
    session[STARTED] -= settings.SESSION_ABSOLUTE_AGE.total_seconds() + 1
    session.save()
    assert client.get(reverse("home")).url == reverse("login")
    assert client.get(reverse("home")).url.startswith(reverse("login"))


def test_a_request_moves_the_idle_limit_on_at_most_once_a_minute(client_of):
    client = client_of("it_staff")
    client.get(reverse("home"))
    seen = client.session[SEEN]
    client.get(reverse("home"))
    assert client.session[SEEN] == seen
    session = client.session
    session[SEEN] = (timezone.now() - timedelta(minutes=5)).timestamp()
    session.save()
    client.get(reverse("home"))
    assert client.session[SEEN] >= seen
    assert client.session.get_expiry_age() == 30 * 60


def test_the_login_does_not_lead_to_another_site(client, account):
    user, password = account
    form = {"username": user.username, "password": password, "next": "https://example.org/"}
    assert client.post(reverse("login"), form).url == reverse("home")


def test_pages_are_not_kept_and_carry_the_policies(client_of):
    response = client_of("alumnus").get(reverse("home"))
    assert "no-store" in response["Cache-Control"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "camera=()" in response["Permissions-Policy"]
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/login", "/accounts/password/", "/"])
def test_the_own_pages_carry_nothing_inline(path, client_of):
    client = client_of(None if path == "/login" else "alumnus")
    html = client.get(path).content.decode()
    assert "<script" not in html and "style=" not in html and "<style" not in html
    assert '<html lang="zh-Hant-TW">' in html


@pytest.mark.parametrize(
    ("password", "accepted"),
    [
        ("abcd1234", False),
        ("ABCD1234", False),
        ("abcd!!!!", False),
        ("Abcd1234", True),
        ("abcd123!", True),
        ("海洋abc123", True),
        ("only small letters", True),
    ],
)
def test_three_kinds_of_characters_or_fifteen_of_them(password, accepted):
    validator = CharacterKindsValidator(kinds=3, lifted_from_length=15)
    if accepted:
        validator.validate(password)
    else:
        with pytest.raises(ValidationError, match="3 種"):
            validator.validate(password)
