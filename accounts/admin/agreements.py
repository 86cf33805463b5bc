"""切結書: its versions in the workspace. Drafts are written and published by director and IT, others read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import policies
from records.admin.base import WorkspaceAdmin
from records.page_checks import require

from .. import agreements
from ..forms.agreements import DraftForm, PublishForm
from ..models import AgreementVersion, Role, User
from ..sign_in import fresh_factor_required
from ..views.agreements import agreement_pdf


class AgreementVersionAdmin(WorkspaceAdmin):
    navigation_title = gettext_lazy("切結書")
    list_display = ("title", "state_", "published_", "published_by_", "signatures_")
    list_filter = ()
    sortable_by = ()
    list_select_related = ("published_by",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(policies.can_manage_accounts(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(policies.can_publish_agreement(request.user))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(signed=Count("signatures"))

    @admin.display(description=gettext_lazy("狀態"))
    def state_(self, version: AgreementVersion) -> SafeString:
        if not version.is_published:
            return format_html('<span class="tag tag-note">{}</span>', _("草稿"))
        number = _("第 %(number)s 版") % {"number": version.number}
        if not version.is_sound():
            return format_html('{} <span class="tag tag-error">{}</span>', number, _("內容與發布時不符"))
        is_current = version == agreements.current()
        kind, text = ("state-applied", _("現行")) if is_current else ("", _("舊版"))
        return format_html('{} <span class="tag {}">{}</span>', number, kind, text)

    @admin.display(description=gettext_lazy("發布時間"))
    def published_(self, version: AgreementVersion) -> str:
        moment = version.published_at
        return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment is not None else "－"

    @admin.display(description=gettext_lazy("發布者"))
    def published_by_(self, version: AgreementVersion) -> str:
        if version.published_by is not None:
            return version.published_by.display_name
        return _("系統") if version.is_published else "－"

    @admin.display(description=gettext_lazy("簽署數"))
    def signatures_(self, version: AgreementVersion) -> int:
        return version.signed

    def own_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path(
                "<int:object_id>/publish/",
                view(fresh_factor_required(self.publish_view)),
                name=self.address_name("publish"),
            ),
            path("<int:object_id>/pdf/", view(self.pdf_view), name=self.address_name("pdf")),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        require(policies.can_manage_accounts(request.user))
        agreements.current()
        return super().changelist_view(request, {"title": self.navigation_title})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        require(policies.can_publish_agreement(request.user))
        latest = agreements.current()
        form = DraftForm(request.POST or None, initial={"title": latest.title, "text": latest.text})
        if request.method == "POST" and form.is_valid():
            return self._saved(request, form)
        return self._page(request, "form.html", {"title": _("撰寫新版本"), "form": form})

    def change_view_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A draft is edited here by who may; every other version is shown."""
        require(policies.can_manage_accounts(request.user))
        version = get_object_or_404(AgreementVersion, pk=object_id)
        if version.is_published or not policies.can_publish_agreement(request.user):
            if request.method == "POST":
                require(policies.can_publish_agreement(request.user))
                messages.error(request, _("已發布的版本不能修改，請撰寫新版本。"))
            return self._page(request, "version.html", self._shown(version))
        form = DraftForm(request.POST or None, instance=version)
        if request.method == "POST" and form.is_valid():
            return self._saved(request, form)
        return self._page(request, "form.html", {"title": _("修改草稿"), "form": form, "version": version})

    def publish_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The draft as its signers will see it, and the button that publishes it."""
        require(policies.can_publish_agreement(request.user))
        version = get_object_or_404(AgreementVersion, pk=object_id, number=None)
        form = PublishForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                published = agreements.publish(version, by=request.user, request=request)
            except ValidationError as error:
                messages.error(request, error.message)
            else:
                text = _("已發布%(version)s；所有帳號（包括您）在下一個頁面起須重新簽署。")
                messages.success(request, text % {"version": published})
            return redirect(f"admin:{self.address_name('changelist')}")
        signers = User.objects.filter(is_active=True).exclude(role=Role.ALUMNUS).count()
        shown = self._shown(version) | {"title": _("預覽與發布"), "form": form, "signers": signers}
        return self._page(request, "publish.html", shown)

    def pdf_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The text with blanks, to be signed on paper."""
        require(policies.can_manage_accounts(request.user))
        return agreement_pdf({"version": get_object_or_404(AgreementVersion, pk=object_id)})

    def _saved(self, request: HttpRequest, form: DraftForm) -> HttpResponse:
        version = form.save(commit=False)
        agreements.save_draft(version, by=request.user, request=request)
        messages.success(request, _("草稿已儲存，尚未發布。"))
        return redirect(f"admin:{self.address_name('publish')}", version.pk)

    def _shown(self, version: AgreementVersion) -> dict[str, Any]:
        return {"title": str(version), "version": version}

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"admin/accounts/agreementversion/{template}", context)
