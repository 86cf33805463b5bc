"""Against slow copying of the database (ASVS 2.4.1): limits that nobody at work meets, and a script does."""

from __future__ import annotations

import datetime

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import RequestFactory
from django.utils import timezone

from records import reading_limits
from records.models import Department, Disclosure
from tests.people import degree, somebody

from .test_parallel_imports import together

pytestmark = pytest.mark.usefixtures("organisation")
OWN, OTHER = "資訊工程學系", "食品科學系"
LIST, SEARCH = "/admin/records/person/", "/alumni/search/"
WHILE = 600  # seconds; shorter than a sign-in


@pytest.fixture
def contact(user_of):
    return user_of("department_contact", departments=[Department.objects.get(name=OWN)])


@pytest.fixture(autouse=True)
def low_limits(settings) -> None:
    own = {"searches": (3, 60), "lists": (3, WHILE), "people": (3, WHILE)}
    settings.READING_LIMITS = {kind: {"own": limit, "all": (5, limit[1])} for kind, limit in own.items()}


@pytest.fixture
def later(monkeypatch):
    """`later(seconds)` moves the clock on."""
    real = timezone.now

    def move(seconds: int) -> None:
        monkeypatch.setattr(timezone, "now", lambda: real() + datetime.timedelta(seconds=seconds))

    return move


def test_too_many_searches_are_stopped_for_a_while_and_told(contact, client_of, later):
    client = client_of("department_contact")
    pages = [client.post(SEARCH, {"text": "林"}) for _number in range(2)]
    pages.append(client.post(f"{LIST}search/", {"text": "林"}))  # both searches count together
    assert [page.status_code for page in pages] == [200, 200, 302]
    stopped = client.post(SEARCH, {"text": "林"})
    assert stopped.status_code == 429 and 0 < int(stopped["Retry-After"]) <= 61
    assert "1 分鐘內的搜尋已達 3 次上限" in stopped.content.decode()
    part = client.post(SEARCH, {"text": "林"}, headers={"HX-Request": "true"})
    assert (
        part.status_code == 429 and "<html" not in part.content.decode() and "上限" in part.content.decode()
    )
    later(61)
    assert client.post(SEARCH, {"text": "林"}).status_code == 200


def test_too_many_different_people_are_stopped_and_the_same_ones_again_are_not(contact, client_of, later):
    people = [somebody(degree(f"{OWN}學士班"), chinese_name=f"林{n}") for n in "一二三四"]
    stranger = somebody(degree(f"{OTHER}學士班"), chinese_name="別系人")
    client = client_of("department_contact")
    addresses = ["/alumni/people/{}/", "/alumni/people/{}/edit/", f"{LIST}{{}}/"]
    for person, address in zip(people, addresses, strict=False):
        assert client.get(address.format(person.pk)).status_code == 200
    for person in people[:3]:
        assert client.get(addresses[0].format(person.pk)).status_code == 200
    for address in addresses:
        stopped = client.get(address.format(people[3].pk))
        assert stopped.status_code == 429 and "10 分鐘內查看的校友已達 3 位上限" in stopped.content.decode()
        assert people[3].mobile not in stopped.content.decode()
    assert client.get(addresses[0].format(stranger.pk)).status_code == 404  # and tells nothing of others
    later(WHILE + 1)
    assert client.get(addresses[0].format(people[3].pk)).status_code == 200


def test_the_pages_of_the_list_are_counted_and_the_center_has_more_room(contact, client_of):
    pages = [LIST, "/admin/records/followup/", LIST, "/admin/records/followup/"]  # the telephone list counts
    codes = [client_of("department_contact").get(page).status_code for page in pages]
    assert codes == [200, 200, 200, 429]
    center = client_of("center_staff")
    assert [center.get(LIST).status_code for _page in range(6)] == [200] * 5 + [429]


def test_what_was_typed_when_a_limit_is_passed_stands_in_the_form_later(contact, client_of, later):
    people = [somebody(degree(f"{OWN}學士班"), chinese_name=f"林{n}") for n in "一二三四"]
    client, url = client_of("department_contact"), f"/alumni/people/{people[0].pk}/remark/"
    typed = {"text": "校慶當面確認", "kept_for": client.get(url).context["kept_for"]}
    later(WHILE + 1)  # the form was left open, and others were looked up
    for person in people[1:]:
        client.get(f"/alumni/people/{person.pk}/")
    assert client.post(url, typed).status_code == 429
    later(2 * WHILE + 1)
    assert typed["text"] in client.get(url).content.decode()


def test_the_trail_says_it_once_and_without_anybodys_data(contact, client_of, later):
    somebody(degree(f"{OWN}學士班"), chinese_name="林一")
    client = client_of("department_contact")
    for _number in range(8):
        client.post(SEARCH, {"text": "林一"})
    entry = Disclosure.objects.get()
    assert (entry.user, entry.kind, entry.row_count) == (contact, Disclosure.Kind.LIMIT, 3)
    assert "林一" not in entry.detail and entry.address == "127.0.0.1"
    assert "查詢達上限" in client_of("auditor").get("/admin/records/disclosure/").content.decode()


def test_who_looks_as_somebody_else_is_counted_as_oneself(contact, client_of):
    center = client_of("center_staff")
    center.post(f"/admin/accounts/user/{contact.pk}/see-as/")
    assert [center.get(LIST).status_code for _page in range(6)] == [200] * 5 + [429]
    assert client_of("department_contact").get(LIST).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_do_not_count_as_one(contact, settings, monkeypatch):
    """In the cache that all processes share."""
    table = "shared_cache_of_this_test"
    backend = "django.core.cache.backends.db.DatabaseCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": table}}
    call_command("createcachetable", verbosity=0)
    settings.READING_LIMITS = {"searches": {"own": (6, 60)}}
    monkeypatch.setattr(reading_limits, "PATIENCE", 20_000)  # all wait, also on a busy machine
    request = RequestFactory().post(SEARCH)
    request.user = contact

    def search() -> bool:
        try:
            reading_limits.count_search(request)
        except reading_limits.TooMany:
            return False
        return True

    assert sum(together(*[search] * 8)) == 6
    assert Disclosure.objects.count() == 1
    cache.clear()
