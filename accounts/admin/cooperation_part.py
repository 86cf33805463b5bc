"""結束合作 on an account's page: the end, its list of files for printing, and the note that comes back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from records import policies
from records.admin.board import Card
from records.documents import download, render_pdf

from .. import cooperation, trail
from ..forms.agreements import DataNoteForm, EndForm
from ..models import AccountClosing, AccountEvent, User
from ..sign_in import fresh_factor_required
from .parts import AccountPart


class CooperationPart(AccountPart):
    template = "admin/accounts/user/cooperation.html"

    def urls(self) -> list[URLPattern]:
        view, name = self.page.admin_site.admin_view, self.page.address_name
        return [
            path("<int:object_id>/end/", view(fresh_factor_required(self.end_view)), name=name("end")),
            path(
                "<int:object_id>/closings/<int:closing_id>/",
                view(fresh_factor_required(self.note_view)),
                name=name("data_note"),
            ),
            path(
                "<int:object_id>/closings/<int:closing_id>/pdf/",
                view(require_POST(self.pdf_view)),
                name=name("data_note_pdf"),
            ),
        ]

    def panel(self, request: HttpRequest, account: User) -> dict[str, Any] | None:
        closings = list(account.closings.select_related("by", "data_registered_by"))
        ended = any(one.ends_cooperation and one.reopened_at is None for one in closings)
        can_end = account != request.user and not ended
        return {"closings": closings, "can_end": can_end} if closings or can_end else None

    def end_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """End the cooperation: the reason is asked, what follows is said, and it happens at once."""
        account = self.account(request, object_id)
        if account == request.user:
            raise PermissionDenied(_("不能結束自己的合作，請由其他同仁處理。"))
        form = EndForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                cooperation.end(account, reason=form.cleaned_data["reason"], by=request.user, request=request)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, _("已結束合作並停用帳號。請列印銷毀或返還紀錄，簽回後登記。"))
                return self.back(account)
        context = {
            "title": _("結束合作"),
            "intro": _(
                "帳號立即停用，登入中者隨即登出，尚未讀取或確認的匯入批次一併停止；曾取得的檔案會列入銷毀或返還紀錄。"
            ),
            "form": form,
            "button": _("結束合作"),
            "is_danger": True,
        }
        return self.answer(request, account, "step.html", context)

    def note_view(self, request: HttpRequest, object_id: int, closing_id: int) -> HttpResponse:
        """Register the destruction or return note that came back."""
        account = self.account(request, object_id)
        closing = self._closing(account, closing_id)
        form = DataNoteForm(request.POST or None, account=account)
        if request.method == "POST" and form.is_valid():
            try:
                cooperation.register_note(closing, **form.cleaned_data, by=request.user, request=request)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, _("已登記銷毀或返還。"))
                return self.back(account)
        context = {
            "title": _("登記銷毀或返還"),
            "intro": _("依簽回的銷毀或返還紀錄登記。"),
            "form": form,
            "button": _("登記"),
        }
        return self.answer(request, account, "step.html", context)

    def pdf_view(self, request: HttpRequest, object_id: int, closing_id: int) -> HttpResponse:
        """The note for printing, with the list of files taken; printing it leaves a line."""
        account = self.account(request, object_id)
        closing = self._closing(account, closing_id)
        context = {"account": account, "closing": closing, "files": cooperation.files_taken(closing)}
        content = render_pdf("agreements/data_note.html", context)
        trail.note(account, AccountEvent.Kind.DATA_NOTE_PRINTED, request=request, detail=closing.reason)
        return download(content, _("銷毀或返還紀錄 %(name)s.pdf") % {"name": account.username})

    def _closing(self, account: User, closing_id: int) -> AccountClosing:
        return get_object_or_404(AccountClosing, pk=closing_id, account=account, ends_cooperation=True)


def cards(user: User) -> list[Card]:
    """For the task board: the notes that have not come back; the list shows their accounts."""
    if not policies.can_manage_accounts(user):
        return []
    count = cooperation.waiting_for_note().count()
    url = f"{reverse('admin:accounts_user_changelist')}?note=waiting"
    return [Card(_("待登記銷毀或返還"), count, url, True)]
