"""What the app stores: accounts, what they may reach, and what happened to them."""

from .agreements import AgreementSignature, AgreementVersion
from .applications import COLLEGES, AccountApplication, ApplicationEvent, UnitType
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
    "DepartmentMembership",
    "Role",
    "UnitType",
    "User",
]
