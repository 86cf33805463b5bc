"""Setting a password: by one's own will, or by a link."""

from __future__ import annotations

from typing import Any

from allauth.account import views as allauth_views
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from ..invitations import tokens
from ..models import User
from ..sign_in import password_was_set


class PasswordChangeView(LoginRequiredMixin, allauth_views.PasswordChangeView):
    """Asks for the old password; keeps this session and ends the account's others."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not request.user.has_usable_password():
            return redirect("account_reset_password")
        return super().dispatch(request, *args, **kwargs)

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        password_was_set(form.user, request=self.request, keep=self.request.session.session_key)
        return response


class PasswordSetView(views.PasswordResetConfirmView):
    """The page of an invitation or reset link. The token goes from the address to the session at the first hop;
    that hop tells its address to no other page (ASVS 14.2.1)."""

    template_name = "account/password_set.html"
    success_url = reverse_lazy("login")
    token_generator = tokens

    @transaction.atomic
    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().dispatch(*args, **kwargs)
        if response.status_code == 302:
            response["Referrer-Policy"] = "no-referrer"
        return response

    def get_user(self, uidb64: str) -> User | None:
        """Held until the new password is stored: who closes the account meanwhile comes before or after. A closed
        account has no link."""
        found = super().get_user(uidb64)
        accounts = User.objects.select_for_update()
        return accounts.filter(pk=found.pk, is_active=True).first() if found is not None else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"account": self.user if self.validlink else None}

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        password_was_set(self.user, request=self.request)
        messages.success(self.request, _("密碼已設定，請登入。"))
        return response
