"""Whether the files that prove something and the rows that name them agree, for `manage.py verify` (settings.VERIFIED).

A process that is killed between storing a file and committing its row leaves the file behind; nothing else does
(`evidence.stored_for`).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .evidence import FOLDER
from .models import ChangeRequestEvent, MessageObjection
from .verification import Invariant

JUST_STORED = datetime.timedelta(hours=1)  # its row may still be on the way


def check_evidence(at: datetime.datetime) -> Iterator[str]:
    """Every file belongs to a request or an objection, and every file that these name is there."""
    named = _named()
    stored = default_storage.listdir(FOLDER)[1] if default_storage.exists(FOLDER) else []
    there = {f"{FOLDER}/{name}" for name in stored}
    for name in sorted(there - named):
        if default_storage.get_modified_time(name) < at - JUST_STORED:
            yield _("佐證檔 %(name)s 不屬於任何異動申請或訊息意願。") % {"name": name}
    for name in sorted(named - there):
        yield _("佐證檔 %(name)s 已遺失。") % {"name": name}


def _named() -> set[str]:
    """The names that rows keep; those of former versions of an objection are among the present ones."""
    names = set(ChangeRequestEvent.objects.exclude(evidence="").values_list("evidence", flat=True))
    for field in ("evidence", "ended_evidence"):
        names |= set(MessageObjection.objects.exclude(**{field: ""}).values_list(field, flat=True))
    return names


INVARIANTS = (Invariant(gettext_lazy("佐證檔與紀錄相符"), check_evidence),)
