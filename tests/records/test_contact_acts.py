"""What a contact does beside editing fields: the alumnus' wish about messages (SOP 6.9) and remarks (SOP 6.7)."""

from __future__ import annotations

import re

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from records.changes import NewObjection
from records.models import Department, MessageObjection, Person, ReviewMode, Source
from tests.applicants import png
from tests.factories import lines
from tests.people import degree, somebody
from tests.records.test_contact_pages import OTHER, OWN, ROLE, address, change, form_of, text_of, told

pytestmark = pytest.mark.usefixtures("organisation")
TODAY = timezone.localdate().isoformat()
WISH = {"on": TODAY, "channel": "phone", "told_by": "self", "words": "請不要再寄了"}
FORMS = re.compile(r'<form[^>]*method="post"[^>]*>')


@pytest.fixture
def contact(user_of):
    return user_of(ROLE, departments=[Department.objects.get(name=OWN)], display_name="李系助")


@pytest.fixture
def client(contact, client_of) -> Client:
    return client_of(ROLE)


@pytest.fixture
def person() -> Person:
    return somebody(degree(f"{OWN}學士班", student_number="00957101"), chinese_name="林海生")


def objecting() -> Person:
    objection = NewObjection(timezone.localdate(), "phone", "請勿再寄")
    return somebody(degree(f"{OWN}學士班"), chinese_name="陳反應", objection=objection)


def answer(person: Person) -> bool | None:
    return Person.objects.get(pk=person.pk).accepts_messages


# --- messages ---------------------------------------------------------------------------------------------------
def test_a_contact_records_an_objection_and_the_later_wish_and_the_page_tells_both(client, contact, person):
    paper = SimpleUploadedFile("letter.png", png())
    said = text_of(client.post(address("person_objection", person), WISH | {"evidence": paper}, follow=True))
    objection = MessageObjection.objects.get()
    assert default_storage.exists(objection.evidence)
    assert (objection.recorded_by, objection.words, answer(person)) == (contact, "請不要再寄了", False)
    for words in (f"自 {TODAY} 起，以電話反應", "「請不要再寄了」", "由李系助登錄", "登錄撤回"):
        assert words in said
    day = timezone.localdate().strftime("%Y%m%d")
    assert lines(person) == [f"1.該校友反應不願意接受母校訊息({day} 李系助)"]
    newest = objection.history.latest("history_id")
    assert (newest.source, newest.history_user) == (Source.FORM, contact)
    said = text_of(
        client.post(address("person_withdrawal", person), WISH | {"words": "想再收到"}, follow=True)
    )
    assert f"曾於 {TODAY} 反應不願接受，{TODAY} 撤回" in said and answer(person) is True
    assert len(lines(person)) == 2


def test_a_wish_that_is_not_whole_is_not_recorded_and_keeps_what_was_typed(client, person):
    for wrong in ({"on": "2999-01-01"}, {"channel": ""}, {"words": ""}, {"words": "證號A123456789"}):
        said = text_of(client.post(address("person_objection", person), WISH | wrong))
        assert "field-error" in said and "尚未儲存" in said
    bad = SimpleUploadedFile("a.png", b"<script>")
    assert "field-error" in text_of(
        client.post(address("person_objection", person), WISH | {"evidence": bad})
    )
    assert not MessageObjection.objects.exists() and not lines(person)


@pytest.mark.parametrize("page", ["person_objection", "person_withdrawal", "person_remark"])
def test_among_namesakes_nothing_is_recorded_before_verifying_and_the_form_comes_back_filled(client, page):
    person = objecting() if page == "person_withdrawal" else somebody(degree(f"{OWN}學士班"))
    somebody(degree(f"{OTHER}學士班"), chinese_name=person.chinese_name, birth_date="1979-11-12")
    url, before = address(page, person), lines(person)
    client.post(address("person_verify", person), told(person))
    mark = client.get(url).context
    typed = WISH | {"text": "校慶當面確認", "kept_for": mark["kept_for"]}
    person.verifications.all().delete()
    first = client.post(url, typed)
    assert first.url.startswith(address("person_verify", person))
    assert lines(person) == before
    verify = client.get(first.url)
    done = client.post(address("person_verify", person), told(person) | {"next": verify.context["next"]})
    assert done.url == url
    said = text_of(client.get(url))
    assert "校慶當面確認" in said or "請不要再寄了" in said


def test_no_in_the_edit_form_saves_the_rest_and_leads_to_the_objection(client, person):
    typed = form_of(client, person) | {"mobile": "0912-345678", "accepts_messages": "否"}
    response = client.post(address("person_edit", person), typed)
    assert response.url == address("person_objection", person)
    person.refresh_from_db()
    assert (person.mobile, person.accepts_messages) == ("0912-345678", None)
    assert client.post(
        address("person_edit", person), form_of(client, person) | {"accepts_messages": "否"}
    ).url
    assert answer(person) is None


def test_yes_in_the_edit_form_is_written_and_never_over_an_objection(client, person):
    client.post(address("person_edit", person), form_of(client, person) | {"accepts_messages": "是"})
    assert answer(person) is True
    client.post(address("person_edit", person), form_of(client, person) | {"accepts_messages": ""})
    assert answer(person) is True
    other = objecting()
    page = client.get(address("person_edit", other))
    assert 'name="accepts_messages"' not in text_of(page) and "只有校友本人後來的意願可以改變" in text_of(
        page
    )
    crafted = form_of(client, other) | {"accepts_messages": "是", "initial-accepts_messages": "否"}
    client.post(address("person_edit", other), crafted)
    assert answer(other) is False


def test_in_strict_mode_an_objection_counts_at_once_and_its_end_is_the_centers(client, user_of, person):
    director = user_of("center_director")
    ReviewMode.objects.create(is_strict=True, reason="測試", set_by=director, set_at=timezone.now())
    client.post(address("person_objection", person), WISH)
    assert answer(person) is False
    said = text_of(client.post(address("person_withdrawal", person), WISH, follow=True))
    assert "撤回請洽校友服務中心" in said and answer(person) is False


def test_a_contact_does_not_read_the_words_that_another_recorded(client):
    said = text_of(client.get(address("person", objecting())))
    assert "不願接受" in said and "請勿再寄" not in said


# --- remarks ----------------------------------------------------------------------------------------------------
def test_a_contact_adds_a_remark_and_reads_only_own_ones(client, client_of, contact, person):
    client.post(address("person_remark", person), {"text": "校慶當面確認"})
    day = timezone.localdate().strftime("%Y%m%d")
    assert lines(person) == [f"1.校慶當面確認({day} 李系助)"]
    client_of("center_staff").post(address("person_remark", person), {"text": "中心的註記"})
    said = text_of(client.get(address("person", person)))
    assert "校慶當面確認" in said and "中心的註記" not in said


@pytest.mark.parametrize("text", ["證號A123456789", "", "該校友反應願意接受母校訊息"])
def test_what_no_remark_may_hold_stays_in_the_form(client, person, text):
    assert "field-error" in text_of(client.post(address("person_remark", person), {"text": text}))
    assert not lines(person)


def test_a_telephone_number_or_health_in_a_remark_is_kept_only_when_confirmed(client, person):
    text = {"text": "住院中，改撥 0912-345678"}
    said = text_of(client.post(address("person_remark", person), text))
    assert "電話號碼" in said and "健康" in said and 'name="confirmed"' in said and not lines(person)
    client.post(address("person_remark", person), text | {"confirmed": "on"})
    assert len(lines(person)) == 1


# --- what waits for the center ----------------------------------------------------------------------------------
def test_words_and_a_paper_go_with_what_waits(client, person):
    typed = form_of(client, person) | {"chinese_name": "林海升", "request-reason": "校友來電更名"}
    bad = client.post(
        address("person_edit", person), typed | {"request-evidence": SimpleUploadedFile("a.png", b"<script>")}
    )
    assert "只接受 PDF、JPEG 或 PNG" in text_of(bad) and not person.change_requests.exists()
    client.post(
        address("person_edit", person), typed | {"request-evidence": SimpleUploadedFile("a.png", png())}
    )
    request = person.change_requests.get()
    assert request.number in text_of(client.get(address("person", person)))
    assert request.reason == "校友來電更名" and default_storage.exists(request.events.get().evidence.name)
    typed = form_of(client, person) | {"mobile": "0912-345678"}
    typed["request-evidence"] = SimpleUploadedFile("a.png", png())
    assert "佐證檔沒有保留" in text_of(client.post(address("person_edit", person), typed, follow=True))


# --- every page -------------------------------------------------------------------------------------------------
def test_only_what_waits_is_said_to_wait(client, person):
    """Somebody else wrote the same number meanwhile: it is there, it does not wait."""
    typed = form_of(client, person) | {"mobile": "0912-345678", "chinese_name": "林海升"}
    change(person, mobile="0912-345678")
    said = text_of(client.post(address("person_edit", person), typed, follow=True))
    assert "核准後才會更新：中文姓名。" in said


def test_no_form_posts_to_an_address_with_a_query(client, person):
    """allauth does not resume such a POST after a new sign-in."""
    namesake = somebody(degree(f"{OWN}碩士班"), chinese_name="林海生", birth_date="1979-11-12")
    single = objecting()
    pages = [reverse("records:home"), reverse("records:batch"), address("person_verify", namesake)]
    pages += [address(f"person{page}", single) for page in ("", "_edit", "_withdrawal", "_remark")]
    pages.append(address("person_objection", somebody(degree(f"{OWN}學士班"))))
    for page in pages:
        forms = FORMS.findall(client.get(page, {"next": "/alumni/"}).content.decode())
        assert len(forms) >= 2  # logging out, and the page's own
        assert not [form for form in forms if 'action="/' not in form or "?" in form]
