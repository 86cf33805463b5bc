"""The form of a wider scope: one choice of departments, a reason, and two days."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.models import College, Department

ALL = "all"


class GrantForm(forms.Form):
    scope = forms.ChoiceField(label=gettext_lazy("範圍"))
    reason = forms.CharField(
        label=gettext_lazy("事由"),
        max_length=200,
        help_text=gettext_lazy("例如：兼辦工學院校友聯絡業務。"),
    )
    starts_on = forms.DateField(label=gettext_lazy("起日"), help_text=gettext_lazy("例如 2026-11-21。"))
    ends_on = forms.DateField(
        label=gettext_lazy("迄日"), help_text=gettext_lazy("當日仍有效，次日自動失效；最長一年。")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = [
            ("", "—"),
            (_("系所"), [(f"department-{unit.pk}", unit.name) for unit in Department.objects.all()]),
            (_("學院"), [(f"college-{unit.pk}", unit.name) for unit in College.objects.all()]),
            (_("全校"), [(ALL, _("全部系所"))]),
        ]
        for name in ("starts_on", "ends_on"):
            self.fields[name].widget = forms.DateInput(format="%Y-%m-%d", attrs={"autocomplete": "off"})
            self.fields[name].input_formats = ["%Y-%m-%d", "%Y/%m/%d"]
        self.fields["starts_on"].initial = timezone.localdate()

    def chosen(self) -> dict[str, Any]:
        """The cleaned values as `grants.give` takes them."""
        values = dict(self.cleaned_data)
        kind, _hyphen, pk = values.pop("scope").partition("-")
        if kind != ALL:
            values[kind] = {"department": Department, "college": College}[kind].objects.get(pk=pk)
        return values
