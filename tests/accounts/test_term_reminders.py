"""Reminders of due dates: to whom, once before and once after, without anybody's data."""

from __future__ import annotations

import datetime

import pytest
from django.core import mail
from django.utils import timezone

from accounts import term_reminders
from records.models import TermReminder

pytestmark = pytest.mark.django_db


def at(year: int, month: int, day: int) -> datetime.datetime:
    return datetime.datetime(year, month, day, 3, tzinfo=timezone.get_default_timezone())


def test_registrar_and_it_are_reminded_once_before_and_once_after(
    user_of, django_capture_on_commit_callbacks
):
    user_of("registrar")
    user_of("it_staff")
    user_of("it_staff", username="gone", is_active=False)
    user_of("registrar", username="unreachable", email="")
    user_of("center_staff")

    def run(*day: int) -> int:
        with django_capture_on_commit_callbacks(execute=True):
            term_reminders.send_due(at(*day))
        return len(mail.outbox)

    assert [run(2025, 3, 1), run(2025, 3, 18), run(2025, 3, 19)] == [0, 2, 2]
    before = mail.outbox[0]
    assert {letter.to[0] for letter in mail.outbox} == {"registrar@example.org", "it_staff@example.org"}
    assert before.subject == "113學年度第1學期畢業生離校資料匯入期限將屆"
    assert "2025-03-31" in before.body and "http://testserver/admin/records/term/113-1/" in before.body
    assert [run(2025, 4, 1), run(2025, 4, 2)] == [4, 4]
    assert mail.outbox[2].subject == "113學年度第1學期畢業生離校資料已逾匯入期限"
    assert list(TermReminder.objects.values_list("kind", "recipients")) == [("before", 2), ("after", 2)]


def test_while_nobody_can_be_reached_nothing_counts_as_sent(user_of):
    assert term_reminders.send_due(at(2025, 3, 18)) == [] and not TermReminder.objects.exists()
    user_of("registrar")
    assert [term.key for term in term_reminders.send_due(at(2025, 3, 19))] == ["113-1"]
