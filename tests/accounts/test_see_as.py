"""Seeing the workspace as another account: its pages, read only, marked, logged, and over after fifteen minutes."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts import see_as
from accounts.models import AccountEvent, User
from records.models import Department, Person
from tests.people import degree, somebody

from ..project.url_table import CENTER_AND_IT

pytestmark = pytest.mark.usefixtures("organisation")
LIST = "/admin/records/person/"
BANNER = "只能看，不能修改"


@pytest.fixture
def contact(user_of) -> User:
    return user_of("department_contact", departments=[Department.objects.get(name="資訊工程學系")])


def begin(client, account: User):
    return client.post(f"/admin/accounts/user/{account.pk}/see-as/")


def test_the_pages_are_those_of_the_account_with_a_banner_and_the_way_back(client_of, contact):
    own = somebody(degree("資訊工程學系學士班"), chinese_name="本系")
    other = somebody(degree("食品科學系學士班"), chinese_name="他系")
    client = client_of("center_director")
    begin(client, contact)
    for path in ("/admin/", LIST, f"{LIST}{own.pk}/"):
        html = client.get(path).content.decode()
        assert BANNER in html and contact.display_name in html and "測試校友服務中心主任正以" in html
    assert {person.chinese_name for person in client.get(LIST).context_data["cl"].result_list} == {"本系"}
    outside = client.get(f"{LIST}{other.pk}/")
    assert outside.status_code == 404 and BANNER in outside.content.decode()
    assert client.get("/admin/accounts/user/").status_code == 403
    back = client.post(reverse("admin:accounts_user_see_as_end"), follow=True)
    assert back.status_code == 200 and BANNER not in back.content.decode()
    assert client.get(f"{LIST}{other.pk}/").status_code == 200
    events = contact.events.filter(kind=AccountEvent.Kind.SEEN_AS)
    assert [(event.by.username, event.detail) for event in events.order_by("pk")] == [
        ("center_director", "開始檢視，至多 15 分鐘"),
        ("center_director", "結束檢視"),
    ]


def test_nothing_is_sent_and_no_page_of_the_account_itself_is_open(client_of, user_of):
    person = somebody()
    staff, client = user_of("center_staff"), client_of("center_director")
    begin(client, staff)
    edit = f"{LIST}{person.pk}/edit/"
    assert client.get(edit).status_code == 200
    for path in (edit, f"{LIST}search/", f"/admin/accounts/user/{staff.pk}/password/", "/accounts/password/"):
        answer = client.post(path, {"chinese_name": "改"})
        assert answer.status_code == 403 and "檢視期間不開放" in answer.content.decode()
    for path in ("/accounts/password/", "/admin/password_change/", "/admin/login/"):
        assert client.get(path).status_code == 403
    assert client.get("/").status_code == 302
    before = staff.password
    staff.refresh_from_db()
    assert staff.password == before and Person.objects.get().version == person.version


def test_it_is_over_after_fifteen_minutes_and_when_the_right_is_gone(
    client_of, user_of, contact, monkeypatch
):
    client = client_of("center_director")
    begin(client, contact)
    session = client.session
    session[see_as.SESSION_KEY] |= {"until": session[see_as.SESSION_KEY]["until"] - 15 * 60 - 1}
    session.save()
    html = client.get(LIST, follow=True).content.decode()
    assert "時間已結束" in html and BANNER not in html
    begin(client, contact)
    assert BANNER in client.get(LIST).content.decode()
    User.objects.filter(pk=contact.pk).update(role="auditor", is_active=False)
    assert BANNER not in client.get(LIST, follow=True).content.decode()
    begin(client, user_of("registrar"))
    User.objects.filter(username="center_director").update(role="registrar")
    assert BANNER not in client.get("/admin/", follow=True).content.decode()


ALLOWED = {
    "center_staff": {"department_contact"},
    "center_director": {"center_staff", "it_staff", "registrar", "department_contact", "auditor"},
    # Not the center's staff, who checks applications.
    "it_staff": {"registrar", "department_contact"},
}


@pytest.mark.parametrize("role", CENTER_AND_IT)
def test_nobody_sees_as_an_account_with_more_rights_or_the_own_one(role, client_of, user_of):
    others = [
        name
        for name in (
            "center_staff",
            "center_director",
            "it_staff",
            "registrar",
            "department_contact",
            "auditor",
            "alumnus",
        )
    ]
    client, allowed = client_of(role), set()
    for other in others:
        if begin(client, user_of(other)).status_code == 302:
            allowed.add(other)
            client.post(reverse("admin:accounts_user_see_as_end"))
    assert allowed == ALLOWED[role]


def test_logging_out_stays_possible_and_ends_it(client_of, contact):
    client = client_of("center_director")
    begin(client, contact)
    client.post("/logout")
    assert client.get("/admin/").status_code == 302
    client.force_login(User.objects.get(username="center_director"))
    assert BANNER not in client.get("/admin/").content.decode()
