"""The university's lists, the accounts and the trail in the workspace; and what every page has in common."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from records.models import Department, Disclosure, OrganisationAlias, Programme, SerialSeries
from records.programmes import Lists
from tests.factories import planned, row
from tests.people import degree, somebody

pytestmark = pytest.mark.usefixtures("organisation")
ADMIN = "/admin/records/"
ACCOUNTS = "/admin/accounts/user/"


def values_of(response) -> dict[str, object]:
    form = response.context_data.get("form") or response.context_data["adminform"].form
    shown = {field.html_name: field.value() for field in form}
    return {name: "" if value is None else value for name, value in shown.items() if value is not False}


def saved(client: Client, url: str, **values: object):
    return client.post(url, values_of(client.get(url)) | values, follow=True)


@pytest.fixture
def it(client_of):
    return client_of("it_staff")


# --- lists --------------------------------------------------------------------------------------------------------
def test_a_renamed_department_keeps_its_old_name(it):
    department = Department.objects.get(name="資訊工程學系")
    page = saved(it, f"{ADMIN}department/{department.pk}/", name="資訊科學與工程學系").content.decode()
    assert "原名稱「資訊工程學系」已留為別名" in page
    assert Lists.load().resolve_programme("資訊工程學系碩士班").programme_id


def test_a_renamed_programme_keeps_its_old_name(it):
    programme = Programme.objects.get(name="資訊工程學系碩士班")
    saved(it, f"{ADMIN}programme/{programme.pk}/", name="資訊科學碩士班")
    assert programme.aliases.get().text == "資訊工程學系碩士班"


def test_a_programme_of_a_new_level_gets_its_serial_series(it):
    department = Department.objects.get(name="商船學系")
    form = {
        "name": "商船學系博士班",
        "department": department.pk,
        "level": "doctor",
        "division": "day",
        "letter": "D",
    }
    it.post(f"{ADMIN}programme/add/", form)
    assert SerialSeries.objects.filter(department=department, level="doctor").exists()


def test_an_alias_is_compared_without_blanks_and_brackets(it):
    department = Department.objects.first()
    data = {"text": "測試別名", "department": department.pk, "programme": ""}
    it.post(f"{ADMIN}organisationalias/add/", data)
    again = it.post(f"{ADMIN}organisationalias/add/", data | {"text": "（測試） 別名"})
    assert OrganisationAlias.objects.filter(text__contains="測試").count() == 1
    assert "已經有了" in again.content.decode()


def test_an_alias_belongs_to_one_unit(it):
    response = it.post(f"{ADMIN}organisationalias/add/", {"text": "誰的", "department": "", "programme": ""})
    assert "別名必須屬於一個系所或一個畢業系所" in response.content.decode()


def test_a_series_shows_its_example_and_refuses_a_pattern_that_cannot_be_read(it):
    series = SerialSeries.objects.first()
    url = f"{ADMIN}serialseries/{series.pk}/"
    page = it.get(url).content.decode()
    assert f">{series.example(115)}<" in page or series.letter in page
    assert "只能使用" in saved(it, url, pattern="{letter}{name}{sequence}").content.decode()
    saved(it, url, pattern="N{letter}{department}{year}{sequence}", width=5)
    series.refresh_from_db()
    assert series.example(115) == f"N{series.letter}{series.department.code}11500001"


@pytest.mark.parametrize(
    "name", ["department", "programme", "statuscode", "serialseries", "organisationalias", "college"]
)
def test_center_staff_see_the_lists_and_cannot_change_them(client_of, name):
    client = client_of("center_staff")
    assert client.get(f"{ADMIN}{name}/").status_code == 200
    model = Department if name == "department" else Programme
    pk = model.objects.first().pk if name in ("department", "programme") else 1
    assert client.post(f"{ADMIN}{name}/{pk}/", {"name": "改名"}).status_code == 403
    assert client.post(f"{ADMIN}{name}/add/", {"name": "新增"}).status_code == 403
    assert not model.objects.filter(name="改名").exists()


# --- accounts -----------------------------------------------------------------------------------------------------
NEW = {
    "username": "contact1",
    "display_name": "測試聯絡人",
    "email": "contact1@example.org",
    "role": "department_contact",
    "reason": "系統啟用",
}


def test_an_account_is_opened_and_its_owner_gets_a_link(it, mailoutbox, django_capture_on_commit_callbacks):
    department = Department.objects.first()
    with django_capture_on_commit_callbacks(execute=True):
        it.post(f"{ACCOUNTS}add/", NEW | {"departments": [department.pk]})
    user = User.objects.get(username="contact1")
    assert user.department_ids == {department.pk} and not user.has_usable_password()
    assert mailoutbox[0].to == [NEW["email"]]
    assert [event.kind for event in user.events.all()] == ["invited", "opened"]


def test_without_an_address_no_account_is_opened(it):
    it.post(f"{ACCOUNTS}add/", NEW | {"role": "registrar", "email": ""})
    assert not User.objects.filter(username="contact1").exists()


def test_a_contact_needs_a_department_and_other_roles_keep_none(it):
    response = it.post(f"{ACCOUNTS}add/", NEW)
    assert "至少要負責一個系所" in str(response.context_data["form"].errors)
    it.post(f"{ACCOUNTS}add/", NEW | {"role": "registrar", "departments": [Department.objects.first().pk]})
    assert not User.objects.get(username="contact1").memberships.exists()


def test_a_switched_off_account_is_out_at_once(it, client_of, user_of):
    contact = client_of("registrar")
    account = user_of("registrar")
    data = values_of(it.get(f"{ACCOUNTS}{account.pk}/")) | {"departments": []}
    data.pop("is_active")
    it.post(f"{ACCOUNTS}{account.pk}/", data)
    assert not User.objects.get(pk=account.pk).is_active
    assert contact.get("/admin/").status_code == 302


def test_nobody_switches_the_own_account_off_or_gives_it_another_role(it, user_of):
    url = f"{ACCOUNTS}{user_of('it_staff').pk}/"
    for change in ({"role": "center_director"}, {"is_active": None}):
        data = {k: v for k, v in (values_of(it.get(url)) | change).items() if v is not None}
        it.post(url, data | {"departments": []})
    assert User.objects.get(username="it_staff", is_active=True).role == Role.IT_STAFF


@pytest.mark.parametrize("role", ["registrar", "department_contact", "auditor"])
def test_other_roles_open_no_accounts_and_give_no_passwords(client_of, user_of, role):
    client, account = client_of(role), user_of("it_staff")
    before = account.password
    assert client.post(f"{ACCOUNTS}add/", NEW).status_code == 403
    assert client.post(f"{ACCOUNTS}{account.pk}/", NEW).status_code == 403
    assert client.post(f"{ACCOUNTS}{account.pk}/invite/").status_code == 403
    assert User.objects.get(pk=account.pk).password == before


def test_no_page_of_an_account_holds_a_password_hash(it, user_of):
    account = user_of("registrar")
    account.set_password("Wave-of-2031")
    account.save()
    page = it.get(f"{ACCOUNTS}{account.pk}/").content.decode() + it.get(ACCOUNTS).content.decode()
    assert account.password not in page and "md5$" not in page


# --- the trail ----------------------------------------------------------------------------------------------------
def test_the_trail_is_read_by_director_and_auditor_and_written_by_nobody(client_of, user_of):
    Disclosure.objects.create(
        user=user_of("it_staff"),
        kind="export",
        at=timezone.now(),
        row_count=7,
        detail="資訊工程學系：校友會通訊",
    )
    for role in ("center_director", "auditor"):
        client = client_of(role)
        assert "校友會通訊" in client.get(f"{ADMIN}disclosure/").content.decode()
        assert client.post(f"{ADMIN}disclosure/add/", {}).status_code == 403
    assert client_of("it_staff").get(f"{ADMIN}disclosure/").status_code == 403


# --- every page ---------------------------------------------------------------------------------------------------
def pages() -> list[str]:
    person = somebody(degree("資訊工程學系學士班"), degree("資訊工程學系碩士班"), without=("email",))
    batch = planned([row(), row(中文姓名=""), row(畢業系所="資訊工程學系", 學號="", 班級資料="")])
    people, record = f"{ADMIN}person/", person.academic_records.first().pk
    series = SerialSeries.objects.first().pk
    return [
        "/admin/", people, f"{people}?missing=email", f"{people}add/", f"{people}{person.pk}/",
        f"{people}{person.pk}/edit/", f"{people}{person.pk}/records/add/", f"{people}{person.pk}/records/{record}/",
        f"{ADMIN}importbatch/", f"{ADMIN}importbatch/add/", f"{ADMIN}importbatch/{batch.pk}/",
        f"{ADMIN}serialseries/{series}/", f"{ADMIN}serialseries/add/", f"{ADMIN}department/", f"{ADMIN}programme/",
        f"{ADMIN}statuscode/add/", f"{ADMIN}organisationalias/", f"{ADMIN}college/", f"{ADMIN}disclosure/",
        ACCOUNTS, f"{ACCOUNTS}add/",
    ]  # fmt: skip


MARKUP = re.compile(r"<script.*?</script>|<style.*?</style>|<svg.*?</svg>|<head>.*?</head>|<[^>]+>", re.S)
# Names of file types, placeholders of patterns, sample people and accounts: no English sentences.
LATIN_ALLOWED = re.compile(
    r"\.?xlsx|Excel|Lin, \S+|\{\w+\}|[\w.]+@[\w.]+|center_director|importer|[A-Z0-9*_-]{1,17}"
)


def test_no_page_has_a_word_of_english_or_anything_inline(client_of):
    """Strict CSP: no inline style, script or event handler; and Chinese throughout."""
    client = client_of("center_director")
    for path in pages():
        response = client.get(path)
        html = response.content.decode()
        assert response.status_code == 200, path
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html), path
        words = LATIN_ALLOWED.sub("", MARKUP.sub(" ", html))
        assert not re.search(r"[A-Za-z]{2,}", words), (path, re.findall(r"\S*[A-Za-z]{2,}\S*", words)[:5])
        for text in re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]*)"', html):
            assert not re.search(r"[a-z]{3,}", text), (path, text)
