"""What the alumnus says about messages of the university: an objection, or that it is over (SOP 6.9)."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..objections import CHANNELS, OTHER_LIMIT, WORDS_LIMIT, Teller


class WishForm(forms.Form):
    """One wish of the alumnus. What is wrong with it, `objections` says; `cleaned_data` are its arguments."""

    on = forms.DateField(
        label=_("校友告知的日期"),
        help_text=_("例如 2026-11-21。"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"autocomplete": "off", "placeholder": "2026-11-21"}),
        input_formats=["%Y-%m-%d", "%Y/%m/%d"],
    )
    channel = forms.ChoiceField(label=_("管道"), choices=[("", "—"), *CHANNELS])
    words = forms.CharField(
        label=_("校友的原話"),
        max_length=WORDS_LIMIT,
        help_text=_("照校友所說記錄；不可含身分證字號。"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    evidence = forms.FileField(
        label=_("佐證檔"),
        required=False,
        help_text=_("選填：來信或書面的 PDF、JPEG 或 PNG 檔，10 MB 以內。"),
    )

    def __init__(self, *args: Any, today: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today


class ObjectionForm(WishForm):
    """An objection, which somebody else may tell; its end is told by the alumnus only."""

    told_by = forms.ChoiceField(label=_("告知人"), choices=Teller.choices, initial=Teller.SELF)
    told_by_other = forms.CharField(
        label=_("其他告知人"),
        required=False,
        max_length=OTHER_LIMIT,
        help_text=_("告知人選「其他」時必填，例如：同事、看護。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("on", "channel", "told_by", "told_by_other", "words", "evidence")
