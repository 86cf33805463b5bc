"""`manage.py export_alumni FILE [--department CODE …]`: academic records as a workbook, logged as a disclosure."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.management.base import KeyedCommand
from records.models import AcademicRecord, Department
from records.policies import can_export, visible_records
from records.resources import export_purpose, export_to


class Command(KeyedCommand):
    help = str(gettext_lazy("匯出學籍身分為 Excel 檔（含完整身分證字號），並記入個資存取紀錄。"))

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help=_("要寫入的 .xlsx 檔"))
        parser.add_argument(
            "--department",
            action="append",
            default=[],
            metavar="CODE",
            help=_("系所代碼，可重複；預設為全部"),
        )
        parser.add_argument("--user", help=_("以哪個帳號的名義匯出"))
        parser.add_argument("--purpose", default=_("命令列匯出"), help=_("用途，記入個資存取紀錄"))

    def handle(
        self, *args: Any, file: Path, department: list[str], user: str | None, purpose: str, **options: Any
    ) -> None:
        departments = list(Department.objects.filter(code__in=department))
        if unknown := set(department) - {found.code for found in departments}:
            raise CommandError(_("沒有這些系所代碼：%(codes)s") % {"codes": "、".join(sorted(unknown))})
        account = self._account(user)
        records = AcademicRecord.objects.all() if account is None else visible_records(account)
        if departments:
            records = records.filter(programme__department__in=departments)
        try:
            count = export_to(
                file,
                records,
                user=account,
                at=timezone.now(),
                purpose=export_purpose((str(found) for found in departments), purpose),
            )
        except OSError as error:
            raise CommandError(_("無法寫入檔案：%(reason)s") % {"reason": error.strerror}) from error
        file.chmod(0o600)
        self.stdout.write(_("已匯出 %(count)d 筆至 %(file)s。") % {"count": count, "file": file})

    def _account(self, username: str | None) -> Any:
        if username is None:
            return None
        account = get_user_model().objects.filter(username=username).first()
        if account is None:
            raise CommandError(_("沒有帳號「%(username)s」。") % {"username": username})
        decision = can_export(account)
        if not decision:
            raise CommandError(str(decision.reason))
        return account
