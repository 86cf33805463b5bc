"""The forms of reviewing: one step of a request, and the mode of reviewing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..annotations_editing import refuse_national_ids
from ..models import ChangeRequest


class StepForm(forms.Form):
    """What a step brings: the version and fingerprint of what was shown, the chosen fields, words to the proposer."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    items = forms.TypedMultipleChoiceField(coerce=int, required=False)
    answer = forms.CharField(
        label=_("審核意見"),
        required=False,
        max_length=500,
        help_text=_("退回、不予核准或部分核准時必填，申請人會看到。請勿填寫身分證字號。"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, request: ChangeRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["items"].choices = [(item.pk, item.attribute) for item in request.items.all()]


class ProposalForm(forms.Form):
    """What goes to the center with the fields that wait: words and a paper. What is wrong with the paper,
    `change_requests.propose` says."""

    reason = forms.CharField(
        label=_("說明"),
        required=False,
        max_length=500,
        help_text=_("例如校友如何告知、為何更正。請勿填寫身分證字號。"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    evidence = forms.FileField(
        label=_("佐證檔"),
        required=False,
        help_text=_("選填：證件或來信的 PDF、JPEG 或 PNG 檔，10 MB 以內。"),
    )


class ReviewModeForm(forms.Form):
    reason = forms.CharField(
        label=_("事由"),
        max_length=200,
        validators=[refuse_national_ids],
        error_messages={"required": _("請填寫事由。")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
