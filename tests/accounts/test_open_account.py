"""`bin/manage open_account`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from accounts.models import User
from records.models import Department


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("open_account", *arguments, stdout=out)
    return out.getvalue()


def test_it_shows_a_password_that_opens_the_account_once(db):
    out = run("director", "--name", "王小明", "--role", "center_director")
    user = authenticate(username="director", password=out.strip().split("：")[-1])
    assert user.must_change_password and user.get_role_display() == "校友服務中心主任"


def test_a_contact_gets_departments_by_code(organisation):
    first, second = Department.objects.order_by("code")[:2]
    contact = ("contact", "--name", "王小明", "--role", "department_contact")
    run(*contact, "--department", first.code, "--department", second.code)
    assert User.objects.get(username="contact").department_ids == {first.pk, second.pk}


def test_nothing_is_opened_when_a_department_does_not_exist(organisation):
    with pytest.raises(CommandError, match="沒有這些系所代碼：？？"):
        run("contact", "--name", "王小明", "--role", "department_contact", "--department", "？？")
    assert not User.objects.exists()


def test_a_name_in_use_is_refused(db, user_of):
    user_of("auditor", username="taken")
    with pytest.raises(CommandError, match="已經存在"):
        run("taken", "--name", "王小明", "--role", "auditor")
