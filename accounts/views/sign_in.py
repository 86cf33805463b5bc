"""Login, logout, password change and the way from `/` to where one works."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views import View

from ..forms.passwords import NewPasswordForm


class LoginView(views.LoginView):
    template_name = "registration/login.html"
    redirect_authenticated_user = True


class PasswordChangeView(views.PasswordChangeView):
    """Django's view keeps this session and ends the account's others (ASVS 7.4.3)."""

    form_class = NewPasswordForm
    template_name = "registration/password_change.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form: NewPasswordForm) -> HttpResponse:
        form.user.must_change_password = False  # saved with the password by the form
        messages.success(self.request, _("密碼已變更。"))
        return super().form_valid(form)


class HomeView(LoginRequiredMixin, View):
    """Leads an account to where its role works."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_staff:
            return redirect("admin:index")
        return render(request, "accounts/home.html")
