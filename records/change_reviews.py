"""How a request is decided: taken by one reviewer, approved whole or field by field, returned, refused, or overtaken.

Every step locks the person, then the request, as proposals do, and compares the version that its doer saw; of two who
act at once one wins and the other is told. Nobody decides on an own request, and a value that somebody changed since
is overwritten only by a reviewer who was shown it.

The annotation line bears the proposer's name (SOP 6.7: the name of who edits; the reviewer agrees to it, the contact
spoke to the alumnus). The history row names the proposer as well, and the request's number with the reviewer as its
reason; the request keeps both for good.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .change_comparisons import Comparison, Standing, compared, fingerprint
from .change_requests import change_of, taken_sentence
from .changes import apply_changes
from .follow_ups import blank_refusal
from .identity_numbers import hide_national_ids
from .models import (
    WAITING,
    AcademicRecord,
    ChangeItem,
    ChangeRequest,
    ChangeRequestEvent,
    Disclosure,
    Person,
    Source,
)
from .policies import Decision, Denied, can_review_changes
from .programmes import Lists
from .storing import current_values
from .submissions import proposed_value

State, Step = ChangeRequest.State, ChangeRequestEvent.Step
HELD_FOR = datetime.timedelta(minutes=30)
# The decisions of which the proposer is told by letter, since something is left to do or to know.
TOLD = frozenset({Step.RETURNED, Step.REFUSED, Step.PARTLY, Step.OVERTAKEN})


class ReviewRefused(Exception):
    """A step that cannot be taken; its text is the sentence for who tried."""


def may_review(user: Any, request: ChangeRequest) -> Decision:
    """Whether a user may decide on a request at all: by role, and never on an own one."""
    allowed = can_review_changes(user)
    if allowed and request.proposed_by_id == user.pk:
        return Denied(gettext_lazy("這是您自己提出的申請，必須由其他同仁審核。"))
    return allowed


def holder(request: ChangeRequest, at: datetime.datetime) -> Any:
    """Who has taken a request and still has it: after half an hour it is free again. None: nobody."""
    is_held = request.state == State.TAKEN and request.taken_at > at - HELD_FOR
    return request.taken_by if is_held else None


def state_now(request: ChangeRequest, at: datetime.datetime) -> ChangeRequest.State:
    """The state as people read it: taken by nobody any more is waiting again."""
    is_free = request.state == State.TAKEN and holder(request, at) is None
    return State.SUBMITTED if is_free else State(request.state)


# --- steps --------------------------------------------------------------------------------------------------------
@transaction.atomic
def take(request_id: int, *, version: int, by: Any, at: datetime.datetime) -> ChangeRequest:
    """Keep a request for one reviewer, for half an hour."""
    request = _open(request_id, version, by, at)
    return _step(request, Step.TAKEN, by, at, state=State.TAKEN, taken_by=by, taken_at=at)


@transaction.atomic
def free(request_id: int, *, version: int, by: Any, at: datetime.datetime) -> ChangeRequest:
    """Put a request that one has taken back to the others."""
    request = _open(request_id, version, by, at)
    if request.state != State.TAKEN:
        raise ReviewRefused(_("這份申請沒有人在審核。"))
    return _step(request, Step.FREED, by, at, state=State.SUBMITTED, taken_by=None, taken_at=None)


@transaction.atomic
def approve(
    request_id: int,
    *,
    version: int,
    seen: str,
    items: Collection[int] | None,
    by: Any,
    at: datetime.datetime,
    answer: str = "",
) -> ChangeRequest:
    """Write the chosen fields (`items`: their ids; None: all that nobody changed since) and close the request.

    `seen` is the fingerprint of what the reviewer was shown. A field that somebody changed since is written only
    when it is named. What is left out is declined, which needs an answer to the proposer. Raises ReviewRefused."""
    request = _open(request_id, version, by, at)
    list(AcademicRecord.objects.select_for_update().filter(person=request.person_id).order_by("pk"))
    comparisons = compared(request, Lists.for_showing())
    if fingerprint(request, comparisons) != seen:
        raise ReviewRefused(_("資料在您審核的同時已有異動，沒有寫入任何內容；請重新核對後再決定。"))
    there, chosen, declined = _sorted(comparisons, items)
    if declined and not chosen:
        raise ReviewRefused(_("沒有勾選任何可以核准的欄位。"))
    if declined and not answer:
        raise ReviewRefused(_("有欄位沒有核准，請填寫審核意見，讓申請人知道原因。"))
    _write(request, chosen, by=by, at=at)
    _decide(there, ChangeItem.Decision.OVERTAKEN)
    _decide(chosen, ChangeItem.Decision.APPROVED)
    _decide(declined, ChangeItem.Decision.DECLINED)
    if not chosen:
        return _close(request, Step.OVERTAKEN, by, at, answer)
    return _close(request, Step.PARTLY if declined else Step.APPROVED, by, at, answer)


def _sorted(
    comparisons: list[Comparison], items: Collection[int] | None
) -> tuple[list[Comparison], list[Comparison], list[Comparison]]:
    """What is there already, what is approved, what is not."""
    there, chosen, declined = [], [], []
    for one in comparisons:
        is_chosen = one.standing is Standing.AS_BEFORE if items is None else one.item.pk in items
        if one.standing is Standing.THERE:
            there.append(one)
        else:
            (chosen if is_chosen else declined).append(one)
    return there, chosen, declined


@transaction.atomic
def give_back(request_id: int, *, version: int, by: Any, at: datetime.datetime, answer: str) -> ChangeRequest:
    """Return a request to its proposer with a reason."""
    return _decline(request_id, Step.RETURNED, version, by, at, answer)


@transaction.atomic
def refuse(request_id: int, *, version: int, by: Any, at: datetime.datetime, answer: str) -> ChangeRequest:
    """Refuse a request for good, with a reason."""
    return _decline(request_id, Step.REFUSED, version, by, at, answer)


@transaction.atomic
def overtake(
    request_id: int, *, version: int, by: Any, at: datetime.datetime, answer: str = ""
) -> ChangeRequest:
    """Close a request whose fields others have changed since: what is stored stays. Raises ReviewRefused while a
    field is still as the proposer saw it."""
    request = _open(request_id, version, by, at)
    comparisons = compared(request, Lists.for_showing())
    if any(one.standing is Standing.AS_BEFORE for one in comparisons):
        raise ReviewRefused(_("還有欄位沒有被其他異動取代，請核准、退回或不予核准。"))
    _decide(comparisons, ChangeItem.Decision.OVERTAKEN)
    return _close(request, Step.OVERTAKEN, by, at, answer)


@transaction.atomic
def withdraw(request_id: int, *, version: int, by: Any, at: datetime.datetime) -> ChangeRequest:
    """Take back an own request that nobody has decided, or that came back."""
    request = _locked(request_id, version)
    if request.proposed_by_id != by.pk:
        raise ReviewRefused(_("只有申請人可以撤回申請。"))
    if not (request.is_waiting or request.state == State.RETURNED):
        raise ReviewRefused(_("這份申請目前是「%(state)s」。") % {"state": request.get_state_display()})
    _forget(request)
    return _step(request, Step.WITHDRAWN, by, at, state=State.WITHDRAWN, taken_by=None, taken_at=None)


# --- behind the steps ---------------------------------------------------------------------------------------------
def _locked(request_id: int, version: int) -> ChangeRequest:
    """The request with its person, both locked until the transaction ends."""
    person = Person.objects.select_for_update(of=("self",)).get(change_requests=request_id)
    request = ChangeRequest.objects.select_for_update().get(pk=request_id)
    request.person = person
    if request.version != version:
        last = request.events.exclude(step=Step.EVIDENCE_TAKEN).select_related("by").last()
        text = _("這份申請在您處理的同時已經改變（%(time)s %(name)s：%(step)s），這次的動作沒有生效。")
        words = {
            "name": last.by.display_name,
            "time": f"{timezone.localtime(last.at):%Y-%m-%d %H:%M}",
            "step": last.get_step_display(),
        }
        raise ReviewRefused(text % words)
    return request


def _open(request_id: int, version: int, by: Any, at: datetime.datetime) -> ChangeRequest:
    """The request, locked, when `by` may decide on it now."""
    request = _locked(request_id, version)
    allowed = may_review(by, request)
    if not allowed:
        raise ReviewRefused(str(allowed.reason))
    if request.state not in WAITING:
        raise ReviewRefused(_("這份申請目前是「%(state)s」。") % {"state": request.get_state_display()})
    other = holder(request, at)
    if other is not None and other.pk != by.pk:
        until = timezone.localtime(request.taken_at + HELD_FOR)
        text = _("%(name)s 正在審核這份申請（至 %(time)s），請稍後再試。")
        raise ReviewRefused(text % {"name": other.display_name, "time": f"{until:%H:%M}"})
    return request


def _write(request: ChangeRequest, chosen: list[Comparison], *, by: Any, at: datetime.datetime) -> None:
    """Through the one door, over exactly what the reviewer saw."""
    person = request.person
    values = {one.item.attribute: one.item.proposed for one in chosen if one.item.record is None}
    if refusal := _refusal(person, values, at):
        raise ReviewRefused(refusal)
    stored = current_values(person)
    fields = [
        (
            one.item.record,
            one.item.attribute,
            proposed_value(one.item, request),
            stored["national_id"] if one.item.attribute == "national_id" else one.raw,
        )
        for one in chosen
    ]
    if not fields:
        return
    words = _("異動申請 %(number)s，審核：%(name)s") % {"number": request.number, "name": by.display_name}
    try:
        with transaction.atomic():
            [applied] = apply_changes(
                [change_of(person, fields)],
                editor=request.proposed_by,
                source=Source.REVIEW,
                at=at,
                reason=words,
            )
    except IntegrityError as error:  # somebody else wrote the same number between our look and our commit
        raise ReviewRefused(_("剛才有人異動了相同的資料，沒有寫入任何內容；請再試一次。")) from error
    if applied.stale:
        raise ReviewRefused("".join(taken_sentence(name) for name in applied.stale))


def _refusal(person: Person, values: dict[str, str], at: datetime.datetime) -> str:
    """Why these values are not written today although somebody proposed them once (SOP 6.9, 6.10), else ""."""
    if "accepts_messages" in values and person.objections.filter(ended_on__isnull=True).exists():
        return _("這位校友已反應不願接受訊息，只有校友本人的新意願可以改變。")
    return "".join(blank_refusal(person, name, at=at) for name, value in values.items() if not value)


def _decide(comparisons: Iterable[Comparison], decision: ChangeItem.Decision) -> None:
    for one in comparisons:
        one.item.decision = decision
        one.item.found = _found(one)
        one.item.save(update_fields=["decision", "found"])


def _found(one: Comparison) -> str:
    """What stood there when it was decided; of a national ID the mask."""
    return one.current if one.item.attribute == "national_id" else one.raw


def _decline(
    request_id: int, step: Step, version: int, by: Any, at: datetime.datetime, answer: str
) -> ChangeRequest:
    request = _open(request_id, version, by, at)
    if not answer:
        raise ReviewRefused(_("請填寫審核意見，讓申請人知道原因。"))
    _decide(compared(request, Lists.for_showing()), ChangeItem.Decision.DECLINED)
    return _close(request, step, by, at, answer)


def _close(request: ChangeRequest, step: Step, by: Any, at: datetime.datetime, answer: str) -> ChangeRequest:
    _forget(request)
    answer = hide_national_ids(answer)[:500]
    decided = {"decided_by": by, "decided_at": at, "answer": answer}
    closed = _step(
        request, step, by, at, note=answer, state=State(step), taken_by=None, taken_at=None, **decided
    )
    if step in TOLD:
        import_string(settings.WRITE_TO_PROPOSER)(closed)
    return closed


def _forget(request: ChangeRequest) -> None:
    """A national ID that was proposed is kept only as long as it waits."""
    request.items.update(sealed=None, before_digest="", proposed_digest="")


def _step(
    request: ChangeRequest, step: Step, by: Any, at: datetime.datetime, note: str = "", **values: Any
) -> ChangeRequest:
    """Change the locked request and record it."""
    ChangeRequest.objects.filter(pk=request.pk).update(**values, version=F("version") + 1)
    request.events.create(step=step, by=by, at=at, note=note)
    return ChangeRequest.objects.get(pk=request.pk)


@transaction.atomic
def note_evidence_taken(
    request: ChangeRequest, *, by: Any, at: datetime.datetime, address: str | None
) -> None:
    """Record, before it goes out, who downloads a paper of a request: among its steps and in the trail of
    disclosures. `address` is where the download goes to."""
    request.events.create(step=Step.EVIDENCE_TAKEN, by=by, at=at)
    Disclosure.objects.create(
        user=by,
        kind=Disclosure.Kind.EVIDENCE,
        at=at,
        address=address,
        row_count=1,
        detail=_("異動申請 %(number)s 的佐證檔") % {"number": request.number},
    )
