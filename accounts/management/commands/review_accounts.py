"""`manage.py review_accounts`: the daily look at idle accounts. Run by a timer (docs/account-reviews.md)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import reviews
from accounts.models import User


class Command(BaseCommand):
    help = "檢查閒置帳號：停用前 14 天寄信提醒，期滿停用。每天執行一次。"

    def handle(self, *args: Any, **options: Any) -> None:
        outcome = reviews.look_for_idle(timezone.now())
        self._say(_("已提醒"), outcome.warned)
        self._say(_("已停用"), outcome.closed)
        self._say(_("閒置但保留（最後一個主任或校務系統組帳號）"), outcome.kept)
        self._say(_("提醒信未寄出，請以其他方式通知"), outcome.unreached)

    def _say(self, what: str, accounts: list[User]) -> None:
        names = "、".join(account.username for account in accounts) or _("無")
        self.stdout.write(_("%(what)s：%(names)s") % {"what": what, "names": names})
