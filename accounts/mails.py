"""Mail to the owners of accounts."""

from __future__ import annotations

from typing import Any

from django.core.mail import send_mail
from django.template.loader import render_to_string


def send(to: str, template: str, context: dict[str, Any]) -> None:
    """Send templates/mail/<template>.txt, whose first line is the subject."""
    subject, _line, body = render_to_string(f"mail/{template}.txt", context).partition("\n")
    send_mail(subject.strip(), body.strip() + "\n", None, [to])
