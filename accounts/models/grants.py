"""A wider scope for a department contact, for a time and a reason (security.md §8)."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.models import Department


class ScopeGrantQuerySet(models.QuerySet):
    def valid_on(self, day: datetime.date) -> ScopeGrantQuerySet:
        """The grants that count on a day. Nothing has to run for one to end: it is asked at every request."""
        return self.filter(ended_at__isnull=True, starts_on__lte=day, ends_on__gte=day)

    def department_ids(self) -> frozenset[int]:
        """The departments that these grants open."""
        opened = Q(pk__in=())
        for grant in self:
            opened |= grant.departments
        return frozenset(Department.objects.filter(opened).values_list("pk", flat=True))


class ScopeGrant(models.Model):
    """A department, a whole college or (with neither) all departments, from one day to another, both included.
    Written by `accounts.grants` only."""

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=gettext_lazy("帳號"),
        related_name="scope_grants",
    )
    department = models.ForeignKey(
        "records.Department",
        models.PROTECT,
        verbose_name=gettext_lazy("系所"),
        related_name="+",
        null=True,
        blank=True,
    )
    college = models.ForeignKey(
        "records.College",
        models.PROTECT,
        verbose_name=gettext_lazy("學院"),
        related_name="+",
        null=True,
        blank=True,
    )
    reason = models.CharField(gettext_lazy("事由"), max_length=200)
    starts_on = models.DateField(gettext_lazy("起日"))
    ends_on = models.DateField(gettext_lazy("迄日"))
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=gettext_lazy("授予人"), related_name="+"
    )
    given_at = models.DateTimeField(gettext_lazy("授予時間"), auto_now_add=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=gettext_lazy("終止人"),
        related_name="+",
        null=True,
        blank=True,
    )
    ended_at = models.DateTimeField(gettext_lazy("提前終止時間"), null=True, blank=True)

    objects = ScopeGrantQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("額外的系所範圍")
        verbose_name_plural = gettext_lazy("額外的系所範圍")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="grant_ends_after_it_starts",
                violation_error_message=gettext_lazy("迄日不可早於起日。"),
            ),
            models.CheckConstraint(
                condition=Q(department__isnull=True) | Q(college__isnull=True), name="grant_of_one_scope"
            ),
            models.CheckConstraint(condition=~Q(account=F("given_by")), name="grant_not_to_oneself"),
            models.CheckConstraint(condition=~Q(reason=""), name="grant_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.scope}（{self.starts_on:%Y-%m-%d}－{self.ends_on:%Y-%m-%d}）"

    @property
    def departments(self) -> Q:
        """The condition on departments that this grant opens."""
        if self.department_id:
            return Q(pk=self.department_id)
        return Q(college=self.college_id) if self.college_id else Q(pk__isnull=False)

    @property
    def scope(self) -> str:
        """What it opens, in words."""
        return str(self.department or self.college or _("全部系所"))

    def state(self, day: datetime.date) -> str:
        """ "ended" by somebody, "expired", "coming" or "valid" on that day."""
        if self.ended_at is not None:
            return "ended"
        if self.ends_on < day:
            return "expired"
        return "coming" if self.starts_on > day else "valid"
