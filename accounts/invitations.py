"""Links with which the owner of an account sets a password: by invitation, or asked for when it is forgotten.

One link works once and for PASSWORD_RESET_TIMEOUT (24 hours): its token is bound to the password it replaces, the
e-mail address it went to, and the closings of the account (ASVS 6.4.1). It is made by the worker when the letter is
sent and is stored nowhere. A reset asked for an unknown address queues the same task as for a known one, so neither
answer nor time tells them apart (ASVS 6.3.8).
"""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django_tasks import task
from django_tasks.base import Task

from records.encryption import digest

from . import mails, trail
from .models import AccountEvent, User

HOURS = settings.PASSWORD_RESET_TIMEOUT // 3600


class LinkTokens(PasswordResetTokenGenerator):
    """Django's tokens, that end also when the account is closed: opened again, it does not revive its links."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        closings = user.closings.count()
        return f"{super()._make_hash_value(user, timestamp)}|{user.is_active}|{closings}"


tokens = LinkTokens()


def invite(account: User, *, by: User | None, request: HttpRequest | None = None) -> None:
    """Send the owner of an account a link to set the password. Closed accounts and those without an e-mail
    address get none, and nothing is noted."""
    if not (account.is_active and account.email):
        return
    trail.note(account, AccountEvent.Kind.INVITED, by=by, request=request)
    transaction.on_commit(partial(send_invitation.enqueue, account.pk))


def ask_reset(email: str, address: str | None) -> None:
    """Somebody at the network address `address` forgot the password of whatever accounts have this e-mail.

    Only a keyed digest is queued: whatever was typed there may be nobody's business."""
    send_resets.enqueue(_digest(email), address)


def link(account: User) -> str:
    """A fresh link to set the password of an account, on this site's own address."""
    uid = urlsafe_base64_encode(force_bytes(account.pk))
    token = tokens.make_token(account)
    return settings.SITE_URL + reverse("password_set", kwargs={"uidb64": uid, "token": token})


@task()
def send_invitation(account_id: int, tries: int = 1) -> None:
    """Send the letter of an invitation."""
    _send(account_id, "invitation", send_invitation, tries)


@task()
def send_resets(asked: str, address: str | None) -> None:
    """Send the letter of a reset to every open account with the address of this digest, which may be none."""
    for account in User.objects.filter(is_active=True).exclude(email="").iterator():
        if _digest(account.email) == asked:
            trail.note(account, AccountEvent.Kind.RESET_ASKED, address=address)
            _send(account.pk, "password_reset", send_reset, 1)


@task()
def send_reset(account_id: int, tries: int) -> None:
    """Send the letter of a reset once more."""
    _send(account_id, "password_reset", send_reset, tries)


def _digest(email: str) -> str:
    return digest(f"accounts.reset:{email.strip().casefold()}")


def _send(account_id: int, template: str, again: Task, tries: int) -> None:
    """At once, not by `mails.send`: the queue would keep the link."""
    account = User.objects.filter(pk=account_id, is_active=True).first()
    if account is None or not account.email:
        return
    context = {"account": account, "link": link(account), "hours": HOURS, "site": settings.SITE_URL}
    letter = mails.render(template, context)
    mails.attempt_to_account(account, account.email, *letter, again=again, args=(account_id,), tries=tries)
