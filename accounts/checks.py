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


def trusted_proxies(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Behind a proxy that is not named, everybody has the proxy's address: five failures lock a name for all, and
    sixty the site (ASVS 4.1.3). Whoever has no proxy says so."""
    if settings.DEBUG or settings.TRUSTED_PROXIES:
        return []
    message = "缺少環境變數 TRUSTED_PROXIES：請列出反向代理的位址，例如 127.0.0.1；沒有代理時填 none。"
    return [Error(message, id="accounts.E002")]
