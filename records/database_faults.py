"""What a failing database means for whoever waits: away, busy or full (security.md §6, cases 4–6, 24, 25).

The database's own words may quote the row it refused; people read these sentences instead.
"""

from __future__ import annotations

import enum
import errno
import sqlite3

from django.db import InterfaceError, OperationalError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What Django raises when the connection, the disk or a lock fails; a fault of a statement is none of them.
PASSING = (OperationalError, InterfaceError)
# SQLSTATE: disk_full; deadlock_detected, serialization_failure, lock_not_available, query_canceled.
_FULL_STATES = frozenset({"53100"})
_BUSY_STATES = frozenset({"40P01", "40001", "55P03", "57014"})
_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class Fault(enum.Enum):
    """`label` is a sentence for people."""

    AWAY = "away"
    BUSY = "busy"
    FULL = "full"

    @property
    def label(self) -> str | Promise:
        return _SENTENCES[self]


_SENTENCES = {
    Fault.AWAY: _("資料庫暫時無法連線。"),
    Fault.BUSY: _("資料庫忙碌中，有其他工作正在寫入相同的資料。"),
    Fault.FULL: _("伺服器的磁碟空間不足，請通知系統管理人員騰出空間。"),
}


def fault_of(error: OperationalError | InterfaceError) -> Fault:
    """What kind of fault an error of the database tells of."""
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the extended codes carry the plain one below
        if code in _SQLITE_BUSY:
            return Fault.BUSY
        return Fault.FULL if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR) else Fault.AWAY
    state = getattr(cause, "pgcode", None)
    if state in _FULL_STATES:
        return Fault.FULL
    return Fault.BUSY if state in _BUSY_STATES else Fault.AWAY


def is_full(error: OSError) -> bool:
    """Whether a file could not be written for want of space."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
