"""The way in and where it leads: home, the page of a lock, the own running logins."""

from __future__ import annotations

from typing import Any

from allauth.account.views import logout
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_POST

from .. import trail
from ..models import AccountEvent, Role
from ..sessions import device_of, end_sessions, running
from ..sign_in import locked_until

end_login = require_POST(logout)


class HomeView(LoginRequiredMixin, View):
    """Leads an account to where its role works."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.user.role == Role.DEPARTMENT_CONTACT:
            return redirect("records:home")
        if request.user.is_staff:
            return redirect("admin:index")
        return render(request, "accounts/home.html")


def locked_out(
    request: HttpRequest, _original: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """Takes the place of the answer to a sign-in that is locked; the same for accounts that do not exist."""
    until = locked_until((credentials or {}).get("username"), request.axes_ip_address)
    return render(request, "accounts/locked.html", {"until": until}, status=429)


@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    """The own running logins."""
    shown = [(session, device_of(session.user_agent or "")) for session in running(request.user)]
    return render(request, "accounts/sessions.html", {"sessions": shown})


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one other login of one's own."""
    session = UserSession.objects.filter(pk=session_id, user=request.user).first()
    if session is None or session.is_current():
        raise Http404
    session.end()
    _note_end(request, 1)
    return redirect("sessions")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End all logins but this one."""
    _note_end(request, end_sessions(request.user, keep=request.session.session_key))
    return redirect("sessions")


def _note_end(request: HttpRequest, count: int) -> None:
    if count:
        detail = _("由本人結束 %(count)d 個登入") % {"count": count}
        trail.note(request.user, AccountEvent.Kind.SESSIONS_ENDED, request=request, detail=detail)
    messages.success(request, _("已結束 %(count)d 個登入。") % {"count": count})
