"""What must always hold of change requests, for `manage.py verify` (settings.VERIFIED).

A request stands where its steps led, its fields were decided as it was, and its papers and sealed numbers are there as
long as they have to be."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator

from django.core.files.storage import default_storage
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .encryption import DamagedValue, digest
from .models import WAITING, AcademicRecord, ChangeItem, ChangeRequest, ChangeRequestEvent, Person
from .submissions import proposed_value
from .verification import ROWS_PER_FETCH, Invariant

State, Step, Decision = ChangeRequest.State, ChangeRequestEvent.Step, ChangeItem.Decision
# A step and the state to which it leads; a further paper and the download of one lead nowhere.
_LEADS_TO = {
    step.value: step.value for step in Step if step not in (Step.EVIDENCE_TAKEN, Step.SUPPLEMENTED)
} | {Step.FREED.value: State.SUBMITTED.value}
# What has to stand among the decisions on the fields, and what may.
_DECIDED: dict[str, tuple[set[str], set[str]]] = {
    State.SUBMITTED: (set(), {""}),
    State.TAKEN: (set(), {""}),
    State.APPROVED: ({Decision.APPROVED}, {Decision.APPROVED, Decision.OVERTAKEN}),
    State.PARTLY: ({Decision.APPROVED, Decision.DECLINED}, set(Decision.values)),
    State.RETURNED: ({Decision.DECLINED}, {Decision.DECLINED}),
    State.REFUSED: ({Decision.DECLINED}, {Decision.DECLINED}),
    State.OVERTAKEN: ({Decision.OVERTAKEN}, {Decision.OVERTAKEN}),
    State.WITHDRAWN: (set(), {"", Decision.DECLINED}),
}
_BY_REVIEW = (State.APPROVED, State.PARTLY, State.RETURNED, State.REFUSED, State.OVERTAKEN)


def check_steps(at: datetime.datetime) -> Iterator[str]:
    """State, reviewer and times of a request are those of its steps; the first is the proposer's."""
    return _faults("events", _faults_of_steps)


def _faults(related: str, faults_of: Callable[[ChangeRequest], Iterator[str]]) -> Iterator[str]:
    """What is wrong with the requests, asked of each with its `related` rows. These come with a second query, and a
    reviewer may take a step before it: what looks wrong is asked again until nobody did."""
    requests = ChangeRequest.objects.prefetch_related(related)
    for request in requests.order_by("pk").iterator(chunk_size=ROWS_PER_FETCH):
        while found := list(faults_of(request)):
            again = requests.get(pk=request.pk)
            if again.version == request.version:
                yield from found
                break
            request = again


def _faults_of_steps(request: ChangeRequest) -> Iterator[str]:
    steps = [event for event in request.events.all() if event.step in _LEADS_TO]
    if not steps or steps[0].step != Step.SUBMITTED:
        yield _("異動申請 %(number)s 沒有提出的紀錄。") % {"number": request.number}
        return
    first, last = steps[0], steps[-1]
    if (first.by_id, first.at) != (request.proposed_by_id, request.proposed_at):
        yield _("異動申請 %(number)s 的申請人或申請時間與歷程不符。") % {"number": request.number}
    if _LEADS_TO[last.step] != request.state:
        yield _("異動申請 %(number)s 是「%(state)s」，歷程卻停在「%(step)s」。") % {
            "number": request.number,
            "state": request.get_state_display(),
            "step": last.get_step_display(),
        }
    elif (last.by_id, last.at) not in _doers(request, last):
        yield _("異動申請 %(number)s 的審核人或審核時間與歷程不符。") % {"number": request.number}


def _doers(
    request: ChangeRequest, last: ChangeRequestEvent
) -> list[tuple[int | None, datetime.datetime | None]]:
    """Who may have taken the last step, and when, by what the request itself says."""
    if request.state == State.TAKEN:
        return [(request.taken_by_id, request.taken_at)]
    if request.state in _BY_REVIEW:
        return [(request.decided_by_id, request.decided_at)]
    return [(last.by_id, last.at)]


def check_doers(at: datetime.datetime) -> Iterator[str]:
    """Nobody decides on an own request; who proposed and whom it is about is there."""
    own = ChangeRequest.objects.filter(decided_by=F("proposed_by"))
    for request in _in_order(own):
        yield _("異動申請 %(number)s 由申請人自己審核。") % {"number": request.number}
    accounts = ChangeRequest._meta.get_field("proposed_by").related_model.objects
    for name, people, sentence in (
        ("person_id", Person.objects, _("異動申請 %(number)s 的校友已不存在。")),
        ("proposed_by_id", accounts, _("異動申請 %(number)s 的申請人已不存在。")),
    ):
        for request in _in_order(ChangeRequest.objects.exclude(Exists(people.filter(pk=OuterRef(name))))):
            yield sentence % {"number": request.number}
    nameless = ChangeRequest.objects.filter(state__in=WAITING).exclude(
        Exists(AcademicRecord.objects.filter(person=OuterRef("person_id")))
    )
    for request in _in_order(nameless):
        yield _("異動申請 %(number)s 仍在等待審核，校友卻已沒有學籍身分。") % {"number": request.number}


def check_fields(at: datetime.datetime) -> Iterator[str]:
    """Every request is about at least one field, each decided as the request was, of a degree of its person."""
    yield from _faults("items", _faults_of_fields)
    foreign = ChangeItem.objects.filter(record__isnull=False).exclude(record__person=F("request__person"))
    for item in foreign.order_by("pk").select_related("request").iterator(chunk_size=ROWS_PER_FETCH):
        yield _("異動申請 %(number)s 的學籍身分屬於另一位校友。") % {"number": item.request.number}


def _faults_of_fields(request: ChangeRequest) -> Iterator[str]:
    decisions = {item.decision for item in request.items.all()}
    if not decisions:
        yield _("異動申請 %(number)s 沒有任何欄位。") % {"number": request.number}
        return
    needed, possible = _DECIDED[request.state]
    if not needed <= decisions <= possible:
        yield _("異動申請 %(number)s 是「%(state)s」，欄位的結果卻不是如此。") % {
            "number": request.number,
            "state": request.get_state_display(),
        }


def check_sealed_numbers(at: datetime.datetime) -> Iterator[str]:
    """A proposed national ID can be opened while it waits and agrees with its digest; afterwards it is gone."""
    left = ChangeItem.objects.exclude(request__state__in=WAITING).exclude(sealed=None, proposed_digest="")
    for item in left.order_by("pk").select_related("request").iterator(chunk_size=ROWS_PER_FETCH):
        yield _("異動申請 %(number)s 已結案，卻仍留有身分證字號。") % {"number": item.request.number}
    waiting = ChangeItem.objects.filter(request__state__in=WAITING, attribute="national_id")
    waiting = waiting.exclude(proposed="")
    for item in waiting.order_by("pk").select_related("request").iterator(chunk_size=ROWS_PER_FETCH):
        if not _opens(item):
            yield _("異動申請 %(number)s 的身分證字號無法解開，或與其比對值不符。") % {
                "number": item.request.number
            }


def _opens(item: ChangeItem) -> bool:
    try:
        return bool(item.sealed) and digest(proposed_value(item, item.request)) == item.proposed_digest
    except DamagedValue:
        return False


def check_papers(at: datetime.datetime) -> Iterator[str]:
    """The papers of a request can be read."""
    events = ChangeRequestEvent.objects.exclude(evidence="").select_related("request").order_by("pk")
    for event in events.iterator(chunk_size=ROWS_PER_FETCH):
        if not default_storage.exists(event.evidence.name):
            yield _("異動申請 %(number)s 的佐證檔已不存在。") % {"number": event.request.number}


def check_successors(at: datetime.datetime) -> Iterator[str]:
    """A request is succeeded by a later one of the same proposer about the same person."""
    succeeded = ChangeRequest.objects.filter(succeeded_by__isnull=False)
    is_right = Q(
        succeeded_by__person=F("person"),
        succeeded_by__proposed_by=F("proposed_by"),
        succeeded_by__proposed_at__gte=F("proposed_at"),
        state__in=(State.RETURNED, State.WITHDRAWN),
    ) & ~Q(succeeded_by=F("pk"))
    for request in _in_order(succeeded.exclude(pk__in=succeeded.filter(is_right).values("pk"))):
        yield _("異動申請 %(number)s 的後續申請不是同一位申請人對同一位校友提出的。") % {
            "number": request.number
        }


def _in_order(requests: QuerySet[ChangeRequest]) -> Iterator[ChangeRequest]:
    return requests.order_by("pk").iterator(chunk_size=ROWS_PER_FETCH)


INVARIANTS = (
    Invariant(gettext_lazy("異動申請的狀態與歷程一致"), check_steps),
    Invariant(gettext_lazy("異動申請都有申請人與校友，且不由本人審核"), check_doers),
    Invariant(gettext_lazy("異動申請的欄位都依結果處理"), check_fields),
    Invariant(gettext_lazy("送審的身分證字號可解開，結案後不留存"), check_sealed_numbers),
    Invariant(gettext_lazy("異動申請的佐證檔都在"), check_papers),
    Invariant(gettext_lazy("異動申請的後續申請相符"), check_successors),
)
