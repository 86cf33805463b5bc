"""How far long work is, in one sentence: for pages and for the command line."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator
from typing import Any, TextIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import progress
from .progress import Progress

SECONDS_BETWEEN_LINES = 1
_BAR = 100  # of work without a total
STAGES = {
    "converting": gettext_lazy("轉檔"),
    "reading": gettext_lazy("讀取檔案"),
    "planning": gettext_lazy("比對校友"),
    "storing": gettext_lazy("儲存計畫"),
    "applying": gettext_lazy("寫入資料"),
    "judging": gettext_lazy("比對異動歷程"),
    "undoing": gettext_lazy("還原資料"),
}


def sentence_of(noted: Progress) -> str:
    """Such as 「寫入資料：40,000／100,000（40%），每秒 8,100，約剩 8 秒」, or while the number of rows is not known
    「讀取檔案：40,000 列（40%），…」; what cannot be told yet is left out."""
    stage = STAGES.get(noted.stage, noted.stage)
    names = {"stage": stage, "done": f"{noted.done:,}", "total": f"{noted.total or 0:,}"}
    if noted.share_done is not None:
        names["percent"] = math.floor(noted.share_done * 100)
    if noted.total:
        parts = [_("%(stage)s：%(done)s／%(total)s（%(percent)d%%）") % names]
    elif noted.share_done is not None:
        parts = [_("%(stage)s：%(done)s 列（%(percent)d%%）") % names]
    else:
        parts = [_("%(stage)s：%(done)s 列") % names]
    if noted.rate is not None:
        parts.append(_("每秒 %(rate)s 列") % {"rate": f"{noted.rate:,.0f}"})
    if noted.seconds_left is not None:
        parts.append(time_left(noted.seconds_left))
    return "，".join(parts)


def progress_of(work: int | str, *, is_working: bool) -> dict[str, Any]:
    """What a page shows of work: `done` and `total` (None: not known yet) for the bar, `text` that says all of it."""
    noted = progress.read(work) if is_working else None
    if noted is None:
        return {"done": 0, "total": None, "text": _("等待背景工作開始")}
    done, total = noted.done, noted.total
    if not total and noted.share_done is not None:
        done, total = math.floor(noted.share_done * _BAR), _BAR
    return {"done": done, "total": total, "text": sentence_of(noted)}


def time_left(seconds: float) -> str:
    """「約剩 8 秒」 or, from a minute and a half on, minutes."""
    if seconds < 90:
        return _("約剩 %(seconds)d 秒") % {"seconds": math.ceil(seconds)}
    return _("約剩 %(minutes)d 分鐘") % {"minutes": math.ceil(seconds / 60)}


@contextlib.contextmanager
def progress_line(work: int | str, stream: TextIO) -> Iterator[None]:
    """While the block runs, tell on a terminal or in a log how far it is, each time that changed."""
    ended = threading.Event()
    telling = threading.Thread(target=_tell, args=(work, stream, ended), daemon=True)
    telling.start()
    try:
        yield
    finally:
        ended.set()
        telling.join()


def _tell(work: int | str, stream: TextIO, ended: threading.Event) -> None:
    said = ""
    while not ended.wait(SECONDS_BETWEEN_LINES):
        noted = progress.read(work)
        sentence = sentence_of(noted) if noted else said
        if sentence != said:
            stream.write(sentence)
            said = sentence
