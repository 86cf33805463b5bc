"""Colleges, departments, programmes and status codes: the university's own lists, edited by IT."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    """學制. The order is the order of degrees."""

    BACHELOR = "bachelor", _("學士")
    MASTER = "master", _("碩士")
    DOCTOR = "doctor", _("博士")


class Division(models.TextChoices):
    """部別."""

    DAY = "day", _("日間部")
    EVENING = "evening", _("進修部")
    IN_SERVICE = "in-service", _("在職專班")


# The letters the university itself uses (domain.md §3).
LETTERS = {
    (Level.BACHELOR, Division.DAY): "B",
    (Level.BACHELOR, Division.EVENING): "E",
    (Level.MASTER, Division.DAY): "M",
    (Level.MASTER, Division.IN_SERVICE): "T",
    (Level.DOCTOR, Division.DAY): "D",
}


class College(models.Model):
    name = models.CharField(_("學院名稱"), max_length=60, unique=True)

    class Meta:
        verbose_name = _("學院")
        verbose_name_plural = _("學院")

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    college = models.ForeignKey(College, models.PROTECT, verbose_name=_("學院"), related_name="departments")
    name = models.CharField(_("系所名稱"), max_length=60, unique=True)
    code = models.CharField(_("系所代碼"), max_length=2, unique=True, help_text=_("兩碼，用於流水號。"))
    is_active = models.BooleanField(_("使用中"), default=True)

    class Meta:
        verbose_name = _("系所")
        verbose_name_plural = _("系所")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Programme(models.Model):
    """畢業系所: a department × level × division, under the name that diplomas carry."""

    department = models.ForeignKey(
        Department, models.PROTECT, verbose_name=_("系所"), related_name="programmes"
    )
    name = models.CharField(_("畢業系所名稱"), max_length=80, unique=True)
    code = models.CharField(_("代碼"), max_length=20, unique=True, null=True, blank=True)
    level = models.CharField(_("學制"), max_length=10, choices=Level)
    division = models.CharField(_("部別"), max_length=10, choices=Division)
    letter = models.CharField(_("學制部別字母"), max_length=1)
    from_academic_year = models.PositiveSmallIntegerField(_("設立學年度"), null=True, blank=True)
    closed_academic_year = models.PositiveSmallIntegerField(_("停招學年度"), null=True, blank=True)

    class Meta:
        verbose_name = _("畢業系所")
        verbose_name_plural = _("畢業系所")
        ordering = ["department__code", "letter", "name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(level__in=Level.values), name="programme_level_known"),
            models.CheckConstraint(
                condition=models.Q(division__in=Division.values), name="programme_division_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OrganisationAlias(models.Model):
    """An old or short name of a department or of one programme; `key` is the folded form looked up."""

    text = models.CharField(_("別名"), max_length=80)
    key = models.CharField(max_length=80, unique=True, editable=False)
    department = models.ForeignKey(
        Department, models.CASCADE, verbose_name=_("系所"), related_name="aliases", null=True, blank=True
    )
    programme = models.ForeignKey(
        Programme, models.CASCADE, verbose_name=_("畢業系所"), related_name="aliases", null=True, blank=True
    )

    class Meta:
        verbose_name = _("系所別名")
        verbose_name_plural = _("系所別名")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(department__isnull=False, programme__isnull=True)
                | models.Q(department__isnull=True, programme__isnull=False),
                name="alias_of_one_unit",
                violation_error_message=_("別名必須屬於一個系所或一個畢業系所，不可兩者皆填或皆空。"),
            )
        ]

    def __str__(self) -> str:
        return self.text


class StatusCode(models.Model):
    """在學狀態 and 目前身分: lists that IT edits."""

    class Kind(models.TextChoices):
        ENROLMENT = "enrolment", _("在學狀態")
        IDENTITY = "identity", _("目前身分")

    kind = models.CharField(_("種類"), max_length=10, choices=Kind)
    code = models.CharField(_("代碼"), max_length=10)
    label = models.CharField(_("名稱"), max_length=40)
    is_active = models.BooleanField(_("使用中"), default=True)

    class Meta:
        verbose_name = _("狀態代碼")
        verbose_name_plural = _("狀態代碼")
        ordering = ["kind", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "code"],
                name="status_code_once",
                violation_error_message=_("這個代碼已經有了。"),
            ),
            models.UniqueConstraint(
                fields=["kind", "label"],
                name="status_label_once",
                violation_error_message=_("這個名稱已經有了。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}-{self.label}"
