"""The fields of the contacts' form: what each is called, what stands beside it, how it is typed or chosen."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import columns, values
from ..models import Sex

_HELP = {
    "other_phones": gettext_lazy("多個以逗號分隔。"),
    "other_emails": gettext_lazy("多個以逗號分隔。"),
    "email": gettext_lazy("必填。"),
    "city": gettext_lazy("縣市或國外城市，例如 基隆市。"),
    "postal_code": gettext_lazy("3、5 或 6 碼；填寫後會建議縣市。"),
    "address": gettext_lazy("不含郵遞區號，例如 基隆市中正區北寧路2號。"),
    "mobile": gettext_lazy("例如 0900-123579；國外號碼以 + 與國碼開頭。"),
    "phone": gettext_lazy("區碼-號碼，例如 02-24622192#1250。"),
    "accepts_messages": gettext_lazy("選「否」後，請接著登錄校友的反應。"),
    "english_name": gettext_lazy("護照拼法，例如 Wang Ta-Ming。"),
    "chinese_name": gettext_lazy("必填；與身分證一致。"),
    "national_id": gettext_lazy("新的號碼；空白表示不變。"),
    "birth_date": gettext_lazy("民國或西元皆可，例如 78/5/6 或 1989-05-06；空白表示不變。"),
}
_TYPES = {"mobile": "tel", "phone": "tel", "other_phones": "text", "email": "text"}
YES, NO = "是", "否"


def label_of(name: str) -> str:
    """What a field is called on its page."""
    return columns.SECONDARY_WORDS.get(name) or columns.BY_ATTRIBUTE[name].header


def field_of(name: str, *, waits: bool, longest: int) -> forms.Field:
    """The field for an attribute, saying so when its change waits for the center; at most `longest` characters."""
    label, help_text = label_of(name), str(_HELP.get(name, ""))
    if waits:
        help_text += _("須經校友服務中心審核。")
    choices = {
        "country": lambda: [("", _("未填")), *values.country_choices()],
        "sex": lambda: [("", _("未填")), *Sex.choices],
        "accepts_messages": lambda: [("", _("未回覆")), (YES, YES), (NO, NO)],
    }.get(name)
    if choices:
        return forms.ChoiceField(
            label=label,
            choices=choices,
            required=False,
            help_text=help_text,
            show_hidden_initial=True,
            widget=forms.Select(attrs={"class": "form-select"}),
        )
    attributes = {"class": "form-control", "autocomplete": "off", "type": _TYPES.get(name, "text")}
    return forms.CharField(
        label=label,
        required=False,
        max_length=longest,
        help_text=help_text,
        show_hidden_initial=True,
        widget=forms.TextInput(attrs=attributes),
    )
