"""What the contacts' pages say: what was saved and what was not, what waits or came back, whom to call first."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from records.models import ChangeRequest, Department, Person, PersonConfirmation, ReviewMode
from tests.applicants import png
from tests.people import degree, somebody
from tests.records.test_contact_pages import OWN, ROLE, address, change, form_of, sent_back, text_of, told

pytestmark = pytest.mark.usefixtures("organisation")


@pytest.fixture
def contact(user_of):
    return user_of(ROLE, departments=[Department.objects.get(name=OWN)], display_name="李系助")


@pytest.fixture
def client(contact, client_of) -> Client:
    return client_of(ROLE)


@pytest.fixture
def person() -> Person:
    return somebody(degree(f"{OWN}學士班", student_number="00957101"), chinese_name="林海生")


# --- what the page says about what it did -----------------------------------------------------------------------
def test_a_form_with_one_wrong_field_says_that_nothing_is_saved_and_a_conflict_that_the_rest_is(
    client, person
):
    typed = form_of(client, person) | {"mobile": "12", "english_name": "Lin Hai-Sheng"}
    assert "尚未儲存任何欄位" in text_of(client.post(address("person_edit", person), typed))
    typed = form_of(client, person) | {"mobile": "0912-345678", "english_name": "Lin Hai-Sheng"}
    change(person, mobile="0922-222222")
    said = text_of(client.post(address("person_edit", person), typed))
    assert "其他欄位已處理" in said and "尚未儲存任何欄位" not in said


def test_a_local_number_is_kept_out_until_its_area_code_is_there(client, person):
    typed = form_of(client, person) | {"phone": "24622193", "other_phones": "2462 2194"}
    said = text_of(client.post(address("person_check", person, attribute="phone"), typed))
    assert "請補上區碼" in said and "將儲存為" not in said
    said = text_of(client.post(address("person_edit", person), typed))
    assert said.count("請補上區碼") == 2 and 'value="24622193"' in said
    assert Person.objects.get(pk=person.pk).version == 1


def test_a_local_number_that_a_file_brought_does_not_stand_in_the_way(client, person):
    change(person, phone="24622192", other_phones="24622195")
    typed = form_of(client, person) | {"other_phones": "24622195, 0912345678"}
    assert client.post(address("person_edit", person), typed).status_code == 302
    assert Person.objects.get(pk=person.pk).other_phones == "24622195, 0912-345678"


def test_the_center_is_asked_for_the_area_code_of_what_it_types_only(client_of, person):
    center, edit = client_of("center_staff"), reverse("admin:records_person_edit", args=[person.pk])
    change(person, phone="24622192")

    def sent(**values: str) -> dict[str, str]:
        form = center.get(edit).context["form"]
        shown = {name: form[name].value() or "" for name in form.fields}
        return shown | {f"initial-{name}": text for name, text in shown.items()} | values

    assert center.post(edit, sent(english_name="Lin, Hai-Sheng")).status_code == 302
    assert "請補上區碼" in text_of(center.post(edit, sent(phone="24622193")))
    assert Person.objects.get(pk=person.pk).phone == "24622192"


def test_the_own_example_of_a_birthday_raises_no_doubt(client, person):
    values = form_of(client, person) | {"birth_date": "78/5/6"}
    said = text_of(client.post(address("person_check", person, attribute="birth_date"), values))
    assert "民國78年5月6日" in said and "請確認" not in said


def test_a_chosen_file_that_is_lost_is_asked_for_again(client, contact, person):
    def typed() -> dict[str, object]:
        return form_of(client, person) | {"request-evidence": SimpleUploadedFile("a.png", png())}

    assert "佐證檔請重新選擇" in text_of(
        client.post(address("person_edit", person), typed() | {"mobile": "12"})
    )
    sent = typed() | {"mobile": "0912-345678"}
    client.logout()
    client.post(address("person_edit", person), sent)
    client.force_login(contact)
    said = text_of(client.get(address("person_edit", person)))
    assert 'value="0912-345678"' in said and "佐證檔請重新選擇" in said


def test_a_field_says_that_a_change_of_it_waits_already(client, person):
    client.post(address("person_edit", person), form_of(client, person) | {"chinese_name": "林海升"})
    request = person.change_requests.get()
    said = text_of(client.get(address("person_edit", person)))
    assert said.count("已申請修改，等待審核") == 1 and f">{request.number}</a>" in said


def test_what_came_back_stands_in_the_form_with_the_reason(client, user_of, person):
    typed = form_of(client, person) | {"chinese_name": "林海升", "request-reason": "校友來電更名"}
    client.post(address("person_edit", person), typed)
    request = person.change_requests.get()
    ChangeRequest.objects.update(
        state="returned", answer="請附戶籍謄本", decided_by=user_of("center_staff"), decided_at=timezone.now()
    )
    again = f"{address('person_edit', person)}?again={request.pk}"
    own = reverse("admin:records_changerequest_change", args=[request.pk])
    for page in (reverse("records:home"), address("person", person), own):
        assert f'href="{again}"' in text_of(client.get(page))
    response = client.get(again)
    said = text_of(response)
    assert "退回理由：請附戶籍謄本" in said and 'value="林海升"' in said and "校友來電更名</textarea>" in said
    client.post(address("person_edit", person), sent_back(response) | {"initial-chinese_name": "林海生"})
    assert [one.state for one in person.change_requests.order_by("pk")] == ["returned", "submitted"]


def test_in_strict_mode_one_sentence_says_that_everything_waits(client, user_of, person):
    director = user_of("center_director")
    ReviewMode.objects.create(is_strict=True, reason="測試", set_by=director, set_at=timezone.now())
    said = text_of(client.get(address("person_edit", person)))
    assert said.count("須經校友服務中心審核") == 1


# --- telephoning ------------------------------------------------------------------------------------------------
def test_who_lacks_required_data_is_not_confirmed_before_a_call(client):
    person = somebody(degree(f"{OWN}學士班"), without=("email",))
    said = text_of(client.post(address("person_confirm", person), follow=True))
    assert "還缺電子郵件" in said and not PersonConfirmation.objects.exists()
    item = person.follow_ups.get()
    log = reverse("admin:records_followup_change", args=[item.pk])
    assert f'href="{log}"' in said
    call = {"number": person.mobile, "outcome": "no_answer"}
    client.post(log, call)
    said = text_of(client.get(address("person", person)))
    assert "最近的電話紀錄" in said and "未接" in said
    client.post(address("person_confirm", person))
    assert PersonConfirmation.objects.get().person == person


def test_numbers_are_dialled_where_the_telephone_work_is(client):
    person = somebody(degree(f"{OWN}學士班"), without=("email",), phone="02-24622192#1250")
    item = person.follow_ups.get()
    work = reverse("admin:records_followup_change", args=[item.pk])
    pages = (
        reverse("records:home"),
        reverse("admin:records_followup_changelist"),
        work,
        address("person", person),
    )
    for page in pages:
        said = text_of(client.get(page))
        assert f'href="tel:{person.mobile.replace("-", "")}"' in said and 'href="tel:0224622192,1250"' in said
    assert f'href="{address("person_edit", person)}"' in text_of(client.get(work))


def test_a_required_field_that_is_blank_leads_to_the_call(client):
    person = somebody(degree(f"{OWN}學士班"), without=("email",))
    typed = form_of(client, person) | {"mobile": "0912-345678"}
    said = text_of(client.post(address("person_edit", person), typed))
    assert said.count('href="#section-call"') == 3 and 'id="section-call"' in said


def test_a_verified_namesake_is_said_to_be(client, person):
    somebody(degree(f"{OWN}碩士班"), chinese_name="林海生", birth_date="1979-11-12")
    assert "修改前須先核對身分" in text_of(client.get(address("person", person)))
    client.post(address("person_verify", person), told(person))
    said = text_of(client.get(address("person", person)))
    assert "前可以修改" in said and "修改前須先核對身分" not in said
