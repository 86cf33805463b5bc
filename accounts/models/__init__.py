"""What the app stores: accounts, what they may reach, what they signed, and what happened to them."""

from .agreements import AgreementSignature, AgreementVersion
from .closings import AccountClosing
from .grants import ScopeGrant
from .memberships import DepartmentMembership
from .reviews import AccountReview
from .trail import AccountEvent
from .users import Role, User

__all__ = [
    "AccountClosing",
    "AccountEvent",
    "AccountReview",
    "AgreementSignature",
    "AgreementVersion",
    "DepartmentMembership",
    "Role",
    "ScopeGrant",
    "User",
]
