"""The trails are written once, and whoever changes them behind the application's back is found out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts import applications, trail
from accounts.models import AccountApplication, AccountEvent, ApplicationEvent
from accounts.verification import check_trails
from tests.applicants import begun, submitted

Kind = AccountEvent.Kind


def faults() -> list[str]:
    return list(check_trails(timezone.now()))


def behind_the_back(statement: str, *values: object) -> None:
    """As somebody with access to the database would."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def lines(user_of) -> list[AccountEvent]:
    account = user_of("auditor")
    return [
        trail.note(account, Kind.SIGNED_IN, address=address, detail="第一次")
        for address in ("192.0.2.1", "2001:db8:0::1", None, "::ffff:192.0.2.1")
    ]


def test_no_line_is_changed_or_deleted(lines, db):
    submitted()
    for model, values in ((AccountEvent, {"detail": "改過"}), (ApplicationEvent, {"note": "改過"})):
        row = model.objects.first()
        for change in (
            row.save,
            row.delete,
            model.objects.all().delete,
            lambda rows=model.objects: rows.update(**values),  # noqa: B023
            lambda rows=model.objects, one=row: rows.bulk_create([one]),
            lambda rows=model.objects, one=row: rows.bulk_update([one], ["seal"]),
        ):
            with pytest.raises(TypeError):
                change()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_accountevent SET detail = 'x' WHERE id = %s",
        "UPDATE accounts_accountevent SET by_id = account_id WHERE id = %s",
        "UPDATE accounts_accountevent SET seal = '' WHERE id = %s",
        "DELETE FROM accounts_accountevent WHERE id = %s",
    ],
)
@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_line_changed_or_deleted_in_the_database_is_found(lines, statement, place):
    assert faults() == []
    behind_the_back(statement, lines[place].pk)
    assert faults()


def test_a_trail_that_was_emptied_with_its_end_cut_is_found(lines):
    behind_the_back("DELETE FROM accounts_accountevent")
    assert faults()
    behind_the_back("UPDATE accounts_chainend SET length = 0, last_seal = ''")
    assert faults()


def test_lines_from_before_the_seals_stand_at_the_beginning_only(lines):
    account = lines[0].account
    old = "INSERT INTO accounts_accountevent (id, account_id, kind, at, detail, seal)"
    old += " VALUES (%s, %s, 'closed', %s, '', '')"
    behind_the_back("UPDATE accounts_accountevent SET id = id + 1000")
    behind_the_back(old, 1, account.pk, timezone.now())
    assert not faults()
    behind_the_back(old, 9999, account.pk, timezone.now())
    assert faults()


def test_the_steps_of_an_application_are_sealed_and_a_forgotten_draft_leaves_no_gap(db):
    draft, _token = begun()
    application, _token = submitted()
    AccountApplication.objects.filter(pk=draft.pk).update(changed_at=timezone.now() - timedelta(days=90))
    applications.forget_old_drafts()
    assert not AccountApplication.objects.filter(pk=draft.pk).exists() and not faults()
    behind_the_back(
        "UPDATE accounts_applicationevent SET note = 'x' WHERE application_id = %s", application.pk
    )
    assert faults()


def test_the_command_asks_for_it(lines, capsys):
    call_command("verify")
    assert "✓ 帳號紀錄與申請歷程未遭更動" in capsys.readouterr().out
    behind_the_back("UPDATE accounts_accountevent SET detail = 'x'")
    with pytest.raises(SystemExit):
        call_command("verify")
    assert f"#{lines[0].pk} 與封印不符" in capsys.readouterr().out


def test_drafts_and_versions_leave_lines_also_by_command(client_of, user_of):
    director, keeper = client_of("center_director"), user_of("it_staff")
    made = director.post("/admin/accounts/agreementversion/add/", {"title": "新切結書", "text": "一、"})
    director.post(made.url.replace("publish/", ""), {"title": "新切結書", "text": "一、二、"})
    assert user_of("center_director").events.filter(kind="agreement_drafted").count() == 2
    call_command("publish_agreement")
    assert keeper.events.get(kind="agreement_publish").by is None


def test_the_auditor_reads_the_trails_of_all_accounts_together(lines, user_of, client_of):
    other = user_of("it_staff")
    trail.note(other, Kind.LOCKED, detail="連續失敗")
    client = client_of("auditor")

    def page(address: str) -> str:
        return client.get(address).content.decode()

    everything = page("/admin/accounts/accountevent/")
    assert "第一次" in everything and "連續失敗" in everything and other.username in everything
    only = page("/admin/accounts/accountevent/?kind=locked")
    assert "連續失敗" in only and "第一次" not in only
    found = page(f"/admin/accounts/accountevent/?q={other.username}")
    assert "連續失敗" in found and "第一次" not in found
