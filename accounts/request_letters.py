"""The letter to who proposed a change, when the center returned it, refused it, approved a part of it,
or closed it since others had changed the same fields.

It names the request by its number and leads to its page behind the sign-in; what was proposed, of whom, and the
center's answer are read there.
"""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django_tasks import task

from records.models import ChangeRequest

from . import mails


def write_to_proposer(request: ChangeRequest) -> None:
    """Let the worker write once the running transaction is committed (settings.WRITE_TO_PROPOSER)."""
    transaction.on_commit(partial(send_request_letter.enqueue, request.pk))


@task()
def send_request_letter(request_id: int, tries: int = 1) -> None:
    """Tell the proposer how the request stands now; not one whose account is switched off, nor one who has taken it
    back or proposed it anew meanwhile."""
    request = ChangeRequest.objects.select_related("proposed_by").get(pk=request_id)
    account = request.proposed_by
    is_over = request.state == ChangeRequest.State.WITHDRAWN or request.succeeded_by_id is not None
    if is_over or not (account.is_active and account.email):
        return
    path = reverse("admin:records_changerequest_change", args=[request.pk])
    context = {"account": account, "request": request, "link": settings.SITE_URL + path}
    subject, body = mails.render("change_request", context)
    mails.attempt_to_account(
        account, account.email, subject, body, again=send_request_letter, args=(request_id,), tries=tries
    )
