"""The agreement as the owner of an account meets it: read, signed, printed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import View

from records.documents import download, render_pdf

from .. import agreements, trail
from ..forms.agreements import SigningForm, outdated
from ..models import AccountEvent
from ..sign_in import fresh_factor_required


class SignersView(LoginRequiredMixin, View):
    """A page for whoever works under the agreement; alumni are led to their own."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not agreements.must_sign(request.user):
            return redirect("home")
        return super().dispatch(request, *args, **kwargs)


class AgreementView(SignersView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, SigningForm(account=request.user, version=agreements.current()))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SigningForm(request.POST, account=request.user, version=agreements.current())
        if form.is_valid():
            values = {name: value for name, value in form.cleaned_data.items() if name != "agreed"}
            try:
                agreements.sign(request.user, **values, request=request)
            except agreements.OutdatedText:
                form = SigningForm(account=request.user, version=agreements.current())
                messages.error(request, outdated().message)
            else:
                messages.success(request, _("已完成簽署，謝謝您。"))
                return redirect(self._way_back(request))
        return self._page(request, form)

    def _page(self, request: HttpRequest, form: SigningForm) -> HttpResponse:
        version, signature = agreements.current(), agreements.valid_signature(request.user)
        context = {
            "form": form,
            "version": version,
            "signature": signature,
            "is_sound": version.is_sound(),
            "has_signed_before": signature is None and request.user.signatures.exists(),
            "next": self._way_back(request),
        }
        return render(request, "agreements/agreement.html", context)

    def _way_back(self, request: HttpRequest) -> str:
        """Where the visitor was going, if that is a page of this site."""
        place = request.POST.get("next") or request.GET.get("next") or ""
        is_ours = url_has_allowed_host_and_scheme(place, {request.get_host()}, request.is_secure())
        return place if is_ours else reverse("home")


class AgreementPdfView(SignersView):
    """The signed agreement, with the whole national ID, as a download for the signer; for who has not signed, the
    text with blanks to sign on paper. Taking it out leaves a line, so it is asked for by POST."""

    http_method_names = ("post", "options")

    @method_decorator(fresh_factor_required)
    def post(self, request: HttpRequest) -> HttpResponse:
        signature = agreements.valid_signature(request.user)
        version = signature.version if signature is not None else agreements.current()
        national_id = signature.open_national_id() if signature is not None else ""
        answer = agreement_pdf({"version": version, "signature": signature, "national_id": national_id})
        trail.note(request.user, AccountEvent.Kind.AGREEMENT_PRINTED, request=request, detail=str(version))
        return answer


def agreement_pdf(context: dict[str, Any]) -> HttpResponse:
    """The print of a version, signed or blank, as a download."""
    return download(render_pdf("agreements/document.html", context), f"{context['version'].title}.pdf")
