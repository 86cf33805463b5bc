"""Agreement, end of a cooperation and review in a browser: by keyboard, without barriers, on a small screen."""

from __future__ import annotations

import pytest

from accounts import cooperation
from accounts.models import AgreementVersion
from records.models import Department
from tests.people import somebody

from .barriers import barriers

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1400, 390])
def test_a_contact_signs_and_reaches_the_own_alumni(page_of, organisation, width):
    person = somebody(chinese_name="林大海")
    department = Department.objects.get(name="資訊工程學系")
    page = page_of("department_contact", width=width, departments=[department], signed=False)
    page.goto("/admin/records/person/")
    page.get_by_text("請先閱讀並簽署這份切結書").wait_for()
    assert not barriers(page)
    page.get_by_label("通訊地址").fill("基隆市中正區北寧路2號")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    box = page.get_by_label("我已閱讀並同意遵守本切結書的全部內容。")
    assert box.get_attribute("aria-invalid") == "true"
    assert not barriers(page)
    box.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_text("已完成簽署").wait_for()
    assert page.url.endswith("/admin/records/person/")
    page.get_by_role("link", name=person.chinese_name).wait_for()
    page.goto("/accounts/agreement/")
    page.get_by_text("您已於").wait_for()
    assert not barriers(page)


@pytest.mark.parametrize("width", [1400, 390])
def test_the_pages_of_the_workspace_fit_and_have_no_barriers(page_of, user_of, width):
    page = page_of("center_director", width=width)
    account, gone = user_of("auditor"), user_of("registrar")
    ended = cooperation.end(gone, reason="離職", by=user_of("center_director"))
    draft = AgreementVersion.objects.create(title="切結書", text="一、只看職務所需。")
    versions, theirs = "/admin/accounts/agreementversion/", f"/admin/accounts/user/{account.pk}/"
    found = []
    for path in (
        "/admin/",
        versions,
        f"{versions}add/",
        f"{versions}{draft.pk}/",
        f"{versions}{draft.pk}/publish/",
        theirs,
        f"{theirs}agreement/",
        f"{theirs}end/",
        f"{theirs}trail/",
        f"/admin/accounts/user/{gone.pk}/",
        f"/admin/accounts/user/{gone.pk}/closings/{ended.pk}/",
        "/admin/accounts/accountreview/",
    ):
        page.goto(path)
        found += barriers(page)
    assert not found


def test_the_center_confirms_and_ends_by_keyboard(page_of, user_of):
    account = user_of("registrar")
    page = page_of("center_director")
    page.goto("/admin/")
    page.get_by_role("link", name="待清查的帳號").focus()
    page.keyboard.press("Enter")
    page.get_by_label(f"選取 {account}").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="確認所選").focus()
    page.keyboard.press("Enter")
    page.get_by_text("已清查 1 個帳號：確認保留。").wait_for()
    page.goto(f"/admin/accounts/user/{account.pk}/end/")
    page.get_by_label("原因").fill("調職")
    page.get_by_label("確認結束合作，並立即停用這個帳號。").check()
    page.keyboard.press("Enter")
    page.get_by_text("已結束合作並停用帳號").wait_for()
    page.goto("/admin/")
    page.get_by_role("link", name="待登記銷毀或返還").click()
    page.get_by_role("link", name=account.display_name).wait_for()
