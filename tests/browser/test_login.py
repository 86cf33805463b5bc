"""Sign-in as a person meets it: by keyboard, with a phone or a passkey, on a small screen, for assistive technology."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from playwright.sync_api import Page, expect

from accounts import invitations
from accounts.models import Role, User

from .barriers import barriers

pytestmark = pytest.mark.browser
PASSWORD, NEW = "Wave-of-2031", "Harbour-light-9"


def code_of(secret: str) -> str:
    cache.clear()  # codes used in this half minute count again
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def account(user_of) -> User:
    user = user_of("alumnus", username="someone", display_name="測試校友")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_out(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="登出").press("Enter")


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.goto("/login")
    page.get_by_label("使用者名稱").fill("someone")
    page.get_by_label("密碼：").fill(password)
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.parametrize("width", [1400, 390])
def test_from_the_invitation_to_a_login_with_a_code(page_of, user_of, settings, live_server, width):
    """Link, password, required second factor, recovery codes, and the next sign-in: by keyboard alone."""
    settings.SECOND_FACTOR_ROLES = ["alumnus"]
    settings.SITE_URL = live_server.url
    user = user_of("alumnus", username="someone", display_name="測試校友")
    page = page_of(None, width=width)
    page.goto(invitations.link(user))
    assert not barriers(page)
    page.get_by_label("新密碼：", exact=True).fill(PASSWORD)
    page.get_by_label("新密碼確認").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text("密碼已設定，請登入。").wait_for()
    assert not barriers(page)
    sign_in(page)
    page.get_by_text("您的角色必須使用第二因子").wait_for()
    assert not barriers(page)
    page.get_by_role("link", name="設定驗證應用程式").press("Enter")
    page.get_by_role("img").wait_for()
    assert not barriers(page)
    secret = page.locator("code.secret").inner_text()
    page.get_by_label("六位數驗證碼").fill(code_of(secret))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="備用碼").wait_for()
    assert not barriers(page)
    recovery = page.locator(".codes code").first.inner_text()
    sign_out(page)
    for code in (lambda: code_of(secret), lambda: recovery):
        sign_in(page)
        page.get_by_label("驗證碼或備用碼").wait_for()
        assert not barriers(page)
        page.keyboard.type(code())
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="首頁").wait_for()
        sign_out(page)


def test_a_passkey_is_added_and_signs_in_without_a_password(page_of, account):
    page = page_of(None)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page)
    page.get_by_role("link", name="第二因子").click()
    page.get_by_role("link", name="新增通行密鑰").click()
    page.get_by_label("也用來直接登入").check()
    assert not barriers(page)
    page.get_by_role("button", name="新增").click()
    page.get_by_role("heading", name="備用碼").wait_for()
    sign_out(page)
    sign_in(page)
    page.get_by_role("button", name="使用通行密鑰").click()
    page.get_by_role("heading", name="首頁").wait_for()
    sign_out(page)
    page.get_by_role("button", name="以通行密鑰登入").click()
    page.get_by_role("heading", name="首頁").wait_for()
    assert Authenticator.objects.filter(user=account, type="webauthn").count() == 1


def test_a_passkey_that_does_not_come_is_told(page_of, account):
    page = page_of(None)
    page.goto("/login")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('cancelled')) }")
    page.get_by_role("button", name="以通行密鑰登入").click()
    page.get_by_text("沒有完成通行密鑰的驗證").wait_for()


def test_a_lock_is_told_and_the_center_ends_it(page_of, account):
    page = page_of(None)
    for _time in range(5):
        sign_in(page, "wrong-Password-1")
    page.get_by_role("heading", name="暫時鎖定").wait_for()
    assert not barriers(page)
    center = page_of("center_director")
    center.goto(f"/admin/accounts/user/{account.pk}/")
    assert not barriers(center)
    center.get_by_role("button", name="解除鎖定").click()
    center.get_by_text("已解除鎖定。").wait_for()
    sign_in(page)
    page.get_by_role("heading", name="首頁").wait_for()


def test_a_session_elsewhere_is_seen_and_ends_with_the_password(page_of, account):
    here, elsewhere = page_of(None, width=390), page_of(None)
    for page in (here, elsewhere):
        sign_in(page)
        page.get_by_role("heading", name="首頁").wait_for()
    here.get_by_role("link", name="登入中的裝置").click()
    expect(here.get_by_role("button", name="自 127.0.0.1 的登入")).to_have_count(1)
    assert not barriers(here)
    here.get_by_role("link", name="變更密碼").click()
    here.get_by_label("目前密碼").fill(PASSWORD)
    here.get_by_label("新密碼：", exact=True).fill(PASSWORD)
    here.get_by_label("新密碼確認").fill(PASSWORD)
    here.get_by_role("button", name="變更密碼").click()
    field = here.get_by_label("新密碼：", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(here.get_by_text("最近 3 次").first).to_be_visible()
    described = field.get_attribute("aria-describedby").split()
    assert all(here.locator(f"[id='{name}']").count() == 1 for name in described)
    assert not barriers(here)
    here.get_by_label("目前密碼").fill(PASSWORD)
    here.get_by_label("新密碼：", exact=True).fill(NEW)
    here.get_by_label("新密碼確認").fill(NEW)
    here.get_by_role("button", name="變更密碼").click()
    here.get_by_text("密碼已變更。").wait_for()
    elsewhere.reload()
    elsewhere.get_by_role("heading", name="登入").wait_for()


@pytest.mark.parametrize("width", [1400, 390])
def test_every_page_of_sign_in_fits_and_has_no_barriers_in_both_languages(page_of, width):
    page = page_of(None, width=width)
    for path in ("/login", "/accounts/password/reset/", "/accounts/password/reset/done/"):
        page.goto(path)
        assert not barriers(page)
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Check your e-mail").wait_for()
    assert not barriers(page)
    member = page_of(Role.ALUMNUS, width=width)
    for path in ("/", "/accounts/factors/", "/accounts/factors/webauthn/", "/accounts/sessions/"):
        member.goto(path)
        assert not barriers(member)
