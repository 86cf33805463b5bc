"""What the app stores: accounts, what they may reach, and what happened to them."""

from .grants import ScopeGrant
from .memberships import DepartmentMembership
from .trail import AccountEvent
from .users import Role, User

__all__ = ["AccountEvent", "DepartmentMembership", "Role", "ScopeGrant", "User"]
