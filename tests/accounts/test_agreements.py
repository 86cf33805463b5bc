"""The agreement: what counts as signed, and that nothing is seen without it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import agreements, cooperation
from accounts.models import AccountEvent, AgreementSignature, AgreementVersion, User
from records.models import Person
from tests.agreements import sign_agreement
from tests.people import somebody
from tests.project.url_table import STAFF, TABLE
from tests.walking import forgotten, portions, same_login

PAGE = "/accounts/agreement/"
NATIONAL_ID = "A123456789"
# Every page that shows or changes records, and all of the workspace.
WORKSPACE = [key for key in TABLE if key.startswith(("admin", "records:")) and key != "admin:logout"]


def form(**values: str) -> dict[str, str]:
    signed = {
        "digest": agreements.current().digest,
        "name": "李系助",
        "title": "助教",
        "address": "基隆市中正區北寧路2號",
        "agreed": "on",
    }
    return {name: value for name, value in (signed | values).items() if value}


def publish(user: User, text: str = "新的內容。") -> AgreementVersion:
    return agreements.publish(AgreementVersion.objects.create(title="切結書", text=text), by=user)


def damage(table: str, column: str, pk: int) -> None:
    """As somebody with access to the database would."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = 'x' WHERE id = %s", [pk])


@pytest.mark.parametrize("keys", portions(["home", *WORKSPACE]))
def test_without_a_signature_every_address_leads_to_the_agreement(keys, client_of):
    logins, wrong = {role: client_of(role, signed=False) for role in STAFF}, []
    for key in keys:
        row = TABLE[key]
        with forgotten():
            path = f"/{key}" if "/" in key else reverse(key, kwargs=row.kwargs())
            for role in STAFF:
                browser = same_login(logins[role])
                for answer in (browser.get(path, row.query), browser.post(path, {"accounts": "1"})):
                    leads_there = answer.status_code == 302 and answer.url.startswith(PAGE)
                    if not leads_there or answer.content:
                        wrong.append((key, role, answer.request["REQUEST_METHOD"], answer.status_code))
    assert not wrong


def test_alumni_sign_nothing(client_of):
    assert client_of("alumnus").get("/").status_code == 200
    assert client_of("alumnus").get(PAGE).url == "/"


def test_who_signs_goes_on_where_the_way_led(client_of, user_of):
    person = somebody(chinese_name="林大海")
    client = client_of("it_staff", signed=False)
    address = f"/admin/records/person/{person.pk}/"
    moved = client.get(address)
    page = client.get(moved.url).content.decode()
    assert agreements.current().title in page and f'value="{address}"' in page
    assert "請勾選同意" in client.post(PAGE, form(agreed="") | {"next": address}).content.decode()
    assert client.post(PAGE, form() | {"next": address}).url == address
    assert "林大海" in client.get(address).content.decode()
    signature = AgreementSignature.objects.get(account=user_of("it_staff"))
    assert signature.network_address == "127.0.0.1" and signature.version == agreements.current()
    assert user_of("it_staff").events.filter(kind=AccountEvent.Kind.AGREEMENT_SIGNED).count() == 1


def test_signing_does_not_lead_to_another_site(client_of):
    assert client_of("auditor", signed=False).post(PAGE, form() | {"next": "https://example.org/"}).url == "/"


def test_what_was_sent_without_a_signature_is_not_carried_out(client_of):
    client = client_of("it_staff", signed=False)
    answer = client.post("/admin/records/person/add/", {"chinese_name": "林大海"}, follow=True)
    assert "剛才送出的內容沒有處理" in answer.content.decode()
    assert not Person.objects.exists()


def test_the_national_id_is_checked_sealed_and_shown_to_the_signer_alone(client_of, user_of):
    client = client_of("department_contact", signed=False)
    refused = client.post(PAGE, form(national_id="A123456788")).content.decode()
    assert "檢查碼不符" in refused
    client.post(PAGE, form(national_id=NATIONAL_ID))
    account = user_of("department_contact")
    signature = account.signatures.get()
    assert NATIONAL_ID.encode() not in bytes(signature.national_id_sealed)
    assert signature.open_national_id() == NATIONAL_ID
    shown = client.get(PAGE).content.decode()
    assert "A*******89" in shown and NATIONAL_ID not in shown
    assert client.get("/accounts/agreement/pdf/").status_code == 405
    own = client.post("/accounts/agreement/pdf/")
    assert own["Content-Type"] == "application/pdf" and own.content.startswith(b"%PDF")
    assert own["Content-Disposition"].startswith("attachment")
    assert account.events.first().kind == AccountEvent.Kind.AGREEMENT_PRINTED
    page = client_of("it_staff").get(f"/admin/accounts/user/{account.pk}/").content.decode()
    assert NATIONAL_ID not in page and "助教" in page
    assert not AccountEvent.objects.filter(detail__contains=NATIONAL_ID).exists()


def test_the_signed_agreement_asks_for_the_factor_again(person, settings):
    someone = person("auditor", factor=True)
    client = someone.signed_in()
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = -1
    answer = client.post("/accounts/agreement/pdf/")
    assert answer.url.startswith(reverse("mfa_reauthenticate"))
    assert "agreement_printed" not in someone.kinds()


@pytest.mark.parametrize("name", ["agreement", "data_note"])
def test_what_the_center_registers_asks_for_the_factor_again(name, person, user_of, settings):
    client, account = person("it_staff", factor=True).signed_in(), user_of("registrar")
    ended = cooperation.end(account, reason="離職", by=user_of("center_director"))
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = -1
    number = {"closing_id": ended.pk} if name == "data_note" else {}
    address = reverse(f"admin:accounts_user_{name}", kwargs={"object_id": account.pk} | number)
    assert client.post(address).url.startswith(reverse("mfa_reauthenticate"))


def test_a_new_version_is_signed_again_also_by_who_is_logged_in(client_of, user_of):
    client = client_of("department_contact")
    shown = agreements.current().digest
    assert client.get("/admin/").status_code == 200
    publish(user_of("it_staff"))
    assert client.get("/admin/").url.startswith(PAGE)
    assert "先前的簽署已不適用" in client.get(PAGE).content.decode()
    # The text that was still open in another tab does not count.
    assert "剛有更新" in client.post(PAGE, form(digest=shown)).content.decode()
    assert client.get("/admin/").status_code == 302
    client.post(PAGE, form())
    assert client.get("/admin/").status_code == 200


def test_a_damaged_text_or_signature_does_not_count(user_of, client_of):
    user = user_of("auditor")
    signature = user.signatures.get()
    assert agreements.has_valid_signature(user)
    for column in ("name", "version_digest", "seal"):
        kept = getattr(signature, column)
        damage("accounts_agreementsignature", column, signature.pk)
        assert not agreements.has_valid_signature(user), column
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE accounts_agreementsignature SET {column} = %s WHERE id = %s", [kept, signature.pk]
            )
    assert agreements.has_valid_signature(user)
    damage("accounts_agreementversion", "text", agreements.current().pk)
    assert not agreements.has_valid_signature(user)
    page = client_of("auditor").get(PAGE).content.decode()
    assert "與發布時不符" in page and "簽署切結書</button>" not in page
    client_of("auditor").post(PAGE, form())
    assert not agreements.has_valid_signature(user)
    call_command("publish_agreement")  # the way back in
    client_of("auditor").post(PAGE, form())
    assert agreements.has_valid_signature(user)


def test_published_versions_and_signatures_stay_as_they_are(user_of):
    user = user_of("it_staff")
    version, signature = agreements.current(), user.signatures.get()
    version.text = "改過的內容"
    signature.name = "別人"
    for change in (version.save, signature.save, signature.delete, version.delete):
        with pytest.raises(TypeError):
            change()
    for rows in (AgreementVersion.objects.all(), AgreementSignature.objects.all()):
        with pytest.raises(TypeError):
            rows.update(title="改過")
        with pytest.raises(TypeError):
            rows.delete()
    with pytest.raises(ValidationError):
        agreements.publish(agreements.current(), by=user)


def test_an_empty_database_has_the_default_text(db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_agreementversion")
    version = agreements.current()
    assert version.number == 1 and version.is_sound() and "損害賠償" in version.text
    assert agreements.current() == version


def test_a_signature_on_paper_has_a_date_that_can_be(user_of):
    account, by = user_of("registrar", signed=False), user_of("center_staff")
    values = {"version": agreements.current(), "name": "張註冊", "title": "組員", "by": by}
    with pytest.raises(ValidationError, match="不能晚於今天"):
        agreements.sign_on_paper(account, signed_on=timezone.localdate() + timedelta(days=1), **values)
    long_ago = timezone.localdate() - timedelta(days=30)
    with pytest.raises(ValidationError, match="不能早於這個版本的發布日期"):
        agreements.sign_on_paper(account, signed_on=long_ago, **values)
    with connection.cursor() as cursor:
        published_at = timezone.now() - timedelta(days=31)
        cursor.execute("UPDATE accounts_agreementversion SET published_at = %s", [published_at])
    agreements.sign_on_paper(account, signed_on=long_ago, **values | {"version": agreements.current()})
    assert agreements.has_valid_signature(account)


def test_the_center_registers_a_paper_on_the_accounts_page(client_of, user_of):
    account = user_of("registrar", signed=False)
    client = client_of("center_staff")
    page = f"/admin/accounts/user/{account.pk}/"
    assert "尚未簽署現行版本" in client.get(page).content.decode()
    paper = {
        "version": agreements.current().pk,
        "name": "張註冊",
        "title": "組員",
        "signed_on": timezone.localdate().isoformat(),
        "paper": "海校友字第1號",
    }
    client.post(f"{page}agreement/", paper | {"paper": ""})
    assert not account.signatures.exists()
    answer = client.post(f"{page}agreement/", paper, follow=True).content.decode()
    assert "海校友字第1號" in answer and "有效" in answer
    assert client_of("registrar").get("/admin/").status_code == 200


def test_a_version_is_written_previewed_and_published_in_the_workspace(client_of, user_of):
    client = client_of("center_director")
    draft = client.post(
        "/admin/accounts/agreementversion/add/", {"title": "新切結書", "text": "一、只看職務所需。"}
    )
    assert "一、只看職務所需。" in client.get(draft.url).content.decode()
    assert agreements.current().title != "新切結書"
    assert client.post(draft.url, {}).status_code == 200  # not confirmed
    assert agreements.current().title != "新切結書"
    client.post(draft.url, {"confirmed": "on"})
    assert agreements.current().title == "新切結書" and agreements.current().number == 2
    assert client.get("/admin/").url.startswith(PAGE)  # the publisher signs, too
    assert client.get(draft.url).url.startswith(PAGE)
    sign_agreement(user_of("center_director"))
    assert client.get(draft.url).status_code == 404  # published: no draft any more
    change = draft.url.replace("publish/", "")
    client.post(change, {"title": "改", "text": "改"})
    assert agreements.current().title == "新切結書"


def test_center_staff_read_versions_and_publish_none(client_of):
    draft = AgreementVersion.objects.create(title="草稿", text="內容")
    client = client_of("center_staff")
    address = f"/admin/accounts/agreementversion/{draft.pk}/"
    assert client.get(address).status_code == 200
    assert client.post(f"{address}publish/", {"confirmed": "on"}).status_code == 403
    assert client.post(address, {"title": "改", "text": "改"}).status_code == 403
    assert not AgreementVersion.objects.filter(title="改").exists()


def test_a_login_with_an_unsigned_account_ends_at_the_agreement(user_of):
    user_of("auditor", signed=False, password="Wave-of-2031")
    answer = Client().post("/login", {"login": "auditor", "password": "Wave-of-2031"}, follow=True)
    assert answer.request["PATH_INFO"] == PAGE
