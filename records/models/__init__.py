from .. import lookups  # noqa: F401  registers `any_of`
from .annotations import Annotation
from .confirmations import PersonConfirmation
from .disclosures import Disclosure
from .follow_ups import FollowUp
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
from .verifications import VerificationAttempt

__all__ = [
    "LETTERS",
    "AcademicRecord",
    "Annotation",
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
    "PersonConfirmation",
    "Programme",
    "SerialCounter",
    "SerialSeries",
    "Sex",
    "Source",
    "StatusCode",
    "Verdict",
    "VerificationAttempt",
]
