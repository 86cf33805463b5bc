"""The contacts' pages: what a contact does there, and what they do not let happen."""

from __future__ import annotations

import datetime
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from records import kept_typing
from records.changes import PersonChange, apply_changes
from records.confirming import not_confirmed_since
from records.models import ChangeRequest, Department, Person, PersonConfirmation, Source
from records.synthetic.identity_numbers import with_check_digit
from tests.factories import importer, lines
from tests.people import degree, somebody

pytestmark = pytest.mark.usefixtures("organisation")
OWN, OTHER = "資訊工程學系", "食品科學系"
ROLE = "department_contact"


@pytest.fixture
def contact(user_of):
    return user_of(ROLE, departments=[Department.objects.get(name=OWN)], display_name="李系助")


@pytest.fixture
def client(contact, client_of) -> Client:
    return client_of(ROLE)


@pytest.fixture
def person() -> Person:
    return somebody(
        degree(f"{OWN}學士班", student_number="00957101"), chinese_name="林海生", without=("english_name",)
    )


def address(name: str, person: Person, **more: str) -> str:
    return reverse(f"records:{name}", kwargs={"object_id": person.pk} | more)


def form_of(client: Client, person: Person) -> dict[str, str]:
    """The form as a browser would send it back untouched."""
    response = client.get(address("person_edit", person))
    return sent_back(response)


def sent_back(response) -> dict[str, str]:
    form = response.context["form"]
    fields = {name: form[name].value() or "" for name in form.names}
    first = {f"initial-{name}": text for name, text in fields.items()}
    if form.is_bound:
        first = {name: form.data.get(name, "") for name in first}
    mark = {"kept_for": response.context["kept_for"], "known_identity": form.known_identity}
    return fields | first | mark | {"conflict": form.conflicts}


def change(person: Person, **values: str) -> None:
    """Somebody else's change."""
    [applied] = apply_changes(
        [PersonChange(person.pk, values, {name: str(getattr(person, name)) for name in values})],
        editor=importer(),
        source=Source.ADMIN,
        at=timezone.now(),
    )
    assert not applied.stale


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


# --- finding ----------------------------------------------------------------------------------------------------
def test_a_contact_lands_on_the_own_page_and_the_center_on_its_board(client, client_of):
    assert client.get("/").url == reverse("records:home")
    assert client_of("center_staff").get("/").url == reverse("admin:index")


def test_a_search_finds_within_the_scope_and_tells_people_apart(client, person):
    somebody(degree(f"{OTHER}學士班"), chinese_name="林海生")
    said = text_of(client.post(reverse("records:search"), {"text": "林海"}, headers={"HX-Request": "true"}))
    assert said.count("data-hit>") == 1 and "<html" not in said
    for part in ("00957101", f"{OWN}學士班", f"手機末三碼 {person.mobile[-3:]}"):
        assert part in said
    assert person.mobile not in said
    assert "<html" in text_of(client.post(reverse("records:search"), {"text": "林海"}))


def test_a_contact_does_not_find_by_national_id_and_no_page_repeats_it(client, person):
    said = text_of(client.post(reverse("records:search"), {"text": person.national_id}))
    assert "不能以身分證字號查詢" in said and "data-hit>" not in said
    assert person.national_id not in said


def test_a_part_of_a_page_is_no_sign_in_page(client_of, person):
    visitor = client_of(None)
    assert visitor.post(reverse("records:search"), headers={"HX-Request": "true"}).status_code == 401
    assert visitor.post(reverse("records:search")).status_code == 302


def test_the_first_page_asks_no_more_for_many_people_than_for_few(
    client, person, django_assert_max_num_queries
):
    client.get(reverse("records:home"))
    for _number in range(12):
        somebody(degree(f"{OWN}學士班"), without=("email",))
    with django_assert_max_num_queries(20):
        assert client.get(reverse("records:home")).status_code == 200


# --- changing ---------------------------------------------------------------------------------------------------
def test_what_changed_is_written_with_its_lines_in_the_order_of_the_columns(client, person):
    typed = form_of(client, person) | {
        "address": "202 基隆市中正區北寧路3號",
        "mobile": "０９１２ 345 678",
        "english_name": "Lin Hai-Sheng",
    }
    response = client.post(address("person_edit", person), typed, follow=True)
    for word in ("已儲存：", "聯絡住址", "行動電話", "英文姓名"):
        assert word in text_of(response)
    person.refresh_from_db()
    assert (person.mobile, person.postal_code) == ("0912-345678", "202")
    assert person.address == "基隆市中正區北寧路3號"
    day = timezone.localdate().strftime("%Y%m%d")
    assert lines(person) == [
        f"1.新增英文名字({day} 李系助)",
        f"2.修改行動電話({day} 李系助)",
        f"3.新增郵遞區號({day} 李系助)",
        f"4.修改聯絡地址({day} 李系助)",
    ]
    newest = person.history.order_by("-history_id").first()
    assert (newest.source, newest.history_user.display_name) == (Source.FORM, "李系助")


def test_second_numbers_and_addresses_go_to_their_field_in_the_stored_form(client, person):
    typed = form_of(client, person) | {
        "mobile": "0912345678、0922333444",
        "other_phones": "02 2462 2192",
        "email": "a@EXAMPLE.org, b@example.org",
    }
    client.post(address("person_edit", person), typed)
    person.refresh_from_db()
    assert (person.mobile, person.email) == ("0912-345678", "a@example.org")
    assert person.other_phones == "02-24622192, 0922-333444"
    assert person.other_emails == "b@example.org"


def test_a_value_that_cannot_be_read_keeps_the_whole_form_back_and_as_typed(client, person):
    typed = form_of(client, person) | {"mobile": "12", "address": "基隆市中正區北寧路9號"}
    said = text_of(client.post(address("person_edit", person), typed))
    assert 'value="12"' in said and 'value="基隆市中正區北寧路9號"' in said and "field-error" in said
    assert Person.objects.get(pk=person.pk).version == person.version


def test_a_crafted_form_changes_nothing_of_studies_numbers_or_consent(client, person):
    record = person.academic_records.get()
    extra = {
        "student_number": "1",
        "programme": "1",
        "accepts_messages": "否",
        "serial_number": "B1",
        "version": "9",
    }
    client.post(
        address("person_edit", person), form_of(client, person) | extra | {f"initial-{k}": "" for k in extra}
    )
    person.refresh_from_db()
    record.refresh_from_db()
    assert (record.student_number, person.accepts_messages, person.version) == ("00957101", None, 1)


def test_the_name_is_not_changed_by_a_contact_alone_and_never_blanked(client, person):
    form = form_of(client, person)
    client.post(address("person_edit", person), form | {"chinese_name": "林海升"})
    client.post(address("person_edit", person), form | {"chinese_name": ""})
    assert Person.objects.get(pk=person.pk).chinese_name == "林海生"


def test_a_required_field_is_not_left_blank_without_a_call(client, person):
    said = text_of(client.post(address("person_edit", person), form_of(client, person) | {"email": ""}))
    assert "必填" in said
    assert Person.objects.get(pk=person.pk).email == person.email


def test_a_call_logged_with_the_form_lets_a_required_field_stay_blank(client, person):
    typed = form_of(client, person) | {"email": "", "mobile": "0912-345678"}
    call = {"call-number": person.mobile, "call-outcome": "no_answer", "call-note": ""}
    said = text_of(client.post(address("person_edit", person), typed | call | {"call-outcome": "later"}))
    assert "field-error" in said and not person.call_attempts.exists()
    response = client.post(address("person_edit", person), typed | call)
    assert response.status_code == 302
    person.refresh_from_db()
    assert (person.email, person.mobile, person.call_attempts.count()) == ("", "0912-345678", 1)


def test_a_name_that_waits_says_so_and_what_comes_back_is_on_the_first_page(client, contact, user_of, person):
    typed = form_of(client, person) | {"chinese_name": "林海升", "mobile": "0912-345678"}
    said = text_of(client.post(address("person_edit", person), typed, follow=True))
    assert "已送校友服務中心審核，核准後才會更新：中文姓名。" in said and "已儲存：行動電話。" in said
    ChangeRequest.objects.update(
        state="returned", answer="請附戶籍謄本", decided_by=user_of("center_staff"), decided_at=timezone.now()
    )
    assert "退回理由：請附戶籍謄本" in text_of(client.get(reverse("records:home")))


def test_nothing_hidden_from_a_contact_stands_in_the_form(client, person):
    said = text_of(client.get(address("person_edit", person)))
    assert person.national_id_mask not in said and person.birth_date.isoformat() not in said


# --- two people at once, and sign-ins that end ------------------------------------------------------------------
def test_different_fields_of_two_editors_both_survive(client, person):
    typed = form_of(client, person) | {"mobile": "0912-345678"}
    change(person, address="基隆市信義區信一路1號")
    client.post(address("person_edit", person), typed)
    person.refresh_from_db()
    assert (person.mobile, person.address) == ("0912-345678", "基隆市信義區信一路1號")


@pytest.mark.parametrize(("choice", "kept"), [("theirs", "0922-222222"), ("mine", "0912-345678")])
def test_the_same_field_shows_both_values_and_asks(client, person, choice, kept):
    typed = form_of(client, person) | {"mobile": "0912-345678", "address": "基隆市仁愛區愛一路1號"}
    change(person, mobile="0922-222222")
    response = client.post(address("person_edit", person), typed)
    said = text_of(response)
    assert "採用目前的資料：0922-222222" in said and "改為您輸入的：0912-345678" in said
    person.refresh_from_db()
    assert (person.mobile, person.address) == ("0922-222222", "基隆市仁愛區愛一路1號")
    again = sent_back(response)
    assert "請選擇要採用哪一個內容" in text_of(client.post(address("person_edit", person), again))
    assert client.post(address("person_edit", person), again | {"choice_mobile": choice}).status_code == 302
    assert Person.objects.get(pk=person.pk).mobile == kept


def test_what_was_typed_when_the_sign_in_ended_stands_in_the_form_after_the_next_one(
    client, contact, user_of, person
):
    typed = form_of(client, person) | {"mobile": "0912-345678"}
    client.logout()
    response = client.post(address("person_edit", person), typed)
    assert response.url.startswith(reverse("login")) and "next=" in response.url
    assert "0912" not in str(client.session.items())
    client.force_login(contact)
    assert 'value="0912-345678"' in text_of(client.get(address("person_edit", person)))
    assert Person.objects.get(pk=person.pk).mobile == person.mobile
    client.force_login(user_of("center_staff"))
    assert 'value="0912-345678"' not in text_of(client.get(address("person_edit", person)))


def test_a_form_of_nobody_is_not_kept(client_of, person):
    visitor = client_of(None)
    visitor.post(address("person_edit", person), {"mobile": "0912-345678"})
    assert kept_typing.SESSION_KEY not in visitor.session


def test_a_form_older_than_the_sign_in_is_not_carried_out_but_kept(contact, client, person):
    typed = form_of(client, person) | {"mobile": "0912-345678"}
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(contact)
    response = strict.post(address("person_edit", person), typed)
    assert response.url == address("person_edit", person)
    assert 'value="0912-345678"' in text_of(strict.get(response.url))
    assert Person.objects.get(pk=person.pk).mobile == person.mobile
    assert strict.post(address("person_edit", person), {"mobile": "0912-345678"}).status_code == 403


# --- namesakes --------------------------------------------------------------------------------------------------
def told(person: Person) -> dict[str, str]:
    department = person.academic_records.get().programme.department_id
    day = person.birth_date
    birth_date = f"民國{day.year - 1911}年{day.month}月{day.day}日"
    return {"national_id": person.national_id[-4:], "department": department, "birth_date": birth_date}


def test_among_namesakes_the_form_opens_and_saves_only_after_verifying(client, person):
    typed = form_of(client, person) | {"mobile": "0912-345678"}
    other = somebody(degree(f"{OTHER}學士班"), chinese_name="林海生", birth_date="1979-11-12")
    verify = address("person_verify", person)
    first = client.get(address("person_edit", person)).url
    assert first.startswith(verify)
    assert client.post(address("person_edit", person), typed).url == first
    assert client.post(address("person_confirm", person)).url.startswith(verify)
    said = text_of(client.post(verify, told(other)))
    assert "核對不符" in said and OTHER not in said.partition("<form")[0]
    person.refresh_from_db()
    assert (person.mobile == "0912-345678", person.confirmations.count()) == (False, 0)
    assert client.post(first, told(person)).url == address("person_edit", person)
    assert 'value="0912-345678"' in text_of(client.get(address("person_edit", person)))
    client.post(address("person_edit", person), typed)
    assert Person.objects.get(pk=person.pk).mobile == "0912-345678"


@pytest.mark.parametrize("asked", ["https://example.org/", "//example.org/", "javascript:alert(1)"])
def test_verifying_leads_to_no_other_site(client, person, asked):
    somebody(degree(f"{OWN}碩士班"), chinese_name="林海生")
    response = client.post(f"{address('person_verify', person)}?next={asked}", told(person))
    assert response.url == address("person_edit", person)


def test_the_page_of_verifying_shows_nothing_stored_and_not_what_was_told(client, person):
    somebody(degree(f"{OWN}碩士班"), chinese_name="林海生")
    values = told(person) | {"national_id": person.national_id, "birth_date": "1990-05-07"}
    said = text_of(client.post(address("person_verify", person), values))
    assert person.national_id not in said and person.national_id_mask not in said
    assert "核對不符" in said and "1990-05-06" not in said


# --- beside the fields ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("attribute", "typed", "expected"),
    [
        ("mobile", "0912345678", "將儲存為 0912-345678"),
        ("phone", "（02）2462-2192 分機1250", "將儲存為 02-24622192#1250"),
        ("phone", "+1 415 555 2671", "將儲存為 +14155552671"),
        ("birth_date", "民國78年5月6日", "將儲存為 1989-05-06（民國78年5月6日）"),
        ("postal_code", "202301", "這個郵遞區號是基隆市中正區。"),
        ("address", "臺北市大安區和平東路1號", "這個地址的郵遞區號是 106。"),
        ("email", "not an address", "field-error"),
    ],
)
def test_the_server_says_beside_a_field_what_it_makes_of_it(client, person, attribute, typed, expected):
    values = form_of(client, person) | {attribute: typed}
    assert expected in text_of(client.post(address("person_check", person, attribute=attribute), values))
    assert Person.objects.get(pk=person.pk).version == 1


@pytest.mark.parametrize("name", ["other_phones", "other_emails", "address", "mobile"])
def test_what_is_far_too_long_is_refused_unread(client, person, name):
    """A megabyte of numbers kept a worker busy for seconds."""
    typed = form_of(client, person) | {name: "1234567," * 200}
    checked = text_of(client.post(address("person_check", person, attribute=name), typed))
    assert checked.count("field-error") == 1 and "內容過長，最多 1000 個字。" in checked
    assert len(client.post(address("person_edit", person), typed).context["form"].errors[name]) == 1


def test_a_number_that_is_checked_does_not_come_back(client, person):
    values = form_of(client, person) | {"national_id": "a123 456 789"}
    said = text_of(client.post(address("person_check", person, attribute="national_id"), values))
    assert "A123456789" not in said.upper().replace(" ", "")


def test_the_countries_stand_in_chinese_with_taiwan_first(client, person):
    said = text_of(client.get(address("person_edit", person)))
    options = re.findall(r'<option value="([A-Z]{2})">([^<]+)', said.partition('name="country"')[2])
    assert options[0] == ("TW", "台灣") and ("JP", "日本") in options


@pytest.mark.parametrize("code", ["NO", "NA"])
def test_a_country_whose_code_reads_like_no_data_is_saved_as_chosen(client, person, code):
    client.post(address("person_edit", person), form_of(client, person) | {"country": code})
    person.refresh_from_db()
    assert person.country == code


def test_the_center_does_not_overwrite_a_national_id_that_a_colleague_changed_meanwhile(client_of, person):
    """Two numbers of one mask: only the digest tells them apart."""
    center, theirs, mine = client_of("center_staff"), "F110000045", with_check_digit("L17000001")
    typed = form_of(center, person) | {"national_id": mine}
    mask = Person.objects.get().national_id_mask
    change = PersonChange(person.pk, {"national_id": theirs}, {"national_id": mask})
    apply_changes([change], editor=importer(), source=Source.ADMIN, at=timezone.now())
    shown = center.post(address("person_edit", person), typed)
    assert "目前：F*******45" in text_of(shown) and Person.objects.get().national_id == theirs
    center.post(address("person_edit", person), sent_back(shown) | {"national_id": mine})
    assert Person.objects.get().national_id == mine


# --- confirming, and a list of people ---------------------------------------------------------------------------
def test_confirmed_keeps_who_and_when_and_changes_nothing(client, contact, person):
    response = client.post(address("person_confirm", person), follow=True)
    assert "由李系助確認資料無異動" in text_of(response)
    kept = PersonConfirmation.objects.get()
    assert (kept.person, kept.by) == (person, contact)
    assert lines(person) == [] and Person.objects.get(pk=person.pk).version == 1
    later = timezone.now() + datetime.timedelta(days=1)
    assert not not_confirmed_since(Person.objects.all(), kept.at).exists()
    assert not_confirmed_since(Person.objects.all(), later).get() == person


def test_a_list_of_people_is_gone_through_in_order(client, person):
    others = [somebody(degree(f"{OWN}學士班"), chinese_name=name) for name in ("陳二", "黃三三")]
    people = [person, *others]
    for one in (*people, person):
        client.post(reverse("records:batch_change"), {"add": one.pk})
    client.post(reverse("records:batch_change"), {"remove": others[0].pk})
    assert [entry[0] for entry in client.get(reverse("records:batch")).context["entries"]] == [
        person,
        others[1],
    ]
    typed = form_of(client, person) | {"mobile": "0912-345678"}
    assert client.post(address("person_edit", person), typed).url == address("person", others[1])
    page = client.get(address("person", others[1]))
    assert "第 2 位，共 2 位" in text_of(page)
    assert client.post(address("person_confirm", others[1])).url == reverse("records:batch")
    assert "2／2" in text_of(client.get(reverse("records:batch")))
    client.post(reverse("records:batch_change"), {"clear": "1"})
    assert client.get(reverse("records:batch")).context["entries"] == []


def test_nobody_outside_the_scope_comes_on_a_list(client):
    stranger = somebody(degree(f"{OTHER}學士班"))
    answers = {
        client.post(reverse("records:batch_change"), {"add": pk}).status_code for pk in (stranger.pk, 999999)
    }
    assert answers == {404}
    client.post(reverse("records:batch_change"), {"add": "9" * 5000})
    assert client.get(reverse("records:batch")).context["entries"] == []


def test_who_looks_as_a_contact_sees_the_pages_and_changes_nothing(client_of, contact, person):
    center = client_of("center_staff")
    center.post(f"/admin/accounts/user/{contact.pk}/see-as/")
    assert "只能看，不能修改" in text_of(center.get(reverse("records:home")))
    assert "已確認，資料無異動</button>" not in text_of(center.get(address("person", person)))
    assert center.post(address("person_confirm", person)).status_code == 403
    assert not PersonConfirmation.objects.exists()
