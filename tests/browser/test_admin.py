"""The workspace in a browser: it fits, has no barriers, obeys the CSP, and its small scripts do their work."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from records import progress
from records.models import ImportBatch, Person, SerialSeries
from tests.factories import planned, row, workbook
from tests.people import degree, somebody

from .barriers import barriers

pytestmark = pytest.mark.browser


def addresses() -> list[str]:
    person = somebody(degree("資訊工程學系學士班"), degree("資訊工程學系碩士班"), without=("email",))
    somebody(chinese_name=person.chinese_name)
    batch = planned([row(), row(中文姓名=""), row(畢業系所="資訊工程學系", 學號="", 班級資料="")])
    page, plan = f"/admin/records/person/{person.pk}/", f"/admin/records/importbatch/{batch.pk}/"
    return [
        "/admin/",
        "/admin/records/person/",
        "/admin/records/person/add/",
        page,
        f"{page}edit/",
        f"{page}records/add/",
        "/admin/records/importbatch/",
        "/admin/records/importbatch/add/",
        plan,
        "/admin/records/department/",
        f"/admin/records/serialseries/{SerialSeries.objects.first().pk}/",
        "/admin/records/disclosure/",
        "/admin/accounts/user/",
        "/admin/accounts/user/add/",
    ]


@pytest.mark.parametrize("width", [1400, 390])
def test_every_page_fits_and_has_no_barriers(page_of, width):
    page = page_of("center_director", width=width)
    found = []
    for path in addresses():
        page.goto(path)
        found += barriers(page)
    assert not found


def test_a_file_is_uploaded_planned_and_confirmed(page_of, tmp_path):
    path = workbook(tmp_path / "離校資料.xlsx", [row(中文姓名="林大海"), row()])
    page = page_of("center_staff")
    page.goto("/admin/")
    page.get_by_role("link", name="匯入離校資料").click()
    page.get_by_label("離校資料檔").set_input_files(path)
    page.get_by_text("離校資料.xlsx", exact=True).wait_for()
    page.get_by_role("button", name="上傳並產生計畫").click()
    page.get_by_text("林大海").first.wait_for()
    page.get_by_role("button", name="確認匯入").click()
    page.get_by_text("已匯入").first.wait_for()
    assert Person.objects.count() == 2


def test_the_progress_bar_moves_and_the_page_follows_the_batch(page_of):
    page = page_of("center_staff")
    batch = planned([row()])
    batches = ImportBatch.objects.filter(pk=batch.pk)
    batches.update(state=ImportBatch.State.APPLYING)
    progress.write(batch.pk, "applying", 10, 100)
    page.goto(f"/admin/records/importbatch/{batch.pk}/")
    page.get_by_text("寫入資料：10／100").wait_for()
    progress.write(batch.pk, "applying", 60, 100)
    page.get_by_text("寫入資料：60／100").wait_for()
    assert page.locator("#batch-state").text_content() == "寫入中"
    assert page.locator("progress").evaluate("bar => bar.value") == 60
    progress.clear(batch.pk)
    batches.update(state=ImportBatch.State.PLANNED)
    page.get_by_role("button", name="確認匯入").wait_for()


def test_the_example_of_a_series_follows_the_typing(page_of):
    page = page_of("it_staff")
    page.goto(f"/admin/records/serialseries/{SerialSeries.objects.filter(letter='B').first().pk}/")
    page.get_by_label("編碼格式").fill("X{letter}-{sequence}")
    page.get_by_label("序號位數").fill("6")
    expect(page.locator("output")).to_have_text("XB-000001")


def test_a_search_by_national_id_leads_to_the_person_without_showing_it(page_of):
    person = somebody(national_id="A123456789", chinese_name="林大海")
    page = page_of("center_staff")
    page.goto("/admin/records/person/")
    page.get_by_label("搜尋校友").fill("A123456789")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="林大海").wait_for()
    assert page.url.endswith(f"/admin/records/person/{person.pk}/")
    assert "A123456789" not in page.content()
