"""What is kept of uploads and plans, and for how long: both hold personal data (security.md §6; issue 5).

A file is deleted once it was read; one that nobody came to read, or that was refused for its headers and that nobody
went on with as a raw delivery (`deliveries.handing_over`), a day after its upload. A plan that nobody confirmed is
given up after `settings.PLAN_KEPT_DAYS`. What a process that died left in the data folder goes too. Every batch says on
its page what became of it, and each removal is a line in the log. The worker looks every few seconds (`tasks.resume`).
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from ..models import ImportBatch
from .deciding import discard, give_up_refused
from .files import FILE_KEPT, kept_for_mapping, upload_path
from .states import UNDER_WAY, State, move

logger = logging.getLogger(__name__)
# An upload that is still on its way is younger.
LEFTOVER_KEPT = datetime.timedelta(hours=1)


def purge(at: datetime.datetime) -> int:
    """Remove what is kept no longer at that moment; returns how many batches were given up and files deleted."""
    given_up = _give_up_unread(at) + _give_up_refused(at) + _give_up_unconfirmed(at)
    return given_up + sum(unlink_left_over(path) for path in _leftovers(at))


def _give_up_unread(at: datetime.datetime) -> int:
    given_up = 0
    for batch in ImportBatch.objects.filter(state=State.RECEIVED, uploaded_at__lt=at - FILE_KEPT):
        sentence = _("上傳超過一天仍未讀取，檔案已刪除；需要時請重新上傳。")
        with transaction.atomic():
            if not move(batch, State.RECEIVED, State.DISCARDED):
                continue
            _note(batch, sentence)
        upload_path(batch).unlink(missing_ok=True)
        logger.info("purged the file of batch %s: not read within a day", batch.pk)
        given_up += 1
    return given_up


def _give_up_refused(at: datetime.datetime) -> int:
    given_up = 0
    for batch in kept_for_mapping(ImportBatch.objects.filter(uploaded_at__lt=at - FILE_KEPT)):
        sentence = _(
            "檔案的標題與範本不同而退回，上傳超過一天沒有人以離校資料處理，檔案已刪除；需要時請重新上傳。"
        )
        if not give_up_refused(batch, sentence):
            continue
        upload_path(batch).unlink(missing_ok=True)
        logger.info("purged the file of batch %s: refused, and not gone on with within a day", batch.pk)
        given_up += 1
    return given_up


def _give_up_unconfirmed(at: datetime.datetime) -> int:
    given_up = 0
    kept = datetime.timedelta(days=settings.PLAN_KEPT_DAYS)
    for batch in ImportBatch.objects.filter(state=State.PLANNED, planned_at__lt=at - kept):
        sentence = _("超過 %(days)d 天沒有確認，計畫與其中的個人資料已刪除；需要時請重新上傳。")
        with transaction.atomic():
            if not discard(batch):
                continue
            _note(batch, sentence % {"days": settings.PLAN_KEPT_DAYS})
        logger.info("purged the plan of batch %s: not confirmed within %s days", batch.pk, kept.days)
        given_up += 1
    return given_up


def _note(batch: ImportBatch, sentence: str) -> None:
    ImportBatch.objects.filter(pk=batch.pk).update(error=sentence, heartbeat_at=None)


def _leftovers(at: datetime.datetime) -> Iterator[Path]:
    """Files of nobody: of a batch that is past its reading, of an upload that broke off, of work that has ended."""
    data = Path(settings.DATA_DIR)
    # A raw delivery has a rule of its own (`deliveries.purge`).
    found = [*(data / "uploads").glob("[0-9]*.xlsx"), *(data / "uploads").glob("*.part")]
    found += [*(data / "tmp").glob("*"), *(data / "progress").glob("*")]
    old = [path for path in found if path.is_file() and is_left_over(path, at)]
    waiting = ImportBatch.objects.filter(state__in=UNDER_WAY) | kept_for_mapping(ImportBatch.objects.all())
    wanted = {f"{pk}.xlsx" for pk in waiting.values_list("pk", flat=True)}
    return (path for path in old if path.name not in wanted)


def is_left_over(path: Path, at: datetime.datetime) -> bool:
    """Whether a file is older than anything that is still on its way."""
    try:
        return path.stat().st_mtime < (at - LEFTOVER_KEPT).timestamp()
    except FileNotFoundError:
        return False


def unlink_left_over(path: Path) -> bool:
    """Delete a file of nobody, with a line in the log."""
    path.unlink(missing_ok=True)
    logger.info("purged a file left behind: %s", path.name)
    return True
