"""What an editor states before the form of a namesake opens (SOP 6.5). Nothing of it is stored or shown again."""

from __future__ import annotations

import datetime
import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import values
from ..annotations_editing import refuse_national_ids
from ..cells import ERROR, Cleaned
from ..models import Department, VerificationAttempt
from ..verifying import LAST, Told

_LAST_FOUR = re.compile(rf"[A-Z0-9]{{{LAST}}}")


_ATTRIBUTES = {"autocomplete": "off", "class": "form-control", "spellcheck": "false"}


class UnrepeatedInput(forms.TextInput):
    """What was typed does not come back in the answer."""

    def format_value(self, value: Any) -> None:
        return None


class VerificationForm(forms.Form):
    national_id = forms.CharField(
        label=gettext_lazy("身分證字號，或末四碼"),
        max_length=20,
        widget=UnrepeatedInput(attrs=_ATTRIBUTES | {"autofocus": True}),
        help_text=gettext_lazy("請校友口述，完整字號或末四碼皆可。"),
    )
    department = forms.ModelChoiceField(
        Department.objects.all(),
        label=gettext_lazy("畢業系所"),
        empty_label=gettext_lazy("請選擇"),
        widget=forms.Select(attrs={"class": "form-select"}),
        help_text=gettext_lazy("校友所述的系所；有多個學位時，請選您可檢視的一個。"),
    )
    birth_date = forms.CharField(
        label=gettext_lazy("生日"),
        max_length=40,
        widget=forms.TextInput(attrs=_ATTRIBUTES),
        help_text=gettext_lazy("民國或西元皆可，例如 78/5/6 或 1989-05-06。"),
    )
    student_number = forms.CharField(
        label=gettext_lazy("學號（選填）"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs=_ATTRIBUTES),
        help_text=gettext_lazy("資料庫缺少身分證字號或生日時，以學號代替核對。"),
    )

    def __init__(self, *args: Any, today: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        for field in self.fields.values():
            field.error_messages["required"] = _("請填寫這一項。")

    def clean_national_id(self) -> str:
        text = values.tidy_text(self.cleaned_data["national_id"]).replace(" ", "").upper()
        if _LAST_FOUR.fullmatch(text):
            return text
        return self._value("national_id", values.clean_national_id(text, today=self.today))

    def clean_birth_date(self) -> str:
        return self._value(
            "birth_date", values.clean_birth_date(self.cleaned_data["birth_date"], today=self.today)
        )

    def clean_student_number(self) -> str:
        text = self.cleaned_data["student_number"]
        return self._value("", values.clean_student_number(text, today=self.today))

    def _value(self, required: str, cleaned: Cleaned) -> str:
        for note in cleaned.notes:
            if note.level == ERROR:
                raise forms.ValidationError(note.message)
        if required and not cleaned.value:
            raise forms.ValidationError(_("請填寫這一項。"))
        return cleaned.value

    def told(self) -> Told:
        """What the alumnus told, for `verifying.verify`."""
        data = self.cleaned_data
        return Told(data["national_id"], data["department"].pk, data["birth_date"], data["student_number"])


class StatementForm(forms.Form):
    """How somebody of the center verified a person of whom nothing is stored that could be compared."""

    stated = forms.CharField(
        label=gettext_lazy("您如何核對身分"),
        max_length=VerificationAttempt._meta.get_field("stated").max_length,
        validators=[refuse_national_ids],
        widget=forms.TextInput(attrs=_ATTRIBUTES),
        help_text=gettext_lazy(
            "例如：回撥在校時留存的電話，校友說出入學年與導師。會記入身分核對紀錄，請勿填寫身分證字號。"
        ),
        error_messages={"required": gettext_lazy("請說明如何核對。")},
    )
