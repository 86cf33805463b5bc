"""還原匯入批次: an imported batch taken back, as a stored plan, and what became of each part of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .imports import ImportBatch

ACCOUNT = settings.AUTH_USER_MODEL


class BatchUndo(models.Model):
    """A plan with its reason. Written in steps, each a transaction: a process that dies is followed by another one."""

    class State(models.TextChoices):
        PLANNING = "planning", _("產生計畫中")
        PLANNED = "planned", _("待確認")
        APPLYING = "applying", _("還原中")
        APPLIED = "applied", _("已還原")
        DISCARDED = "discarded", _("已放棄")

    batch = models.ForeignKey(ImportBatch, models.PROTECT, verbose_name=_("批次"), related_name="undoings")
    reason = models.CharField(_("理由"), max_length=100)
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.PLANNING)
    made_by = models.ForeignKey(ACCOUNT, models.PROTECT, verbose_name=_("計畫人"), related_name="+")
    made_at = models.DateTimeField(_("計畫時間"))
    applied_by = models.ForeignKey(
        ACCOUNT, models.PROTECT, verbose_name=_("確認人"), related_name="+", null=True, blank=True
    )
    applied_at = models.DateTimeField(_("還原時間"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    lease = models.PositiveIntegerField(default=0)  # counted on by every worker that begins
    resumes = models.PositiveSmallIntegerField(default=0)  # how often it was begun again by itself
    people = models.PositiveIntegerField(_("人數"), default=0)  # how many the plan would change or remove
    counts = models.JSONField(default=dict)  # outcome of the rows → how many
    error = models.CharField(_("說明"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("還原匯入批次")
        verbose_name_plural = _("還原匯入批次")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch"], condition=~Q(state="discarded"), name="import_batch_undone_once"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.batch_id}"

    @property
    def is_whole(self) -> bool:
        """Whether it was written and left nothing of what the batch had brought."""
        left = (BatchUndoRow.Outcome.KEPT, BatchUndoRow.Outcome.CANNOT)
        return self.state == self.State.APPLIED and not any(self.counts.get(outcome) for outcome in left)

    @property
    def result(self) -> str:
        """What is said beside the batch: 已還原, 部分還原, or how far the plan is."""
        if self.state != self.State.APPLIED:
            return str(_("還原：%(state)s")) % {"state": self.get_state_display()}
        if self.is_whole:
            return str(self.get_state_display())
        is_part = self.counts.get(BatchUndoRow.Outcome.DONE)
        return str(_("部分還原") if is_part else BatchUndoRow.Outcome.CANNOT.label)


class BatchUndoRow(models.Model):
    """Of one person or one degree: fields that go back to what they were, or (no `fields`) that it is removed again;
    or why not. Nothing personal stands here: values before and after are read from the history.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("將還原")
        DONE = "done", _("已還原")
        KEPT = "kept", _("保留")
        CANNOT = "cannot", _("無法還原")

    class Why(models.TextChoices):
        CHANGED = "changed", _("之後有人異動過")
        REFERRED = "referred", _("之後有其他資料提及")
        OBJECTION = "objection", _("校友反應不願接受訊息，只有校友本人能撤回")
        TAKEN = "taken", _("原來的號碼現已屬於另一筆資料")
        NOT_LISTED = "not_listed", _("原來的代碼已不在名單中")
        GONE = "gone", _("資料已不存在")

    undo = models.ForeignKey(
        BatchUndo, models.CASCADE, related_name="rows", verbose_name=_("還原計畫"), db_index=False
    )
    # Numbers, no keys: the row stays when the person and the degree are gone.
    person_id = models.BigIntegerField(_("校友"))
    record_id = models.BigIntegerField(_("學籍身分"), null=True)
    fields = models.JSONField(_("欄位"), default=list)
    outcome = models.CharField(_("結果"), max_length=10, choices=Outcome)
    why = models.CharField(_("原因"), max_length=10, choices=Why, blank=True)
    # For `CHANGED`: who first changed it since, and when; for `REFERRED`: the model that does, "records.callattempt".
    later_by_id = models.BigIntegerField(null=True)
    later_at = models.DateTimeField(null=True)
    referred_by = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = _("還原匯入批次列")
        verbose_name_plural = _("還原匯入批次列")
        ordering = ["pk"]
        indexes = [models.Index(fields=["undo", "outcome", "id"], name="batch_undo_row_by_outcome")]

    def __str__(self) -> str:
        return f"{self.undo_id}:{self.pk}"
