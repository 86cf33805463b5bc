"""`manage.py check_keys`: do the configured keys belong to this database?"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.management.base import KeyedCommand


class Command(KeyedCommand):
    help = str(gettext_lazy("檢查加密金鑰與比對金鑰是否屬於這個資料庫；第一次使用時留下檢查值。"))

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(_("金鑰與資料庫相符。"))
