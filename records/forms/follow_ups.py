"""The forms of the telephone work: a call, who does it, who cannot be reached, and the purpose of a call sheet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..annotations_editing import refuse_national_ids
from ..models import CallAttempt, Unreachable

OTHER = "other"


class CallForm(forms.Form):
    """A call to one of the known numbers or to another one. `records.follow_ups.log_call` judges the values; its errors
    come back to the fields of the same names (`blame`)."""

    number = forms.ChoiceField(
        label=gettext_lazy("撥打的號碼"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("請選擇撥打的號碼。"),
            "invalid_choice": gettext_lazy("請選擇清單中的號碼，或填寫其他號碼。"),
        },
    )
    other_number = forms.CharField(
        label=gettext_lazy("其他號碼"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("通話結果"),
        choices=[("", gettext_lazy("請選擇")), *CallAttempt.Outcome.choices],
        error_messages={"required": gettext_lazy("請選擇通話結果。")},
    )
    next_try = forms.DateField(
        label=gettext_lazy("下次聯絡日期"),
        required=False,
        help_text=gettext_lazy("請改時間再打者必填。"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    note = forms.CharField(
        label=gettext_lazy("備註"),
        required=False,
        max_length=CallAttempt._meta.get_field("note").max_length,
        help_text=gettext_lazy("請勿填寫身分證字號；問到的資料請填入校友資料。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, numbers: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(number, number) for number in numbers]
        self.fields["number"].choices = [*known, (OTHER, _("其他號碼"))]
        self.fields["number"].initial = known[0][0] if known else OTHER

    def details(self) -> dict[str, Any]:
        """What `log_call` takes, once the form is valid."""
        data = dict(self.cleaned_data)
        typed = data.pop("other_number")
        return data | {"number": typed if data["number"] == OTHER else data["number"]}

    def blame(self, errors: dict[str, list[Any]] | list[Any]) -> None:
        """Show the errors of `log_call` where they were typed."""
        if not isinstance(errors, dict):
            self.add_error(None, errors)
            return
        is_typed = self.cleaned_data.get("number") == OTHER
        for name, found in errors.items():
            self.add_error("other_number" if name == "number" and is_typed else name, found)


class AssignForm(forms.Form):
    account = forms.ModelChoiceField(
        label=gettext_lazy("負責人"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("尚未指派"),
        error_messages={"invalid_choice": gettext_lazy("不能指派給這個帳號。")},
    )

    def __init__(self, *args: Any, accounts: QuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = accounts
        self.fields["account"].label_from_instance = lambda account: account.display_name


class UnreachableForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("理由"),
        max_length=Unreachable._meta.get_field("reason").max_length,
        help_text=gettext_lazy("例如：號碼皆為空號，郵件退回。"),
        error_messages={"required": gettext_lazy("請填理由（300 字以內）。")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class CallSheetForm(forms.Form):
    purpose = forms.CharField(
        label=gettext_lazy("用途"),
        max_length=100,
        help_text=gettext_lazy("記入個資存取紀錄，例如：11 月電話補正。"),
        validators=[refuse_national_ids],
        error_messages={"required": gettext_lazy("請填用途。")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
