from django.contrib.auth.views import LogoutView
from django.urls import path

from .views.agreements import AgreementPdfView, AgreementView
from .views.sign_in import HomeView, LoginView, PasswordChangeView

urlpatterns = [
    path("", HomeView.as_view(), name="home"),
    path("login", LoginView.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("accounts/password/", PasswordChangeView.as_view(), name="password_change"),
    path("accounts/agreement/", AgreementView.as_view(), name="agreement"),
    path("accounts/agreement/pdf/", AgreementPdfView.as_view(), name="agreement_pdf"),
]
