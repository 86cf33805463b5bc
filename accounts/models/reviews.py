"""定期清查: what the center said of each account in each half-year, and how the account then was."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .once import WrittenOnce


class AccountReview(WrittenOnce):
    """One account's confirmation for one half-year. The texts keep what was confirmed: accounts change."""

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", _("確認保留")
        CLOSED = "closed", _("停用")

    period = models.CharField(_("期別"), max_length=6, help_text=_("年－上下半年，例如 2026-2"))
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("帳號"), related_name="reviews"
    )
    outcome = models.CharField(_("結果"), max_length=10, choices=Outcome)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("清查人"), related_name="+"
    )
    at = models.DateTimeField(_("時間"), default=timezone.now)
    name = models.CharField(_("姓名"), max_length=60)
    role = models.CharField(_("角色"), max_length=60)
    departments = models.TextField(_("負責系所"), blank=True)
    rights = models.TextField(_("權限"), blank=True)
    last_used_at = models.DateTimeField(_("上次登入"), null=True)
    agreement = models.CharField(_("切結書"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("定期清查")
        verbose_name_plural = _("定期清查")
        ordering = ["-period", "account__username"]
        constraints = [
            models.UniqueConstraint(fields=["period", "account"], name="account_reviewed_once_a_period")
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.account}"
