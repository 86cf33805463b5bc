"""The invitation to a new account: a link, once, 24 h, to set the own password."""

from __future__ import annotations

from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest

from . import mails
from .models import AccountEvent, User
from .trail import note


def invite(account: User, *, by: User | None, request: HttpRequest | None = None) -> None:
    """Mail the set-password link and note it in the trail."""
    context = {"account": account, "token": default_token_generator.make_token(account)}
    mails.send(account.email, "invitation", context)
    note(account, AccountEvent.Kind.INVITED, by=by, request=request)
