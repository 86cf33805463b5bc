"""The forms of the university's lists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import OrganisationAlias, SerialSeries
from ..organisation import alias_key


class AliasForm(forms.ModelForm):
    """An alias is compared by its folded key, so that is what has to be unique."""

    class Meta:
        model = OrganisationAlias
        fields = ["text", "department", "programme"]

    def clean_text(self) -> str:
        text = self.cleaned_data["text"]
        key = alias_key(text)
        if not key:
            raise ValidationError(_("別名不可只有標點符號。"))
        if OrganisationAlias.objects.filter(key=key).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("這個別名（或只差空白、標點的寫法）已經有了。"))
        return text

    def save(self, commit: bool = True) -> Any:
        self.instance.key = alias_key(self.cleaned_data["text"])
        return super().save(commit)


class SeriesForm(forms.ModelForm):
    """The pattern of a series; its example moves as one types (static/js/serial_example.js)."""

    class Meta:
        model = SerialSeries
        fields = ["department", "level", "division", "letter", "pattern", "width", "when_full"]
        help_texts = {"letter": gettext_lazy("大學部 B、進修學士 E、碩士 M、在職專班 T、博士 D。")}
