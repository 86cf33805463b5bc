"""`manage.py verify`: does everything hold that must always hold? Exit status 1 when something does not."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from itertools import chain, islice
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.management.base import KeyedCommand


class Command(KeyedCommand):
    help = str(gettext_lazy("檢查資料庫的一致性；逐項列出不符之處，有不符時結束碼為 1。"))

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=20, help=_("每項最多列出幾處（預設 20）"))

    def handle(self, *args: Any, limit: int, **options: Any) -> None:
        at = timezone.now()
        wrong = 0
        for invariant in chain.from_iterable(import_string(name) for name in settings.VERIFIED):
            sentences = invariant.check(at)
            shown = list(islice(sentences, limit))
            more = sum(1 for _sentence in sentences)
            self._report(str(invariant.title), shown, more)
            wrong += len(shown) + more
        if wrong:
            self.stderr.write(_("共有 %(count)d 處不符。") % {"count": wrong})
            sys.exit(1)

    def _report(self, title: str, shown: list[str], more: int) -> None:
        if not shown and not more:
            self.stdout.write(f"✓ {title}")
            return
        self.stdout.write(_("✗ %(title)s：%(count)d 處") % {"title": title, "count": len(shown) + more})
        for sentence in shown:
            self.stdout.write(f"  {sentence}")
        if more:
            self.stdout.write(_("  另有 %(count)d 處未列出。") % {"count": more})
