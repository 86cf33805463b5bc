"""How an account signs in, as center and IT see it: link, lock, factors, running logins. Never a password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from .. import invitations, sessions, sign_in, trail
from ..models import AccountEvent, User
from .parts import AccountPart

Act = Callable[[HttpRequest, User], str]


class SignInPart(AccountPart):
    template = "admin/accounts/user/sign_in.html"

    def urls(self) -> list[URLPattern]:
        acts: dict[str, Act] = {
            "invite": _invite,
            "unlock": _unlock,
            "end_sessions": _end_sessions,
            "remove_factors": _remove_factors,
        }
        return [
            path(
                f"<int:object_id>/{name.replace('_', '-')}/",
                self.page.admin_site.admin_view(self._view(act)),
                name=self.page.address_name(name),
            )
            for name, act in acts.items()
        ]

    def panel(self, request: HttpRequest, account: User) -> dict[str, Any]:
        return {
            "part": {
                "locks": sign_in.locks(account),
                "factors": sign_in.factors(account),
                "must_have_factor": sign_in.must_have_factor(account),
                "sessions": sessions.running(account),
            }
        }

    def _view(self, act: Act) -> Callable[..., HttpResponse]:
        """A POST that does one thing to one account that the user may manage, and goes back to its page."""

        @require_POST
        @sign_in.fresh_factor_required
        def view(request: HttpRequest, object_id: int) -> HttpResponse:
            account = self.account(request, object_id)
            try:
                messages.success(request, act(request, account))
            except ValidationError as error:
                messages.error(request, error.message)
            return self.back(account)

        return view


def _invite(request: HttpRequest, account: User) -> str:
    if not (account.is_active and account.email):
        return _("帳號已停用或沒有電子郵件，沒有寄出連結。")
    invitations.invite(account, by=request.user, request=request)
    return _("設定密碼的連結將寄到 %(email)s，24 小時內有效，限用一次。") % {"email": account.email}


def _unlock(request: HttpRequest, account: User) -> str:
    return _("已解除鎖定。") if sign_in.unlock(account, request=request) else _("這個帳號沒有被鎖定。")


def _end_sessions(request: HttpRequest, account: User) -> str:
    message = _("已結束 %(count)d 個登入。") % {"count": sessions.end_sessions(account)}
    trail.note(account, AccountEvent.Kind.SESSIONS_ENDED, request=request, detail=message)
    return message


def _remove_factors(request: HttpRequest, account: User) -> str:
    return _("已移除 %(count)d 個第二因子。") % {"count": sign_in.remove_factors(account, request=request)}
