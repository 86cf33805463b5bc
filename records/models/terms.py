"""年度作業: the terms and their due dates (SOP 6.1–6.3), what was said about them, who signed them off."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

REASON_LENGTH = 300


class Term(models.Model):
    """One term of a ROC academic year. A row is stored as soon as something differs from what dates alone tell: a
    batch, another due date, an expected number, a reminder, a sign-off (`records.terms`)."""

    class Half(models.IntegerChoices):
        FIRST = 1, gettext_lazy("第1學期")
        SECOND = 2, gettext_lazy("第2學期")

    academic_year = models.PositiveSmallIntegerField(gettext_lazy("學年度"))  # ROC
    half = models.PositiveSmallIntegerField(gettext_lazy("學期"), choices=Half)
    due_on = models.DateField(gettext_lazy("匯入期限"))
    expected = models.PositiveIntegerField(
        gettext_lazy("預計筆數"), null=True, blank=True
    )  # by the registrar

    class Meta:
        verbose_name = gettext_lazy("年度作業")
        verbose_name_plural = gettext_lazy("年度作業")
        ordering = ["-academic_year", "-half"]
        constraints = [
            models.UniqueConstraint(fields=["academic_year", "half"], name="term_once"),
            models.CheckConstraint(condition=models.Q(half__in=[1, 2]), name="term_half_known"),
        ]

    def __str__(self) -> str:
        return _("%(year)s學年度第%(half)s學期") % {"year": self.academic_year, "half": self.half}

    @property
    def key(self) -> str:
        """By which addresses and forms name the term, e.g. "113-1"."""
        return f"{self.academic_year}-{self.half}"


class TermReason(models.Model):
    """Why a term may be signed off although a check found something. It holds while the check finds as much as when it
    was stated; the newest counts."""

    term = models.ForeignKey(Term, models.PROTECT, related_name="reasons")
    check_code = models.CharField(max_length=20)
    findings = models.PositiveIntegerField()
    reason = models.CharField(gettext_lazy("理由"), max_length=REASON_LENGTH)
    stated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()

    class Meta:
        verbose_name = gettext_lazy("簽核說明")
        verbose_name_plural = gettext_lazy("簽核說明")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.reason


class TermReminder(models.Model):
    """A letter to registrar and IT about a due date: once before it and once after."""

    class Kind(models.TextChoices):
        BEFORE = "before", gettext_lazy("期限前提醒")
        AFTER = "after", gettext_lazy("逾期提醒")

    term = models.ForeignKey(Term, models.PROTECT, related_name="reminders")
    kind = models.CharField(max_length=6, choices=Kind)
    due_on = models.DateField()  # another due date is reminded of anew
    sent_at = models.DateTimeField(gettext_lazy("寄送時間"))
    recipients = models.PositiveSmallIntegerField(gettext_lazy("收件人數"))

    class Meta:
        verbose_name = gettext_lazy("期限提醒")
        verbose_name_plural = gettext_lazy("期限提醒")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["term", "kind", "due_on"], name="term_reminded_once"),
        ]

    def __str__(self) -> str:
        return f"{self.term} {self.get_kind_display()}"


class TermSignOff(models.Model):
    """簽核: the sheet as it was signed. It closes the term until somebody reopens it with a reason."""

    term = models.ForeignKey(Term, models.PROTECT, related_name="sign_offs")
    sheet = models.JSONField()  # what the paper says (`sign_off.sheet_of`): counts and names of accounts
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(gettext_lazy("簽核時間"))
    reopened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    reopened_at = models.DateTimeField(gettext_lazy("重新開啟時間"), null=True)
    reopen_reason = models.CharField(gettext_lazy("重新開啟的理由"), max_length=REASON_LENGTH, blank=True)

    class Meta:
        verbose_name = gettext_lazy("簽核")
        verbose_name_plural = gettext_lazy("簽核")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["term"], condition=models.Q(reopened_at=None), name="term_signed_off_once"
            ),
            models.CheckConstraint(
                condition=models.Q(reopened_at=None, reopened_by=None, reopen_reason="")
                | models.Q(reopened_at__isnull=False, reopened_by__isnull=False)
                & ~models.Q(reopen_reason=""),
                name="term_reopened_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.term} {self.signed_at:%Y-%m-%d}"
