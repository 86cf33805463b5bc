"""The review inbox in a browser: it fits, has no barriers, and works by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from records.models import ChangeRequest, Person
from tests.change_requests import OTHER, OWN, contact_of, proposed, waiting
from tests.people import degree, somebody

from .barriers import barriers

pytestmark = pytest.mark.browser
INBOX = "/admin/records/changerequest/"


@pytest.fixture
def requests(organisation) -> list[ChangeRequest]:
    both = somebody(degree(f"{OWN}學士班"), degree(f"{OTHER}碩士班"))
    values = {"chinese_name": "林文河", "birth_date": "1990-06-05", "sex": "F"}
    first = proposed(both, values, editor=contact_of(OWN), reason="校友來電，身分證上的姓名已更改").waiting
    others = [waiting() for _ in range(3)]
    Person.objects.filter(pk=both.pk).update(chinese_name="林文湖")
    return [first, *others]


@pytest.mark.parametrize("width", [1400, 390])
def test_the_pages_fit_and_have_no_barriers(page_of, requests, width):
    found = []
    page = page_of("center_director", width=width)
    for path in ("/admin/", INBOX, f"{INBOX}?state=all", f"{INBOX}{requests[0].pk}/", f"{INBOX}mode/"):
        page.goto(path)
        found += barriers(page)
    page.goto(INBOX)
    for box in page.get_by_role("checkbox").all()[1:]:
        box.check()
    page.get_by_role("button", name="整批核准").click()
    page.get_by_text("將核准 3 件").wait_for()
    found += barriers(page)
    page = page_of("department_contact", width=width, username="wang")
    for path in (INBOX, f"{INBOX}{requests[0].pk}/"):
        page.goto(path)
        found += barriers(page)
    assert not found


def test_a_request_is_found_opened_and_approved_by_keyboard(page_of, requests):
    page = page_of("center_staff")
    page.goto(INBOX)
    for key in "jjx":
        page.keyboard.press(key)
    assert page.get_by_role("checkbox", name=f"選取 {requests[1].number}").is_checked()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=f"異動申請 {requests[1].number}").wait_for()
    page.get_by_role("button", name="退回申請人").press("Enter")
    expect(page.locator("#trouble")).to_be_focused()
    page.get_by_role("button", name="核准", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_text("已核准並寫入").wait_for()
    page.get_by_role("link", name="下一件").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=f"異動申請 {requests[0].number}").wait_for()
    assert not page.get_by_role("checkbox", name="核准中文姓名").is_checked()
    assert page.get_by_role("checkbox", name="核准性別").is_checked()
    assert Person.objects.get(pk=requests[1].person_id).chinese_name == "林文河"


def test_what_is_printed_is_the_table_and_room_for_signatures(page_of, requests):
    page = page_of("center_staff")
    page.goto(f"{INBOX}{requests[0].pk}/")
    assert page.get_by_role("button", name="列印").is_visible()
    page.emulate_media(media="print")
    assert page.get_by_text("林文湖").first.is_visible() and page.locator(".signatures").is_visible()
    assert not page.locator(".navigation").is_visible()
    assert not page.get_by_role("button", name="不予核准").is_visible()


def test_on_a_phone_the_menu_is_folded_until_asked_for(page_of):
    page = page_of("center_staff", width=390)
    page.goto("/admin/")
    entry = page.get_by_role("link", name="匯入批次", exact=True)
    assert not entry.is_visible()
    page.get_by_text("選單：工作看板").click()
    entry.click()
    page.get_by_role("heading", name="匯入批次", level=1).wait_for()
