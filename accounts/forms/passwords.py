"""The forms of login and password change."""

from __future__ import annotations

from django.contrib.auth import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class NewPasswordForm(forms.PasswordChangeForm):
    """Django's form, and the new password must differ: else a one-time password would stay."""

    def clean_new_password1(self) -> str:
        password = self.cleaned_data["new_password1"]
        if self.user.check_password(password):
            raise ValidationError(_("新密碼不可與目前的密碼相同。"), code="password_unchanged")
        return password
