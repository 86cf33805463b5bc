"""A contact's daily work in a browser: search, verify among namesakes, change, confirm; by keyboard, on every width."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from records.changes import PersonChange, apply_changes
from records.models import Department, Person, Source
from tests.factories import importer, lines
from tests.people import degree, somebody

from .barriers import barriers

pytestmark = pytest.mark.browser
OWN = "資訊工程學系"
ROLE = "department_contact"


@pytest.fixture
def contact(user_of, organisation):
    return user_of(ROLE, departments=[Department.objects.get(name=OWN)], display_name="李系助")


@pytest.fixture
def three(contact) -> list[Person]:
    return [
        somebody(
            degree(f"{OWN}{level}", student_number=number),
            chinese_name="林海生",
            birth_date=birth_date,
            without=("english_name",),
        )
        for level, number, birth_date in (
            ("學士班", "00957101", "1989-05-06"),
            ("碩士班", "10257101", "1991-01-02"),
            ("學士班", "00957102", "1979-11-12"),
        )
    ]


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


NAME_OF_FOCUS = """() => {
  const element = document.activeElement;
  const label = element.labels && element.labels[0];
  return (label || element).textContent.trim() || element.getAttribute("aria-label") || "";
}"""


def tab_to(page, name: str, key: str = "Tab") -> None:
    """Presses Tab until the field, link or button of that name has the focus."""
    for _press in range(80):
        if page.evaluate(NAME_OF_FOCUS).startswith(name):
            return
        page.keyboard.press(key)
    raise AssertionError(f"the keyboard does not reach {name}")


def choose(page, option: str) -> None:
    """Presses the arrow until the list that has the focus stands on the option."""
    for _press in range(60):
        if page.evaluate("document.activeElement.selectedOptions[0].textContent") == option:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"no {option}")


def save_by_keyboard(page, field: str, text: str) -> None:
    """In the open form: one field, and save; the page of the person comes back."""
    tab_to(page, field)
    press(page, "Control+a")
    page.keyboard.type(text)
    press(page, "Enter")
    page.get_by_text("已儲存：").wait_for()
    page.wait_for_load_state()


def open_form_by_keyboard(page) -> None:
    tab_to(page, "修改資料")
    press(page, "Enter")
    page.get_by_role("button", name="儲存").wait_for()


def test_by_keyboard_alone_a_contact_updates_one_of_three_namesakes_and_the_center_takes_one_back(
    page_of, three
):
    """Search, verify among three of one name, change address and mobile, add an English name; the center sees what
    was before and after, verifies, and takes one back; the contact sees that."""
    person = three[1]
    page = page_of(ROLE)
    page.goto("/")
    tab_to(page, "搜尋校友")
    page.keyboard.type("林海生")
    page.get_by_text("找到 3 位校友").wait_for()
    press(page, "ArrowDown")
    while "10257101" not in page.evaluate("document.activeElement.textContent"):
        press(page, "ArrowDown")
    press(page, "Enter")
    page.get_by_role("heading", name="林海生").wait_for()
    tab_to(page, "修改資料")
    press(page, "Enter")
    page.get_by_role("heading", name="核對身分").wait_for()
    tab_to(page, "身分證字號，或末四碼")
    page.keyboard.type(person.national_id[-4:])
    tab_to(page, "畢業系所")
    choose(page, OWN)
    tab_to(page, "生日")
    page.keyboard.type("民國80年1月2日")
    press(page, "Enter")
    page.get_by_text("核對相符").wait_for()
    save_by_keyboard(page, "聯絡住址", "臺北市大安區和平東路1號")
    open_form_by_keyboard(page)
    save_by_keyboard(page, "行動電話", "0912345678")
    open_form_by_keyboard(page)
    save_by_keyboard(page, "英文姓名", "Lin Hai-Sheng")
    day = timezone.localdate().strftime("%Y%m%d")
    words = ("修改聯絡地址", "修改行動電話", "新增英文名字")
    written = [f"{number}.{word}({day} 李系助)" for number, word in enumerate(words, 1)]
    assert lines(person) == written
    # A contact reads lines without their numbers, whose gaps would tell that something is left out.
    assert all(line.partition(".")[2] in page.content() for line in written)
    assert [lines(other) for other in (three[0], three[2])] == [[], []]
    seen = page_of("center_staff")
    seen.goto(f"/admin/records/person/{person.pk}/")
    for text in (*written, "0912-345678", person.mobile, "臺北市大安區和平東路1號", "基隆市中正區北寧路2號"):
        assert seen.get_by_text(text).first.is_visible()
    seen.get_by_role("link", name="還原行動電話的這次異動").click()
    seen.get_by_label("身分證字號，或末四碼").fill(person.national_id[-4:])
    seen.get_by_label("畢業系所").select_option(label=OWN)
    seen.get_by_label("生日").fill("民國80年1月2日")
    seen.get_by_role("button", name="核對").click()
    seen.get_by_role("textbox", name="理由").fill("校友來電更正")
    seen.get_by_role("button", name="還原").click()
    seen.get_by_text("已還原").wait_for()
    page.reload()
    page.get_by_text(f"修改行動電話({day} 測試校友服務中心承辦人員)").wait_for()
    assert page.locator(".facts").get_by_text(person.mobile, exact=True).is_visible()
    kept = Person.objects.get(pk=person.pk)
    assert (kept.mobile, kept.english_name) == (person.mobile, "Lin Hai-Sheng")


def test_while_typing_the_stored_form_is_shown_and_taken_over(page_of, contact):
    person = somebody(degree(f"{OWN}學士班"), chinese_name="陳獨一")
    page = page_of(ROLE)
    page.goto(f"/alumni/people/{person.pk}/edit/")
    tab_to(page, "行動電話")
    press(page, "Control+a")
    page.keyboard.type("0912345678")
    press(page, "Tab")
    page.get_by_text("將儲存為 0912-345678").wait_for()
    expect(page.get_by_label("行動電話")).to_have_value("0912-345678")


@pytest.mark.parametrize("width", [1400, 390])
def test_the_pages_have_no_barriers_and_fit(page_of, three, width):
    single = somebody(degree(f"{OWN}學士班"), chinese_name="陳獨一", without=("email",))
    found = []
    page = page_of(ROLE, width=width)

    def look(name: str) -> None:
        found.extend((name, barrier) for barrier in barriers(page))

    page.goto("/alumni/")
    page.get_by_label("搜尋校友").fill("林海生")
    page.get_by_text("找到 3 位校友").wait_for()
    look("home with results")
    page.goto(f"/alumni/people/{three[0].pk}/edit/")
    page.get_by_role("button", name="核對").click()
    page.get_by_role("alert").first.wait_for()
    look("verify with errors")
    page.goto(f"/alumni/people/{single.pk}/")
    look("person")
    page.goto(f"/alumni/people/{single.pk}/edit/")
    page.get_by_label("郵遞區號").fill("202301")
    page.get_by_label("聯絡電話").fill("12")
    page.get_by_label("行動電話").fill("0912 345 678")
    page.get_by_label("聯絡電話").focus()
    page.get_by_text("將儲存為").wait_for()
    page.get_by_role("button", name="帶入 基隆市").click()
    expect(page.get_by_label("城市")).to_have_value("基隆市")
    look("edit with notices")
    page.get_by_role("button", name="儲存").click()
    page.get_by_text("尚未儲存任何欄位").wait_for()
    look("edit with errors")
    page.goto(f"/alumni/people/{single.pk}/remark/")
    page.get_by_label("加註內容").fill("住院中，改撥 0912-345678")
    page.get_by_role("button", name="儲存").click()
    page.get_by_text("請先確認").wait_for()
    look("remark with doubts")
    page.goto(f"/alumni/people/{single.pk}/edit/")
    page.get_by_label("是否願意接受母校訊息").select_option("否")
    page.get_by_label("電子郵件", exact=True).fill("single@example.com")
    page.get_by_role("button", name="儲存").click()
    page.get_by_role("heading", name="登錄不願接受訊息").wait_for()
    page.get_by_role("button", name="儲存").click()
    page.get_by_text("尚未儲存").wait_for()
    look("objection with errors")
    page.get_by_label("管道").select_option("phone")
    page.get_by_label("校友的原話").fill("請不要再寄了")
    page.get_by_role("button", name="儲存").click()
    page.get_by_text("「請不要再寄了」").wait_for()
    look("person who objects")
    page.goto(f"/alumni/people/{single.pk}/edit/")
    page.get_by_role("link", name="登錄撤回").wait_for()
    look("edit of who objects")
    page.goto("/alumni/batch/")
    page.get_by_label("搜尋要加入的校友").fill("陳獨一")
    page.get_by_role("button", name="加入名單").click()
    page.get_by_role("link", name="從第一位開始").wait_for()
    look("batch")
    assert not found


@pytest.mark.parametrize("width", [1400, 390])
def test_what_another_editor_changed_stands_beside_what_was_typed(page_of, contact, width):
    person = somebody(degree(f"{OWN}學士班"), chinese_name="陳獨一")
    page = page_of(ROLE, width=width)
    page.goto(f"/alumni/people/{person.pk}/edit/")
    page.get_by_label("行動電話").fill("0912-345678")
    change = PersonChange(person.pk, {"mobile": "0922-222222"}, {"mobile": person.mobile})
    apply_changes([change], editor=importer(), source=Source.ADMIN, at=timezone.now())
    page.get_by_role("button", name="儲存").click()
    page.get_by_text("採用目前的資料：0922-222222").wait_for()
    assert not barriers(page)
    page.get_by_label("改為您輸入的：0912-345678").check()
    page.get_by_role("button", name="儲存").click()
    page.get_by_text("已儲存：行動電話").wait_for()
    assert Person.objects.get(pk=person.pk).mobile == "0912-345678"


def test_who_leaves_a_changed_form_is_asked_and_who_saves_it_is_not(page_of, contact):
    person = somebody(degree(f"{OWN}學士班"), chinese_name="陳獨一")
    page = page_of(ROLE)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.goto(f"/alumni/people/{person.pk}/edit/")
    tab_to(page, "跳到第一個欄位")
    press(page, "Enter")
    expect(page.get_by_label("行動電話")).to_be_focused()
    page.get_by_label("行動電話").fill("0912-345678")
    with page.expect_event("dialog"):
        page.get_by_role("link", name="首頁").click()
    assert asked == ["beforeunload"] and page.get_by_label("行動電話").input_value() == "0912-345678"
    page.get_by_role("button", name="儲存").click()
    page.get_by_text("已儲存：行動電話").wait_for()
    assert asked == ["beforeunload"]


def test_a_list_of_people_is_made_by_keyboard_alone(page_of, contact):
    for name in ("陳獨一", "黃獨二"):
        somebody(degree(f"{OWN}學士班"), chinese_name=name)
    page = page_of(ROLE)
    page.goto("/alumni/batch/")
    for name in ("陳獨一", "黃獨二"):
        expect(page.get_by_label("搜尋要加入的校友")).to_be_focused()
        page.keyboard.type(name)
        page.get_by_text("找到 1 位校友").wait_for()
        press(page, "ArrowDown", "Enter")
        page.get_by_text(f"已將「{name}」加入名單").wait_for()
    expect(page.locator(".batch-list li")).to_have_count(2)
