"""Where allauth asks this house how it is to be done."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import clear_authentication_records, get_authentication_records
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.encryption import open_bytes, seal_bytes

from . import sign_in, trail
from .closing import is_open_since
from .models import AccountEvent, User

Kind = AccountEvent.Kind
# Authenticated with every sealed factor: a sealed value of another purpose does not open as one.
FACTOR_CONTEXT = "accounts.second_factor"
# What allauth calls its notices → the trail's kind and the sentence for trail and owner.
NOTICES = {
    "mfa/email/totp_activated": (Kind.FACTOR_ADDED, gettext_lazy("驗證應用程式")),
    "mfa/email/totp_deactivated": (Kind.FACTOR_REMOVED, gettext_lazy("驗證應用程式")),
    "mfa/email/webauthn_added": (Kind.FACTOR_ADDED, gettext_lazy("通行密鑰")),
    "mfa/email/webauthn_removed": (Kind.FACTOR_REMOVED, gettext_lazy("通行密鑰")),
    "mfa/email/recovery_codes_generated": (Kind.FACTOR_ADDED, gettext_lazy("新的一組備用碼")),
}


class AccountAdapter(DefaultAccountAdapter):
    """Existing accounts only; one sentence for every sign-in that fails; every event to the trail."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": gettext_lazy("使用者名稱或密碼不正確，或帳號無法使用。"),
        "incorrect_code": gettext_lazy("驗證碼不正確或已使用過。"),
        "too_many_login_attempts": gettext_lazy("錯誤次數過多，請稍後再試。"),
        "rate_limited": gettext_lazy("嘗試次數過多，請稍後再試。"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """django-axes counts failures; allauth's own count by account alone would let strangers lock others out."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return request.META["REMOTE_ADDR"]

    def set_password(self, user: User, password: str) -> None:
        """Of the account nothing else: it may have been closed since this request began."""
        user.set_password(password)
        user.save(update_fields=["password"])

    def login(self, request: HttpRequest, user: User) -> None:
        """The last step. Between password and second factor the account may have been closed, and opened again:
        who was on the way in then begins anew."""
        first = min((record["at"] for record in get_authentication_records(request, user)), default=None)
        if not is_open_since(user, first):
            clear_authentication_records(request)
            messages.error(request, self.error_messages["username_password_mismatch"])
            raise ImmediateHttpResponse(redirect("login"))
        super().login(request, user)
        trail.note(user, Kind.SIGNED_IN, by=user, request=request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """The factor first; the password counts only for accounts without a factor."""
        methods = super().get_reauthentication_methods(user)
        by_factor = [method for method in methods if method["id"] != "reauthenticate"]
        return by_factor or methods

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Somebody who has just signed in and has no factor yet adds the first one without being asked twice."""
        request = context.request
        if app == "allauth.mfa" and not sign_in.has_factor(request.user):
            records = get_authentication_records(request, request.user)
            newest = max((record["at"] for record in records), default=0)
            return timezone.now().timestamp() - newest > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        return True

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """allauth calls this once for every change of a factor; passwords are noted where they are set."""
        if template_prefix in NOTICES:
            kind, what = NOTICES[template_prefix]
            # Trail and letters are Chinese, whatever language the page was read in.
            with translation.override(settings.LANGUAGE_CODE):
                trail.note(user, kind, by=user, request=self.request, detail=str(what))
                sign_in.tell(user, f"{kind.label}：{what}")


class FactorAdapter(DefaultMFAAdapter):
    """Factors are sealed at rest, and the last one stays where the role needs one."""

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal_bytes(text.encode(), FACTOR_CONTEXT)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return open_bytes(base64.b64decode(encrypted_text), FACTOR_CONTEXT).decode()

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("驗證碼不正確或已使用過。"),
        "cannot_delete_authenticator": gettext_lazy("您的角色必須使用第二因子，請先新增另一個再移除這一個。"),
    }

    def get_totp_label(self, user: User) -> str:
        return user.get_username()

    def _get_site_name(self) -> str:
        return _("海大校友資料庫")

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("通行密鑰 %(number)d") % {"number": number}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        others = [factor for factor in sign_in.factors(authenticator.user) if factor.pk != authenticator.pk]
        return bool(others) or not sign_in.must_have_factor(authenticator.user)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """The university's sign-in opens existing accounts only, found by the e-mail address it has verified."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        verified = [address.email for address in sociallogin.email_addresses if address.verified]
        found = User.objects.filter(email__iexact=verified[0], is_active=True)[:2] if verified else []
        # Nobody connects another identity to an account: the address decides each time.
        is_sign_in = sociallogin.state.get("process") == AuthProcess.LOGIN
        if len(found) != 1 or not is_sign_in:
            messages.error(request, _("無法以單一登入使用本系統，請改用帳號密碼登入，或洽校友服務中心。"))
            raise ImmediateHttpResponse(redirect("login"))
        # Looked up anew each time: an address given to somebody else does not open the former owner's account.
        sociallogin.user = found[0]
