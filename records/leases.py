"""Long work that one worker holds: it gives signs of life, and whoever gives none loses the work to the next.

A sign of life is the time of the progress file (`progress`), renewed by a thread of its own: also while one step takes
long, also while the database is shut by one large transaction. What a worker writes under a lease it writes in
a transaction that locks the row with its lease; so that a worker that was only frozen cannot hold that lock for ever,
its session is ended before its work is given to another one (`end_session`).
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import threading
from collections.abc import Iterator

from django.db import connection

from . import progress
from .database_faults import PASSING

logger = logging.getLogger(__name__)
# Work in a middle state without a sign of life for so long was left behind by a process that died.
LEASE = datetime.timedelta(minutes=2)
SECONDS_BETWEEN_SIGNS = 15


@contextlib.contextmanager
def signs_of_life(work: int | str, lease: int = 0) -> Iterator[None]:
    """While the block runs, others can see that somebody works on it, and under which lease; afterwards nothing is
    going on any more."""
    with _session_named(_session_name(work, lease)):
        progress.begin(work)
        ended = threading.Event()
        thread = threading.Thread(target=_give_signs, args=(work, ended), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            progress.clear(work)


def _give_signs(work: int | str, ended: threading.Event) -> None:
    while not ended.wait(SECONDS_BETWEEN_SIGNS):
        try:
            progress.touch(work)
        except OSError as error:
            logger.warning("no sign of life for %s: %s", work, error.strerror)


def is_silent(work: int | str, since: datetime.datetime | None, at: datetime.datetime) -> bool:
    """Whether nobody has worked on it for longer than the lease. `since`: when it came into its state."""
    signs = [moment for moment in (since, progress.noted_at(work)) if moment]
    return not signs or max(signs) < at - LEASE


def is_held(work: int | str, at: datetime.datetime) -> bool:
    """Whether somebody who lives works on it."""
    noted = progress.noted_at(work)
    return noted is not None and noted >= at - LEASE


def end_session(work: int | str, lease: int = 0) -> None:
    """End what a frozen worker still has open in the database under its lease, with its locks. On SQLite the process
    itself locks the file: there the next worker has to wait for it."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s "
            "AND datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()",
            [_session_name(work, lease)],
        )
        if cursor.rowcount:
            logger.warning("ended the session of a worker that gives no sign of life (%s)", work)


@contextlib.contextmanager
def _session_named(name: str) -> Iterator[None]:
    """While the block runs, the session bears the name; afterwards the one before, so that whatever the same process
    does next is not ended with work that is over."""
    if connection.vendor != "postgresql":
        yield
        return
    before = _renamed_session(name)
    try:
        yield
    finally:
        # A connection that was lost, and a transaction that is rolled back, took the name with them.
        if connection.connection is not None and not connection.needs_rollback:
            with contextlib.suppress(*PASSING):
                _renamed_session(before)


def _renamed_session(name: str) -> str:
    """Gives the session another name; returns the one it had."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('application_name')")
        [before] = cursor.fetchone()
        cursor.execute("SELECT set_config('application_name', %s, false)", [name])
        return before


def _session_name(work: int | str, lease: int) -> str:
    return f"alumni work {work} lease {lease}"
