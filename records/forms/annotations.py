"""What is written into 註解 by hand, and the reasons for striking a line or taking a change back (SOP 6.7)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ..annotations_editing import REMARK_LIMIT, clean_remark, clean_words, doubts
from ..changes.act import REASON_LIMIT


class RemarkForm(forms.Form):
    """A free remark; one that looks like a telephone number or speaks of health has to be confirmed."""

    text = forms.CharField(
        label=_("加註內容"),
        max_length=REMARK_LIMIT,
        help_text=_("存成一則有編號、日期與姓名的註解，之後不能修改，只能劃除。不可含身分證字號。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "long"}),
    )
    confirmed = forms.BooleanField(label=_("我已確認內容有必要，仍要加註"), label_suffix="", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.doubts: list[str] = []

    def clean(self) -> dict[str, Any]:
        text = self.cleaned_data.get("text")
        if text:
            self.cleaned_data["text"] = clean_remark(text)
            self.doubts = doubts(text)
        if self.doubts and not self.cleaned_data.get("confirmed"):
            raise ValidationError({"confirmed": _("請確認上述提醒；仍要加註時請勾選此項，再按一次儲存。")})
        return self.cleaned_data


class ReasonForm(forms.Form):
    """Why something is struck or taken back; the reason stands in the history."""

    reason = forms.CharField(
        label=_("理由"),
        max_length=REASON_LIMIT,
        help_text=_("記入異動歷程；不可含身分證字號。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "long"}),
    )

    def clean_reason(self) -> str:
        try:
            return clean_words(self.cleaned_data["reason"], REASON_LIMIT, field="reason")
        except ValidationError as error:
            raise ValidationError(error.message_dict["reason"]) from error
