"""帳號: opened, changed and switched off by center and IT. Nobody but the owner ever knows a password."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import policies
from records.admin.base import ChoiceFilter, WorkspaceAdmin
from records.page_checks import require

from .. import changes
from ..cooperation import waiting_for_note
from ..forms.accounts import AccountForm, OpeningForm
from ..sign_in import fresh_factor_required
from .agreement_part import AgreementPart
from .cooperation_part import CooperationPart
from .grants_part import GrantsPart
from .parts import AccountPart, managed_account
from .permissions_part import PermissionsPart
from .sign_in_part import SignInPart
from .trail_part import TrailPart

# In the order of the page.
PARTS: tuple[type[AccountPart], ...] = (
    SignInPart,
    PermissionsPart,
    GrantsPart,
    AgreementPart,
    CooperationPart,
    TrailPart,
)

User = get_user_model()


class RoleFilter(ChoiceFilter):
    title = gettext_lazy("角色")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return User._meta.get_field("role").choices

    def narrowed(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset.filter(role=value)


class ActiveFilter(ChoiceFilter):
    title = gettext_lazy("狀態")
    parameter_name = "active"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("啟用")), ("no", _("停用"))]

    def narrowed(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset.filter(is_active=value == "yes")


class DataNoteFilter(ChoiceFilter):
    title = gettext_lazy("銷毀或返還")
    parameter_name = "note"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", _("待登記"))]

    def narrowed(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset.filter(pk__in=waiting_for_note().values("account"))


class AccountAdmin(WorkspaceAdmin):
    navigation_title = gettext_lazy("帳號")
    list_display = ("username", "role", "departments_", "active_", "seen")
    list_filter = (RoleFilter, ActiveFilter, DataNoteFilter)
    sortable_by = ()
    ordering = ("username",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(policies.can_manage_accounts(request.user))

    has_change_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(policies.can_change_access(request.user))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("memberships__department")

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The name leads to the account where that is open to who looks."""

        @admin.display(description=gettext_lazy("姓名"))
        def name(account: Any) -> SafeString | str:
            if not policies.can_manage_account_of(request.user, account.role):
                return account.display_name
            url = reverse("admin:accounts_user_change", args=[account.pk])
            return format_html('<a href="{}">{}</a>', url, account.display_name)

        return [name, *self.list_display]

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> None:
        return None

    @admin.display(description=gettext_lazy("負責系所"))
    def departments_(self, user: Any) -> SafeString | str:
        names = ((membership.department.name,) for membership in user.memberships.all())
        return format_html_join("", '<span class="line">{}</span>', names) or "－"

    @admin.display(description=gettext_lazy("狀態"))
    def active_(self, user: Any) -> SafeString:
        kind, text = ("", _("啟用")) if user.is_active else ("tag-warning", _("停用"))
        return format_html('<span class="tag {}">{}</span>', kind, text)

    @admin.display(description=gettext_lazy("上次登入"))
    def seen(self, user: Any) -> str:
        return f"{timezone.localtime(user.last_login):%Y-%m-%d %H:%M}" if user.last_login else _("尚未登入")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": self.navigation_title})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts = [part(self) for part in PARTS]

    def own_urls(self) -> list[URLPattern]:
        return [url for part in self.parts for url in part.urls()]

    def _panels(self, request: HttpRequest, account: Any) -> list[dict[str, Any]]:
        """The panels of the parts that have something to show, each with its template."""
        panels = ((part.template, part.panel(request, account)) for part in self.parts)
        return [panel | {"template": template} for template, panel in panels if panel is not None]

    @method_decorator(fresh_factor_required)
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        require(policies.can_change_access(request.user))
        form = OpeningForm(request.POST or None, editor=request.user)
        if request.method == "POST" and form.is_valid():
            departments, reason = form.cleaned_data["departments"], form.cleaned_data["reason"]
            changes.open_directly(form.instance, departments, reason=reason, by=request.user, request=request)
            message = _("已開立帳號，設定密碼的連結將寄到 %(email)s。")
            messages.success(request, message % {"email": form.instance.email})
            return redirect("admin:accounts_user_change", form.instance.pk)
        return self._page(request, {"title": _("開立帳號"), "form": form})

    @method_decorator(fresh_factor_required)
    def change_view_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        account = managed_account(request, object_id)
        title = str(account)
        form = AccountForm(request.POST or None, instance=account, editor=request.user)
        if request.method == "POST" and form.is_valid() and self._save(request, form):
            messages.success(request, _("已儲存。"))
            return redirect("admin:accounts_user_changelist")
        stored = User.objects.get(pk=object_id)  # the form has written into its own
        panels = self._panels(request, stored)
        return self._page(request, {"title": title, "form": form, "account": stored, "panels": panels})

    def _save(self, request: HttpRequest, form: AccountForm) -> bool:
        """Write what was changed; False, with the reason in the form, when it must not be."""
        values = form.cleaned_data
        try:
            changes.change(
                form.instance,
                values,
                values["departments"],
                seen=values["seen"],
                by=request.user,
                request=request,
            )
        except ValidationError as error:
            form.add_error(None, error)
            return False
        return True

    def _page(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, "admin/accounts/user/form.html", context)
