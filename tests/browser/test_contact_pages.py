"""A contact's daily work in a browser: search, verify among namesakes, change, confirm; by keyboard, on every width."""

from __future__ import annotations

import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from records.changes import PersonChange, apply_changes
from records.models import Department, Person, Source
from tests.factories import importer, lines
from tests.people import degree, somebody

from .test_admin import RULES

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


def troubles(page, width: int) -> list[object]:
    violations = Axe().run(page, options=RULES).response["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth") > width
    return [(v["id"], v["nodes"][0]["html"][:160]) for v in violations] + ["too wide"] * wide


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_by_keyboard_alone_a_record_is_brought_up_to_date_in_less_than_a_minute(page_of, three):
    person, begun = three[1], time.monotonic()
    page = page_of(ROLE)
    page.goto("/")
    page.get_by_label("搜尋校友").focus()
    page.keyboard.type("10257101")
    page.get_by_text("找到 1 位校友").wait_for()
    press(page, "ArrowDown", "Enter")
    page.get_by_role("link", name="修改資料").focus()
    press(page, "Enter")
    page.get_by_label("身分證字號，或末四碼").focus()
    page.keyboard.type(person.national_id[-4:])
    page.get_by_label("畢業系所").select_option(
        label=OWN
    )  # the input method of a keyboard is not played here
    page.get_by_label("生日").focus()
    page.keyboard.type("民國80年1月2日")
    press(page, "Enter")
    page.get_by_label("行動電話").focus()
    press(page, "Control+a")
    page.keyboard.type("0912345678")
    press(page, "Tab")
    page.get_by_text("將儲存為 0912-345678").wait_for()
    assert page.get_by_label("行動電話").input_value() == "0912-345678"
    page.get_by_label("聯絡住址").focus()
    press(page, "Control+a")
    page.keyboard.type("臺北市大安區和平東路1號")
    page.get_by_label("英文姓名").focus()
    page.keyboard.type("Lin Hai-Sheng")
    press(page, "Enter")
    page.get_by_text("已儲存：").wait_for()
    assert time.monotonic() - begun < 60
    day = timezone.localdate().strftime("%Y%m%d")
    words = ("新增英文名字", "修改行動電話", "修改聯絡地址")
    assert lines(person) == [f"{n}.{word}({day} 李系助)" for n, word in enumerate(words, 1)]
    seen = page_of("center_staff")
    seen.goto(f"/admin/records/person/{person.pk}/")
    assert seen.get_by_text(f"3.修改聯絡地址({day} 李系助)").first.is_visible()


@pytest.mark.parametrize("width", [1400, 390])
def test_the_pages_have_no_barriers_and_fit(page_of, three, width):
    single = somebody(degree(f"{OWN}學士班"), chinese_name="陳獨一", without=("email",))
    found = {}
    page = page_of(ROLE, width=width)

    def look(name: str) -> None:
        found[name] = troubles(page, width)

    page.goto("/alumni/")
    page.get_by_label("搜尋校友").fill("林海生")
    page.get_by_text("找到 3 位校友").wait_for()
    look("home with results")
    page.goto(f"/alumni/people/{three[0].pk}/edit/")
    page.get_by_role("button", name="核對").click()
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
    assert page.get_by_label("城市").input_value() == "基隆市"
    look("edit with notices")
    page.get_by_role("button", name="儲存").click()
    page.get_by_text("有欄位尚未儲存").wait_for()
    look("edit with errors")
    page.goto("/alumni/batch/")
    page.get_by_label("搜尋要加入的校友").fill("陳獨一")
    page.get_by_role("button", name="加入名單").click()
    page.get_by_role("link", name="從第一位開始").wait_for()
    look("batch")
    assert not {name: troubles for name, troubles in found.items() if troubles}


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
    assert not troubles(page, width)
    page.get_by_label("改為您輸入的：0912-345678").check()
    page.get_by_role("button", name="儲存").click()
    page.get_by_text("已儲存：行動電話").wait_for()
    assert Person.objects.get(pk=person.pk).mobile == "0912-345678"
