"""An application from the public form to the account, as applicant, staff and director see it."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import AccountApplication, ApplicationEvent, Role
from tests.applicants import at, begun, submitted

from .barriers import barriers

pytestmark = pytest.mark.browser
LIST = "/admin/accounts/accountapplication/"
Step = ApplicationEvent.Step


def test_from_the_public_form_to_the_account(page_of, user_of, tmp_path):
    applicant, staff, director = page_of(None), page_of("center_staff"), page_of("center_director")
    applicant.goto("/apply")
    applicant.get_by_label("承辦人姓名").fill("林承辦")
    applicant.get_by_label("電子郵件").fill("lin@example.com")
    applicant.get_by_role("button", name="儲存草稿").click()
    applicant.get_by_text("這份申請還是草稿").wait_for()
    applicant.goto(re.search(r"/apply/\S+", mail.outbox[0].body)[0])
    applicant.get_by_role("link", name="繼續填寫").click()
    applicant.get_by_label("單位類別").select_option(label="電機資訊學院")
    applicant.get_by_label("單位名稱").fill("資訊工程學系")
    applicant.get_by_label("單位主管姓名").fill("陳主任")
    applicant.get_by_label("分機").fill("6600")
    applicant.get_by_label("希望的帳號名稱").fill("cse.contact")
    applicant.get_by_label("使用目的").fill("聯絡系友參加系友會。")
    applicant.get_by_role("group", name="電機資訊學院").get_by_label("資訊工程學系").check()
    applicant.get_by_role("button", name="送出申請").click()
    with applicant.expect_download() as download:
        applicant.get_by_role("link", name="下載申請表與切結書").click()
    paper = tmp_path / "signed.pdf"
    download.value.save_as(paper)
    applicant.get_by_label("簽名後的掃描檔").set_input_files(paper)
    applicant.get_by_role("button", name="上傳").click()
    applicant.get_by_text("掃描檔已上傳，等待中心收件。").wait_for()

    staff.goto("/admin/")
    staff.get_by_role("link", name="已送出，待收件").click()
    staff.get_by_role("link", name=re.compile("^A0")).click()
    staff.get_by_label("切結書簽署日期").fill(f"{timezone.localdate():%Y-%m-%d}")
    staff.get_by_role("button", name="登記收件").click()
    staff.get_by_role("button", name="完成查核").click()
    staff.get_by_text("已完成查核，等待主任核定。").wait_for()
    director.goto(staff.url)
    director.get_by_role("button", name="核定").click()
    director.get_by_text("已核定，可以開立帳號。").wait_for()
    staff.reload()
    staff.get_by_role("button", name="開立帳號").click()
    staff.get_by_text("帳號已開立").wait_for()
    applicant.reload()
    applicant.get_by_text("帳號「cse.contact」已開立").wait_for()
    assert AccountApplication.objects.get().account.role == Role.DEPARTMENT_CONTACT


@pytest.mark.parametrize("width", [1400, 390])
def test_the_pages_fit_and_have_no_barriers(page_of, user_of, width):
    staff, director = user_of("center_staff", email="s@example.com"), user_of("center_director")
    states = {
        step: at(step, staff, director, email=f"{step}@example.com", username=f"name.{step}")
        for step in (Step.RECEIVED, Step.CHECKED, Step.OPENED)
    }
    sent = submitted(email="sent@example.com", username="center_staff")
    public = ["/apply", f"/apply/{begun()[1]}/edit"]
    public += [f"/apply/{token}/" for _application, token in (sent, *states.values())]
    inside = [LIST, f"{LIST}add/"]
    inside += [f"{LIST}{application.pk}/" for application, _token in (sent, *states.values())]
    found = []
    for role, paths in ((None, public), ("center_director", inside)):
        page = page_of(role, width=width)
        for path in paths:
            page.goto(path)
            for details in page.locator("details").all():
                details.evaluate("element => element.open = true")
            found += barriers(page)
    assert not found


def test_errors_are_announced_and_tied_to_their_fields_and_the_trap_is_out_of_the_way(page_of):
    page = page_of(None, width=390)
    page.goto("/apply")
    page.get_by_role("button", name="送出申請").click()
    page.wait_for_function("document.activeElement.id === 'form-errors'")
    assert page.get_by_role("alert").is_visible()
    field = page.get_by_label("單位名稱")
    assert field.get_attribute("aria-invalid") == "true"
    described = field.get_attribute("aria-describedby").split()
    assert all(page.locator(f"[id='{name}']").count() == 1 for name in described)
    assert "請填寫這一欄。" in page.locator(f"[id='{described[-1]}']").inner_text()
    trap = page.locator("[name=website]")
    assert trap.get_attribute("tabindex") == "-1"
    assert not page.get_by_role("textbox", name="請勿填寫這一欄").count()
    assert not barriers(page)
