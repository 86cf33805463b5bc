"""The registrar's raw delivery (離校資料): foreign headers → mapping → filled template → batch (SOP 6.2, 6.3).

mapping → converting → done, with values in between where the lists do not know some; refused or discarded.
Never by position: a column is what its header says, and a person confirms it.
"""

from .converting import convert
from .filled import write_filled
from .handing_over import as_delivery, as_workbook, has_template_headers, may_be_mapped
from .life import (
    PATIENCE,
    WAITING,
    discard,
    earlier_delivery,
    kept_until,
    left_behind,
    progress_name,
    proposed_mapping,
    purge,
    receive,
    settle,
    take_over,
    upload_path,
    use,
    withdraw,
)
from .mappings import (
    Mapping,
    differences,
    latest_for,
    latest_named,
    mapping_of,
    save,
)
from .proposals import propose, propose_joins
from .targets import JOINS, TARGETS, VALUED, attribute_of, joins_of

__all__ = [
    "JOINS",
    "PATIENCE",
    "TARGETS",
    "VALUED",
    "WAITING",
    "Mapping",
    "as_delivery",
    "as_workbook",
    "attribute_of",
    "convert",
    "differences",
    "discard",
    "earlier_delivery",
    "has_template_headers",
    "joins_of",
    "left_behind",
    "latest_for",
    "latest_named",
    "mapping_of",
    "kept_until",
    "may_be_mapped",
    "progress_name",
    "propose",
    "propose_joins",
    "proposed_mapping",
    "purge",
    "receive",
    "save",
    "settle",
    "take_over",
    "upload_path",
    "use",
    "withdraw",
    "write_filled",
]
