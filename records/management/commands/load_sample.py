"""`manage.py load_sample`: accounts and invented alumni for a development site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import organisation, sample, sample_work
from records.management.base import KeyedCommand
from records.models import ImportBatch


class Command(KeyedCommand):
    help = str(gettext_lazy("載入範例帳號與虛構校友（僅限 DEBUG）；重複執行不會重複載入。"))

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(_("範例資料只能在開發環境（DEBUG=True）載入，正式環境不得使用。"))
        organisation.load()
        accounts = sample.open_accounts()
        for batch in sample.load_batches(timezone.now()):
            self._report(batch)
        sample_work.load(timezone.now())
        self.stdout.write(_("範例帳號："))
        for account in accounts:
            password = account.password or _("已自訂密碼")
            self.stdout.write(f"  {account.username:<10} {password:<18} {account.role}")

    def _report(self, batch: ImportBatch) -> None:
        if batch.state not in (ImportBatch.State.PLANNED, ImportBatch.State.APPLIED):
            raise CommandError(_("範例檔案無法匯入：%(reason)s") % {"reason": batch.error})
        message = _("%(file)s：%(rows)d 列，%(state)s")
        values = {"file": batch.file_name, "rows": batch.counts["rows"], "state": batch.get_state_display()}
        self.stdout.write(message % values)
