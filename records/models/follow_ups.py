"""補正: required data that is missing and has to be asked for by telephone (SOP 6.10)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .people import Person


class FollowUp(models.Model):
    class Item(models.TextChoices):
        NATIONAL_ID = "national_id", _("身分證字號")
        BIRTH_DATE = "birth_date", _("生日")
        EMAIL = "email", _("電子郵件")

    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("校友"), related_name="follow_ups")
    item = models.CharField(_("缺漏資料"), max_length=12, choices=Item)
    opened_at = models.DateTimeField(_("開立時間"))
    closed_at = models.DateTimeField(_("補齊時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("補正")
        verbose_name_plural = _("補正")
        ordering = ["opened_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "item"],
                condition=Q(closed_at__isnull=True),
                name="one_open_follow_up_per_item",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.get_item_display()}"
