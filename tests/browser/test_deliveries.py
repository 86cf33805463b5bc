"""The registrar's raw delivery in a browser: by keyboard and on a phone as well, without barriers."""

from __future__ import annotations

import pytest

from records.models import Person
from tests.deliveries import foreign_file
from tests.factories import row

from .barriers import barriers

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1400, 390])
def test_a_delivery_is_mapped_converted_and_confirmed(page_of, tmp_path, width):
    path = foreign_file(tmp_path / "113-2離校名冊.xlsx", [row(在學狀態="應屆畢業"), row(中文姓名="林大海")])
    page = page_of("center_staff", width=width)
    page.goto("/admin/records/importbatch/add/")
    found = barriers(page)
    page.get_by_label("註冊課務組的離校資料").check()
    page.get_by_label("離校資料檔").set_input_files(path)
    page.get_by_role("button", name="上傳並產生計畫").click()

    # Two columns for one of ours: the page asks, and says so beside the question.
    page.get_by_label("「學年期」匯入到").select_option(label="班級資料")
    page.get_by_label("這個對應的名稱").fill("註冊組離校名冊")
    page.keyboard.press("Enter")
    page.get_by_text("請選擇怎麼處理。", exact=True).wait_for()
    found += barriers(page)
    page.get_by_label("「學年期」匯入到").select_option(label="不匯入")
    page.get_by_label("這個對應的名稱").focus()
    page.keyboard.press("Enter")

    choice = page.get_by_label("「應屆畢業」是")
    choice.wait_for()
    found += barriers(page)
    choice.focus()
    page.keyboard.type("21")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("由離校資料轉檔").wait_for()
    found += barriers(page)
    page.get_by_role("link", name="註冊組離校名冊").click()
    page.get_by_text("在學狀態「應屆畢業」：未對應 → 21-畢業").wait_for()
    found += barriers(page)
    page.go_back()
    page.get_by_role("button", name="確認匯入").click()
    page.get_by_text("已匯入").first.wait_for()
    assert Person.objects.count() == 2 and Person.objects.filter(chinese_name="林大海").exists()
    assert not found


@pytest.mark.parametrize("width", [1400, 390])
def test_a_file_taken_for_the_template_goes_on_by_keyboard(page_of, tmp_path, width):
    path = foreign_file(tmp_path / "113-2離校名冊.xlsx", [row()])
    page = page_of("center_staff", width=width)
    page.goto("/admin/records/importbatch/add/")
    page.get_by_label("離校資料檔").set_input_files(path)
    page.get_by_role("button", name="上傳並產生計畫").click()
    button = page.get_by_role("button", name="以離校資料處理這個檔案")
    button.wait_for()
    found = barriers(page)
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="欄位對應").wait_for()
    assert not found
