"""What people decided and corrected about the rows of a batch. Kept beside the plan, which is made anew each time."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..encryption import open_bytes
from .imports import ImportBatch
from .organisation import Programme
from .people import AcademicRecord, Person


class ImportDecision(models.Model):
    """One answer; of those about a row or a question the newest counts, the older ones tell who thought otherwise."""

    class Kind(models.TextChoices):
        PERSON = "person", _("是這位校友")
        ROW = "row", _("與檔案中的另一列是同一人")
        NEW = "new", _("新校友")
        OUT = "out", _("不匯入")
        WITHDRAWN = "withdrawn", _("取消先前的決定")
        PROGRAMME = "programme", _("畢業系所")

    batch = models.ForeignKey(
        ImportBatch, models.CASCADE, related_name="row_decisions", verbose_name=_("批次"), db_index=False
    )
    kind = models.CharField(_("決定"), max_length=10, choices=Kind)
    row_number = models.PositiveIntegerField(_("列號"), null=True)  # None: a question of all like rows
    # Keyed digest of who the row said it was (`rulings.identity_of`): about somebody else nothing was decided.
    identity = models.CharField(max_length=64, blank=True)
    question = models.CharField(max_length=200, blank=True)
    # As in a plan: a decision mentions; somebody who is gone by then is found missing when it is followed.
    person = models.ForeignKey(
        Person,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        verbose_name=_("校友"),
        db_index=False,
        db_constraint=False,
    )
    # Without a record, the row is a further degree of the person.
    record = models.ForeignKey(
        AcademicRecord,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        verbose_name=_("學籍身分"),
        db_index=False,
        db_constraint=False,
    )
    is_new_degree = models.BooleanField(default=False)
    other_row = models.PositiveIntegerField(null=True)  # the row of the batch that is the same person
    programme = models.ForeignKey(
        Programme, models.PROTECT, null=True, related_name="+", verbose_name=_("畢業系所"), db_index=False
    )
    accepted = models.JSONField(default=list)  # codes of the contradictions that were confirmed
    reason = models.CharField(_("理由"), max_length=200, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("決定者"), db_index=False
    )
    decided_at = models.DateTimeField(_("決定時間"))

    class Meta:
        verbose_name = _("匯入列的決定")
        verbose_name_plural = _("匯入列的決定")
        ordering = ["decided_at", "pk"]
        indexes = [models.Index(fields=["batch", "row_number"], name="import_decision_of_row")]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.row_number} {self.get_kind_display()}"

    @property
    def words(self) -> str:
        """What was decided about a row."""
        if self.kind == self.Kind.ROW:
            return gettext("與第 %(row)s 列是同一人") % {"row": self.other_row}
        return str(gettext("是這位校友的另一個學籍") if self.is_new_degree else self.get_kind_display())


class ImportCorrection(models.Model):
    """Cells of a row that a person corrected, on the page or in the returned workbook."""

    batch = models.ForeignKey(
        ImportBatch, models.CASCADE, related_name="corrections", verbose_name=_("批次"), db_index=False
    )
    row_number = models.PositiveIntegerField(_("列號"))
    headers = models.JSONField(_("欄位"), default=list)
    payload = models.BinaryField()  # sealed JSON: header → [cell as it was, cell as corrected]
    file_name = models.CharField(_("檔名"), max_length=255, blank=True)  # blank: on the page
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("更正者"), db_index=False
    )
    corrected_at = models.DateTimeField(_("更正時間"))

    class Meta:
        verbose_name = _("匯入列的更正")
        verbose_name_plural = _("匯入列的更正")
        ordering = ["corrected_at", "pk"]
        indexes = [models.Index(fields=["batch", "row_number"], name="import_correction_of_row")]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.row_number}"

    @staticmethod
    def payload_context(batch_id: int, row_number: int) -> str:
        return f"importcorrection.payload:{batch_id}:{row_number}"

    def open_payload(self) -> bytes:
        return open_bytes(self.payload, self.payload_context(self.batch_id, self.row_number))
