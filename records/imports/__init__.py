"""The life of a batch: received → read and planned → confirmed → applied (or refused, failed, discarded), and taken
back when it has to be.

The file is read once; planning again, after a decision or with other options, works on the stored rows. Taking back
is `undoing` (with `judging`, `ways_back`, `undo_showing`).
"""

from .applying import apply, call_off, start_applying
from .deciding import change_options, decide, discard, open_questions, withdraw
from .files import earlier_import, receive, upload_path
from .planning import read_and_plan, replan
from .showing import ROWS_A_PAGE, all_rows, rows_of, write_returned_rows
from .states import LEASE, recover

__all__ = [
    "LEASE",
    "ROWS_A_PAGE",
    "all_rows",
    "apply",
    "call_off",
    "change_options",
    "decide",
    "discard",
    "earlier_import",
    "open_questions",
    "read_and_plan",
    "receive",
    "recover",
    "replan",
    "rows_of",
    "start_applying",
    "upload_path",
    "withdraw",
    "write_returned_rows",
]
