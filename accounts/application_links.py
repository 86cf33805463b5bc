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
from .models import AccountApplication, ApplicationEvent

State, Step = AccountApplication.State, ApplicationEvent.Step
ENDED = frozenset({State.OPENED, State.REFUSED, State.WITHDRAWN})
LINKS_KEPT = datetime.timedelta(days=90)  # after the end
LINKS_LAST = datetime.timedelta(days=30)  # after the last letter, while the application is open


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_link(application: AccountApplication) -> str:
    """Make a further link to an application; returns its token, of which only the digest is stored."""
    token = secrets.token_urlsafe(32)
    application.links.create(digest=_digest(token))
    return token


def by_token(token: str) -> AccountApplication | None:
    """The application that a link leads to; None when there is none, when it ended 90 days ago, or when the last
    letter of an open one is 30 days old (the center sends a new link). Drafts are forgotten by themselves."""
    now = timezone.now()
    linked = AccountApplication.objects.filter(links__digest=_digest(token)).first()
    if linked is None or linked.state == State.DRAFT:
        return linked
    if linked.state in ENDED:
        return linked if linked.changed_at >= now - LINKS_KEPT else None
    return linked if linked.links.filter(made_at__gte=now - LINKS_LAST).exists() else None


@task()
def send_letter(application_id: int, step: str, reason: str, tries: int = 1) -> None:
    """Tell the applicant of a step. The link is made here and sent at once: a queue would keep it."""
    application = AccountApplication.objects.filter(pk=application_id).first()
    if application is None:  # a draft withdrawn and forgotten meanwhile
        return
    link, token = "", ""
    if application.state not in ENDED:
        token = new_link(application)
        link = settings.SITE_URL + reverse("application", args=[token])
    context = {"application": application, "link": link, "reason": reason}
    subject, body = mails.render(f"application_{step}", context)
    args = (application_id, step, reason)
    try:
        sent = mails.attempt(application.email, subject, body, again=send_letter, args=args, tries=tries)
    except mails.GivenUp:
        sent = False
        application.events.create(step=Step.UNREACHED, note=subject)
        _note_reached(application, unreached=True)
    if sent:
        _note_reached(application, unreached=False)
    _drop_links(application, token, is_sent=sent, is_asked_for=step == Step.LINKED)


def _note_reached(application: AccountApplication, *, unreached: bool) -> None:
    AccountApplication.objects.filter(pk=application.pk).update(unreached=unreached)


def _drop_links(application: AccountApplication, token: str, *, is_sent: bool, is_asked_for: bool) -> None:
    """A link that did not go out is none. One that was asked for takes the place of all others; the letters of the
    steps leave them, or the page on which the applicant works would be gone with the letter it causes."""
    newest = application.links.filter(digest=_digest(token))
    if not is_sent:
        newest.delete()
    elif is_asked_for and token:
        application.links.exclude(digest=_digest(token)).delete()
