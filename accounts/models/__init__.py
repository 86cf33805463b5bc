"""What the app stores: accounts, what they may reach, what they signed, and what happened to them."""

from .agreements import AgreementSignature, AgreementVersion
from .applications import COLLEGES, AccountApplication, ApplicationEvent, ApplicationLink, UnitType
from .chains import ChainEnd
from .closings import AccountClosing
from .grants import ScopeGrant
from .memberships import DepartmentMembership
from .passwords import PasswordRecord
from .reviews import AccountReview
from .trail import AccountEvent
from .users import Role, User

__all__ = [
    "COLLEGES",
    "AccountApplication",
    "AccountClosing",
    "AccountEvent",
    "AccountReview",
    "AgreementSignature",
    "AgreementVersion",
    "ApplicationEvent",
    "ApplicationLink",
    "ChainEnd",
    "DepartmentMembership",
    "PasswordRecord",
    "Role",
    "ScopeGrant",
    "UnitType",
    "User",
]
