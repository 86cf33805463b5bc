"""Letters that tell the owner of an account what happened to it (ASVS 6.3.7)."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from . import mails
from .models import User


def tell(account: User, what: str, *, former_address: str = "") -> None:
    """Tell the owner by mail what happened to the account, at the former address too when that was changed: who
    took an account over would otherwise be the only one to hear of it."""
    context = {"account": account, "what": what, "at": timezone.now(), "site": settings.SITE_URL}
    for address in {account.email, former_address}:
        mails.send(account, "security_notice", context, to=address)
