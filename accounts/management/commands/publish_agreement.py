"""`manage.py publish_agreement`: publishes a text as the new version, for when nobody can get in to do it.

That is so when the text that counts was damaged in the database: no signature under it is valid any more.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import agreements
from accounts.models import AgreementVersion


class Command(BaseCommand):
    help = "發布切結書的新版本；所有帳號須重新簽署。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            default=agreements.DEFAULT_TEXT,
            help="UTF-8 文字檔，第一列為標題；省略時採系統預設內容",
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            title, text = agreements.read_text(options["file"])
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(_("無法讀取檔案：%(file)s") % {"file": options["file"]}) from error
        draft = AgreementVersion(title=title, text=text)
        try:
            draft.full_clean()
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        draft.save()
        published = agreements.publish(draft, by=None)
        self.stdout.write(_("已發布：%(version)s") % {"version": published})
