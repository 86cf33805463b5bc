from django.contrib.auth.views import LogoutView
from django.urls import path

from .views import applications
from .views.agreements import AgreementPdfView, AgreementView
from .views.sign_in import HomeView, LoginView, PasswordChangeView

urlpatterns = [
    path("", HomeView.as_view(), name="home"),
    path("login", LoginView.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("accounts/password/", PasswordChangeView.as_view(), name="password_change"),
    path("accounts/agreement/", AgreementView.as_view(), name="agreement"),
    path("accounts/agreement/pdf/", AgreementPdfView.as_view(), name="agreement_pdf"),
    path("apply", applications.ApplyView.as_view(), name="apply"),
    path("apply/<slug:token>/", applications.ApplicationView.as_view(), name="application"),
    path("apply/<slug:token>/edit", applications.EditView.as_view(), name="application_edit"),
    path("apply/<slug:token>/form.pdf", applications.PdfView.as_view(), name="application_pdf"),
    path("apply/<slug:token>/scan", applications.ScanView.as_view(), name="application_scan"),
    path("apply/<slug:token>/withdraw", applications.WithdrawView.as_view(), name="application_withdraw"),
]
