"""`manage.py worker`: django-tasks' worker, started only with the keys of this database.

Beside its work it takes up what another worker left behind when it died: batches, deliveries, bulk edits and undos.
While the database is away it waits for it, as the website does.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django_tasks_db.management.commands import db_worker

from records import tasks
from records.database_faults import PASSING
from records.management.base import KeyedCommand

logger = logging.getLogger(__name__)
SECONDS_BETWEEN_LOOKS = 20
SECONDS_BETWEEN_ATTEMPTS = 2


class Command(KeyedCommand, db_worker.Command):
    help = str(gettext_lazy("執行背景工作（讀取與匯入檔案）；啟動前檢查金鑰。"))

    def execute(self, *args: Any, **options: Any) -> None:
        while True:
            try:
                super().execute(*args, **options)
                return
            except PASSING as error:
                # Its words name the server, never a row.
                logger.error("the database is away; the worker waits for it: %s", str(error).strip())
                connection.close()
                time.sleep(SECONDS_BETWEEN_ATTEMPTS)

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        watch = threading.Thread(target=_watch, args=(stopping,), daemon=True)
        watch.start()
        try:
            super().handle(*args, **options)
        finally:
            stopping.set()


def _watch(stopping: threading.Event) -> None:
    """Look at once, for what lay there when the worker started, and again every few seconds."""
    while not stopping.is_set():
        try:
            tasks.resume(timezone.now())
        except (*PASSING, OSError) as error:
            logger.warning("could not look for work left behind; will try again: %s", type(error).__name__)
        finally:
            connection.close()
        stopping.wait(SECONDS_BETWEEN_LOOKS)
