"""The login as a person meets it: by keyboard, with errors, on a small screen, for assistive technology."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts.models import Role, User

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


def test_a_new_account_logs_in_changes_its_password_and_logs_out(page_of):
    _user, password = User.objects.open_account("new-one", display_name="測試新人", role=Role.ALUMNUS)
    page = page_of(None)
    page.goto("/")
    page.get_by_label("使用者名稱").fill("new-one")
    page.get_by_label("密碼").fill(password)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="變更密碼").wait_for()
    page.get_by_label("舊密碼").fill(password)
    page.get_by_label("新密碼：", exact=True).fill("Wave-of-2031")
    page.get_by_label("新密碼確認").fill("Wave-of-2031")
    page.get_by_role("button", name="變更密碼").click()
    page.get_by_text("密碼已變更。").wait_for()
    page.get_by_role("button", name="登出").click()
    page.get_by_role("heading", name="登入").wait_for()


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize(
    ("role", "path"), [(None, "/login"), ("alumnus", "/accounts/password/"), ("alumnus", "/")]
)
def test_the_own_pages_fit_and_have_no_barriers(page_of, role, path, width):
    page = page_of(role, width=width)
    page.goto(path)
    assert Axe().run(page, options=RULES).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_error_is_announced_and_tied_to_its_field(page_of):
    page = page_of("alumnus")
    page.goto("/accounts/password/")
    page.get_by_label("舊密碼").fill("wrong")
    page.get_by_label("新密碼：", exact=True).fill("Wave-of-2031")
    page.get_by_label("新密碼確認").fill("Wave-of-2032")
    page.get_by_role("button", name="變更密碼").click()
    assert page.get_by_role("alert").is_visible()
    field = page.get_by_label("舊密碼")
    assert field.get_attribute("aria-invalid") == "true"
    described = field.get_attribute("aria-describedby").split()
    assert all(page.locator(f"[id='{name}']").count() == 1 for name in described)
    assert Axe().run(page, options=RULES).response["violations"] == []
