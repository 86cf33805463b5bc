"""補正: required data that is missing and has to be asked for by telephone (SOP 6.10).

What is missing is a row for each item; the telephone work (calls, who cannot be reached) belongs to the person, who is
rung up once for everything.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .people import Person


class FollowUp(models.Model):
    """One missing item. Opened and closed by the one door (`records.changes`), worked on by `records.follow_ups`."""

    class Item(models.TextChoices):
        NATIONAL_ID = "national_id", _("身分證字號")
        BIRTH_DATE = "birth_date", _("生日")
        EMAIL = "email", _("電子郵件")

    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("校友"), related_name="follow_ups")
    item = models.CharField(_("缺漏資料"), max_length=12, choices=Item)
    opened_at = models.DateTimeField(_("開立時間"))
    closed_at = models.DateTimeField(_("補齊時間"), null=True, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("負責人"),
        related_name="+",
        null=True,
        blank=True,
    )
    next_try = models.DateField(_("下次聯絡日期"), null=True, blank=True)

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


class CallAttempt(models.Model):
    """One telephone attempt: when, by whom, to which number, what came of it. Written once, never changed."""

    class Outcome(models.TextChoices):
        REACHED = "reached", _("接通")
        NO_ANSWER = "no_answer", _("未接")
        BUSY = "busy", _("忙線")
        DEAD = "dead", _("空號或停話")
        NOT_THEIRS = "not_theirs", _("接聽者不是本人")
        LATER = "later", _("請改時間再打")
        REFUSED = "refused", _("拒答")

    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("校友"), related_name="call_attempts")
    at = models.DateTimeField(_("通話時間"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("撥打人"), related_name="+"
    )
    number = models.CharField(_("撥打的號碼"), max_length=40)
    outcome = models.CharField(_("結果"), max_length=12, choices=Outcome)
    note = models.CharField(_("備註"), max_length=300, blank=True)
    next_try = models.DateField(_("下次聯絡日期"), null=True, blank=True)

    class Meta:
        verbose_name = _("電話紀錄")
        verbose_name_plural = _("電話紀錄")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_outcome_display()}"


class Unreachable(models.Model):
    """無法聯繫: the center has declared that asking is of no use; ended by new contact data or by the center."""

    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("校友"), related_name="unreachable")
    declared_at = models.DateTimeField(_("判定時間"))
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("判定人"), related_name="+"
    )
    reason = models.CharField(_("理由"), max_length=300)
    ended_at = models.DateTimeField(_("恢復聯絡時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("無法聯繫")
        verbose_name_plural = _("無法聯繫")
        ordering = ["-declared_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(ended_at__isnull=True), name="declared_unreachable_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.declared_at:%Y-%m-%d}"
