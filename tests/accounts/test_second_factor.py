"""Second factors: enrolled, asked for, lost; and the sessions that an owner sees and ends."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import closing
from accounts.models import User
from accounts.sessions import end_sessions
from records import bulk_edits
from records.models import AcademicRecord, Disclosure, Person
from tests.factories import importer, planned, row
from tests.people import somebody

from .conftest import PASSWORD, totp_code

Type = Authenticator.Type


def test_a_code_opens_the_account_once(person):
    someone = person(factor=True)
    client = Client()
    assert someone.sign_in(client).url == reverse("mfa_authenticate")
    assert client.get("/admin/").status_code == 302
    code = totp_code()
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert client.get("/admin/").status_code == 200
    again = Client()
    someone.sign_in(again)
    assert (
        "驗證碼不正確或已使用過" in again.post(reverse("mfa_authenticate"), {"code": code}).content.decode()
    )


def test_a_recovery_code_stands_in_once(person):
    someone = person(factor=True)
    code = Authenticator.objects.get(type=Type.RECOVERY_CODES).wrap().get_unused_codes()[0]
    for expected in (302, 200):
        client = Client()
        someone.sign_in(client)
        assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == expected
    assert someone.kinds() == ["signed_in", "sign_in_failed"]


def test_codes_cannot_be_guessed_on(person):
    someone = person(factor=True)
    client = Client()
    someone.sign_in(client)
    for _time in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    right = Authenticator.objects.get(type=Type.RECOVERY_CODES).wrap().get_unused_codes()[0]
    page = client.post(reverse("mfa_authenticate"), {"code": right})
    assert page.status_code == 200 and "錯誤次數過多" in page.content.decode()


def test_secrets_are_sealed_at_rest(person):
    person(factor=True)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert "JBSWY3DP" not in stored
    assert len(Authenticator.objects.get(type=Type.RECOVERY_CODES).wrap().get_unused_codes()) == 10


def test_a_role_that_needs_a_factor_sets_one_up_before_anything_else(person, settings, monkeypatch, letters):
    settings.SECOND_FACTOR_ROLES = ["center_staff"]
    someone = person()
    client = someone.signed_in()
    for address in ("/", "/admin/", reverse("sessions")):
        assert client.get(address).url == reverse("mfa_index")
    assert "必須使用第二因子" in client.get(reverse("mfa_index")).content.decode()
    page = client.get(reverse("mfa_activate_totp"))
    monkeypatch.setattr("tests.accounts.conftest.SECRET", page.context["form"].secret)
    address = reverse("mfa_activate_totp")
    [letter] = letters(lambda: client.post(address, {"code": totp_code()}))
    assert "新增第二因子：驗證應用程式" in letter.body
    assert client.get("/admin/").status_code == 200
    assert "factor_added" in someone.kinds()


def test_the_last_factor_stays_where_the_role_needs_one(person, settings):
    settings.SECOND_FACTOR_ROLES = ["center_staff"]
    someone = person(factor=True)
    client = someone.signed_in()
    client.post(reverse("mfa_reauthenticate"), {"code": totp_code()})
    page = client.post(reverse("mfa_deactivate_totp"))
    assert page.status_code == 200 and "必須使用第二因子" in page.content.decode()
    settings.SECOND_FACTOR_ROLES = []
    assert client.post(reverse("mfa_deactivate_totp")).url == reverse("mfa_index")
    assert not Authenticator.objects.exists()
    assert someone.kinds()[-1] == "factor_removed"


@pytest.mark.parametrize("factor", [False, True])
def test_before_a_sensitive_act_one_is_asked_again_and_then_it_is_done(person, factor, settings):
    someone = person("it_staff", factor=factor)
    client = someone.signed_in()
    form = {"username": "new", "display_name": "測試", "email": "a@example.org", "role": "auditor"}
    form["reason"] = "系統啟用"
    answer = client.post(reverse("admin:accounts_user_add"), form | {"is_active": "on"})
    where = reverse("mfa_reauthenticate" if factor else "account_reauthenticate")
    assert answer.url.startswith(where)
    assert not User.objects.filter(username="new").exists()
    secret = {"code": totp_code()} if factor else {"password": PASSWORD}
    client.post(answer.url, secret | {"next": reverse("admin:accounts_user_add")})
    assert User.objects.filter(username="new").exists()
    assert client.get(reverse("admin:accounts_user_add")).status_code == 200
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = -1
    assert client.get(reverse("admin:accounts_user_add")).status_code == 200  # looking is free
    form |= {"username": "newer", "email": "b@example.org", "is_active": "on"}
    assert client.post(reverse("admin:accounts_user_add"), form).url.startswith(where)


def test_with_a_factor_the_password_alone_is_not_enough_again(person):
    client = person("it_staff", factor=True).signed_in()
    answer = client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert answer.url.startswith(reverse("mfa_reauthenticate"))
    assert client.post(reverse("admin:accounts_user_add")).url.startswith(reverse("mfa_reauthenticate"))


def test_the_center_takes_lost_factors_away_and_the_logins_end(person, client_of, settings, letters):
    someone = person("registrar", factor=True)
    theirs = someone.signed_in()
    center = client_of("center_director")
    [letter] = letters(
        lambda: center.post(reverse("admin:accounts_user_remove_factors", args=[someone.user.pk]))
    )
    assert "移除了您帳號的第二因子" in letter.body
    assert not Authenticator.objects.exists()
    assert theirs.get(reverse("home")).url.startswith(reverse("login"))
    assert someone.sign_in(Client()).url == reverse("home")
    assert "factor_removed" in someone.kinds()


def test_center_staff_touch_no_sign_in_above_their_own(person, client_of):
    someone = person("it_staff", factor=True)
    for name in ("invite", "unlock", "end_sessions", "remove_factors"):
        address = reverse(f"admin:accounts_user_{name}", args=[someone.user.pk])
        assert client_of("center_staff").post(address).status_code == 403
    assert Authenticator.objects.exists() and someone.kinds() == []


@pytest.mark.parametrize("reopened", [False, True])
def test_who_was_on_the_way_in_when_the_account_closed_does_not_get_in(person, reopened):
    someone = person("registrar", factor=True)
    client = Client()
    assert someone.sign_in(client).url == reverse("mfa_authenticate")
    closing.close(someone.user, reason="離職", by=None)
    if reopened:
        closing.reopen(someone.user, by=None)
    client.post(reverse("mfa_authenticate"), {"code": totp_code()})
    assert client.get(reverse("sessions")).url.startswith(reverse("login"))
    assert "signed_in" not in someone.kinds()
    if reopened:
        assert someone.signed_in().get(reverse("sessions")).status_code == 200


def test_a_login_does_not_revive_with_the_account(person):
    someone = person()
    client = someone.signed_in()  # and no page asked for since
    closing.close(someone.user, reason="離職", by=None)
    closing.reopen(someone.user, by=None)
    assert client.get(reverse("sessions")).url.startswith(reverse("login"))


def test_an_owner_sees_the_own_logins_and_ends_one_or_all_others(person):
    someone, other = person(), person("auditor")
    here, first, second = someone.signed_in(), someone.signed_in(), someone.signed_in()
    first.get(
        "/",
        headers={
            "user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
        },
    )
    stranger = other.signed_in()
    page = here.get(reverse("sessions")).content.decode()
    addresses = re.findall(r'action="(/accounts/sessions/\d+/end/)"', page)
    assert len(addresses) == 2 and "目前這個裝置" in page and "Safari · iPhone" in page
    assert stranger.post(addresses[0]).status_code == 404
    here.post(addresses[0])
    assert [c.get("/").url.startswith("/login") for c in (here, first, second)].count(True) == 1
    here.post(reverse("sessions_end_others"))
    assert first.get("/").url.startswith("/login") and second.get("/").url.startswith("/login")
    assert here.get("/").url == "/admin/" and stranger.get("/").url == "/admin/"
    assert someone.kinds()[-2:] == ["sessions_ended"] * 2


def test_all_logins_of_an_account_end_at_once(person):
    someone = person()
    clients = [someone.signed_in(), someone.signed_in()]
    assert end_sessions(someone.user) == 2
    assert all(client.get("/").url.startswith("/login") for client in clients)
    assert end_sessions(someone.user) == 0


@pytest.mark.parametrize("act", ["apply", "returned"])
def test_a_batch_is_confirmed_and_whole_ids_go_out_only_after_being_asked_again(person, act):
    batch = planned([row(身分證字號="錯誤")])
    client = person("it_staff").signed_in()
    answer = client.post(reverse(f"admin:records_importbatch_{act}", args=[batch.pk]))
    assert answer.url.startswith(reverse("account_reauthenticate"))
    batch.refresh_from_db()
    assert batch.state == "planned" and not Disclosure.objects.exists()


def test_a_bulk_edit_and_a_call_sheet_go_out_only_after_being_asked_again(person):
    edit = bulk_edits.make_plan(
        Person.objects.filter(pk=somebody().pk), AcademicRecord.objects.none(), attribute="city", value="基隆市",
        reason="測試", chosen_by="測試", by=importer(), at=timezone.now(),
    )  # fmt: skip
    client = person("it_staff").signed_in()
    for address in (
        reverse("admin:records_bulkedit_apply", args=[edit.pk]),
        reverse("admin:records_followup_call_sheet"),
    ):
        assert client.post(address).url.startswith(reverse("account_reauthenticate"))
    edit.refresh_from_db()
    assert edit.state == "planned" and not Disclosure.objects.exists()
