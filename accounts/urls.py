from allauth.account import views as allauth_views
from allauth.socialaccount import views as social_views
from django.apps import apps
from django.conf import settings
from django.urls import include, path

from .views import applications, passwords, sign_in
from .views.agreements import AgreementPdfView, AgreementView

urlpatterns = [
    path("", sign_in.HomeView.as_view(), name="home"),
    path("login", allauth_views.login, name="login"),
    path("logout", sign_in.end_login, name="logout"),
    path("accounts/password/", passwords.PasswordChangeView.as_view(), name="password_change"),
    path(
        "accounts/password/set/<uidb64>/<token>/",
        passwords.PasswordSetView.as_view(),
        name="password_set",
    ),
    path("accounts/sessions/", sign_in.sessions, name="sessions"),
    path("accounts/sessions/end/", sign_in.end_other_sessions, name="sessions_end_others"),
    path("accounts/sessions/<int:session_id>/end/", sign_in.end_session, name="sessions_end"),
    path("accounts/agreement/", AgreementView.as_view(), name="agreement"),
    path("accounts/agreement/pdf/", AgreementPdfView.as_view(), name="agreement_pdf"),
    path("apply", applications.ApplyView.as_view(), name="apply"),
    path("apply/<slug:token>/", applications.ApplicationView.as_view(), name="application"),
    path("apply/<slug:token>/edit", applications.EditView.as_view(), name="application_edit"),
    path("apply/<slug:token>/form.pdf", applications.PdfView.as_view(), name="application_pdf"),
    path("apply/<slug:token>/scan", applications.ScanView.as_view(), name="application_scan"),
    path(
        "apply/<slug:token>/scan/download",
        applications.ScanDownloadView.as_view(),
        name="application_scan_download",
    ),
    path("apply/<slug:token>/withdraw", applications.WithdrawView.as_view(), name="application_withdraw"),
    # What allauth looks for under its own names. There is no address to register or to change an e-mail at.
    path("login", allauth_views.login, name="account_login"),
    path("logout", sign_in.end_login, name="account_logout"),
    path("accounts/password/", passwords.PasswordChangeView.as_view(), name="account_change_password"),
    path("accounts/password/reset/", allauth_views.password_reset, name="account_reset_password"),
    path(
        "accounts/password/reset/done/",
        allauth_views.password_reset_done,
        name="account_reset_password_done",
    ),
    path("accounts/confirm/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path("accounts/factors/", include("allauth.mfa.urls")),
]
if apps.is_installed(settings.SINGLE_SIGN_ON_APP):
    urlpatterns += [
        path("", include(f"{settings.SINGLE_SIGN_ON_APP}.urls")),
        path("oidc/cancelled/", social_views.login_cancelled, name="socialaccount_login_cancelled"),
        path("oidc/error/", social_views.login_error, name="socialaccount_login_error"),
    ]
