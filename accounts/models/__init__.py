"""What the app stores: accounts, what they may reach, and what happened to them."""

from .agreements import AgreementSignature, AgreementVersion
from .applications import COLLEGES, AccountApplication, ApplicationEvent, ApplicationLink, UnitType
from .memberships import DepartmentMembership
from .trail import AccountEvent
from .users import Role, User

__all__ = [
    "COLLEGES",
    "AccountApplication",
    "AccountEvent",
    "AgreementSignature",
    "AgreementVersion",
    "ApplicationEvent",
    "ApplicationLink",
    "DepartmentMembership",
    "Role",
    "UnitType",
    "User",
]
