"""核對身分: who compared what an alumnus told with which person, and how it ended (SOP 6.5). No value is kept.

Where a record has nothing to compare with, somebody of the center states in words how it was verified."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .people import Person


class VerificationAttempt(models.Model):
    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded", _("核對相符")
        ANOTHER = "another", _("相符的是另一位同名校友")
        AMBIGUOUS = "ambiguous", _("不只一位相符")
        FAILED = "failed", _("核對不符")
        LOCKED = "locked", _("暫停核對期間，未比對")

    editor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("帳號"), related_name="+"
    )
    # Whose form was to be opened; for `ANOTHER` a second row, `SUCCEEDED`, names who it was.
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("校友"), related_name="verifications")
    at = models.DateTimeField(_("時間"))
    outcome = models.CharField(_("結果"), max_length=10, choices=Outcome)
    stated = models.CharField(_("核對方式說明"), max_length=300, blank=True)  # "": compared

    class Meta:
        verbose_name = _("核對身分")
        verbose_name_plural = _("核對身分")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["editor", "person", "at"], name="verification_editor_person")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["succeeded", "another", "ambiguous", "failed", "locked"]),
                name="verification_outcome_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.person} {self.get_outcome_display()}"
