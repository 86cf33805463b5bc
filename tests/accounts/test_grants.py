"""A wider scope for a contact: given by director and IT, never to oneself, over at its last day."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import grants
from accounts.models import AccountEvent, ScopeGrant, User
from records.models import College, Department
from tests.people import degree, somebody

pytestmark = pytest.mark.usefixtures("organisation")
LIST = "/admin/records/person/"
DAY = datetime.timedelta(days=1)


@pytest.fixture
def today() -> datetime.date:
    return timezone.localdate()


@pytest.fixture
def contact(user_of) -> User:
    return user_of("department_contact", departments=[Department.objects.get(name="資訊工程學系")])


def seen(client) -> set[str]:
    return {person.chinese_name for person in client.get(LIST).context_data["cl"].result_list}


def test_a_grant_opens_a_department_until_its_last_day_and_is_over_by_itself(
    contact, client_of, user_of, today
):
    somebody(degree("資訊工程學系學士班"), chinese_name="本系")
    somebody(degree("食品科學系學士班"), chinese_name="他系")
    client, director = client_of("department_contact"), user_of("center_director")
    assert seen(client) == {"本系"}
    food = Department.objects.get(name="食品科學系")
    grant = grants.give(contact, by=director, department=food, reason="代理", starts_on=today, ends_on=today)
    assert seen(client) == {"本系", "他系"}
    ScopeGrant.objects.filter(pk=grant.pk).update(starts_on=today - DAY, ends_on=today - DAY)
    assert seen(client) == {"本系"}
    ScopeGrant.objects.filter(pk=grant.pk).update(starts_on=today + DAY, ends_on=today + DAY)
    assert seen(client) == {"本系"}
    page = client_of("center_director").get(f"/admin/accounts/user/{contact.pk}/").content.decode()
    assert "尚未開始" in page and "代理" in page


def test_a_college_and_all_departments_can_be_granted(contact, user_of, today):
    college = College.objects.get(departments__name="食品科學系")
    days = {"starts_on": today, "ends_on": today + DAY, "reason": "院友會", "by": user_of("it_staff")}
    grants.give(contact, college=college, **days)
    assert User.objects.get(pk=contact.pk).department_ids > set(
        college.departments.values_list("pk", flat=True)
    )
    grants.give(contact, **days)
    assert len(User.objects.get(pk=contact.pk).department_ids) == Department.objects.count()


def test_a_grant_counts_for_a_contact_only(contact, user_of, today):
    grants.give(contact, by=user_of("it_staff"), reason="代理", starts_on=today, ends_on=today)
    contact.role = "registrar"
    contact.save()
    assert User.objects.get(pk=contact.pk).department_ids == frozenset()


@pytest.mark.parametrize("giver", ["center_staff", "registrar", "department_contact", "auditor"])
def test_nobody_else_gives_or_ends_a_grant_least_of_all_to_oneself(giver, contact, client_of, user_of, today):
    given = grants.give(contact, by=user_of("it_staff"), reason="代理", starts_on=today, ends_on=today)
    days = {"starts_on": today, "ends_on": today, "reason": "代理"}
    with pytest.raises(PermissionDenied):
        grants.give(contact, by=user_of(giver), **days)
    with pytest.raises(PermissionDenied):
        grants.end(given, by=user_of(giver))
    form = {"scope": "all", "reason": "代理", "starts_on": str(today), "ends_on": str(today)}
    client = client_of(giver)
    assert client.post(f"/admin/accounts/user/{contact.pk}/grants/add/", form).status_code == 403
    assert client.post(f"/admin/accounts/user/{contact.pk}/grants/{given.pk}/end/").status_code == 403
    assert ScopeGrant.objects.count() == 1


def test_the_database_itself_refuses_a_grant_to_oneself(contact, today):
    with pytest.raises(IntegrityError), transaction.atomic():
        ScopeGrant.objects.create(
            account=contact, given_by=contact, reason="自己", starts_on=today, ends_on=today
        )


@pytest.mark.parametrize(
    ("reason", "starts", "ends"), [("", 0, 1), ("代理", 0, -1), ("代理", 2, 1), ("代理", 0, 400)]
)
def test_a_grant_needs_a_reason_and_a_sensible_end(reason, starts, ends, contact, user_of, today):
    with pytest.raises(ValidationError):
        grants.give(
            contact,
            by=user_of("it_staff"),
            reason=reason,
            starts_on=today + starts * DAY,
            ends_on=today + ends * DAY,
        )


def test_a_grant_is_given_and_ended_on_the_page_of_the_account_with_a_trail(contact, client_of, today):
    client = client_of("center_director")
    page = f"/admin/accounts/user/{contact.pk}/"
    food = Department.objects.get(name="食品科學系")
    form = {
        "scope": f"department-{food.pk}",
        "starts_on": str(today),
        "ends_on": str(today + DAY),
        "reason": "",
    }
    refused = client.post(f"{page}grants/add/", form)
    assert "reason" in refused.context_data["form"].errors and not ScopeGrant.objects.exists()
    html = client.post(f"{page}grants/add/", form | {"reason": "代理食科系"}, follow=True).content.decode()
    assert "已授予「食品科學系" in html and "代理食科系" in html and "有效" in html
    grant = ScopeGrant.objects.get()
    html = client.post(f"{page}grants/{grant.pk}/end/", follow=True).content.decode()
    assert "已提前終止" in html
    assert "已經失效" in client.post(f"{page}grants/{grant.pk}/end/", follow=True).content.decode()
    kinds = contact.events.order_by("pk").values_list("kind", "by__username")
    assert list(kinds) == [("grant_given", "center_director"), ("grant_ended", "center_director")]
    assert AccountEvent.objects.filter(detail__contains="食品科學系").count() == 2
