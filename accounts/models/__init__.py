"""What the app stores: accounts, what they may reach, and what happened to them."""

from .memberships import DepartmentMembership
from .passwords import PasswordRecord
from .trail import AccountEvent
from .users import Role, User

__all__ = ["AccountEvent", "DepartmentMembership", "PasswordRecord", "Role", "User"]
