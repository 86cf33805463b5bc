from .. import lookups  # noqa: F401  registers `any_of`
from .annotations import Annotation
from .batch_undos import BatchUndo, BatchUndoRow
from .bulk_edits import BulkEdit, BulkEditRow
from .change_requests import WAITING, ChangeItem, ChangeRequest, ChangeRequestEvent, ReviewMode
from .confirmations import PersonConfirmation
from .deliveries import Delivery, DeliveryMapping
from .disclosures import Disclosure
from .follow_ups import CallAttempt, FollowUp, Unreachable
from .history import ChangeContext, Source
from .import_decisions import ImportCorrection, ImportDecision
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
from .terms import Term, TermReason, TermReminder, TermSignOff
from .verifications import VerificationAttempt

__all__ = [
    "LETTERS",
    "WAITING",
    "AcademicRecord",
    "Annotation",
    "BatchUndo",
    "BatchUndoRow",
    "BulkEdit",
    "BulkEditRow",
    "CallAttempt",
    "ChangeContext",
    "ChangeItem",
    "ChangeRequest",
    "ChangeRequestEvent",
    "College",
    "Delivery",
    "DeliveryMapping",
    "Department",
    "Disclosure",
    "Division",
    "FollowUp",
    "ImportBatch",
    "ImportCorrection",
    "ImportDecision",
    "ImportOutcome",
    "ImportRow",
    "KeyCheck",
    "Level",
    "MessageObjection",
    "OrganisationAlias",
    "Person",
    "PersonConfirmation",
    "Programme",
    "ReviewMode",
    "SerialCounter",
    "SerialSeries",
    "Sex",
    "Source",
    "StatusCode",
    "Term",
    "TermReason",
    "TermReminder",
    "TermSignOff",
    "Unreachable",
    "Verdict",
    "VerificationAttempt",
]
