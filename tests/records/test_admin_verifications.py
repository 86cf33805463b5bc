"""身分核對紀錄: the center and the auditor see who tried to verify whom, and how it ended."""

from __future__ import annotations

import datetime
import re

import pytest
from django.utils import timezone

from records.models import Department, Person, VerificationAttempt
from records.verifying import Outcome, Told, verify
from tests.people import somebody

pytestmark = pytest.mark.usefixtures("organisation")
LIST = "/admin/records/verificationattempt/"


@pytest.fixture
def people() -> list[Person]:
    return [somebody(chinese_name="林峰", national_id=number) for number in ("A123456789", "B223456787")]


@pytest.fixture
def attempts(user_of, people) -> None:
    """A contact fails five times and once more during the lock; center staff succeeds days before."""
    now = timezone.now()
    department = Department.objects.get(name="資訊工程學系")
    contact = user_of("department_contact", departments=[department], display_name="李系助")
    for number in range(6):
        at = now - datetime.timedelta(minutes=6 - number)
        verify(contact, people[number % 2], Told("0000", department.pk, "1990-05-06"), at=at)
    right = Told(people[0].national_id, department.pk, "1990-05-06")
    verify(user_of("center_staff"), people[0], right, at=now - datetime.timedelta(days=3))


def rows(client, **query: str) -> list[str]:
    body = client.get(LIST, query).content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    return [re.sub(r"<[^>]+>|\s+", " ", line) for line in body.split("</tr>")[:-1]]


@pytest.mark.parametrize("role", ["center_staff", "center_director"])
def test_who_tried_whom_and_when_a_lock_began_is_told(client_of, attempts, people, role):
    """Staff as well: a contact whose comparisons are stopped is sent to them."""
    newest, fifth, *earlier = rows(client_of(role))
    assert "李系助" in newest and "林峰" in newest and "暫停期間" in newest
    assert "核對不符" in fifth and "開始暫停" in fifth
    assert not any("開始暫停" in line for line in earlier)
    assert "核對相符" in earlier[-1] and "測試校友服務中心承辦人員" in earlier[-1]


def test_the_auditor_sees_numbers_and_no_names(client_of, attempts, people):
    client = client_of("auditor")
    page = client.get(LIST).content.decode()
    assert "林峰" not in page and "/admin/records/person/" not in page
    assert f"#{people[1].pk}" in rows(client)[0]
    assert not any(text in page for text in ("A123456789", people[0].national_id_mask, "1990-05-06"))


def test_the_list_is_filtered_by_what_is_on_offer_and_nothing_else(client_of, user_of, attempts):
    client = client_of("auditor")
    assert len(rows(client)) == 7
    assert (
        len(rows(client, outcome=Outcome.SUCCEEDED))
        == len(rows(client, editor=user_of("center_staff").pk))
        == 1
    )
    assert len(rows(client, outcome="not_succeeded")) == len(rows(client, days="1")) == 6
    assert client.get(LIST, {"person__national_id_digest__startswith": "a"}).status_code in (302, 400)
    assert client.get(LIST, {"person__chinese_name": "林峰"}).status_code in (302, 400)
    for made_up in ({"outcome": "x"}, {"editor": "0 or 1"}, {"days": "-1"}):
        assert len(rows(client, **made_up)) == 7
    assert VerificationAttempt.objects.count() == 7


def test_the_list_costs_the_same_for_few_and_many(client_of, attempts, django_assert_max_num_queries):
    client = client_of("center_director")
    client.get(LIST)
    with django_assert_max_num_queries(14):
        client.get(LIST)


def test_the_auditors_board_counts_the_trails_of_today(client_of, attempts):
    page = client_of("auditor").get("/admin/").content.decode()
    assert re.search(r'href="/admin/records/verificationattempt/">\s*<span class="count">6</span>', page)
    assert "今天的個資存取紀錄" in page and "今天的帳號紀錄" in page
