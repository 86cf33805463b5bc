"""Letters of the system: templates/mail/<name>.txt, its first line the subject; sent by the background worker."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django_tasks import task


def send(to: str, template: str, context: dict[str, Any]) -> None:
    """Render a letter now and let the worker send it once the running transaction is committed.

    The text waits in the queue: nothing secret may be in it (a link that opens an account goes by
    `accounts.invitations`). Without an address nothing is sent.
    """
    if not to:
        return
    subject, body = render(template, context)
    transaction.on_commit(partial(deliver.enqueue, to, subject, body))


def render(template: str, context: dict[str, Any]) -> tuple[str, str]:
    """Subject and body of a letter. Letters carry both languages, so they do not depend on the reader's."""
    with translation.override("zh-hant"):
        text = render_to_string(f"mail/{template}.txt", context)
    subject, _newline, body = text.partition("\n")
    return " ".join(subject.split()), body.strip() + "\n"


@task()
def deliver(to: str, subject: str, body: str) -> None:
    """Hand a letter to the mail server."""
    EmailMessage(subject, body, to=[to]).send()
