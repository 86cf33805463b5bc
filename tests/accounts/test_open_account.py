"""`bin/manage open_account`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from records.models import Department


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("open_account", *arguments, stdout=out)
    return out.getvalue()


def test_it_shows_a_link_where_the_owner_sets_the_password(client, db):
    out = run("director", "--name", "王小明", "--role", "center_director")
    page = client.get(out.strip().splitlines()[-1].removeprefix("http://testserver"), follow=True)
    assert "帳號：director" in page.content.decode()
    assert not User.objects.get(username="director").has_usable_password()


def test_with_an_address_the_link_goes_there_and_nowhere_else(
    db, django_capture_on_commit_callbacks, mailoutbox
):
    with django_capture_on_commit_callbacks(execute=True):
        out = run("director", "--name", "王小明", "--role", "center_director", "--email", "a@example.org")
    assert "a@example.org" in out and "http" not in out
    assert mailoutbox[0].to == ["a@example.org"] and "http://testserver/" in mailoutbox[0].body


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
