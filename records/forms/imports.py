"""The forms of an import: the file, how it is to be treated, and one decision for all like rows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import terms
from ..models import ImportBatch
from .terms import TermField


class UploadForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("檔案的欄位"),
        choices=(
            ("template", _("系統的範本（20 欄）")),
            ("raw", _("註冊課務組的離校資料（欄名不同，先對應欄位）")),
        ),
        initial="template",
        required=False,
        widget=forms.RadioSelect,
    )
    file = forms.FileField(
        label=_("離校資料檔（.xlsx）"),
        error_messages={"required": _("請選擇檔案。"), "empty": _("這個檔案是空的。")},
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
    )
    mode = forms.ChoiceField(
        label=_("校友已有聯絡資料時"), choices=ImportBatch.Mode, initial="fill", widget=forms.RadioSelect
    )
    term = TermField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["term"].offer(terms.open_for_batches(today), terms.suggested(today))
        self.signed = terms.signed_of(today)  # why the term at work may be missing


class OptionsForm(forms.ModelForm):
    """How the batch treats contact data and, when the file holds any, 否 without a recorded objection (SOP 6.9)."""

    class Meta:
        model = ImportBatch
        fields = ["mode", "refusals"]
        labels = {
            "mode": _("校友已有聯絡資料時"),
            "refusals": _("「是否願意接受母校訊息」為否而無反應紀錄時"),
        }
        widgets = {"mode": forms.RadioSelect, "refusals": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.counts.get("refusals"):
            del self.fields["refusals"]
