"""`manage.py worker`: django-tasks' worker, started only with the keys of this database."""

from __future__ import annotations

from django.utils.translation import gettext_lazy
from django_tasks_db.management.commands import db_worker

from records.management.base import KeyedCommand


class Command(KeyedCommand, db_worker.Command):
    help = str(gettext_lazy("執行背景工作（讀取與匯入檔案）；啟動前檢查金鑰。"))
