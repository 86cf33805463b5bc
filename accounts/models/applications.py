"""帳號申請 (SOP 6.4, annex 7.1): the form, how far it is, and every step with who, when and from where."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.core.validators import MinLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from .agreements import AgreementVersion
from .chains import Chained
from .users import Role

ACCOUNT = settings.AUTH_USER_MODEL


class UnitType(models.TextChoices):
    """The kinds of unit that annex 7.1 lists: the seven colleges first."""

    MARITIME = "maritime", _("海運暨管理學院")
    LIFE = "life", _("生命科學院")
    OCEAN = "ocean", _("海洋科學與資源學院")
    ENGINEERING = "engineering", _("工學院")
    ELECTRICAL = "electrical", _("電機資訊學院")
    HUMANITIES = "humanities", _("人文社會科學院")
    LAW = "law", _("海洋法律與政策學院")
    CAREER = "career", _("實習就業輔導組")
    INTERNATIONAL = "international", _("國際處")
    ALUMNI = "alumni", _("校友會")
    OTHER = "other", _("其他")


COLLEGES = frozenset(list(UnitType)[:7])


class AccountApplication(models.Model):
    """One application. `accounts.applications` changes it, nothing else; `version` counts the changes, and who
    acts on an older one is told so."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        SUBMITTED = "submitted", _("已送出，待收件")
        RECEIVED = "received", _("已收件，待查核")
        CHECKED = "checked", _("已查核，待核定")
        APPROVED = "approved", _("已核定，待開立")
        OPENED = "opened", _("已開立")
        RETURNED = "returned", _("退回補正")
        REFUSED = "refused", _("不予核准")
        WITHDRAWN = "withdrawn", _("已撤回")

    class Receipt(models.TextChoices):
        SCAN = "scan", _("上傳的掃描檔")
        PAPER = "paper", _("紙本")

    # What the applicant writes. A draft may leave all but name and e-mail blank.
    unit_type = models.CharField(_("單位類別"), max_length=15, choices=UnitType, blank=True)
    unit_name = models.CharField(_("單位名稱"), max_length=60, blank=True)
    person_name = models.CharField(_("承辦人姓名"), max_length=60)
    person_title = models.CharField(_("職稱"), max_length=60, blank=True)
    extension = models.CharField(_("分機"), max_length=20, blank=True)
    email = models.EmailField(_("電子郵件"))
    username = models.CharField(
        _("希望的帳號名稱"),
        max_length=30,
        blank=True,
        validators=[
            MinLengthValidator(4, _("帳號名稱至少要 4 個字元。")),
            ASCIIUsernameValidator(message=_("帳號名稱只能使用英文字母、數字與 @ . + - _。")),
        ],
    )
    unit_head = models.CharField(_("單位主管姓名"), max_length=60, blank=True)
    purpose = models.TextField(_("使用目的"), max_length=300, blank=True)
    departments = models.ManyToManyField("records.Department", verbose_name=_("需要的系所"), related_name="+")

    # How far it is.
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(_("最近異動"), auto_now=True)
    unreached = models.BooleanField(_("信件未送達"), default=False)  # the last letter was given up
    entered_by = models.ForeignKey(
        ACCOUNT, models.PROTECT, verbose_name=_("代為登錄"), related_name="+", null=True
    )

    # The signed paper: its scan, or its receipt.
    scan = models.FileField(_("簽名掃描檔"), max_length=80, blank=True)
    agreement = models.ForeignKey(
        AgreementVersion, models.PROTECT, verbose_name=_("切結書版本"), related_name="+", null=True
    )
    receipt = models.CharField(_("收件方式"), max_length=5, choices=Receipt, blank=True)
    received_on = models.DateField(_("收件日期"), null=True)
    receipt_number = models.CharField(_("收件編號"), max_length=40, blank=True)
    signed_on = models.DateField(_("切結書簽署日期"), null=True)
    received_by = models.ForeignKey(
        ACCOUNT, models.PROTECT, verbose_name=_("收件人"), related_name="+", null=True
    )

    # What the center decides.
    checked_by = models.ForeignKey(
        ACCOUNT, models.PROTECT, verbose_name=_("查核人"), related_name="+", null=True
    )
    approved_by = models.ForeignKey(
        ACCOUNT, models.PROTECT, verbose_name=_("核定人"), related_name="+", null=True
    )
    role = models.CharField(_("核定的角色"), max_length=20, choices=Role, blank=True)
    granted = models.ManyToManyField("records.Department", verbose_name=_("核定的系所"), related_name="+")
    account = models.OneToOneField(
        ACCOUNT, models.PROTECT, verbose_name=_("開立的帳號"), related_name="application", null=True
    )

    class Meta:
        verbose_name = _("帳號申請")
        verbose_name_plural = _("帳號申請")
        ordering = ["-changed_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.number}　{self.person_name}"

    @property
    def number(self) -> str:
        """The number by which applicant and center speak of it, e.g. "A00012"."""
        return f"A{self.pk:05d}"


class ApplicationLink(models.Model):
    """A link that leads to an application without a login; its random token is known to who received it only."""

    application = models.ForeignKey(AccountApplication, models.CASCADE, related_name="links")
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the token
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("申請連結")
        verbose_name_plural = _("申請連結")

    def __str__(self) -> str:
        return f"{self.application_id} {self.made_at:%Y-%m-%d %H:%M}"


class ApplicationEvent(Chained):
    """One step of an application. Written once; a draft that is forgotten takes its own with it."""

    class Step(models.TextChoices):
        BEGUN = "begun", _("建立草稿")
        ENTERED = "entered", _("由中心代為登錄")
        SUBMITTED = "submitted", _("送出申請")
        SCANNED = "scanned", _("上傳簽名掃描檔")
        RECEIVED = "received", _("登記收件")
        CHECKED = "checked", _("完成查核")
        APPROVED = "approved", _("主任核定")
        OPENED = "opened", _("開立帳號")
        RETURNED = "returned", _("退回補正")
        REFUSED = "refused", _("不予核准")
        WITHDRAWN = "withdrawn", _("申請人撤回")
        LINKED = "linked", _("寄送新的申請連結")
        SCAN_TAKEN = "scan_taken", _("下載掃描檔")
        PRINTED = "printed", _("列印申請表")
        UNREACHED = "unreached", _("信件未送達")

    SEALED = ("application_id", "step", "by_id", "handler", "mailed_to", "at", "address", "reason", "note")

    application = models.ForeignKey(AccountApplication, models.CASCADE, related_name="events")
    step = models.CharField(_("事項"), max_length=10, choices=Step)
    by = models.ForeignKey(
        ACCOUNT, models.PROTECT, verbose_name=_("經手人"), related_name="+", null=True
    )  # nobody: the applicant, through the link
    handler = models.CharField(max_length=400, blank=True)  # `by` as the account was called then
    mailed_to = models.EmailField(blank=True)  # where the letter of this step went
    at = models.DateTimeField(_("時間"), editable=False)
    address = models.GenericIPAddressField(_("來源位址"), null=True)
    reason = models.CharField(_("理由"), max_length=500, blank=True)  # told to the applicant
    note = models.CharField(_("處理註記"), max_length=500, blank=True)  # the center's own

    class Meta:
        verbose_name = _("申請歷程")
        verbose_name_plural = _("申請歷程")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.application_id} {self.get_step_display()}"

    @property
    def chain(self) -> str:
        """One for each application: a draft that is forgotten leaves no gap in the others'."""
        return f"{super().chain}:{self.application_id}"
