"""Accounts and roles."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Role, User


@pytest.mark.parametrize("role", Role)
def test_everybody_but_alumni_works_in_the_admin_site(role, user_of):
    assert user_of(role).is_staff == (role != Role.ALUMNUS)


def test_a_role_that_does_not_exist_is_refused_by_the_database(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("someone", display_name="某人", role="owner")


def test_the_first_superuser_is_one_of_its(db):
    user = User.objects.create_superuser("root", "Wave-of-2031", display_name="測試", email="a@example.org")
    assert user.is_superuser and user.role == Role.IT_STAFF


def test_an_account_is_called_by_its_persons_name(user_of):
    user = user_of("auditor", display_name="王小明")
    assert user.get_full_name() == "王小明"
    assert str(user) == "王小明（auditor）"
