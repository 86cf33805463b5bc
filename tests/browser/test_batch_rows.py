"""The page of one row of a batch in a browser: it fits, has no barriers, and a decision leads to the next row."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from records.changes import PersonChange, apply_changes
from records.models import ImportBatch, Person, Source
from tests.factories import BACHELOR, MASTER, imported, importer, planned, row

from .barriers import barriers

pytestmark = pytest.mark.browser


def ambiguous() -> ImportBatch:
    """Two rows about people whose name alone speaks, one with another name, and one with cells to correct."""
    first, second = row(中文姓名="林大海"), row()
    imported([first, second, row(中文姓名="林大海")])
    nobody = {"身分證字號": None, "學號": None}
    return planned(
        [
            first | nobody | {"城市": "台北市"},
            second | {"中文姓名": "林改名", "生日": "1991-02-03"},
            row(中文姓名="", 身分證字號="A123456788", 性別="X", 生日="1990-13-40"),
            row(),
        ]
    )


@pytest.mark.parametrize("width", [1400, 390])
def test_the_page_of_a_row_fits_and_has_no_barriers(page_of, width):
    batch, page = ambiguous(), page_of("center_staff", width=width)
    for path in ("", "discard/", "rows/2/", "rows/3/", "rows/4/", "rows/4/?cells=all", "rows/5/"):
        page.goto(f"/admin/records/importbatch/{batch.pk}/{path}")
        assert not barriers(page)


def test_rows_are_decided_and_corrected_one_after_another_until_the_plan_is_made_again(page_of):
    batch, page = ambiguous(), page_of("center_staff")
    page.goto(f"/admin/records/importbatch/{batch.pk}/")
    page.get_by_role("link", name="從第 2 列開始").click()
    expect(page.get_by_text("「需人工判斷」還有 2 列未處理")).to_be_visible()
    page.get_by_role("button", name="記下決定").click()
    expect(page.locator("#form-errors")).to_be_focused()
    expect(page.locator("#form-errors")).to_contain_text("請選擇這一列是誰的。")
    page.locator("fieldset", has_text="林大海").first.get_by_role("radio").first.check()
    page.get_by_label("理由").fill("電話查證")
    page.get_by_role("button", name="記下決定").click()

    expect(page.get_by_role("heading", name="第 3 列")).to_be_in_viewport()  # whose turn it is
    expect(page.get_by_text("已記下第 2 列的決定。")).to_be_in_viewport()
    page.get_by_role("radio", name="資訊工程學系學士班").first.check()
    page.get_by_label("理由").fill("改名，已核對戶籍謄本")
    page.get_by_role("button", name="記下決定").click()
    page.get_by_label("姓名與生日都與這位校友不同").check()
    page.get_by_role("button", name="記下決定").click()
    expect(page.get_by_text("已套用，計畫重新產生。")).to_be_visible()

    page.goto(f"/admin/records/importbatch/{batch.pk}/rows/4/")
    page.get_by_label("中文姓名").fill("林補名")
    page.get_by_label("身分證字號").fill("A123456788")
    page.get_by_role("button", name="記下更正").click()
    expect(page.locator(".field.wrong", has_text="身分證字號")).to_contain_text("檢查碼")
    assert "A123456788" not in page.content()
    page.get_by_label("身分證字號").fill("A123456789")
    page.get_by_label("生日").fill("1990-12-04")
    page.get_by_label("性別").fill("男")
    page.get_by_role("button", name="記下更正").click()
    expect(page.get_by_text("已套用，計畫重新產生。")).to_be_visible()
    page.get_by_role("button", name="確認匯入").click()
    expect(page.locator("#batch-state")).to_have_text("已匯入")
    assert Person.objects.count() == 5 and Person.objects.filter(chinese_name="林補名").exists()


@pytest.mark.parametrize("width", [1400, 390])
def test_two_rows_are_declared_one_person_by_keyboard(page_of, width):
    nameless = {"中文姓名": "林同名", "身分證字號": None}
    batch = planned([row(**nameless) | BACHELOR, row(**nameless) | MASTER])
    page = page_of("center_staff", width=width)
    page.goto(f"/admin/records/importbatch/{batch.pk}/rows/3/")
    found = barriers(page)
    page.get_by_label("與第 2 列是同一人").focus()
    page.keyboard.press("Space")
    page.get_by_label("理由").fill("電話查證")
    page.keyboard.press("Enter")
    page.get_by_text("第 3 列已決定與本列是同一人").wait_for()
    found += barriers(page)
    page.get_by_role("button", name="重新產生計畫").focus()
    page.keyboard.press("Enter")
    page.get_by_text("與第 3 列為同一人").wait_for()
    found += barriers(page)
    assert not found


def test_the_rows_of_people_edited_since_are_reached_from_the_plan(page_of):
    came = row()
    imported([came])
    batch = planned([came | {"班級資料": "四年B班"}])
    person = Person.objects.get()
    change = PersonChange(person.pk, {"city": "高雄市"}, {"city": person.city})
    apply_changes([change], editor=importer(), source=Source.FORM, at=timezone.now())
    page = page_of("center_staff", width=390)
    page.goto(f"/admin/records/importbatch/{batch.pk}/")
    assert not barriers(page)
    page.get_by_label("資料庫已有變動").get_by_role("link", name="第 2 列").click()
    page.get_by_role("heading", name="第 2 列").wait_for()
