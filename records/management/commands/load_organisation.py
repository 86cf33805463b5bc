"""`manage.py load_organisation`: the university's colleges, departments, programmes and status codes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import organisation


class Command(BaseCommand):
    help = str(
        gettext_lazy("載入學院、系所、畢業系所、流水號編碼、狀態代碼與別名；只新增缺少的，不覆寫已修改的。")
    )

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        counts = organisation.load()
        if verbosity:
            self.stdout.write(
                _(
                    "新增學院 %(colleges)d、系所 %(departments)d、畢業系所 %(programmes)d、"
                    "流水號編碼 %(series)d、狀態代碼 %(statuses)d、別名 %(aliases)d。"
                )
                % asdict(counts)
            )
