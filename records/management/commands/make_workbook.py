"""`manage.py make_workbook FILE --rows N --seed S [--dirty]`: a workbook about people who do not exist."""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.columns import HEADERS
from records.synthetic import MAX_ROWS, make_rows
from records.synthetic.raw import RAW_HEADERS, raw_rows
from records.workbooks.writer import write_sheet


class Command(BaseCommand):
    help = str(gettext_lazy("產生虛構校友的 Excel 檔，供測試、展示與效能量測使用；內容與任何真人無關。"))

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help=_("要寫入的 .xlsx 檔"))
        parser.add_argument("--rows", type=_row_count, default=1000, help=_("列數（不含標題列）"))
        parser.add_argument("--seed", type=int, default=1, help=_("亂數種子；相同種子與日期產生相同內容"))
        parser.add_argument("--dirty", action="store_true", help=_("混入實務上常見的錯誤"))
        parser.add_argument(
            "--raw", action="store_true", help=_("寫成註冊組系統的欄位（離校資料），不是範本的欄位")
        )
        parser.add_argument(
            "--on",
            type=datetime.date.fromisoformat,
            default=None,
            metavar="YYYY-MM-DD",
            help=_("視為今天的日期（預設為今天）"),
        )

    def handle(self, *args: Any, file: Path, rows: int, seed: int, dirty: bool, **options: Any) -> None:
        today = options["on"] or timezone.localdate()
        made = make_rows(rows, seed=seed, dirty=dirty, today=today)
        try:
            count = write_sheet(
                file,
                headers=RAW_HEADERS if options["raw"] else HEADERS,
                rows=raw_rows(made) if options["raw"] else made,
                title="校友資料",
                formulas=dirty,
            )
        except OSError as error:
            raise CommandError(
                _("無法寫入「%(file)s」：%(reason)s") % {"file": file, "reason": error.strerror}
            ) from error
        self.stdout.write(_("已寫入 %(count)s 列至「%(file)s」。") % {"count": count, "file": file})


def _row_count(text: str) -> int:
    count = int(text)
    if not 0 <= count <= MAX_ROWS:
        raise argparse.ArgumentTypeError(_("列數須介於 0 與 %(maximum)s 之間。") % {"maximum": MAX_ROWS})
    return count
