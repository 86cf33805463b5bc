"""The forms of a bulk edit: the new value with its reason, and the reason of an undo."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .. import bulk_edit_fields, bulk_edits
from ..columns import BY_ATTRIBUTE
from ..models import BulkEdit, StatusCode

_REASON_MISSING = {"required": _("請填理由（200 字以內）。")}


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("理由"),
        max_length=BulkEdit._meta.get_field("reason").max_length,
        help_text=_("記入每一位的異動歷程。"),
        error_messages=_REASON_MISSING,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "long"}),
    )

    def clean_reason(self) -> str:
        return bulk_edits.checked_reason(self.cleaned_data["reason"])


class BulkEditForm(ReasonForm):
    """One field's new value, read as its column reads a cell."""

    field_order = ("value", "reason")

    def __init__(self, *args: Any, attribute: str, today: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attribute, self.today = attribute, today
        self.fields["value"] = self._value_field()
        self.order_fields(self.field_order)

    def _value_field(self) -> forms.Field:
        column = BY_ATTRIBUTE[self.attribute]
        missing = {"required": _("請填新的值；整批修改不清除資料。")}
        if column.list_name:
            listed = StatusCode.objects.filter(kind=column.list_name, is_active=True)
            choices = [("", _("請選擇")), *((str(status.pk), str(status)) for status in listed)]
        elif self.attribute in bulk_edit_fields.ONLY:
            choices = [(bulk_edit_fields.ONLY[self.attribute],) * 2]
        else:
            return forms.CharField(
                label=_("新值"),
                help_text=str(column.rule),
                error_messages=missing,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )
        return forms.ChoiceField(label=_("新值"), choices=choices, error_messages=missing)

    def clean_value(self) -> str:
        return bulk_edit_fields.cleaned_value(self.attribute, self.cleaned_data["value"], self.today)
