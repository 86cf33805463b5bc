from .. import lookups  # noqa: F401  registers `any_of`
from .annotations import Annotation
from .bulk_edits import BulkEdit, BulkEditRow
from .disclosures import Disclosure
from .follow_ups import CallAttempt, FollowUp, Unreachable
from .history import ChangeContext, Source
from .imports import ImportBatch, ImportOutcome, ImportRow, Verdict
from .keys import KeyCheck
from .organisation import (
    LETTERS,
    College,
    Department,
    Division,
    Level,
    OrganisationAlias,
    Programme,
    StatusCode,
)
from .people import AcademicRecord, MessageObjection, Person, Sex
from .serials import SerialCounter, SerialSeries

__all__ = [
    "LETTERS",
    "AcademicRecord",
    "Annotation",
    "BulkEdit",
    "BulkEditRow",
    "CallAttempt",
    "ChangeContext",
    "College",
    "Department",
    "Disclosure",
    "Division",
    "FollowUp",
    "ImportBatch",
    "ImportOutcome",
    "ImportRow",
    "KeyCheck",
    "Level",
    "MessageObjection",
    "OrganisationAlias",
    "Person",
    "Programme",
    "SerialCounter",
    "SerialSeries",
    "Sex",
    "Source",
    "StatusCode",
    "Unreachable",
    "Verdict",
]
