"""The forms of passwords: allauth's, in the words of this house, and the one that asks for a link."""

from __future__ import annotations

from allauth.account import forms as account_forms
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..invitations import ask_reset


class WithoutPlaceholders:
    """Labels stand above the fields; the same words again inside them only look filled in."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignInForm(WithoutPlaceholders, account_forms.LoginForm):
    pass


class ChangePasswordForm(WithoutPlaceholders, account_forms.ChangePasswordForm):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password2"].label = _("新密碼確認")


class ReauthenticateForm(WithoutPlaceholders, account_forms.ReauthenticateForm):
    pass


class ResetForm(forms.Form):
    """Asks for a link. What is known about the address is looked up by the worker, never here."""

    email = forms.EmailField(
        label=gettext_lazy("電子郵件"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def save(self, request: HttpRequest) -> None:
        ask_reset(self.cleaned_data["email"], request.META.get("REMOTE_ADDR"))
