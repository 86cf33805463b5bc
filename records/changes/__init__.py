"""The one door: everything that changes a person's data is written here.

`apply_changes` writes people, records, annotations (SOP 6.6, 6.7), objections (SOP 6.9), follow-ups (SOP 6.10) and
the history rows of all of them in one transaction, in sets; `strike_line` strikes one line of 註解. Callers say what
shall change and what they saw before; what somebody else changed meanwhile is left alone and reported as stale.

`asked` is what callers say, `present` what is stored now, `act` who acts; one module writes each table. A person is
removed here too, with everything that was only ever part of the person; the history keeps it.
"""

from ..storing import current_record_values, current_values
from .asked import Applied, NewObjection, PersonChange, RecordChange, Withdrawal, serial_demand
from .door import apply_changes
from .striking import strike_line

__all__ = [
    "Applied",
    "NewObjection",
    "PersonChange",
    "RecordChange",
    "Withdrawal",
    "apply_changes",
    "current_record_values",
    "current_values",
    "serial_demand",
    "strike_line",
]
