from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _

from .checks import second_factor_roles, trusted_proxies


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("帳號")

    def ready(self) -> None:
        register(second_factor_roles)
        register(trusted_proxies)
