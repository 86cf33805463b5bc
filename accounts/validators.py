"""Ties the password policy to Django, which asks its validators wherever a password is set."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from .models import User
from .passwords import policy


class PolicyValidator:
    """The only entry of AUTH_PASSWORD_VALIDATORS: forms, links, commands and `createsuperuser` all meet it."""

    def validate(self, password: str, user: User | None = None) -> None:
        if faults := policy().faults(password, user):
            raise ValidationError(faults, code="password_policy")

    def get_help_text(self) -> str:
        return policy().description()

    def password_changed(self, password: str, user: User) -> None:
        """Django calls this after an account with a new password was saved."""
        policy().remember(user)
