"""The reason of an undo."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from ..imports import undoing


class UndoReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("理由"),
        max_length=undoing.REASON_LIMIT,
        help_text=_("記入每一位的異動歷程；不可含身分證字號。"),
        error_messages={"required": _("請填理由（100 字以內）。")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "long"}),
    )

    def clean_reason(self) -> str:
        return undoing.checked_reason(self.cleaned_data["reason"])
