"""Telephone work and bulk edits in a browser: they fit, have no barriers, and do their work."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from records import bulk_edits, follow_ups
from records.models import AcademicRecord, CallAttempt, Department, Person
from tests.factories import importer
from tests.people import degree, somebody

from .barriers import barriers

pytestmark = pytest.mark.browser
OWN = "資訊工程學系"


def addresses() -> list[str]:
    item = somebody(without=("email", "birth_date")).follow_ups.first()
    gone = somebody(degree("食品科學系碩士班"), without=("email",)).follow_ups.first()
    now = timezone.now()
    call = {"by": importer(), "at": now, "number": "0911-000111", "note": "下午再打"}
    for one in (item, gone):
        follow_ups.log_call(one, outcome="later", next_try=timezone.localdate(now), **call)
    follow_ups.declare_unreachable(gone, reason="空號", by=importer(), at=now)
    plans = [
        bulk_edits.make_plan(
            Person.objects.all(), AcademicRecord.objects.all(), attribute=attribute, value=value,
            reason="測試", chosen_by="測試", by=importer(), at=now,
        )
        for attribute, value in (("class_name", "甲"), ("accepts_messages", "是"), ("city", "基隆市"))
    ]  # fmt: skip
    assert bulk_edits.start_applying(plans[0], importer())
    bulk_edits.apply(plans[0])
    calls, edits = "/admin/records/followup/", "/admin/records/bulkedit/"
    return [
        calls,
        f"{calls}{item.pk}/",
        f"{calls}{gone.pk}/",
        f"{calls}figures/",
        f"{calls}call-sheet/",
        edits,
        f"{edits}add/?level=bachelor",
        f"{edits}add/current_identity/?level=bachelor",
        *(f"{edits}{plan.pk}/" for plan in plans),
    ]


@pytest.mark.parametrize("width", [1400, 390])
def test_every_page_fits_and_has_no_barriers(page_of, width):
    page = page_of("center_staff", width=width)
    found = []
    for path in addresses():
        page.goto(path)
        found += barriers(page)
    assert not found


def test_a_contact_telephones_on_a_phone_and_logs_it(page_of):
    person = somebody(degree(f"{OWN}學士班"), without=("email",), chinese_name="林大海", mobile="0911-222333")
    page = page_of("department_contact", width=390, departments=[Department.objects.get(name=OWN)])
    page.goto("/admin/")
    page.get_by_role("link", name="缺電子郵件").click()
    page.get_by_role("link", name="林大海").click()
    page.get_by_label("0911-222333").check()
    page.get_by_label("通話結果").select_option("請改時間再打")
    page.get_by_role("button", name="登錄通話").click()
    page.get_by_text("請填約定再打的日期").wait_for()
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    page.get_by_label("下次聯絡日期").fill(tomorrow.isoformat())
    page.get_by_role("button", name="登錄通話").click()
    page.get_by_text("已登錄通話").wait_for()
    call = CallAttempt.objects.get()
    assert (call.person, call.number, call.next_try) == (person, "0911-222333", tomorrow)


def test_the_center_changes_many_and_takes_it_back(page_of):
    person = somebody(city="臺北市", chinese_name="林大海")
    page = page_of("center_staff")
    page.goto("/admin/records/person/?level=bachelor")
    page.get_by_role("link", name="整批修改這 1 位校友").click()
    page.get_by_role("link", name="城市").click()
    page.get_by_label("新值").fill("基隆")
    page.get_by_label("理由").fill("戶政改名")
    page.keyboard.press("Enter")
    page.get_by_text("臺北市").wait_for()
    page.get_by_role("button", name="確認寫入").click()
    page.locator("#batch-state", has_text="已寫入").wait_for()
    assert Person.objects.get(pk=person.pk).city == "基隆市"
    page.get_by_label("理由").fill("弄錯了")
    page.get_by_role("button", name="產生復原計畫").click()
    page.get_by_role("button", name="確認寫入").click()
    page.locator("#batch-state", has_text="已寫入").wait_for()
    assert Person.objects.get(pk=person.pk).city == "臺北市"
