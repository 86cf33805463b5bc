"""The form of an account: who it is, what it may do, for which departments. Passwords are not part of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.models import Department
from records.policies import CONTACT, can_manage_account_of

from ..models import Role


class AccountForm(forms.ModelForm):
    departments = forms.ModelMultipleChoiceField(
        Department.objects.all(),
        label=gettext_lazy("負責系所"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("只用於系所聯絡人：可檢視這些系所的校友。"),
    )

    class Meta:
        model = get_user_model()
        fields = ["username", "display_name", "email", "role", "is_active"]
        labels = {"is_active": gettext_lazy("啟用（取消勾選即停用，該帳號無法登入）")}
        help_texts = {"username": "", "is_active": ""}

    def __init__(self, *args: Any, editor: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True  # the link to set the password goes there
        self.editor = editor
        if self.instance.pk:
            self.fields["departments"].initial = [m.department_id for m in self.instance.memberships.all()]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        allowed = can_manage_account_of(self.editor, data.get("role", ""))
        if not allowed:
            self.add_error("role", str(allowed.reason))
        if data.get("role") == CONTACT and not data.get("departments"):
            self.add_error("departments", _("系所聯絡人至少要負責一個系所。"))
        if self.instance == self.editor and (
            not data.get("is_active") or data.get("role") != self.editor_role
        ):
            raise ValidationError(_("不能停用自己的帳號或改變自己的角色，請由其他同仁處理。"))
        return data

    @property
    def editor_role(self) -> str:
        return self.editor.role if self.instance != self.editor else self.initial["role"]

    def save_with_departments(self) -> None:
        """Save the account and make its departments the chosen ones; other roles than contacts have none."""
        self.instance.save()
        chosen = self.cleaned_data["departments"] if self.instance.role == CONTACT else []
        self.instance.memberships.exclude(department__in=chosen).delete()
        for department in chosen:
            self.instance.memberships.get_or_create(department=department)

    def what_changed(self) -> str:
        """What the editor changed, before → after, for the trail; whether it is active has lines of its own."""
        changes = []
        for name in self.changed_data:
            if name != "is_active":
                before = self._as_text(name, self.initial.get(name, self.fields[name].initial))
                after = self._as_text(name, self.cleaned_data[name])
                changes.append(f"{self.fields[name].label}：{before} → {after}")
        return "；".join(changes)

    def _as_text(self, name: str, value: Any) -> str:
        if name == "role":
            return str(Role(value).label)
        if name == "departments":
            # Before: the stored keys; after: the departments themselves.
            keys = [getattr(one, "pk", one) for one in value]
            value = "、".join(Department.objects.filter(pk__in=keys).values_list("name", flat=True))
        return str(value) or _("（空白）")
