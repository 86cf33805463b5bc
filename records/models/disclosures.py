"""個資存取紀錄: who took which personal data out, when, from where."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Disclosure(models.Model):
    class Kind(models.TextChoices):
        EXPORT = "export", _("匯出")
        RETURNED_ROWS = "returned", _("下載退回列")
        CONVERTED = "converted", _("下載轉檔結果")
        EVIDENCE = "evidence", _("下載佐證檔")
        LIMIT = "limit", _("查詢達上限")  # nothing went out: somebody was stopped (`reading_limits`)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("帳號"), related_name="+", null=True
    )
    kind = models.CharField(_("種類"), max_length=10, choices=Kind)
    at = models.DateTimeField(_("時間"))
    address = models.GenericIPAddressField(_("來源位址"), null=True, blank=True)
    row_count = models.PositiveIntegerField(_("筆數"))
    detail = models.CharField(_("內容"), max_length=200)

    class Meta:
        verbose_name = _("個資存取紀錄")
        verbose_name_plural = _("個資存取紀錄")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.user} {self.get_kind_display()}"
