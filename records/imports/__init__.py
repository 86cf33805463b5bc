"""The life of a batch: received → read and planned → confirmed → applied (or refused, failed, discarded), and taken
back when it has to be.

The file is read once; planning again, after a decision or with other options, works on the stored rows. Taking back
is `undoing` (with `judging`, `ways_back`, `undo_showing`).
"""

from .answers import answers_of
from .applying import CHANGING, apply, call_off, start_applying
from .correcting import correct
from .deciding import (
    asked_about_rows,
    asked_in,
    change_options,
    decide,
    discard,
    open_questions,
    withdraw,
)
from .files import (
    FILE_KEPT,
    NotKept,
    earlier_import,
    hold_refused,
    hold_uploader,
    kept_for_mapping,
    receive,
    upload_path,
)
from .overtaken import overtaken
from .planning import read_and_plan, replan
from .purging import purge
from .row_decisions import decide_row, withdraw_decision
from .showing import (
    ROWS_A_PAGE,
    all_rows,
    rows_of,
    twins_of,
    write_returned_rows,
)
from .states import left_behind, move, take_over

__all__ = [
    "CHANGING",
    "FILE_KEPT",
    "NotKept",
    "ROWS_A_PAGE",
    "all_rows",
    "answers_of",
    "apply",
    "asked_about_rows",
    "asked_in",
    "call_off",
    "change_options",
    "correct",
    "decide",
    "decide_row",
    "discard",
    "earlier_import",
    "hold_refused",
    "hold_uploader",
    "kept_for_mapping",
    "left_behind",
    "move",
    "open_questions",
    "overtaken",
    "purge",
    "read_and_plan",
    "receive",
    "replan",
    "rows_of",
    "start_applying",
    "take_over",
    "twins_of",
    "upload_path",
    "withdraw",
    "withdraw_decision",
    "write_returned_rows",
]
