"""Contacts and their departments."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from records.models import Department


def test_a_contact_serves_the_own_departments_and_no_other(organisation, user_of):
    first, second = Department.objects.order_by("code")[:2]
    assert user_of("department_contact", [first]).department_ids == {first.pk}
    both = user_of("department_contact", [first, second], username="contact2")
    assert both.department_ids == {first.pk, second.pk}


def test_a_membership_counts_for_contacts_only(organisation, user_of):
    user = user_of("registrar", [Department.objects.first()])
    assert user.department_ids == frozenset()


def test_the_departments_are_asked_for_once_a_request(organisation, user_of, django_assert_num_queries):
    user = user_of("department_contact", [Department.objects.first()])
    with django_assert_num_queries(2):
        assert user.department_ids == user.department_ids


def test_an_account_serves_a_department_once(organisation, user_of):
    department = Department.objects.first()
    user = user_of("department_contact", [department])
    with pytest.raises(IntegrityError), transaction.atomic():
        user.memberships.create(department=department)
