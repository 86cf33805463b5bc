"""The forms of an account application: the applicant's (annex 7.1) and those of the center's steps.

None of them asks for a password, and none looks at existing accounts: their errors cannot tell of any.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms.boundfield import BoundWidget
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.models import Department
from records.policies import CONTACT

from .. import scans
from ..applications import GRANTED_ROLES, earliest_signature, has_current_scan
from ..models import COLLEGES, AccountApplication, Role

IN_A_DRAFT = frozenset({"person_name", "email"})
NEVER_REQUIRED = frozenset({"person_title", "departments", "website"})
ROLES = [choice for choice in Role.choices if choice[0] in GRANTED_ROLES]


class DepartmentsField(forms.ModelMultipleChoiceField):
    """The departments in use, each remembering its college."""

    def __init__(self, **options: Any) -> None:
        chosen = Department.objects.filter(is_active=True).select_related("college")
        super().__init__(chosen.order_by("code"), widget=forms.CheckboxSelectMultiple, **options)


def by_college(form: forms.BaseForm) -> Iterator[tuple[str, list[BoundWidget]]]:
    """The check boxes of `form["departments"]` under the names of their colleges."""
    colleges: dict[str, list[BoundWidget]] = {}
    for box in form["departments"]:
        colleges.setdefault(box.data["value"].instance.college.name, []).append(box)
    yield from colleges.items()


class ApplicationForm(forms.ModelForm):
    """What annex 7.1 asks for. A draft needs name and e-mail only; `is_complete` asks for all of it."""

    departments = DepartmentsField(
        label=gettext_lazy("需要的系所"),
        required=False,
        help_text=gettext_lazy("請勾選業務上需要使用校友資料的系所。"),
    )
    use_required_attribute = False  # the browser would not let an incomplete draft go

    class Meta:
        model = AccountApplication
        fields = [
            "unit_type",
            "unit_name",
            "unit_head",
            "person_name",
            "person_title",
            "extension",
            "email",
            "username",
            "purpose",
        ]
        widgets = {
            "person_name": forms.TextInput({"autocomplete": "name"}),
            "person_title": forms.TextInput({"autocomplete": "organization-title"}),
            "extension": forms.TextInput({"autocomplete": "tel-extension"}),
            "email": forms.EmailInput({"autocomplete": "email"}),
            "username": forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
            "purpose": forms.Textarea({"rows": 4}),
        }
        help_texts = {
            "unit_name": gettext_lazy("例如：資訊工程學系、校友會北部分會。"),
            "extension": gettext_lazy("例如：1250。"),
            "email": gettext_lazy("申請連結與每一步的通知都會寄到這個信箱。"),
            "username": gettext_lazy(
                "4 至 30 個字元：英文字母、數字與 @ . + - _。已有人使用時，由中心與您另訂。"
            ),
            "unit_head": gettext_lazy("印出的申請表須由單位主管簽名。"),
            "purpose": gettext_lazy("請說明要用校友資料做什麼，300 字以內。"),
        }

    def __init__(self, *args: Any, is_complete: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_complete = is_complete
        self.fields["unit_type"].choices = [("", _("請選擇")), *self.fields["unit_type"].choices[1:]]
        if self.instance.pk:
            self.initial["departments"] = list(self.instance.departments.all())
        for name, field in self.fields.items():
            wanted = is_complete and name not in NEVER_REQUIRED
            field.required = wanted or name in IN_A_DRAFT
            field.error_messages["required"] = _("請填寫這一欄。")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if self.is_complete and data.get("unit_type") in COLLEGES and not data.get("departments"):
            if "departments" not in self.errors:
                self.add_error("departments", _("學院與系所的申請至少要勾選一個系所。"))
        return data

    @property
    def colleges(self) -> Iterator[tuple[str, list[BoundWidget]]]:
        return by_college(self)

    @property
    def values(self) -> dict[str, Any]:
        """The cleaned fields of the application itself."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class PublicApplicationForm(ApplicationForm):
    """The form on the public page, with a field that only programs fill in."""

    website = forms.CharField(
        label=gettext_lazy("請勿填寫這一欄"),
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "tabindex": "-1"}),
    )

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError(_("請把這一欄清空後再送出；這一欄用來阻擋自動填表程式。"))
        return ""


class ScanForm(forms.Form):
    scan = forms.FileField(
        label=gettext_lazy("簽名後的掃描檔"),
        help_text=gettext_lazy("PDF、JPEG 或 PNG，10 MB 以內；申請表與切結書請放在同一個檔案。"),
        error_messages={"required": gettext_lazy("請選擇檔案。"), "empty": gettext_lazy("這個檔案是空的。")},
        widget=forms.FileInput({"accept": ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"}),
    )

    def clean_scan(self) -> scans.Scan:
        uploaded: UploadedFile = self.cleaned_data["scan"]
        return scans.check(uploaded.file, uploaded.size)


# --- the center's steps -------------------------------------------------------------------------------------
class StepForm(forms.Form):
    """A step of the center; `version` is the one that its doer saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, application: AccountApplication, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"id_{type(self).__name__}_%s", **kwargs)
        self.application = application
        for field in self.fields.values():
            field.error_messages["required"] = _("請填寫這一欄。")
        self.initial |= {"version": application.version} | self.first_values()

    def first_values(self) -> dict[str, Any]:
        """What the fields hold before anybody writes."""
        return {}

    @property
    def details(self) -> dict[str, Any]:
        """What the step in accounts.applications takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class NoteForm(StepForm):
    note = forms.CharField(
        label=gettext_lazy("處理註記"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("只有中心看得到。"),
    )
    field_order = ["version", "username", "role", "departments", "note"]


class ReceiveForm(StepForm):
    receipt = forms.ChoiceField(
        label=gettext_lazy("收到的是"), choices=AccountApplication.Receipt, widget=forms.RadioSelect
    )
    received_on = forms.DateField(
        label=gettext_lazy("收件日期"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    receipt_number = forms.CharField(
        label=gettext_lazy("收件編號"), max_length=40, required=False, help_text=gettext_lazy("紙本必填。")
    )
    signed_on = forms.DateField(
        label=gettext_lazy("切結書簽署日期"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    def first_values(self) -> dict[str, Any]:
        receipt = AccountApplication.Receipt
        return {
            "received_on": timezone.localdate(),
            "receipt": receipt.SCAN if has_current_scan(self.application) else receipt.PAPER,
        }

    def clean_received_on(self) -> datetime.date:
        return self._not_to_come("received_on")

    def clean_signed_on(self) -> datetime.date:
        return self._not_to_come("signed_on")

    def _not_to_come(self, name: str) -> datetime.date:
        if self.cleaned_data[name] > timezone.localdate():
            raise ValidationError(_("日期不能晚於今天。"))
        return self.cleaned_data[name]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        receipt = AccountApplication.Receipt
        if data.get("receipt") == receipt.PAPER and not data.get("receipt_number"):
            self.add_error("receipt_number", _("請填寫紙本的收件編號。"))
        if data.get("receipt") == receipt.SCAN and not has_current_scan(self.application):
            self.add_error("receipt", _("申請人還沒有上傳簽名掃描檔。"))
        received, signed = data.get("received_on"), data.get("signed_on")
        if received and signed and signed > received:
            self.add_error("signed_on", _("簽署日期不能晚於收件日期。"))
        if signed and signed < earliest_signature(self.application):
            self.add_error("signed_on", _("簽署日期不能早於切結書發布或申請送出的日期。"))
        return data


class CheckForm(NoteForm):
    username = forms.CharField(
        label=gettext_lazy("帳號名稱"),
        min_length=4,
        max_length=30,
        validators=AccountApplication._meta.get_field("username").validators,
    )

    def first_values(self) -> dict[str, Any]:
        return {"username": self.application.username}


class ApproveForm(NoteForm):
    role = forms.ChoiceField(label=gettext_lazy("角色"), choices=ROLES)
    departments = DepartmentsField(
        label=gettext_lazy("核定的系所"),
        required=False,
        help_text=gettext_lazy("系所聯絡人只能檢視這些系所的校友；其他角色不使用。"),
    )

    def first_values(self) -> dict[str, Any]:
        return {"role": CONTACT, "departments": list(self.application.departments.all())}

    @property
    def colleges(self) -> Iterator[tuple[str, list[BoundWidget]]]:
        return by_college(self)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("role") == CONTACT and not data.get("departments"):
            self.add_error("departments", _("系所聯絡人至少要負責一個系所。"))
        return data


class ReturnForm(StepForm):
    reason = forms.CharField(
        label=gettext_lazy("需要補正的事項"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("會寄給申請人。"),
    )


class RefuseForm(StepForm):
    reason = forms.CharField(
        label=gettext_lazy("不予核准的理由"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("會寄給申請人。"),
    )
