"""保密切結書 on an account's page: what was signed when, and the paper signatures that the center registers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from .. import agreements
from ..forms.agreements import PaperForm, outdated
from ..models import AgreementSignature, User
from ..sign_in import fresh_factor_required
from ..views.agreements import agreement_pdf
from .parts import AccountPart


class AgreementPart(AccountPart):
    template = "admin/accounts/user/agreement.html"

    def urls(self) -> list[URLPattern]:
        view, name = self.page.admin_site.admin_view, self.page.address_name
        return [
            path(
                "<int:object_id>/agreement/",
                view(fresh_factor_required(self.paper_view)),
                name=name("agreement"),
            ),
            path(
                "<int:object_id>/agreement/<int:signature_id>/pdf/",
                view(self.pdf_view),
                name=name("agreement_pdf"),
            ),
        ]

    def panel(self, request: HttpRequest, account: User) -> dict[str, Any] | None:
        if not agreements.must_sign(account):
            return None
        signatures = account.signatures.select_related("version", "registered_by")
        return {
            "valid": agreements.valid_signature(account),
            "signatures": [(one, one.is_sound()) for one in signatures],
        }

    def paper_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Register a signature that lies at the center on paper."""
        account = self.account(request, object_id)
        form = PaperForm(request.POST or None, account=account, version=agreements.current())
        if request.method == "POST" and form.is_valid():
            try:
                agreements.sign_on_paper(account, **form.cleaned_data, by=request.user, request=request)
            except ValidationError as error:
                form.add_error(None, error)
            except agreements.OutdatedText:
                form.add_error("version", outdated())
            else:
                messages.success(request, _("已登錄紙本切結書。"))
                return self.back(account)
        context = {
            "title": _("登錄紙本切結書"),
            "intro": _("請先核對紙本的版次、簽名與日期，再登錄。身分證字號留在紙本，不必輸入。"),
            "form": form,
            "button": _("登錄"),
        }
        return self.answer(request, account, "step.html", context)

    def pdf_view(self, request: HttpRequest, object_id: int, signature_id: int) -> HttpResponse:
        """The signed agreement for the file; the national ID stays sealed."""
        account = self.account(request, object_id)
        signature = get_object_or_404(AgreementSignature, pk=signature_id, account=account)
        return agreement_pdf({"version": signature.version, "signature": signature})
