"""When and why an account was closed; at the end of a cooperation also what became of the data (annex 7.2)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AccountClosing(models.Model):
    """One closing of an account. Agreements signed before it no longer count."""

    class Manner(models.TextChoices):
        DESTROYED = "destroyed", _("已銷毀")
        RETURNED = "returned", _("已返還")
        NONE_HELD = "none_held", _("未持有任何資料")

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("帳號"), related_name="closings"
    )
    at = models.DateTimeField(_("停用時間"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("經手人"), related_name="+", null=True
    )
    reason = models.CharField(_("原因"), max_length=200)
    reopened_at = models.DateTimeField(_("重新啟用時間"), null=True)
    ends_cooperation = models.BooleanField(_("結束合作"), default=False)
    # The destruction or return note, registered by the center when it comes back signed.
    data_handled_on = models.DateField(_("銷毀或返還日期"), null=True)
    data_manner = models.CharField(_("處理方式"), max_length=10, choices=Manner, blank=True)
    data_handled_by = models.CharField(_("銷毀或返還人"), max_length=60, blank=True)
    data_note = models.CharField(_("備註"), max_length=200, blank=True)
    data_registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("登錄者"), related_name="+", null=True
    )
    data_registered_at = models.DateTimeField(_("登錄時間"), null=True)

    class Meta:
        verbose_name = _("帳號停用")
        verbose_name_plural = _("帳號停用")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["account", "at"], name="closing_by_account")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(data_registered_at=None)
                | models.Q(ends_cooperation=True, data_handled_on__isnull=False) & ~models.Q(data_manner=""),
                name="data_note_of_an_ended_cooperation",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {timezone.localtime(self.at):%Y-%m-%d}"

    @property
    def waits_for_note(self) -> bool:
        return self.ends_cooperation and self.data_registered_at is None
