"""The departments that an account is the contact of."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class DepartmentMembership(models.Model):
    """A department that an account is the contact of; one contact may serve several."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("帳號"), related_name="memberships"
    )
    department = models.ForeignKey(
        "records.Department", models.PROTECT, verbose_name=_("系所"), related_name="+"
    )

    class Meta:
        verbose_name = _("負責系所")
        verbose_name_plural = _("負責系所")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "department"],
                name="membership_once",
                violation_error_message=_("這個帳號已經負責這個系所。"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}－{self.department}"
