"""The forms of the year board: what is expected, when it is due, reasons, and to which term a batch belongs."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import terms
from ..annotations_editing import clean_words
from ..models import Term
from ..models.terms import REASON_LENGTH

FURTHEST = datetime.timedelta(days=366)  # from the due date of SOP 6.3


class TermField(forms.ChoiceField):
    """A term of those given, or none; `cleaned_data` holds the Term or None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=gettext_lazy("學期"),
            required=False,
            error_messages={"invalid_choice": gettext_lazy("請選擇清單中的學期。")},
            **kwargs,
        )

    def offer(self, found: list[Term], chosen: Term | None) -> None:
        """Put the terms on offer."""
        self.found = {term.key: term for term in found}
        none = ("", _("不屬於任何學期（例如舊系統移入的資料）"))
        self.choices = [none, *((term.key, _named(term)) for term in found)]
        self.initial = chosen.key if chosen else ""

    def clean(self, value: Any) -> Term | None:
        return self.found.get(super().clean(value))


def _named(term: Term) -> str:
    return _("%(term)s（期限 %(due)s）") % {"term": term, "due": term.due_on.isoformat()}


class ReasonForm(forms.Form):
    """A reason that stands on the sign-off sheet or beside a reopening."""

    reason = forms.CharField(
        label=gettext_lazy("理由"),
        max_length=REASON_LENGTH,
        help_text=gettext_lazy("列印在簽核表上；不可含校友的個人資料。"),
        error_messages={"required": gettext_lazy("請填理由（300 字以內）。")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "long"}),
    )

    def clean_reason(self) -> str:
        if not self.cleaned_data["reason"]:
            return ""
        try:
            return clean_words(self.cleaned_data["reason"], REASON_LENGTH, field="reason")
        except ValidationError as error:
            raise ValidationError(error.message_dict["reason"]) from error


class AssignForm(ReasonForm):
    """The term of a batch; a reason when a term that was signed off is touched."""

    term = TermField()
    field_order = ["term", "reason"]

    def __init__(self, *args: Any, day: datetime.date, current: Term | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["term"].offer(terms.known(day), current)
        reason = self.fields["reason"]
        reason.required = False
        reason.label = _("重新開啟的理由")
        reason.help_text = _("原本或新選的學期已簽核時必填；簽核隨即失效，須重新簽核。")


class ExpectedForm(forms.Form):
    expected = forms.IntegerField(
        label=gettext_lazy("預計筆數"),
        required=False,
        min_value=0,
        max_value=100_000,
        help_text=gettext_lazy("本學期預計匯入的列數；不清楚時留空。"),
        error_messages={"invalid": gettext_lazy("請填整數。")},
    )


class DueForm(forms.Form):
    due_on = forms.DateField(
        label=gettext_lazy("匯入期限"),
        help_text=gettext_lazy("原則為三月底與十月底；改期後提醒信依新期限寄送。"),
        error_messages={"required": gettext_lazy("請填日期。"), "invalid": gettext_lazy("請填正確的日期。")},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, term: Term, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.term = term
        self.fields["due_on"].initial = term.due_on

    def clean_due_on(self) -> datetime.date:
        due_on = self.cleaned_data["due_on"]
        if abs(due_on - terms.usual_due(self.term)) > FURTHEST:
            raise ValidationError(_("期限與原定日期相差超過一年，請確認。"))
        return due_on
