"""The forms of an account: who it is, what it may do, for which departments. Passwords are not part of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.models import Department
from records.policies import CONTACT, can_change_access_of, can_manage_account_of

from ..changes import ACCESS, shown


class _WithDepartments(forms.ModelForm):
    """What opening and changing ask alike."""

    departments = forms.ModelMultipleChoiceField(
        Department.objects.all(),
        label=gettext_lazy("負責系所"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("只用於系所聯絡人：可檢視這些系所的校友。"),
    )

    def __init__(self, *args: Any, editor: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True  # the link to set the password goes there
        self.editor = editor

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        allowed = can_manage_account_of(self.editor, data.get("role", ""))
        if not allowed:
            self.add_error("role", str(allowed.reason))
        may_choose = not self.fields["departments"].disabled
        if may_choose and data.get("role") == CONTACT and not data.get("departments"):
            self.add_error("departments", _("系所聯絡人至少要負責一個系所。"))
        return data


class OpeningForm(_WithDepartments):
    """An account without an application: an exception, with its reason."""

    reason = forms.CharField(
        label=gettext_lazy("未經申請而直接開立的事由"),
        max_length=200,
        help_text=gettext_lazy(
            "帳號通常依核定的申請開立。事由會記入帳號紀錄，例如：系統啟用時的第一批帳號。"
        ),
    )

    class Meta:
        model = get_user_model()
        fields = ["username", "display_name", "email", "role"]
        help_texts = {"username": ""}


class AccountForm(_WithDepartments):
    """What is stored of an account; `seen` is the digest of what the editor had in view."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = get_user_model()
        fields = ["username", "display_name", "email", "role", "is_active"]
        labels = {"is_active": gettext_lazy("啟用（取消勾選即停用，該帳號無法登入）")}
        help_texts = {"username": "", "is_active": ""}

    def __init__(self, *args: Any, editor: Any, **kwargs: Any) -> None:
        super().__init__(*args, editor=editor, **kwargs)
        account = self.instance
        self.fields["departments"].initial = [one.department_id for one in account.memberships.all()]
        self.fields["seen"].initial = shown(account)
        allowed = can_change_access_of(editor, account)
        self.why_not = allowed.reason
        if not allowed:
            # Of a disabled field Django takes the stored value, whatever was sent.
            for name in (*ACCESS, "departments"):
                self.fields[name].disabled = True
        is_own = account == editor
        self.fields["is_active"].disabled = is_own or not (allowed or account.is_active)
