"""The last passwords of an account, as hashes: none of them may come back (附表十)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PasswordRecord(models.Model):
    """A password that an account had or has; `accounts.passwords.remember` writes and forgets them."""

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("帳號"), related_name="password_records"
    )
    password = models.CharField(_("密碼雜湊"), max_length=128)
    set_at = models.DateTimeField(_("設定時間"), default=timezone.now)

    class Meta:
        verbose_name = _("密碼紀錄")
        verbose_name_plural = _("密碼紀錄")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.account} {self.set_at:%Y-%m-%d}"
