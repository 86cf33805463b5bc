"""What a contact sees, and what an account can do, in a browser: it fits, has no barriers, and works by keyboard."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts import grants
from records.changes import NewObjection
from records.models import Department
from tests.people import degree, somebody

from .barriers import barriers

pytestmark = pytest.mark.browser
LIST = "/admin/records/person/"


@pytest.fixture
def contact(user_of, organisation):
    contact = user_of("department_contact", departments=[Department.objects.get(name="資訊工程學系")])
    today = timezone.localdate()
    for days in (0, 30):
        grants.give(
            contact,
            by=user_of("center_director"),
            department=Department.objects.get(name="食品科學系"),
            reason="代理食品科學系校友聯絡業務",
            starts_on=today,
            ends_on=today + datetime.timedelta(days=days),
        )
    grants.end(contact.scope_grants.first(), by=user_of("it_staff"))
    return contact


@pytest.mark.parametrize("width", [1400, 390])
def test_the_pages_of_a_contact_and_of_an_account_have_no_barriers(page_of, contact, width):
    objection = NewObjection(datetime.date(2026, 11, 1), "phone", "電話反應")
    person = somebody(degree("資訊工程學系學士班"), degree("資訊工程學系碩士班"), objection=objection)
    account = f"/admin/accounts/user/{contact.pk}/"
    found = []
    page = page_of("department_contact", width=width)
    for path in ("/admin/", LIST, f"{LIST}{person.pk}/"):
        page.goto(path)
        found += barriers(page)
    page = page_of("center_director", width=width)
    for path in (account, f"{account}grants/add/"):
        page.goto(path)
        found += barriers(page)
    page.get_by_role("button", name="授予").click()
    page.get_by_role("alert").first.wait_for()
    found += barriers(page)
    page.goto(account)
    page.get_by_role("button", name="以此帳號的視角檢視").focus()
    page.keyboard.press("Enter")
    page.get_by_text("只能看，不能修改").wait_for()
    for path in (LIST, f"{LIST}{person.pk}/", "/admin/accounts/user/", "/accounts/password/"):
        page.goto(path)
        found += barriers(page)
        assert page.get_by_text("只能看，不能修改").is_visible()
    page.get_by_role("button", name="結束，回到自己的頁面").click()
    page.get_by_text("已結束檢視").wait_for()
    assert not found


@pytest.mark.parametrize("width", [1400, 390])
def test_a_contact_reads_every_column_of_the_own_people(page_of, contact, width):
    person = somebody(degree("資訊工程學系學士班", student_number="00957123"), chinese_name="林玉海")
    page = page_of("department_contact", width=width)
    page.goto(LIST)
    row = page.get_by_role("row").filter(has_text="林玉海")
    for text in ("00957123", "資訊工程學系學士班", person.mobile, person.email, "未回覆"):
        box = row.get_by_text(text).bounding_box()
        assert box is not None and box["x"] + box["width"] <= width
    page.get_by_label("搜尋校友").fill(person.mobile[-3:])
    page.keyboard.press("Enter")
    page.get_by_text("的結果").wait_for()
    expect(page.get_by_role("row").filter(has_text="林玉海")).to_have_count(1)
