"""Letters of the system: templates/mail/<name>.txt, its first line the subject; sent by the background worker.

A letter that the mail server does not take is tried three times. Tasks queue what the letter is about, never a link:
links are made when the letter goes out.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from typing import Any

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django_tasks import task
from django_tasks.base import Task

from . import trail
from .models import AccountEvent, User

logger = logging.getLogger(__name__)
WAITS = (timedelta(minutes=5), timedelta(hours=1))  # before the second and the third try


class GivenUp(Exception):
    """The mail server did not take a letter the third time either."""


def send(account: User, template: str, context: dict[str, Any], *, to: str) -> None:
    """Render a letter to the owner of an account now and let the worker send it once the running transaction is
    committed. `to` is the account's address, or a former one. The text waits in the queue: nothing secret may be in
    it. Without an address nothing is sent."""
    if not to:
        return
    subject, body = render(template, context)
    transaction.on_commit(partial(send_notice.enqueue, account.pk, to, subject, body))


def render(template: str, context: dict[str, Any]) -> tuple[str, str]:
    """Subject and body of a letter. Letters carry both languages, so they do not depend on the reader's."""
    with translation.override("zh-hant"):
        text = render_to_string(f"mail/{template}.txt", context)
    subject, _newline, body = text.partition("\n")
    return " ".join(subject.split()), body.strip() + "\n"


def deliver(to: str, subject: str, body: str) -> None:
    """Hand a letter to the mail server. Raises OSError (SMTPException is one) when it does not take it."""
    EmailMessage(subject, body, to=[to]).send()


def attempt(to: str, subject: str, body: str, *, again: Task, args: tuple[Any, ...], tries: int) -> bool:
    """Deliver a letter; whether that worked.

    If not, `again` is queued with `args` and the number of the next try. Raises GivenUp after the third."""
    try:
        deliver(to, subject, body)
    except OSError as error:
        logger.warning("a letter was not delivered at try %d: %s", tries, type(error).__name__)
        if tries > len(WAITS):
            raise GivenUp from error
        again.using(run_after=timezone.now() + WAITS[tries - 1]).enqueue(*args, tries + 1)
        return False
    return True


def attempt_to_account(
    account: User, to: str, subject: str, body: str, *, again: Task, args: tuple[Any, ...], tries: int
) -> None:
    """`attempt`, with a line in the account's trail when it is given up."""
    try:
        attempt(to, subject, body, again=again, args=args, tries=tries)
    except GivenUp:
        trail.note(account, AccountEvent.Kind.LETTER_FAILED, detail=subject)


@task()
def send_notice(account_id: int, to: str, subject: str, body: str, tries: int = 1) -> None:
    """Send a letter without secrets."""
    account = User.objects.get(pk=account_id)
    args = (account_id, to, subject, body)
    attempt_to_account(account, to, subject, body, again=send_notice, args=args, tries=tries)
