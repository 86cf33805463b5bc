"""Idle accounts switch themselves off after a warning; twice a year each account is confirmed."""

from __future__ import annotations

import datetime

import pytest
from axes.models import AccessAttempt
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts import closing, grants, reviews
from accounts.models import AccountApplication, AccountEvent, AccountReview, User
from records.models import Department
from tests.agreements import sign_agreement
from tests.applicants import begun

from .conftest import PASSWORD

PAGE = "/admin/accounts/accountreview/"
DECIDE = f"{PAGE}decide/"


def decided(client: Client, outcome: str, *accounts: User, **more: str) -> HttpResponse:
    """The page is opened, the accounts are chosen, and what it showed is sent along."""
    seen = {f"seen-{one.pk}": reviews.shown(User.objects.get(pk=one.pk)).digest for one in accounts}
    form = {"accounts": [one.pk for one in accounts], "outcome": outcome}
    return client.post(DECIDE, form | seen | more, follow=True)


@pytest.fixture
def travel(monkeypatch):
    """`travel(days)`: so many days pass."""
    start = timezone.now() + datetime.timedelta(hours=1)  # after the accounts were made

    def to(days: float) -> datetime.datetime:
        moment = start + datetime.timedelta(days=days)
        monkeypatch.setattr(timezone, "now", lambda: moment)
        return moment

    return to


@pytest.fixture
def keeper(user_of) -> User:
    """Somebody of IT who is never idle, so that others are not the last."""
    return user_of("it_staff", password=PASSWORD, date_joined=timezone.now() + datetime.timedelta(days=365))


def test_an_idle_account_is_warned_once_and_closed_fourteen_days_later(user_of, keeper, travel):
    account = user_of("registrar", email="registrar@example.com", last_login=timezone.now())
    for day, warned, is_active in (
        (75, 0, True),
        (76, 1, True),
        (80, 1, True),
        (89.9, 1, True),
        (90, 1, False),
    ):
        reviews.look_for_idle(travel(day))
        account.refresh_from_db()
        assert (len(mail.outbox), account.is_active) == (warned, is_active), day
    [letter] = mail.outbox
    assert letter.to == ["registrar@example.com"] and "停用" in letter.subject
    assert account.events.first().kind == AccountEvent.Kind.CLOSED and account.events.first().by is None


def test_a_login_in_time_keeps_the_account_and_starts_the_days_anew(user_of, keeper, travel):
    account = user_of("registrar", email="registrar@example.com")
    reviews.look_for_idle(travel(80))
    User.objects.filter(pk=account.pk).update(last_login=timezone.now())
    assert reviews.look_for_idle(travel(95)).closed == []
    assert reviews.look_for_idle(travel(157)).warned == [account]


def test_nobody_is_closed_without_a_warning_fourteen_days_old(user_of, keeper, travel):
    account = user_of("registrar", email="registrar@example.com")
    assert reviews.look_for_idle(travel(200)).warned == [account]
    assert reviews.look_for_idle(travel(213)).closed == []
    assert reviews.look_for_idle(travel(214)).closed == [account]


def test_a_mail_that_did_not_go_out_is_tried_again(user_of, keeper, travel, monkeypatch):
    account = user_of("registrar", email="registrar@example.com")

    def fail(*_args: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(EmailMessage, "send", fail)
        assert reviews.look_for_idle(travel(80)).unreached == [account]
    assert reviews.look_for_idle(travel(81)).warned == [account]


def test_the_last_of_director_and_it_is_kept_and_the_job_says_so(user_of, travel, capsys):
    user_of("center_director")
    user_of("alumnus")
    travel(80)
    call_command("review_accounts")
    travel(100)
    call_command("review_accounts")
    assert User.objects.filter(is_active=False).count() == 0
    assert "閒置但保留（最後一個主任或校務系統組帳號）：center_director" in capsys.readouterr().out


def test_the_job_removes_what_nobody_needs_any_more(user_of, travel):
    """Drafts of 60 days, finished tasks of a day (failed ones of 14), names typed at sign-in after the lock."""
    for status in ("SUCCESSFUL", "FAILED", "READY"):
        finished = None if status == "READY" else timezone.now()
        DBTaskResult.objects.create(
            args_kwargs={},
            status=status,
            run_after=timezone.now(),
            finished_at=finished,
            backend_name="default",
        )
    failure = {"username": "typed-Password-1", "ip_address": "192.0.2.1", "attempt_time": timezone.now()}
    AccessAttempt.objects.create(**failure, failures_since_start=1)
    begun()
    left = []
    for days in (2, 15, 61):
        travel(days)
        call_command("review_accounts")
        tasks = list(DBTaskResult.objects.values_list("status", flat=True))
        left.append((sorted(tasks), AccessAttempt.objects.count(), AccountApplication.objects.count()))
    assert left == [(["FAILED", "READY"], 0, 1), (["READY"], 0, 1), (["READY"], 0, 0)]


def test_of_two_idle_keepers_one_is_kept(user_of, travel):
    user_of("center_director", password=PASSWORD), user_of("it_staff", password=PASSWORD)
    reviews.look_for_idle(travel(80))
    reviews.look_for_idle(travel(100))
    assert User.objects.filter(is_active=True).count() == 1


def test_a_reopened_account_has_its_days_again(user_of, keeper, travel):
    account = user_of("registrar")
    reviews.look_for_idle(travel(80))
    reviews.look_for_idle(travel(100))
    closing.reopen(account, by=keeper)
    assert reviews.look_for_idle(travel(101)).closed == []
    assert User.objects.get(pk=account.pk).is_active


@pytest.mark.parametrize(
    ("moment", "period"),
    [
        ("2026-06-30T15:59:59Z", "2026-1"),
        ("2026-06-30T16:00:00Z", "2026-2"),
        ("2026-12-31T16:00:00Z", "2027-1"),
    ],
)
def test_the_half_years_are_those_of_taipei(moment, period):
    assert reviews.period_of(datetime.datetime.fromisoformat(moment)) == period


def test_the_center_confirms_and_closes_and_it_is_kept(client_of, user_of):
    kept, gone = user_of("registrar"), user_of("auditor")
    client = client_of("center_director")
    assert client.get("/admin/").context["account_cards"][0].count == 3
    decided(client, "confirmed", kept)
    asked = decided(client, "closed", gone).content.decode()
    assert "將停用下列 1 個帳號" in asked and str(gone) in asked
    assert User.objects.get(pk=gone.pk).is_active
    decided(client, "closed", gone, confirmed="on")
    assert client.get("/admin/").context["account_cards"][0].count == 1
    review = AccountReview.objects.get(account=kept)
    assert (review.outcome, review.confirmed_by) == ("confirmed", user_of("center_director"))
    assert "檢視匯入批次" in review.rights and "第 1 版" in review.agreement
    assert not User.objects.get(pk=gone.pk).is_active
    # What was confirmed stays as it was when the account changes.
    User.objects.filter(pk=kept.pk).update(role="center_staff", display_name="改名")
    page = client.get(PAGE).content.decode()
    assert "註冊課務組" in page and "停用" in page
    with pytest.raises(TypeError):
        AccountReview.objects.all().delete()


def test_the_auditor_reads_the_outcome_and_decides_nothing(client_of, user_of):
    account = user_of("registrar")
    decided(client_of("it_staff"), "confirmed", account)
    auditor = client_of("auditor")
    page = auditor.get(PAGE).content.decode()
    assert account.display_name in page and "確認所選" not in page
    assert auditor.post(DECIDE, {"accounts": [account.pk], "outcome": "closed"}).status_code == 403


def test_the_own_account_a_superior_and_one_done_before_are_refused(client_of, user_of):
    director, staff, registrar = user_of("center_director"), user_of("center_staff"), user_of("registrar")
    client = client_of("center_staff")
    assert decided(client, "confirmed", staff).status_code == 403
    assert decided(client, "closed", registrar, director).status_code == 403
    assert not AccountReview.objects.exists() and User.objects.get(pk=registrar.pk).is_active
    other = client_of("center_director")
    assert "由其他同仁清查" in decided(other, "confirmed", registrar, director).content.decode()
    assert not AccountReview.objects.exists()  # all or none
    decided(other, "confirmed", staff)
    again = decided(other, "closed", staff, confirmed="on")
    assert "已由他人清查或停用" in again.content.decode()
    assert User.objects.get(pk=staff.pk).is_active


def test_it_confirms_a_director_and_closes_none(client_of, user_of):
    director = user_of("center_director")
    client = client_of("it_staff")
    assert decided(client, "closed", director, confirmed="on").status_code == 403
    decided(client, "confirmed", director)
    assert AccountReview.objects.get().account == director


def test_what_is_confirmed_is_what_was_shown_with_every_function_and_grant(organisation, client_of, user_of):
    own, granted = Department.objects.order_by("code")[:2]
    contact, today = user_of("department_contact", [own]), timezone.localdate()
    client = client_of("center_director")
    digest = reviews.shown(contact).digest
    grants.give(
        contact, by=user_of("it_staff"), department=granted, reason="代理", starts_on=today, ends_on=today
    )
    page = client.get(PAGE).content.decode()
    assert f"額外授予{granted.name}，至 {today}" in page and "以其他帳號的視角檢視" in page
    form = {"accounts": [contact.pk], "outcome": "confirmed", f"seen-{contact.pk}": digest}
    assert "已經變更" in client.post(DECIDE, form, follow=True).content.decode()
    assert not AccountReview.objects.exists()
    decided(client, "confirmed", contact)
    assert granted.name in AccountReview.objects.get().departments


def test_deciding_asks_for_the_factor_again(person, user_of, settings):
    account, client = user_of("registrar"), person("it_staff", factor=True).signed_in()
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = -1
    answer = client.post(DECIDE, {"accounts": [account.pk], "outcome": "closed", "confirmed": "on"})
    assert answer.url.startswith(reverse("mfa_reauthenticate"))


def test_a_new_half_year_asks_again_and_shows_the_old_one(client_of, user_of, travel):
    account = user_of("registrar")
    decided(client_of("it_staff"), "confirmed", account)
    before = reviews.period_of(timezone.now())
    travel(184)
    client = client_of("it_staff")
    client.force_login(user_of("it_staff"))
    sign_agreement(user_of("it_staff"))
    now = client.get(PAGE)
    assert account in [row["account"] for row in now.context["waiting"]] and not now.context["decided"]
    assert [one.account for one in client.get(f"{PAGE}?period={before}").context["decided"]] == [account]
