"""`manage.py worker`: django-tasks' worker, started only with the keys of this database.

Beside its work it puts batches and bulk edits right that another worker left behind when it died, and goes on with
undos of batches.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from django.db import connection
from django.db.utils import DatabaseError, InterfaceError
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django_tasks_db.management.commands import db_worker

from records import bulk_edits, deliveries, imports, tasks
from records.management.base import KeyedCommand

logger = logging.getLogger(__name__)
SECONDS_BETWEEN_LOOKS = 20


class Command(KeyedCommand, db_worker.Command):
    help = str(gettext_lazy("執行背景工作（讀取與匯入檔案）；啟動前檢查金鑰。"))

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        watch = threading.Thread(target=_watch, args=(stopping,), daemon=True)
        watch.start()
        try:
            super().handle(*args, **options)
        finally:
            stopping.set()


def _watch(stopping: threading.Event) -> None:
    while not stopping.wait(SECONDS_BETWEEN_LOOKS):
        try:
            imports.recover(timezone.now())
            deliveries.recover(timezone.now())
            tasks.resume_undos(timezone.now())
            bulk_edits.recover(timezone.now())
        except (DatabaseError, InterfaceError, OSError):
            logger.exception("could not look for batches left behind; will try again")
        finally:
            connection.close()
