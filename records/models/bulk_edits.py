"""整批修改: one field of many people set to one value, as a stored plan, and what became of each row."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .people import AcademicRecord, Person


class BulkEdit(models.Model):
    """A plan with its reason. An undo is a bulk edit of its own (`undo_of`), whose rows go back."""

    class State(models.TextChoices):
        PLANNED = "planned", _("待確認")
        APPLYING = "applying", _("寫入中")
        APPLIED = "applied", _("已寫入")
        DISCARDED = "discarded", _("已放棄")

    attribute = models.CharField(_("欄位"), max_length=30)
    value = models.CharField(_("新值"), max_length=200, blank=True)  # canonical; blank for an undo
    reason = models.CharField(_("理由"), max_length=200)
    chosen_by = models.CharField(_("篩選條件"), max_length=500)  # in words
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.PLANNED)
    undo_of = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("復原"), related_name="undoings", null=True, blank=True
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("計畫人"), related_name="+"
    )
    made_at = models.DateTimeField(_("計畫時間"), default=timezone.now)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("確認人"),
        related_name="+",
        null=True,
        blank=True,
    )
    applied_at = models.DateTimeField(_("寫入時間"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    people = models.PositiveIntegerField(_("人數"), default=0)  # how many the plan would change
    same = models.PositiveIntegerField(_("原已相同"), default=0)
    counts = models.JSONField(default=dict)  # outcome of the rows → how many
    error = models.CharField(_("說明"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("整批修改")
        verbose_name_plural = _("整批修改")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["undo_of"],
                condition=Q(undo_of__isnull=False) & ~Q(state="discarded"),
                name="bulk_edit_undone_once",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class BulkEditRow(models.Model):
    """One value before and after, of a person or of a degree, and what became of it. No field of the class of
    identity is ever set for many, so nothing here needs sealing that lies open in the person's row."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("待寫入")
        DONE = "done", _("已寫入")
        CONFLICT = "conflict", _("之後有人改過，未更動")
        OBJECTED = "objected", _("校友反應不願接受，未更動")

    bulk_edit = models.ForeignKey(
        BulkEdit, models.CASCADE, related_name="rows", verbose_name=_("整批修改"), db_index=False
    )
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("校友"))
    record = models.ForeignKey(
        AcademicRecord,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("學籍身分"),
    )
    before = models.CharField(_("原值"), max_length=200, blank=True)
    after = models.CharField(_("新值"), max_length=200, blank=True)
    outcome = models.CharField(_("結果"), max_length=10, choices=Outcome, default=Outcome.WAITING)

    class Meta:
        verbose_name = _("整批修改列")
        verbose_name_plural = _("整批修改列")
        ordering = ["pk"]
        indexes = [models.Index(fields=["bulk_edit", "outcome"], name="bulk_edit_row_by_outcome")]

    def __str__(self) -> str:
        return f"{self.bulk_edit_id}:{self.pk}"
