"""異動申請: what waits for the center's review, field by field, with every step; and the mode of reviewing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .history import Source
from .people import AcademicRecord, Person

ACCOUNT = settings.AUTH_USER_MODEL


class ChangeRequest(models.Model):
    """One proposal about one person. `records.change_requests` and `change_reviews` change it, nothing else;
    `version` counts the changes, and who acts on an older one is told so."""

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("等待審核")
        TAKEN = "taken", _("審核中")
        RETURNED = "returned", _("已退回")
        APPROVED = "approved", _("已核准")
        PARTLY = "partly", _("部分核准")
        REFUSED = "refused", _("不予核准")
        OVERTAKEN = "overtaken", _("已由其他異動取代")
        WITHDRAWN = "withdrawn", _("已撤回")

    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("校友"), related_name="change_requests")
    source = models.CharField(_("來源"), max_length=10, choices=Source)
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.SUBMITTED)
    version = models.PositiveIntegerField(default=1, editable=False)
    reason = models.CharField(_("說明"), max_length=500, blank=True)
    proposed_by = models.ForeignKey(
        ACCOUNT, models.PROTECT, verbose_name=_("申請人"), related_name="change_requests"
    )
    proposed_at = models.DateTimeField(_("申請時間"))
    taken_by = models.ForeignKey(
        ACCOUNT, models.PROTECT, verbose_name=_("審核中"), related_name="+", null=True, blank=True
    )
    taken_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        ACCOUNT, models.PROTECT, verbose_name=_("審核人"), related_name="+", null=True, blank=True
    )
    decided_at = models.DateTimeField(_("審核時間"), null=True, blank=True)
    answer = models.CharField(_("審核意見"), max_length=500, blank=True)  # told to the proposer
    # A returned request is done with when its proposer has sent a new one.
    succeeded_by = models.ForeignKey("self", models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        verbose_name = _("異動申請")
        verbose_name_plural = _("異動申請")
        ordering = ["proposed_at", "pk"]
        indexes = [models.Index(fields=["state", "proposed_at"], name="change_request_waiting")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="taken", taken_by__isnull=False, taken_at__isnull=False)
                | ~Q(state="taken") & Q(taken_by__isnull=True, taken_at__isnull=True),
                name="change_request_taken_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["submitted", "taken", "withdrawn"])
                | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="change_request_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number by which contacts and center speak of it, e.g. "C00012"."""
        return f"C{self.pk:05d}"

    @property
    def is_waiting(self) -> bool:
        """Whether the center still has to decide."""
        return self.state in WAITING


WAITING = (ChangeRequest.State.SUBMITTED, ChangeRequest.State.TAKEN)


class ChangeItem(models.Model):
    """One field of a request, in canonical text. Of a national ID the texts are masks; the number itself is sealed,
    and only as long as the request waits."""

    class Decision(models.TextChoices):
        APPROVED = "approved", _("核准")
        DECLINED = "declined", _("未核准")
        OVERTAKEN = "overtaken", _("已由其他異動取代")

    request = models.ForeignKey(ChangeRequest, models.CASCADE, related_name="items")
    record = models.ForeignKey(
        AcademicRecord, models.PROTECT, verbose_name=_("學籍身分"), related_name="+", null=True, blank=True
    )
    attribute = models.CharField(_("欄位"), max_length=30)
    before = models.TextField(_("原內容"), blank=True)
    proposed = models.TextField(_("申請內容"), blank=True)
    found = models.TextField(_("審核時的內容"), blank=True)
    decision = models.CharField(_("結果"), max_length=10, choices=Decision, blank=True)
    sealed = models.BinaryField(null=True, editable=False)
    before_digest = models.CharField(max_length=64, blank=True, editable=False)
    proposed_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("異動欄位")
        verbose_name_plural = _("異動欄位")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "record", "attribute"], name="field_of_a_degree_once_in_a_request"
            ),
            models.UniqueConstraint(
                fields=["request", "attribute"],
                condition=Q(record__isnull=True),
                name="field_of_a_person_once_in_a_request",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.attribute}"


class ChangeRequestEvent(models.Model):
    """One step of a request, with the paper that its doer handed in. Written once."""

    class Step(models.TextChoices):
        SUBMITTED = "submitted", _("提出申請")
        SUPPLEMENTED = "supplemented", _("補件")
        TAKEN = "taken", _("開始審核")
        FREED = "freed", _("放回等待")
        EVIDENCE_TAKEN = "evidence_taken", _("下載佐證")
        APPROVED = "approved", _("核准")
        PARTLY = "partly", _("部分核准")
        RETURNED = "returned", _("退回")
        REFUSED = "refused", _("不予核准")
        OVERTAKEN = "overtaken", _("以目前的資料結案")
        WITHDRAWN = "withdrawn", _("申請人撤回")

    request = models.ForeignKey(ChangeRequest, models.CASCADE, related_name="events")
    step = models.CharField(_("事項"), max_length=15, choices=Step)
    by = models.ForeignKey(ACCOUNT, models.PROTECT, verbose_name=_("經手人"), related_name="+")
    at = models.DateTimeField(_("時間"))
    note = models.CharField(_("說明"), max_length=500, blank=True)
    evidence = models.FileField(_("佐證"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("異動申請歷程")
        verbose_name_plural = _("異動申請歷程")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.request_id} {self.get_step_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("ChangeRequestEvent is written once.")
        super().save(*args, **kwargs)


class ReviewMode(models.Model):
    """Whether everything that contacts change goes to review: the newest row counts, the others are its history."""

    is_strict = models.BooleanField(_("全部送審"))
    reason = models.CharField(_("事由"), max_length=200)
    set_by = models.ForeignKey(ACCOUNT, models.PROTECT, verbose_name=_("設定者"), related_name="+")
    set_at = models.DateTimeField(_("時間"))

    class Meta:
        verbose_name = _("審核方式")
        verbose_name_plural = _("審核方式")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.set_at:%Y-%m-%d %H:%M} {self.is_strict}"

    @classmethod
    def is_strict_now(cls) -> bool:
        newest = cls.objects.values_list("is_strict", flat=True).first()
        return bool(newest)
