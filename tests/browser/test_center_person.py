"""The center's page of one person in a browser: two editors at once, copying, remarks, strikes, wishes, taking back."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.utils import timezone

from records import annotations_editing, objections
from records.changes import PersonChange, apply_changes
from records.models import Person, Source
from tests.factories import importer
from tests.people import degree, somebody

from .barriers import barriers

pytestmark = pytest.mark.browser
LIST = "/admin/records/person/"


def eventful() -> Person:
    """Somebody with several degrees, lines, a struck one, an ended and an open objection, and changes."""
    person = somebody(degree("資訊工程學系學士班"), degree("資訊工程學系碩士班"), city="基隆市")
    by = {"editor": importer(), "at": timezone.now()}
    for before, after in (("基隆市", "新北市"), ("新北市", "桃園市")):
        change = PersonChange(person.pk, {"city": after}, {"city": before})
        apply_changes([change], source=Source.ADMIN, **by)
    annotations_editing.add_remark(person, "校慶當面確認聯絡資料", **by)
    annotations_editing.add_remark(person, "寫到別人的資料", **by)
    annotations_editing.strike(person.annotations.latest("pk"), reason="登錄到別人", **by)
    today = timezone.localdate()
    objections.record(person, on=today, channel="phone", words="請勿再寄", **by)
    objections.withdraw(person, on=today, channel="email", words="想再收到校友通訊", **by)
    objections.record(person, on=today, channel="letter", words="仍不願再收母校訊息", **by)
    return person


@pytest.mark.parametrize("width", [1400, 390])
def test_the_pages_of_a_person_fit_and_have_no_barriers(page_of, width):
    person, page, found = eventful(), page_of("center_staff", width=width), []
    home = f"{LIST}{person.pk}/"
    row = person.history.filter(city="桃園市").earliest("history_id").history_id
    overtaken = person.history.filter(city="新北市").earliest("history_id").history_id
    line = person.annotations.get(text="校慶當面確認聯絡資料")
    for path in ("", "withdrawal/", "remarks/add/", f"remarks/{line.pk}/strike/"):
        page.goto(home + path)
        found += barriers(page)
    for number in (row, overtaken):
        page.goto(f"{home}revert/person/{number}/city/")
        found += barriers(page)
    page.goto(f"{home}remarks/add/")
    page.get_by_label("加註內容").fill("住院中，來電 0912-345-678")
    page.get_by_role("button", name="儲存").click()
    page.get_by_text("健康或醫療資訊").wait_for()
    found += barriers(page)
    assert not found


def test_the_second_editor_of_a_field_sees_both_values_and_chooses_by_keyboard(page_of):
    person = somebody(email="old@example.com")
    mine, theirs = page_of("center_staff"), page_of("it_staff")
    for page, text in ((mine, "mine@example.com"), (theirs, "theirs@example.com")):
        page.goto(f"{LIST}{person.pk}/edit/")
        page.get_by_label("電子郵件：", exact=True).fill(text)
    mine.get_by_label("城市").fill("新北市")
    theirs.get_by_role("button", name="儲存").click()
    theirs.get_by_text("已儲存").wait_for()
    mine.get_by_role("button", name="儲存").click()
    choice = mine.get_by_role("group", name="兩人同時修改")
    choice.get_by_text("theirs@example.com").wait_for()
    assert not barriers(mine)
    choice.get_by_label("改為您輸入的內容").focus()
    mine.keyboard.press("Space")
    mine.keyboard.press("Enter")
    mine.get_by_text("已儲存").wait_for()
    person.refresh_from_db()
    assert (person.email, person.city) == ("mine@example.com", "新北市")


def test_the_annotations_are_copied_as_the_old_system_wrote_them(page_of, live_server):
    person, page = eventful(), page_of("center_staff")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    page.goto(f"{LIST}{person.pk}/")
    page.get_by_role("button", name="複製全部註解").click()
    page.get_by_text("已複製全部註解").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()").splitlines()
    standing = [line.line for line in person.annotations.filter(struck_at=None)]
    assert copied == standing and len(copied) == 7


def test_typing_survives_the_end_of_the_login(page_of, user_of):
    user = user_of("center_staff")
    user.set_password("Correct-Horse-9")
    user.save()
    person, page = somebody(), page_of("center_staff")
    page.goto(f"{LIST}{person.pk}/edit/")
    page.get_by_label("聯絡住址").fill("基隆市中正區祥豐街1號")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="儲存").click()
    page.get_by_label("使用者名稱").fill("center_staff")
    page.get_by_label("密碼：").fill("Correct-Horse-9")
    page.get_by_role("button", name="登入", exact=True).click()
    page.get_by_text("尚未儲存").wait_for()
    page.get_by_role("button", name="儲存").click()
    page.get_by_text("已儲存").wait_for()
    assert Person.objects.get().address == "基隆市中正區祥豐街1號"


@pytest.mark.parametrize("width", [1400, 390])
def test_among_namesakes_the_center_verifies_comes_back_to_its_form_and_it_is_told(page_of, settings, width):
    """SOP 6.5; what was typed when the half hour had ended is there again, and can be given up."""
    person, page, found = somebody(national_id="A123456789"), page_of("center_staff", width=width), []
    form = f"{LIST}{person.pk}/edit/"
    page.goto(form)
    page.get_by_label("聯絡住址").fill("基隆市中正區祥豐街1號")
    somebody()  # from now on there is a namesake
    page.get_by_role("button", name="儲存").click()
    for number in ("0000", "6789"):
        page.get_by_label("身分證字號，或末四碼").fill(number)
        page.get_by_label("畢業系所").select_option(label="資訊工程學系")
        page.get_by_label("生日").fill("79/5/6")
        page.get_by_role("button", name="核對").click()
        if number == "0000":
            page.get_by_text("核對不符，不能修改").wait_for()
            found += barriers(page)
            assert page.get_by_role("link", name="取消").get_attribute("href") == f"{LIST}{person.pk}/"
    page.wait_for_url(f"**{form}")
    assert page.get_by_label("聯絡住址").input_value() == "基隆市中正區祥豐街1號"
    found += barriers(page)
    page.get_by_role("button", name="放棄，重新載入目前的資料").click()
    page.get_by_role("button", name="放棄，重新載入目前的資料").wait_for(state="detached")
    assert page.get_by_label("聯絡住址").input_value() == person.address
    director = page_of("center_director", width=width)
    director.goto("/admin/records/verificationattempt/")
    director.get_by_role("region", name="清單").get_by_text("核對不符").wait_for()
    found += barriers(director)
    settings.READING_LIMITS = {"lists": {"all": (0, 3600)}}
    director.goto(LIST)
    director.get_by_text("60 分鐘內瀏覽的校友清單已達").wait_for()
    found += barriers(director)
    assert not found
