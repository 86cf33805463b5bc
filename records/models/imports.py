"""匯入批次: one file, its plan row by row, and what became of it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..encryption import open_bytes
from .people import AcademicRecord, Person
from .serials import SerialSeries
from .terms import Term


class ImportBatch(models.Model):
    class State(models.TextChoices):
        RECEIVED = "received", _("等待讀取")
        READING = "reading", _("讀取中")
        PLANNED = "planned", _("待確認")
        APPLYING = "applying", _("寫入中")
        APPLIED = "applied", _("已匯入")
        REFUSED = "refused", _("檔案退回")
        FAILED = "failed", _("處理失敗")
        DISCARDED = "discarded", _("已放棄")
        CONTINUED = "continued", _("已併入原批次")

    class Mode(models.TextChoices):
        FILL = "fill", _("補空白（保留人工修改過的資料）")
        OVERWRITE = "overwrite", _("以檔案覆寫")
        SKIP = "skip", _("不更動既有聯絡資料")

    class Refusals(models.TextChoices):
        """What 否 without a recorded objection means in this file (SOP 6.9)."""

        SET_YES = "set_yes", _("改回「是」")
        RECORD = "record", _("登錄為校友反應不願接受")

    file_name = models.CharField(_("檔名"), max_length=255)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField(_("大小"), default=0)
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.RECEIVED)
    mode = models.CharField(_("聯絡資料"), max_length=10, choices=Mode, default=Mode.FILL)
    refusals = models.CharField(_("不願接受訊息"), max_length=10, choices=Refusals, default=Refusals.SET_YES)
    # Which term's graduates the file holds; none for data moved over from elsewhere. Set by `records.terms`.
    term = models.ForeignKey(
        Term, models.PROTECT, verbose_name=_("學期"), related_name="batches", null=True, blank=True
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("上傳者"), related_name="+"
    )
    uploaded_at = models.DateTimeField(_("上傳時間"), default=timezone.now)
    planned_at = models.DateTimeField(_("計畫完成時間"), null=True, blank=True)
    # How far the histories of people and degrees went when the plan was begun: what came later it does not know.
    history_seen = models.JSONField(default=dict)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("匯入者"),
        related_name="+",
        null=True,
        blank=True,
    )
    applied_at = models.DateTimeField(_("匯入時間"), null=True, blank=True)
    # Since when it waits or is worked on; while it is, the worker's signs of life are in a file (records.leases).
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    lease = models.PositiveIntegerField(default=0)  # counted on by every worker that begins
    resumes = models.PositiveSmallIntegerField(default=0)  # how often a step was begun again by itself
    counts = models.JSONField(default=dict)  # verdict → rows; "remarks", "rows", "refusals", "not_written"
    notes = models.JSONField(default=list)  # sentences about the file as a whole: [level, code, message]
    decisions = models.JSONField(default=dict)  # question → programme id chosen by a person
    # Something was decided, corrected or chosen that the plan does not tell of yet. Set while the row is held, and
    # asked for by the very statement that confirms: a plan is never written without what was said about it.
    needs_plan = models.BooleanField(default=False)
    error = models.CharField(_("說明"), max_length=500, blank=True)
    # Why the file was refused (a code of workbooks.refusals): one with foreign headers may go on as a raw delivery.
    refusal = models.CharField(max_length=30, blank=True)
    # The batch whose returned rows this file brings back: corrections of it, or what was left open when it was applied.
    predecessor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="successors", verbose_name=_("前一批次")
    )
    # How many of its rows its predecessor had left open.
    returned_rows = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("匯入批次")
        verbose_name_plural = _("匯入批次")
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.file_name}"

    @property
    def standing_undo(self) -> Any:
        """The `BatchUndo` that was not given up, None without one. Load with `undoings`."""
        return next((undo for undo in self.undoings.all() if undo.state != undo.State.DISCARDED), None)

    @property
    def is_undone(self) -> bool:
        """Whether all that it brought was taken back again."""
        return self.standing_undo is not None and self.standing_undo.is_whole


class Verdict(models.TextChoices):
    """Every row has exactly one."""

    NEW_PERSON = "new_person", _("新校友")
    NEW_RECORD = "new_record", _("同一人的另一學籍")
    UPDATE = "update", _("更新")
    UNCHANGED = "unchanged", _("無變動")
    NEEDS_PERSON = "needs_person", _("需人工判斷")
    KEPT_OUT = "kept_out", _("未匯入")


class ImportRow(models.Model):
    """One row of the sheet with its verdict and its part of the stored plan."""

    batch = models.ForeignKey(
        ImportBatch,
        models.CASCADE,
        related_name="rows",
        verbose_name=_("批次"),
        db_index=False,
        db_constraint=False,  # as for what a row mentions, below
    )
    row_number = models.PositiveIntegerField(_("列號"))
    verdict = models.CharField(_("判定"), max_length=12, choices=Verdict)
    # Sealed JSON (it holds national IDs): cells as they came, cleaned values, remarks of the cells, the change.
    payload = models.BinaryField()
    remarks = models.JSONField(default=list)  # [column, level, code, message]; never a full national ID
    # Rows of one person share the number of their leading row; the leading row carries the person's change.
    leader = models.PositiveIntegerField(null=True)
    question = models.CharField(max_length=200, blank=True)  # what a person has to decide for all like rows
    # Where the row's serial number comes from; without a series, the number that the file brought.
    series = models.ForeignKey(
        SerialSeries, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    serial_prefix = models.CharField(max_length=60, blank=True)
    person = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("校友"),
        db_index=False,
        db_constraint=False,  # a plan mentions; the records themselves are what the database guards
    )
    record = models.ForeignKey(
        AcademicRecord,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("學籍身分"),
        db_index=False,
        db_constraint=False,
    )

    class Meta:
        verbose_name = _("匯入列")
        verbose_name_plural = _("匯入列")
        ordering = ["row_number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "row_number"], name="one_verdict_per_row"),
        ]
        indexes = [
            models.Index(fields=["batch", "verdict", "row_number"], name="import_row_by_verdict"),
            # Few rows have a question; the page counts them whatever the size of the plan.
            models.Index(
                fields=["batch", "question", "person", "row_number"],
                condition=~models.Q(question=""),
                name="import_row_by_question",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.row_number}"

    @staticmethod
    def payload_context(batch_id: int, row_number: int) -> str:
        return f"importrow.payload:{batch_id}:{row_number}"

    @property
    def became(self) -> ImportOutcome | None:
        """What the row became, once its batch was applied. Load with `outcome`."""
        return getattr(self, "outcome", None)

    def open_payload(self) -> bytes:
        return open_bytes(self.payload, self.payload_context(self.batch_id, self.row_number))


class ImportOutcome(models.Model):
    """The person and the record that a row of an applied batch became. The plan itself is never rewritten: its rows
    are large, and on PostgreSQL an update would copy every one of them."""

    # No cascade to look for when a plan, which has no outcomes yet, is replaced.
    row = models.OneToOneField(
        ImportRow, models.DO_NOTHING, primary_key=True, related_name="outcome", db_constraint=False
    )
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="+", verbose_name=_("校友"), db_index=False, db_constraint=False
    )
    record = models.ForeignKey(
        AcademicRecord,
        models.PROTECT,
        related_name="+",
        verbose_name=_("學籍身分"),
        db_index=False,
        db_constraint=False,
    )

    class Meta:
        verbose_name = _("匯入結果")
        verbose_name_plural = _("匯入結果")

    def __str__(self) -> str:
        return f"{self.row_id} → {self.record_id}"

    @property
    def present_record(self) -> AcademicRecord | None:
        """The record, None once the undo of the batch removed it. Load with `record`."""
        try:
            return self.record
        except AcademicRecord.DoesNotExist:
            return None
