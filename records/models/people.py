"""A person, once; and the degrees of that person (SOP 6.6: one person, several identities)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from ..encryption import unseal
from ..querysets import PersonQuerySet
from .history import ChangeContext
from .organisation import Programme, StatusCode


class Sex(models.TextChoices):
    MALE = "M", _("男")
    FEMALE = "F", _("女")


class Person(models.Model):
    """校友／學生. Written only by `records.changes`."""

    chinese_name = models.CharField(_("中文姓名"), max_length=60)
    name_key = models.CharField(max_length=60, editable=False)  # folded for search and same-name checks
    english_name = models.CharField(_("英文姓名"), max_length=200, blank=True)
    sex = models.CharField(_("性別"), max_length=1, choices=Sex, blank=True)
    national_id_sealed = models.BinaryField(null=True, editable=False)
    national_id_digest = models.CharField(max_length=64, null=True, editable=False)
    national_id_mask = models.CharField(_("身分證字號"), max_length=20, blank=True, editable=False)
    birth_date = models.DateField(_("生日"), null=True, blank=True)
    email = models.CharField(_("電子郵件"), max_length=254, blank=True)
    other_emails = models.TextField(_("其他電子郵件"), blank=True)
    phone = models.CharField(_("聯絡電話"), max_length=40, blank=True)
    mobile = models.CharField(_("行動電話"), max_length=40, blank=True)
    other_phones = models.TextField(_("其他電話"), blank=True)
    country = models.CharField(_("所在國家"), max_length=2, blank=True)
    city = models.CharField(_("城市"), max_length=60, blank=True)
    postal_code = models.CharField(_("郵遞區號"), max_length=12, blank=True)
    address = models.CharField(_("聯絡住址"), max_length=500, blank=True)
    other_address = models.CharField(_("其他住址"), max_length=500, blank=True)
    current_identity = models.ForeignKey(
        StatusCode,
        models.PROTECT,
        verbose_name=_("目前身分"),
        related_name="+",
        null=True,
        blank=True,
        limit_choices_to={"kind": StatusCode.Kind.IDENTITY},
        db_index=False,  # a handful of values: an index finds nothing faster and slows every import
    )
    # None: never answered. False exactly while a MessageObjection is open (SOP 6.9; `manage.py verify` holds it).
    accepts_messages = models.BooleanField(_("是否願意接受母校訊息"), null=True, blank=True)
    # Contact attributes whose present value a person, not a file, put there: an older file leaves them alone.
    hand_edited = models.JSONField(default=list, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("建檔時間"), editable=False)
    updated_at = models.DateTimeField(_("最後異動時間"), editable=False)

    objects = PersonQuerySet.as_manager()
    history = HistoricalRecords(
        bases=[ChangeContext],
        excluded_fields=["name_key"],
        no_db_index=["current_identity"],  # history is read by person and by batch
        user_model=settings.AUTH_USER_MODEL,
        user_db_constraint=False,
    )

    class Meta:
        verbose_name = _("校友")
        verbose_name_plural = _("校友")
        indexes = [
            models.Index(fields=["name_key"], name="person_name_key", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["mobile"], name="person_mobile"),
            models.Index(fields=["phone"], name="person_phone"),
            models.Index(fields=["email"], name="person_email", opclasses=["varchar_pattern_ops"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["national_id_digest"],
                name="national_id_once",
                violation_error_message=_("這個身分證字號已屬於另一位校友。"),
            ),
            models.CheckConstraint(
                condition=~Q(chinese_name=""),
                name="person_has_a_name",
                violation_error_message=_("中文姓名不可空白。"),
            ),
            models.CheckConstraint(condition=Q(sex__in=["", *Sex.values]), name="person_sex_known"),
            models.CheckConstraint(
                condition=Q(
                    national_id_sealed__isnull=True, national_id_digest__isnull=True, national_id_mask=""
                )
                | Q(national_id_sealed__isnull=False, national_id_digest__isnull=False)
                & ~Q(national_id_mask=""),
                name="person_national_id_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.chinese_name

    @property
    def national_id(self) -> str:
        """The national ID in clear, "" when unknown. For exports and checks only; pages show the mask."""
        if self.national_id_sealed is None:
            return ""
        return unseal(self.national_id_sealed, self.national_id_context(self.pk))

    @staticmethod
    def national_id_context(pk: int) -> str:
        """What a sealed national ID is bound to: table, column and row (security.md §8)."""
        return f"person.national_id:{pk}"


class AcademicRecord(models.Model):
    """學籍身分: one degree of one person, with the serial number that identifies it for ever (SOP 6.1)."""

    person = models.ForeignKey(
        Person, models.PROTECT, verbose_name=_("校友"), related_name="academic_records"
    )
    serial_number = models.CharField(
        _("流水號"), max_length=40, unique=True, error_messages={"unique": _("這個流水號已經有人使用。")}
    )
    student_number = models.CharField(_("學號"), max_length=20, blank=True)
    programme = models.ForeignKey(
        Programme, models.PROTECT, verbose_name=_("畢業系所"), related_name="academic_records"
    )
    # ISO, or year and month only as on some diplomas ("2023-06"); blank for a student.
    graduation_date = models.CharField(_("畢業日期"), max_length=10, blank=True)
    enrolment_status = models.ForeignKey(
        StatusCode,
        models.PROTECT,
        verbose_name=_("在學狀態"),
        related_name="+",
        null=True,
        blank=True,
        limit_choices_to={"kind": StatusCode.Kind.ENROLMENT},
        db_index=False,
    )
    class_name = models.CharField(_("班級資料"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("建檔時間"), editable=False)
    updated_at = models.DateTimeField(_("最後異動時間"), editable=False)

    history = HistoricalRecords(
        bases=[ChangeContext],
        no_db_index=["programme", "enrolment_status"],
        user_model=settings.AUTH_USER_MODEL,
        user_db_constraint=False,
    )

    class Meta:
        verbose_name = _("學籍身分")
        verbose_name_plural = _("學籍身分")
        indexes = [
            models.Index(fields=["graduation_date"], name="record_graduation_date"),
            models.Index(fields=["student_number"], name="record_student_number"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(serial_number=""), name="record_has_a_serial_number"),
            models.CheckConstraint(
                condition=Q(graduation_date="")
                | Q(graduation_date__gte="1900-01", graduation_date__lt="2200"),
                name="record_graduation_date_is_iso",
            ),
            models.UniqueConstraint(
                fields=["student_number", "programme"],
                condition=~Q(student_number=""),
                name="student_number_once_in_a_programme",
                violation_error_message=_("這個畢業系所已有相同學號的紀錄。"),
            ),
        ]

    def __str__(self) -> str:
        return self.serial_number


class MessageObjection(models.Model):
    """不願接受母校訊息: open until the alumnus' own later wish ends it; nothing else does (SOP 6.9)."""

    class Channel(models.TextChoices):
        PHONE = "phone", _("電話")
        EMAIL = "email", _("電子郵件")
        LETTER = "letter", _("書面")
        IN_PERSON = "in_person", _("當面")
        FILE = "file", _("匯入檔案")

    class Teller(models.TextChoices):
        SELF = "self", _("本人")
        FAMILY = "family", _("家屬")
        OTHER = "other", _("其他")

    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("校友"), related_name="objections")
    objected_on = models.DateField(_("反應日期"))
    channel = models.CharField(_("管道"), max_length=10, choices=Channel)
    words = models.CharField(_("原話或依據"), max_length=300)
    # "": not asked, for those of a file and of earlier times. A withdrawal is told by the alumnus only.
    told_by = models.CharField(_("告知人"), max_length=10, choices=Teller, blank=True)
    told_by_other = models.CharField(_("告知人（其他）"), max_length=60, blank=True)
    evidence = models.CharField(_("佐證檔"), max_length=80, blank=True)  # the name that `evidence.store` gave
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("登錄人"), related_name="+"
    )
    recorded_at = models.DateTimeField(_("登錄時間"))
    # The alumnus' own later wish, told and recorded the same way.
    ended_on = models.DateField(_("撤回日期"), null=True, blank=True)
    ended_channel = models.CharField(_("撤回管道"), max_length=10, choices=Channel, blank=True)
    ended_words = models.CharField(_("撤回的原話"), max_length=300, blank=True)
    ended_evidence = models.CharField(_("撤回佐證檔"), max_length=80, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("撤回登錄人"),
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    ended_at = models.DateTimeField(_("撤回登錄時間"), null=True, blank=True)

    history = HistoricalRecords(
        bases=[ChangeContext],
        no_db_index=["recorded_by", "ended_by"],
        user_model=settings.AUTH_USER_MODEL,
        user_db_constraint=False,
    )

    class Meta:
        verbose_name = _("不願接受訊息")
        verbose_name_plural = _("不願接受訊息")
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(ended_on__isnull=True), name="one_open_objection_per_person"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True, ended_at__isnull=True, ended_words="")
                | Q(ended_on__gte=models.F("objected_on"), ended_at__isnull=False) & ~Q(ended_words=""),
                name="objection_ended_by_a_later_wish",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.objected_on:%Y-%m-%d}"

    @property
    def teller(self) -> str:
        """Who told it, in words; "" when nobody asked."""
        return self.told_by_other or str(self.get_told_by_display())
