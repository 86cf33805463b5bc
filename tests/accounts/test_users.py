"""Accounts and roles."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction

from accounts.models import Role, User


@pytest.mark.parametrize("role", Role)
def test_everybody_but_alumni_works_in_the_admin_site(role, user_of):
    assert user_of(role).is_staff == (role != Role.ALUMNUS)


def test_a_role_that_does_not_exist_is_refused_by_the_database(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("someone", display_name="某人", role="owner")


def test_one_time_passwords_differ_and_pass_the_own_rules(db):
    opened = [User.objects.open_account(f"user{n}", display_name="測試", role=Role.AUDITOR) for n in range(5)]
    assert len({password for _user, password in opened}) == 5
    for user, password in opened:
        validate_password(password, user)
        assert user.check_password(password) and password not in user.password
        assert user.must_change_password


def test_the_first_superuser_is_one_of_its(db):
    user = User.objects.create_superuser("root", "Wave-of-2031", display_name="測試", email="a@example.org")
    assert user.is_superuser and user.role == Role.IT_STAFF and not user.must_change_password


def test_an_account_is_called_by_its_persons_name(user_of):
    user = user_of("auditor", display_name="王小明")
    assert user.get_full_name() == "王小明"
    assert str(user) == "王小明（auditor）"
