"""What waits for the center: the proposed fields as a ChangeRequest; and what is handed in for one that waits already
(補件).

`change_requests.propose` decides which fields wait and has locked the person, as every review does
(`change_reviews`): nobody decides on a request while something comes to it.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import F
from django.utils.translation import gettext as _

from .encryption import digest, seal, unseal
from .evidence import Stored, are_alike
from .identity_numbers import hide_national_ids
from .models import WAITING, AcademicRecord, ChangeItem, ChangeRequest, ChangeRequestEvent, Person, Source
from .values import mask_national_id

State, Step = ChangeRequest.State, ChangeRequestEvent.Step
# So that nobody fills the inbox or the disk: of one account about one person, and of one request.
MOST_WAITING, MOST_SUPPLEMENTS = 20, 10
Key = tuple[int | None, str]  # degree (None: the person) and attribute


class NotTaken(Exception):
    """Too much waits already; the text is the sentence for who proposes."""


class Submission(NamedTuple):
    """A waiting request and what was done with it: made, given further papers or words, or (neither) found to say
    the same already."""

    request: ChangeRequest
    is_new: bool = False
    is_supplemented: bool = False


@dataclass(slots=True)
class ProposedField:
    """One field of a proposal beside what is stored; canonical text, of a national ID the mask."""

    attribute: str
    record: AcademicRecord | None
    value: str
    before: str
    now: str
    now_digest: str = ""  # of a national ID

    @property
    def key(self) -> Key:
        return self.record.pk if self.record else None, self.attribute

    @property
    def name(self) -> str:
        return f"{self.record.pk}.{self.attribute}" if self.record else self.attribute

    @property
    def is_unchanged(self) -> bool:
        if self.attribute == "national_id" and self.value:
            return digest(self.value) == self.now_digest
        return self.value == self.now

    @property
    def shown(self) -> str:
        return mask_national_id(self.value) if self.attribute == "national_id" else self.value


def submit(
    person: Person,
    fields: list[ProposedField],
    *,
    editor: Any,
    source: Source,
    at: datetime.datetime,
    words: str,
    paper: Stored,
) -> Submission:
    """Keep the fields for review; what the editor proposed before and still waits is supplemented instead. The person
    is locked. Raises NotTaken."""
    words = hide_national_ids(words)[:500]
    own = ChangeRequest.objects.filter(person=person, proposed_by=editor).order_by("pk")
    waiting = list(own.filter(state__in=WAITING).select_for_update().prefetch_related("items"))
    wanted = {one.key: one.value for one in fields}
    for request in waiting:
        if wanted == {_key(item): proposed_value(item, request) for item in request.items.all()}:
            return Submission(request, is_supplemented=_supplement(request, editor, at, words, paper))
    if len(waiting) >= MOST_WAITING:
        raise NotTaken(
            _("您為這位校友提出的申請已有 %(count)d 件等待審核，請待審核後再提出；這次的內容沒有保留。")
            % {"count": len(waiting)}
        )
    request = ChangeRequest.objects.create(
        person=person, source=source, reason=words, proposed_by=editor, proposed_at=at
    )
    ChangeItem.objects.bulk_create(_item(request, one) for one in fields)
    evidence = paper.use() if paper.name else ""
    request.events.create(step=Step.SUBMITTED, by=editor, at=at, note=words, evidence=evidence)
    for returned in own.filter(state=State.RETURNED, succeeded_by=None).prefetch_related("items"):
        if any(_key(item) in wanted for item in returned.items.all()):
            ChangeRequest.objects.filter(pk=returned.pk).update(succeeded_by=request)
    return Submission(request, is_new=True)


def _supplement(request: ChangeRequest, by: Any, at: datetime.datetime, words: str, paper: Stored) -> bool:
    """Add another paper or other words to a request; whether there was anything that it had not. Its version goes up,
    so that nobody decides who has not seen them."""
    brought = list(request.events.filter(step__in=(Step.SUBMITTED, Step.SUPPLEMENTED)))
    has_words = bool(words) and words not in {event.note for event in brought}
    kept = [event.evidence.name for event in brought if event.evidence]
    has_paper = bool(paper.name) and not any(are_alike(paper.name, name) for name in kept)
    if not (has_words or has_paper):
        return False
    if len(brought) > MOST_SUPPLEMENTS:
        raise NotTaken(
            _("申請 %(number)s 已補件 %(count)d 次，請待審核後再補；這次的說明與佐證檔沒有保留。")
            % {"number": request.number, "count": MOST_SUPPLEMENTS}
        )
    request.events.create(
        step=Step.SUPPLEMENTED,
        by=by,
        at=at,
        note=words if has_words else "",
        evidence=paper.use() if has_paper else "",
    )
    ChangeRequest.objects.filter(pk=request.pk).update(version=F("version") + 1)
    request.refresh_from_db(fields=["version"])
    return True


def _key(item: ChangeItem) -> Key:
    return item.record_id, item.attribute


def _item(request: ChangeRequest, one: ProposedField) -> ChangeItem:
    item = ChangeItem(
        request=request, record=one.record, attribute=one.attribute, before=one.now, proposed=one.shown
    )
    if one.attribute == "national_id":
        item.before_digest = one.now_digest
        if one.value:
            item.sealed, item.proposed_digest = seal(one.value, _context(request)), digest(one.value)
    return item


def _context(request: ChangeRequest) -> str:
    """What a sealed national ID is bound to (security.md §8)."""
    return f"changerequest.national_id:{request.pk}"


def proposed_value(item: ChangeItem, request: ChangeRequest) -> str:
    """The canonical value that an item of a waiting request proposes, a national ID in clear: for the door only."""
    return unseal(item.sealed, _context(request)) if item.sealed else item.proposed
