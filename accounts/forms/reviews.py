"""The form of the half-yearly review: which accounts, and what becomes of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from ..models import AccountReview, User
from ..reviews import waiting


class ReviewForm(forms.Form):
    accounts = forms.ModelMultipleChoiceField(
        User.objects.none(),
        error_messages={
            "required": gettext_lazy("請先勾選帳號。"),
            "invalid_choice": gettext_lazy("部分帳號剛才已由他人清查或停用，請重新勾選。"),
        },
    )
    outcome = forms.ChoiceField(choices=AccountReview.Outcome.choices)
    confirmed = forms.BooleanField(required=False)  # closing is asked once more

    def __init__(self, *args: Any, period: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["accounts"].queryset = waiting(period)

    def seen(self) -> dict[int, str]:
        """Of each chosen account the digest of what the page showed."""
        return {one.pk: self.data.get(f"seen-{one.pk}", "") for one in self.cleaned_data["accounts"]}
