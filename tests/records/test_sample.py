"""The sample site: made once, sound, and only where DEBUG is on."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from records import sample, sample_work
from records.models import ImportBatch, Person
from records.verifying import needs_verification
from records.views.home import own_work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(sample, "IMPORTED_ROWS", 40)


def test_without_debug_nothing_is_loaded(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG"):
        call_command("load_sample")
    assert not get_user_model().objects.exists()


def test_everything_is_made_once_and_the_data_is_sound(settings, capsys):
    settings.DEBUG = True
    call_command("load_sample")
    first = capsys.readouterr().out
    users = get_user_model().objects
    assert {user.role for user in users.all()} == {role for _name, role, _label in sample.ACCOUNTS}
    assert [str(unit.department) for unit in users.get(username="contact").memberships.all()] == [
        "資訊工程學系"
    ]
    assert sorted(ImportBatch.objects.values_list("state", flat=True)) == ["applied", "planned"]
    people = Person.objects.count()
    assert people > 20
    call_command("verify")

    someone = users.get(username="center")
    someone.set_password("自訂的密碼 2026")
    someone.save()
    capsys.readouterr()
    call_command("load_sample")
    second = capsys.readouterr().out
    assert (Person.objects.count(), ImportBatch.objects.count(), users.count()) == (people, 2, 6)
    assert "已自訂密碼" in second and "已自訂密碼" not in first


def test_the_contact_finds_work_of_every_kind_and_the_batch_has_its_term(settings, capsys):
    settings.DEBUG = True
    call_command("load_sample")
    capsys.readouterr()
    work = own_work(get_user_model().objects.get(username="contact"), timezone.now())
    assert work["call_count"] >= 2 and work["unconfirmed_count"] >= 1
    assert [request.answer for request in work["returned"]] == [sample_work.ANSWER]
    namesake = Person.objects.filter(chinese_name=sample_work.NAMESAKE).first()
    assert needs_verification(get_user_model().objects.get(username="contact"), namesake, timezone.now())
    assert ImportBatch.objects.get(state="applied").term.key == "114-1"


def test_the_passwords_shown_are_those_of_the_accounts(db, organisation):
    for _time in range(2):
        for account in sample.open_accounts():
            user = get_user_model().objects.get(username=account.username)
            assert user.check_password(account.password)
