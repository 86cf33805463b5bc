"""E-mails of the product: a text template whose first line is the subject, sent after the commit."""

from __future__ import annotations

from typing import Any

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string


def send(to: str, template: str, context: dict[str, Any]) -> None:
    """Send templates/mail/<template>.txt to one address once the transaction is committed."""
    subject, _newline, body = render_to_string(f"mail/{template}.txt", context).strip().partition("\n")
    transaction.on_commit(lambda: send_mail(subject.strip(), body.strip() + "\n", None, [to]))
