"""How a step of an application is taken (SOP 6.4): the table of moves, who may, and the one way to change it.

Every step is a compare-and-set on the state and version that its doer saw, leaves one ApplicationEvent, and is
mailed to the applicant; of two who act at once one wins and the other is told.
"""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.policies import Allowed, Decision, Denied, can_approve_applications, can_check_applications

from .application_links import send_letter
from .models import AccountApplication, ApplicationEvent, User

State, Step = AccountApplication.State, ApplicationEvent.Step

BETWEEN = "\n"  # the parts of ApplicationEvent.handler
EDITABLE = frozenset({State.DRAFT, State.RETURNED})
WITH_CENTER = frozenset({State.SUBMITTED, State.RECEIVED, State.CHECKED, State.APPROVED})
# Step: the states it starts from, and the one it leads to (None: the state stays).
MOVES: Mapping[Step, tuple[frozenset[State], State | None]] = {
    Step.SUBMITTED: (EDITABLE, State.SUBMITTED),
    Step.SCANNED: (frozenset({State.SUBMITTED}), None),
    Step.RECEIVED: (frozenset({State.SUBMITTED}), State.RECEIVED),
    Step.CHECKED: (frozenset({State.RECEIVED}), State.CHECKED),
    Step.APPROVED: (frozenset({State.CHECKED}), State.APPROVED),
    Step.OPENED: (frozenset({State.APPROVED}), State.OPENED),
    Step.RETURNED: (WITH_CENTER, State.RETURNED),
    Step.REFUSED: (WITH_CENTER, State.REFUSED),
    Step.WITHDRAWN: (EDITABLE | WITH_CENTER, State.WITHDRAWN),
    Step.LINKED: (EDITABLE | WITH_CENTER, None),
    Step.SCAN_TAKEN: (frozenset(State), None),
    Step.PRINTED: (frozenset(State), None),
}
# The steps that the applicant is told of.
MAILED = frozenset(
    {Step.BEGUN, Step.ENTERED, Step.SUBMITTED, Step.RECEIVED, Step.CHECKED, Step.APPROVED, Step.OPENED}
)
MAILED |= {Step.RETURNED, Step.REFUSED, Step.WITHDRAWN, Step.LINKED}
# What nobody but the applicant asked for may write to the same person, and be asked for by one source, so often:
# whoever fills in the public form can name any address. The answer is the same without a letter.
LETTERS_TO_ADDRESS, ADDRESS_WINDOW = 5, datetime.timedelta(days=1)
LETTERS_FROM_SOURCE, SOURCE_WINDOW = 60, datetime.timedelta(hours=1)


class StepRefused(Exception):
    """A step that cannot be taken; its text is the sentence for who tried."""


def may(user: Any, step: Step, application: AccountApplication) -> Decision:
    """Whether `user` may take this step of this application now: role, state, and nobody decides on an own
    application; checking and approving are two people's (SOP 6.4)."""
    allowed = (can_approve_applications if step == Step.APPROVED else can_check_applications)(user)
    if not allowed:
        return allowed
    if application.state not in MOVES[step][0]:
        return Denied(_("這份申請目前是「%(state)s」。") % {"state": application.get_state_display()})
    if is_own(user, application):
        return Denied(gettext_lazy("這是您自己的申請，必須由其他同仁處理。"))
    earlier = (application.entered_by_id, application.received_by_id, application.checked_by_id)
    if step == Step.APPROVED and user.pk in earlier:
        return Denied(gettext_lazy("代為登錄、登記收件或查核這份申請的人不能核定，請由另一位主任核定。"))
    return Allowed()


def is_own(user: Any, application: AccountApplication) -> bool:
    """Whether the application is the user's own: the same e-mail, account name or name. The user's are also those
    with which steps were taken before: who changes them is still the same person."""
    theirs = {_folded(user.email), _folded(user.username), _folded(user.display_name)}
    for handler in ApplicationEvent.objects.filter(by=user).values_list("handler", flat=True).distinct():
        theirs |= {_folded(part) for part in handler.split(BETWEEN)}
    asked = {_folded(text) for text in (application.email, application.username, application.person_name)}
    return bool((theirs & asked) - {""})


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def step_of_center(
    application: AccountApplication, step: Step, *, by: User, request: HttpRequest, **details: Any
) -> None:
    """Take a step as somebody of the center; raises StepRefused with the reason when `may` says no."""
    allowed = may(by, step, application)
    if not allowed:
        raise StepRefused(str(allowed.reason))
    advance(application, step, by=by, request=request, **details)


@transaction.atomic
def advance(
    application: AccountApplication,
    step: Step,
    *,
    request: HttpRequest,
    by: User | None = None,
    reason: str = "",
    note: str = "",
    **values: Any,
) -> None:
    """Take a step of the table MOVES: change, record, mail. Raises StepRefused when somebody was first."""
    sources, target = MOVES[step]
    compare_and_set(application, sources, values | ({"state": target} if target else {}))
    record(application, step, by=by, request=request, reason=reason, note=note)


def compare_and_set(
    application: AccountApplication, sources: Iterable[State], values: Mapping[str, Any]
) -> None:
    """Change an application that is as its doer saw it; raises StepRefused, naming who was first, when not."""
    unchanged = AccountApplication.objects.filter(
        pk=application.pk, version=application.version, state__in=sources
    )
    changed = unchanged.update(**values, version=F("version") + 1, changed_at=timezone.now())
    application.refresh_from_db()
    if not changed:
        last = application.events.select_related("by").last()
        words = {
            "name": last.by.display_name if last.by else _("申請人"),
            "time": f"{timezone.localtime(last.at):%Y-%m-%d %H:%M}",
            "step": last.get_step_display(),
        }
        text = _("這份申請在您處理的同時已經改變（%(time)s %(name)s：%(step)s），這次的動作沒有生效。")
        raise StepRefused(text % words)


def record(
    application: AccountApplication,
    step: Step,
    *,
    request: HttpRequest,
    by: User | None = None,
    reason: str = "",
    note: str = "",
) -> None:
    """Write one line of the history: `reason` is told to the applicant, `note` is the center's own. Steps in
    MAILED are told to the applicant by the worker once the running transaction is committed."""
    address = request.META.get("REMOTE_ADDR") or None
    is_mailed = step in MAILED and (by is not None or _may_write(application, address))
    application.events.create(
        step=step,
        by=by,
        handler=BETWEEN.join((by.display_name, by.username, by.email)) if by is not None else "",
        address=address,
        reason=reason[:500],
        note=note[:500],
        mailed_to=application.email if is_mailed else "",
    )
    if is_mailed:
        transaction.on_commit(partial(send_letter.enqueue, application.pk, str(step), reason))


def _may_write(application: AccountApplication, address: str | None) -> bool:
    """Whether a letter that nobody of the center asked for may still go to this person from this source."""
    now = timezone.now()
    letters = ApplicationEvent.objects.filter(by=None).exclude(mailed_to="")
    to_address = letters.filter(mailed_to__iexact=application.email, at__gte=now - ADDRESS_WINDOW)
    from_source = letters.filter(address=address, at__gte=now - SOURCE_WINDOW)
    return to_address.count() < LETTERS_TO_ADDRESS and from_source.count() < LETTERS_FROM_SOURCE
