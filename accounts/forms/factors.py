"""The forms of second factors: allauth's, in the words of this house, with a note of each failure."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.mfa.base import forms as base_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .. import trail
from ..models import AccountEvent
from .passwords import WithoutPlaceholders


class _CodeForm(WithoutPlaceholders):
    """Asks for a code of the app or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("驗證碼或備用碼")
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "autofocus": True}

    def clean_code(self) -> str:
        try:
            return super().clean_code()
        except ValidationError:
            kind, detail = AccountEvent.Kind.SIGN_IN_FAILED, _("第二因子不正確")
            trail.note(self.user, kind, by=self.user, request=context.request, detail=detail)
            raise


class FactorForm(_CodeForm, base_forms.AuthenticateForm):
    pass


class FactorAgainForm(_CodeForm, base_forms.ReauthenticateForm):
    pass


class _NewFactorForm(WithoutPlaceholders):
    """Whoever has just proved the new factor is not asked for it again to see the recovery codes."""

    type: str

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors:
            record_authentication(context.request, self.user, "mfa", type=self.type, reauthenticated=True)
        return data


class NewAppForm(_NewFactorForm, totp_forms.ActivateTOTPForm):
    type = "totp"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("六位數驗證碼")
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class NewPasskeyForm(_NewFactorForm, webauthn_forms.AddWebAuthnForm):
    type = "webauthn"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("名稱")
        self.fields["passwordless"].label = _("也用來直接登入，不必輸入密碼")
        self.fields["passwordless"].help_text = _("裝置須能以指紋、臉部辨識或密碼確認是您本人。")


class PasskeyNameForm(webauthn_forms.EditWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("名稱")
