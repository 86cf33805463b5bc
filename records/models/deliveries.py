"""離校資料: a file as the registrar's own system writes it, how its columns are read, and the batch it became."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..encryption import open_bytes, seal_bytes
from .imports import ImportBatch
from .terms import Term


class DeliveryMapping(models.Model):
    """How the columns and values of a delivery are read, under a name. Never rewritten: a change is a new row of the
    same name, the newest counts, and the rows together are the log."""

    name = models.CharField(_("名稱"), max_length=60, db_index=True)
    fingerprint = models.CharField(max_length=64, db_index=True)  # of the headers it was made for
    columns = models.JSONField(_("欄位"))  # [[foreign header, target or ""], …] in the order of the file
    joins = models.JSONField(default=dict)  # attribute → how several foreign columns become one
    values = models.JSONField(default=dict)  # attribute → {foreign text: our text}
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("儲存人"), related_name="+"
    )
    saved_at = models.DateTimeField(_("儲存時間"), default=timezone.now)

    class Meta:
        verbose_name = _("離校資料的欄位對應")
        verbose_name_plural = _("離校資料的欄位對應")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    class State(models.TextChoices):
        MAPPING = "mapping", _("待對應欄位")
        CONVERTING = "converting", _("轉檔中")
        VALUES = "values", _("待對應內容")
        DONE = "done", _("已轉成批次")
        REFUSED = "refused", _("檔案退回")
        DISCARDED = "discarded", _("已放棄")

    file_name = models.CharField(_("檔名"), max_length=255)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField(_("大小"), default=0)
    mode = models.CharField(_("聯絡資料"), max_length=10, choices=ImportBatch.Mode)
    refusals = models.CharField(
        _("不願接受訊息"),
        max_length=10,
        choices=ImportBatch.Refusals,
        default=ImportBatch.Refusals.SET_YES,
    )
    term = models.ForeignKey(
        Term, models.PROTECT, null=True, blank=True, verbose_name=_("學期"), related_name="+"
    )
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.MAPPING)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("上傳者"), related_name="+"
    )
    uploaded_at = models.DateTimeField(_("上傳時間"), default=timezone.now)
    # Since when it waits or is worked on; while it is, the worker's signs of life are in a file (records.leases).
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    lease = models.PositiveIntegerField(default=0)  # counted on by every worker that begins
    resumes = models.PositiveSmallIntegerField(default=0)  # how often it was begun again by itself
    # Sealed JSON while the delivery is open: headers, sample values, values to be asked about. They are personal data.
    details = models.BinaryField(default=bytes)
    mapping = models.ForeignKey(
        DeliveryMapping, models.PROTECT, null=True, blank=True, verbose_name=_("欄位對應"), related_name="+"
    )
    is_settled = models.BooleanField(default=False)  # a person was asked about the values
    notes = models.JSONField(default=list)  # sentences about the file as a whole: [level, code, message]
    error = models.CharField(_("說明"), max_length=500, blank=True)
    batch = models.OneToOneField(
        ImportBatch,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("匯入批次"),
        related_name="delivery",
    )
    # The batch whose file was refused for its headers, when this delivery goes on with that file: once only.
    refused_batch = models.OneToOneField(
        ImportBatch,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("退回的批次"),
        related_name="goes_on_as",
    )

    class Meta:
        verbose_name = _("離校資料檔")
        verbose_name_plural = _("離校資料檔")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.file_name}"

    def open_details(self) -> dict[str, Any]:
        """What `seal_details` put in; nothing once the delivery has ended."""
        return json.loads(open_bytes(self.details, self._context())) if self.details else {}

    def seal_details(self, details: dict[str, Any]) -> bytes:
        """The value of `details` for what the pages have to show."""
        return seal_bytes(json.dumps(details, ensure_ascii=True).encode(), self._context())

    def _context(self) -> str:
        return f"delivery.details:{self.pk}"
