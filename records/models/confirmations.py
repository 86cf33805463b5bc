"""已確認，資料無異動: somebody asked the alumnus, and nothing had changed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .people import Person


class PersonConfirmation(models.Model):
    """A row of its own and no version of the person: nothing about the person changes, hence no line of 註解."""

    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("校友"), related_name="confirmations")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("確認人"), related_name="+"
    )
    at = models.DateTimeField(_("確認時間"))

    class Meta:
        verbose_name = _("資料確認")
        verbose_name_plural = _("資料確認")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["person", "at"], name="confirmation_person_at")]

    def __str__(self) -> str:
        return f"{self.person} {self.at:%Y-%m-%d}"
