"""What is found out when the site is set up and not when somebody signs in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import Error


def second_factor_roles(app_configs: Any, **kwargs: Any) -> list[Error]:
    """A misspelt role would work without a factor, and nobody would notice."""
    roles = [value for value, _label in get_user_model()._meta.get_field("role").choices]
    unknown = [role for role in settings.SECOND_FACTOR_ROLES if role not in roles]
    if not unknown:
        return []
    message = f"環境變數 SECOND_FACTOR_ROLES 中沒有這些角色：{'、'.join(unknown)}"
    return [Error(message, hint="、".join(roles), id="accounts.E001")]
