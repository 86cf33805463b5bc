"""The forms of sign-in. allauth's own do the work; here are their words and what they note."""

from __future__ import annotations

from allauth.account import forms as account_forms
from allauth.core import context
from allauth.mfa.base import forms as factor_forms
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import trail
from ..invitations import ask_reset
from ..models import AccountEvent


class _WithoutPlaceholders:
    """Labels stand above the fields; the same words again inside them only look filled in."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignInForm(_WithoutPlaceholders, account_forms.LoginForm):
    pass


class ChangePasswordForm(_WithoutPlaceholders, account_forms.ChangePasswordForm):
    pass


class ReauthenticateForm(_WithoutPlaceholders, account_forms.ReauthenticateForm):
    pass


class ResetForm(forms.Form):
    """Asks for a link. What is known about the address is looked up by the worker, never here."""

    email = forms.EmailField(
        label=gettext_lazy("電子郵件"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def save(self, request: object) -> None:
        ask_reset(self.cleaned_data["email"], request.META.get("REMOTE_ADDR"))


class _CodeForm(_WithoutPlaceholders):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("驗證碼或備用碼")
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "autofocus": True}

    def clean_code(self) -> str:
        try:
            return super().clean_code()
        except ValidationError:
            trail.note(
                self.user,
                AccountEvent.Kind.SIGN_IN_FAILED,
                by=self.user,
                request=context.request,
                detail=_("第二因子不正確"),
            )
            raise


class FactorForm(_CodeForm, factor_forms.AuthenticateForm):
    pass


class FactorAgainForm(_CodeForm, factor_forms.ReauthenticateForm):
    pass
