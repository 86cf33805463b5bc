"""The confidentiality agreement (SOP 6.4, annex 7.2): its versions and who signed which."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AgreementVersion(models.Model):
    number = models.PositiveIntegerField(_("版次"), unique=True)
    title = models.CharField(_("標題"), max_length=100)
    text = models.TextField(_("內容"))
    in_force_from = models.DateTimeField(_("生效時間"), auto_now_add=True)

    class Meta:
        verbose_name = _("切結書版本")
        verbose_name_plural = _("切結書版本")
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.title}\n{self.text}".encode()).hexdigest()


class AgreementSignature(models.Model):
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="signatures")
    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="signatures")
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=60)
    title = models.CharField(max_length=60, blank=True)
    signed_on = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("切結書簽署")
        verbose_name_plural = _("切結書簽署")

    def __str__(self) -> str:
        return f"{self.name} {self.signed_on}"
