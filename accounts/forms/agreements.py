"""The forms of the agreement: signing it, writing it, registering what was signed on paper."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.identity_numbers import read_national_id
from records.verdicts import Rejected

from ..models import AccountClosing, AgreementVersion, User


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class SigningForm(forms.Form):
    """What a signature on the page says; `digest` is that of the text that was in view."""

    digest = forms.CharField(widget=forms.HiddenInput)
    name = forms.CharField(label=gettext_lazy("姓名"), max_length=60)
    title = forms.CharField(label=gettext_lazy("職稱"), max_length=60)
    address = forms.CharField(
        label=gettext_lazy("通訊地址"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    national_id = forms.CharField(
        label=gettext_lazy("身分證字號（選填）"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("加密保存。不在此填寫者，以紙本切結書所載為準。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    agreed = forms.BooleanField(
        label=gettext_lazy("我已閱讀並同意遵守本切結書的全部內容。"),
        error_messages={"required": gettext_lazy("請勾選同意，才能完成簽署。")},
    )

    def __init__(self, *args: Any, account: User, version: AgreementVersion, **kwargs: Any) -> None:
        last = account.signatures.first()
        initial = {
            "digest": version.digest,
            "name": account.display_name,
            "title": last.title if last is not None else account.get_role_display(),
            "address": last.address if last is not None else "",
        }
        super().__init__(*args, initial=initial, **kwargs)

    def clean_national_id(self) -> str:
        try:
            return read_national_id(self.cleaned_data["national_id"]).value
        except Rejected as rejected:
            raise ValidationError(rejected.note.message) from rejected


class PaperForm(forms.Form):
    """A signature that lies at the center on paper."""

    version = forms.ModelChoiceField(
        AgreementVersion.objects.filter(number__isnull=False), label=gettext_lazy("切結書版本")
    )
    name = forms.CharField(label=gettext_lazy("姓名"), max_length=60)
    title = forms.CharField(label=gettext_lazy("職稱"), max_length=60)
    address = forms.CharField(label=gettext_lazy("通訊地址"), max_length=200, required=False)
    signed_on = forms.DateField(label=gettext_lazy("簽署日期"), widget=DayInput)
    paper = forms.CharField(label=gettext_lazy("紙本文號或收件日期"), max_length=60)

    def __init__(self, *args: Any, account: User, version: AgreementVersion, **kwargs: Any) -> None:
        initial = {"version": version, "name": account.display_name, "title": account.get_role_display()}
        super().__init__(*args, initial=initial, **kwargs)


class DraftForm(forms.ModelForm):
    """A text that is being written."""

    class Meta:
        model = AgreementVersion
        fields = ["title", "text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 24})}
        help_texts = {"text": gettext_lazy("純文字；段落之間空一行。")}


class PublishForm(forms.Form):
    confirmed = forms.BooleanField(
        label=gettext_lazy("我確認發布這個版本，並知道發布後不能再修改。"),
        error_messages={"required": gettext_lazy("請勾選確認，才會發布。")},
    )


class EndForm(forms.Form):
    """The end of a cooperation."""

    reason = forms.CharField(
        label=gettext_lazy("原因"),
        max_length=200,
        help_text=gettext_lazy("例如：離職、調職、計畫結束。會記入帳號紀錄。"),
    )
    confirmed = forms.BooleanField(
        label=gettext_lazy("確認結束合作，並立即停用這個帳號。"),
        error_messages={"required": gettext_lazy("請勾選確認。")},
    )


class DataNoteForm(forms.Form):
    """The destruction or return note that came back signed."""

    handled_on = forms.DateField(label=gettext_lazy("銷毀或返還日期"), widget=DayInput)
    manner = forms.ChoiceField(label=gettext_lazy("處理方式"), choices=AccountClosing.Manner.choices)
    handled_by = forms.CharField(label=gettext_lazy("銷毀或返還人"), max_length=60)
    remark = forms.CharField(label=gettext_lazy("備註（如紙本文號）"), max_length=200, required=False)

    def __init__(self, *args: Any, account: User, **kwargs: Any) -> None:
        initial = {"handled_by": account.display_name, "handled_on": timezone.localdate()}
        super().__init__(*args, initial=initial, **kwargs)


def outdated() -> ValidationError:
    """What is said when the text is no longer the one that counts."""
    return ValidationError(_("切結書的內容剛有更新或與發布時不符，請重新閱讀後再簽署。"))
