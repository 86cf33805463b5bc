"""`manage.py review_accounts`: the daily look at idle accounts, and the removal of what nobody needs any more: old
drafts of applications, finished tasks, failures past their lock; and reminders of the due dates of terms. Run by a
timer (docs/account-reviews.md)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks_db.models import DBTaskResult

from accounts import applications, reviews, term_reminders
from accounts.models import User

# What tasks were given stays in their table: addresses, texts of letters. Failed ones are kept to be looked at.
DONE_KEPT, FAILED_KEPT = timedelta(days=1), timedelta(days=14)


class Command(BaseCommand):
    help = "檢查閒置帳號並寄信提醒或停用；刪除過期的申請草稿與已完成的背景工作紀錄；提醒學期的匯入期限。每天執行一次。"

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        applications.forget_old_drafts()
        DBTaskResult.objects.successful().filter(finished_at__lt=now - DONE_KEPT).delete()
        DBTaskResult.objects.failed().filter(finished_at__lt=now - FAILED_KEPT).delete()
        AccessAttempt.objects.filter(attempt_time__lt=now - settings.AXES_COOLOFF_TIME).delete()
        outcome = reviews.look_for_idle(now)
        self._say(_("已提醒"), outcome.warned)
        self._say(_("已停用"), outcome.closed)
        self._say(_("閒置但保留（最後一個主任或校務系統組帳號）"), outcome.kept)
        self._say(_("提醒信未寄出，請以其他方式通知"), outcome.unreached)
        terms = "、".join(map(str, term_reminders.send_due(now))) or _("無")
        self.stdout.write(_("已寄送匯入期限提醒：%(terms)s") % {"terms": terms})

    def _say(self, what: str, accounts: list[User]) -> None:
        names = "、".join(account.username for account in accounts) or _("無")
        self.stdout.write(_("%(what)s：%(names)s") % {"what": what, "names": names})
