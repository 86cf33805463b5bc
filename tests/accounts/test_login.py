"""Sign-in: who comes in, how long it lasts, and what an outsider can learn from it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.middleware import SEEN, STARTED
from accounts.models import User

from .conftest import PASSWORD

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


def text_of(response) -> str:
    """A page without what differs from request to request, and from minute to minute."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"|\d\d:\d\d', "", response.content.decode())


def fail(client: Client, username: str, times: int, **headers: str) -> list:
    form = {"login": username, "password": "wrong-Password-1"}
    return [client.post(reverse("login"), form, **headers) for _time in range(times)]


def test_an_account_works_where_its_role_works(client, person):
    someone = person()
    assert someone.sign_in(client).url == reverse("home")
    assert client.get(reverse("home")).url == reverse("admin:index")
    assert someone.kinds() == ["signed_in"]


def test_whatever_is_wrong_the_answers_are_the_same(person):
    """Wrong password, unknown, closed and invited accounts: same text and status, up to and in the lock."""
    person(username="known")
    person(username="closed").user.__class__.objects.filter(username="closed").update(is_active=False)
    User.objects.create_user("invited", display_name="測試", role="auditor")
    answers = {}
    for number, name in enumerate(("known", "closed", "invited", "nobody")):
        source = {"REMOTE_ADDR": f"192.0.2.{number + 1}"}
        responses = [*fail(Client(), name, 4, **source)]
        form = {"login": name, "password": PASSWORD if name == "closed" else "wrong-Password-1"}
        responses += [Client().post(reverse("login"), form, **source) for _time in range(2)]
        answers[name] = [(r.status_code, text_of(r).replace(name, "")) for r in responses]
    assert answers["closed"] == answers["invited"] == answers["nobody"] == answers["known"]
    assert [status for status, _text in answers["known"]] == [200] * 4 + [429] * 2


def test_five_failures_lock_the_account_for_that_source_only(person, letters):
    someone = person()
    letters(lambda: fail(Client(), someone.user.username, 5))
    response = someone.sign_in(Client())
    assert response.status_code == 429
    assert re.search(r"請於 \d\d:\d\d 之後再試", response.content.decode())
    assert someone.sign_in(Client(), **ELSEWHERE).status_code == 302
    assert someone.kinds() == ["sign_in_failed"] * 4 + ["locked", "signed_in"]


def test_a_lock_ends_after_fifteen_minutes_and_tries_do_not_prolong_it(person):
    someone = person()
    fail(Client(), someone.user.username, 5)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14))
    assert someone.sign_in(Client()).status_code == 429
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert someone.sign_in(Client()).status_code == 302


def test_the_center_unlocks_an_account(person, client_of):
    someone, center = person("registrar"), client_of("center_director")
    fail(Client(), someone.user.username, 5)
    page = reverse("admin:accounts_user_change", args=[someone.user.pk])
    assert "自 127.0.0.1" in center.get(page).content.decode()
    center.post(reverse("admin:accounts_user_unlock", args=[someone.user.pk]))
    assert someone.sign_in(Client()).status_code == 302
    assert "unlocked" in someone.kinds()


def test_one_source_cannot_try_all_accounts(person, settings):
    settings.SIGN_IN_SOURCE_LIMIT = 6
    someone = person()
    for number in range(6):
        fail(Client(), f"guess{number}", 1)
    assert someone.sign_in(Client()).status_code == 429
    assert someone.sign_in(Client(), **ELSEWHERE).status_code == 302


def test_no_header_makes_a_source_another_one(person, settings):
    someone = person()
    for number in range(5):
        fail(Client(), someone.user.username, 1, HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")
    assert someone.sign_in(Client(), HTTP_X_FORWARDED_FOR="192.0.2.9").status_code == 429
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    assert someone.sign_in(Client(), HTTP_X_FORWARDED_FOR="127.0.0.1, 192.0.2.9").status_code == 302
    assert someone.user.events.first().address == "192.0.2.9"


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


def test_a_request_moves_the_idle_limit_on_at_most_once_a_minute(person):
    client = person("it_staff").signed_in()
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


def test_the_login_does_not_lead_to_another_site(client, person):
    form = {"login": person().user.username, "password": PASSWORD, "next": "https://example.org/"}
    assert client.post(reverse("login"), form).url == reverse("home")


def test_nobody_registers_alone(client, db):
    assert client.get("/accounts/signup/").status_code == 404
    assert "signup" not in client.get(reverse("login")).content.decode()


def test_pages_are_not_kept_and_carry_the_policies(client_of):
    response = client_of("alumnus").get(reverse("home"))
    assert "no-store" in response["Cache-Control"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "camera=()" in response["Permissions-Policy"]
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/login", "/accounts/factors/", "/accounts/sessions/", "/"])
def test_the_own_pages_carry_nothing_inline(path, client_of):
    """Data of a script may stand in the page; a browser does not run it."""
    client = client_of(None if path == "/login" else "alumnus")
    html = client.get(path).content.decode()
    assert not re.search(r'<script(?![^>]*(\ssrc=|type="application/json"))', html)
    assert "style=" not in html and "<style" not in html
    assert '<html lang="zh-Hant-TW">' in html


def test_what_was_typed_into_the_wrong_field_waits_in_no_queue(
    person, settings, django_capture_on_commit_callbacks
):
    """Neither the name, which may be a password, nor an address; and both rows look alike."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    someone, client = person(), Client()
    typed = (someone.user.username, "Wave-of-2031", someone.user.email, "nobody@example.org")
    with django_capture_on_commit_callbacks(execute=True):
        for name in typed[:2]:
            fail(client, name, 1)
        for email in typed[2:]:
            client.post(reverse("account_reset_password"), {"email": email})
    rows = list(DBTaskResult.objects.values_list("task_path", "args_kwargs"))
    assert len(rows) == 4
    assert not any(text in str(rows) for text in typed)
    for _path, arguments in rows:
        assert re.fullmatch(r"[0-9a-f]{64}", arguments["args"][0])
