"""Opening and changing accounts: nobody takes one over alone, and nothing is undone unseen."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts import closing, invitations
from accounts.models import User
from records.models import Department

from .account_forms import filled, send
from .conftest import totp_code

ADD = "/admin/accounts/user/add/"
NEW = {"username": "newcomer", "display_name": "新人", "email": "new@example.org", "role": "registrar"}


def stored(account: User) -> User:
    return User.objects.get(pk=account.pk)


def test_staff_alone_open_no_account(client_of):
    assert client_of("center_staff").post(ADD, NEW | {"reason": "急用"}).status_code == 403
    assert not User.objects.filter(username="newcomer").exists()


def test_opening_without_an_application_needs_a_reason_that_is_kept(client_of, letters):
    director = client_of("center_director")
    assert "reason" in director.post(ADD, NEW).context["form"].errors
    [letter] = letters(lambda: director.post(ADD, NEW | {"reason": "系統啟用"}))
    assert letter.to == ["new@example.org"]
    opened = User.objects.get(username="newcomer").events.get(kind="opened")
    assert "未經申請：系統啟用" in opened.detail and opened.by.username == "center_director"


def test_a_name_in_the_list_leads_only_to_accounts_that_one_may_open(client_of, user_of):
    director, registrar = user_of("center_director"), user_of("registrar")
    listed = client_of("it_staff").get("/admin/accounts/user/").content.decode()
    assert reverse("admin:accounts_user_change", args=[registrar.pk]) in listed
    assert director.display_name in listed
    assert reverse("admin:accounts_user_change", args=[director.pk]) not in listed


def test_only_a_director_makes_or_changes_a_director(client_of, user_of):
    director, it = user_of("center_director"), client_of("it_staff")
    it.post(ADD, NEW | {"role": "center_director", "reason": "急用"})
    assert not User.objects.filter(username="newcomer").exists()
    registrar = user_of("registrar")
    send(it, registrar, role="center_director")
    assert stored(registrar).role == "registrar"
    page = reverse("admin:accounts_user_change", args=[director.pk])
    assert it.post(page, {"email": "it@example.org"}).status_code == 403
    for name in ("invite", "remove_factors", "end_sessions"):
        assert it.post(reverse(f"admin:accounts_user_{name}", args=[director.pk])).status_code == 403
    send(client_of("center_director"), registrar, role="center_director")
    assert stored(registrar).role == "center_director"


def test_staff_correct_a_name_and_nothing_that_lets_somebody_further(organisation, client_of, user_of):
    first, second = Department.objects.order_by("code")[:2]
    contact, staff = user_of("department_contact", [first]), client_of("center_staff")
    send(
        staff,
        contact,
        display_name="改名",
        username="taken",
        email="staff@example.org",
        role="it_staff",
        departments=[first.pk, second.pk],
    )
    now = stored(contact)
    assert now.display_name == "改名"
    assert (now.username, now.email, now.role) == (contact.username, contact.email, contact.role)
    assert now.department_ids == {first.pk}
    assert "主任或校務系統組" in staff.get(f"/admin/accounts/user/{contact.pk}/").content.decode()
    send(staff, contact, is_active=None)
    assert not stored(contact).is_active
    send(staff, contact, is_active="on")
    assert not stored(contact).is_active
    send(client_of("it_staff"), contact, is_active="on")
    assert stored(contact).is_active


@pytest.mark.parametrize("role", ["center_staff", "center_director", "it_staff", "auditor"])
def test_staff_reach_no_account_of_their_own_rank_or_above(role, client_of, user_of):
    account = user_of(role, username="colleague")
    client = client_of("center_staff")
    assert client.get(f"/admin/accounts/user/{account.pk}/").status_code == 403
    assert client.post(f"/admin/accounts/user/{account.pk}/end/").status_code == 403


def test_nobody_changes_what_the_own_account_may_do(client_of, user_of):
    account, client = user_of("center_director"), client_of("center_director")
    send(
        client,
        account,
        display_name="主任",
        role="it_staff",
        email="x@example.org",
        username="x",
        is_active=None,
    )
    now = stored(account)
    assert (now.display_name, now.role, now.username, now.is_active) == (
        "主任",
        "center_director",
        account.username,
        True,
    )
    assert now.email == account.email


def test_the_last_who_can_sign_in_and_open_accounts_is_not_demoted(person, user_of, client_of):
    only = person("it_staff").user
    user_of("center_director")  # never set a password: cannot sign in
    answer = send(client_of("center_director"), only, role="registrar")
    assert "不能改為其他角色" in answer.content.decode() and stored(only).role == "it_staff"


# --- takeover -----------------------------------------------------------------------------------------------------
def test_a_new_address_is_told_to_the_old_one_and_ends_open_links(client_of, user_of, letters):
    account, client = user_of("auditor"), client_of("it_staff")
    link = invitations.link(account).removeprefix("http://testserver")
    assert "設定密碼" in Client().get(link, follow=True).content.decode()
    sent = letters(lambda: send(client, account, email="other@example.org", role="registrar"))
    assert {letter.to[0] for letter in sent} == {"auditor@example.org", "other@example.org"}
    assert all("稽核人員 → 註冊課務組" in letter.body for letter in sent)
    assert "已使用過或已逾" in Client().get(link, follow=True).content.decode()
    assert account.events.filter(kind="email_changed").count() == 1


def test_the_owner_hears_of_closing_and_reopening(user_of, letters):
    account = user_of("auditor")
    [closed] = letters(lambda: closing.close(account, reason="測試", by=None))
    [opened] = letters(lambda: closing.reopen(account, by=None))
    assert "已停用" in closed.body and "重新啟用" in opened.body


def test_one_person_does_not_change_the_address_and_remove_the_factors(person, client_of, user_of):
    account, it, director = (
        person("auditor", factor=True).user,
        client_of("it_staff"),
        client_of("center_director"),
    )
    remove = reverse("admin:accounts_user_remove_factors", args=[account.pk])
    send(it, account, email="other@example.org")
    assert "另一位同仁移除" in it.post(remove, follow=True).content.decode()
    assert not account.events.filter(kind="factor_removed").exists()
    director.post(remove)
    assert account.events.filter(kind="factor_removed").exists()
    refused = send(director, account, email="third@example.org")
    assert "另一位同仁變更電子郵件" in refused.content.decode()
    assert stored(account).email == "other@example.org"


def test_the_own_factors_are_not_removed_past_the_rule_of_the_last(person, client_of):
    someone = person("it_staff", factor=True)
    client = someone.signed_in()
    client.post(reverse("mfa_reauthenticate"), {"code": totp_code()})
    page = client.post(reverse("admin:accounts_user_remove_factors", args=[someone.user.pk]), follow=True)
    assert "「第二因子」頁面" in page.content.decode() and "factor_removed" not in someone.kinds()


# --- two at once --------------------------------------------------------------------------------------------------
def test_a_form_from_before_undoes_no_closing_and_no_password(person, client_of):
    account, client = person("auditor").user, client_of("it_staff")
    form = filled(client, account) | {"display_name": "改名"}
    page = reverse("admin:accounts_user_change", args=[account.pk])
    stale = User.objects.get(pk=account.pk)
    stale.set_password("Harbour-light-9")
    stale.save()
    client.post(page, form)
    assert stored(account).display_name == "改名" and stored(account).check_password("Harbour-light-9")
    form = filled(client, account) | {"display_name": "再改"}
    closing.close(account, reason="金鑰外洩", by=None)
    assert "已由他人變更" in client.post(page, form).content.decode()
    now = stored(account)
    assert not now.is_active and now.display_name == "改名"
    form.pop("seen")
    client.post(page, form)
    assert not stored(account).is_active


def test_a_password_set_while_the_account_is_closed_does_not_reopen_it(person, monkeypatch):
    someone = person()
    client = someone.signed_in()
    check = User.check_password

    def closed_meanwhile(self: User, *args: object) -> bool:
        User.objects.filter(pk=self.pk).update(is_active=False)
        return check(self, *args)

    monkeypatch.setattr(User, "check_password", closed_meanwhile)
    new = "Harbour-light-9"
    form = {"oldpassword": someone.password, "password1": new, "password2": new}
    client.post(reverse("password_change"), form)
    assert not stored(someone.user).is_active
