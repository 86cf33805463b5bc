"""The links that lead to an application without a login, and the letters that bring them."""

from __future__ import annotations

import datetime
import hashlib
import secrets

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from . import mails
from .models import AccountApplication

State = AccountApplication.State
ENDED = frozenset({State.OPENED, State.REFUSED, State.WITHDRAWN})
LINKS_KEPT = datetime.timedelta(days=90)  # after the end


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_link(application: AccountApplication) -> str:
    """Make a further link to an application; returns its token, of which only the digest is stored."""
    token = secrets.token_urlsafe(32)
    application.links.create(digest=_digest(token))
    return token


def by_token(token: str) -> AccountApplication | None:
    """The application that a link leads to, None when there is none, or when it ended 90 days ago."""
    linked = AccountApplication.objects.filter(links__digest=_digest(token))
    return linked.exclude(state__in=ENDED, changed_at__lt=timezone.now() - LINKS_KEPT).first()


@task()
def send_letter(application_id: int, step: str, reason: str) -> None:
    """Tell the applicant of a step. The link is made here and sent at once: a queue would keep it."""
    application = AccountApplication.objects.filter(pk=application_id).first()
    if application is None:  # a draft withdrawn and forgotten meanwhile
        return
    link = ""
    if application.state not in ENDED:
        link = settings.SITE_URL + reverse("application", args=[new_link(application)])
    context = {"application": application, "link": link, "reason": reason}
    mails.deliver.call(application.email, *mails.render(f"application_{step}", context))
