"""不願接受母校訊息: recorded as the alumnus said it, ended only by the alumnus' own later wish (SOP 6.9).

Both are acts of their own with date, channel, exact words and, where there is one, a file as evidence; the door writes
the annotation line, turns 是否願意接受母校訊息, and lets nothing else turn it.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import evidence as files
from .annotations_editing import clean_words
from .changes import NewObjection, PersonChange, Withdrawal, apply_changes
from .field_policy import Way, ways_of
from .models import MessageObjection, Person, ReviewMode, Source
from .policies import Allowed, Decision, Denied

WORDS_LIMIT, OTHER_LIMIT = 300, 60
Teller = MessageObjection.Teller
# A file is no channel for somebody who speaks with an alumnus.
CHANNELS = tuple(c for c in MessageObjection.Channel.choices if c[0] != MessageObjection.Channel.FILE)


def open_objection(person: Person) -> MessageObjection | None:
    """The objection that stands, or None."""
    return person.objections.filter(ended_on=None).select_related("recorded_by").first()


def may_withdraw(user: Any) -> Decision:
    """Whether a user may record that an objection is over. An objection counts at once, whoever records it; its end
    goes the way of the answer 是, and what waits for the center is recorded by the center (`field_policy`)."""
    way = ways_of(user, strict=ReviewMode.is_strict_now())["accepts_messages"]
    if way is Way.AT_ONCE:
        return Allowed()
    return Denied(gettext_lazy("目前異動一律送審，撤回請洽校友服務中心登錄。"))


def record(
    person: Person,
    *,
    on: datetime.date,
    channel: str,
    words: str,
    told_by: str = Teller.SELF,
    told_by_other: str = "",
    evidence: File | None = None,
    editor: Any,
    at: datetime.datetime,
    source: Source = Source.ADMIN,
) -> None:
    """Record that the alumnus does not want messages: 否, with the line 該校友反應不願意接受母校訊息. `told_by_other`
    says who told it when `told_by` is OTHER.

    Raises ValidationError by field (`on`, `channel`, `words`, `told_by`, `told_by_other`, `evidence`), or without one
    when an objection stands already.
    """
    told = _checked(on, channel, words, at)
    other = _checked_teller(told_by, told_by_other)
    if open_objection(person):
        raise ValidationError(_("這位校友已登錄不願接受訊息，不必重複登錄。"))
    later = person.objections.aggregate(Max("ended_on"))["ended_on__max"]
    if later and on < later:
        raise ValidationError(
            {"on": _("校友在 %(day)s 已表示願意接受；只有後來的意願才能改變。") % {"day": later.isoformat()}}
        )
    wish = NewObjection(on, channel, told, told_by=told_by, told_by_other=other)
    _write(person, "objection", wish, evidence, editor=editor, at=at, source=source)


def withdraw(
    person: Person,
    *,
    on: datetime.date,
    channel: str,
    words: str,
    evidence: File | None = None,
    editor: Any,
    at: datetime.datetime,
    source: Source = Source.ADMIN,
) -> None:
    """Record that the alumnus wants messages again: 是, with the line 該校友反應願意接受母校訊息.

    Raises ValidationError by field, or without one when no objection stands.
    """
    told = _checked(on, channel, words, at)
    standing = open_objection(person)
    if standing is None:
        raise ValidationError(_("這位校友目前沒有登錄不願接受訊息。"))
    if on < standing.objected_on:
        raise ValidationError(
            {
                "on": _("撤回日期不可早於反應日期 %(day)s；只有校友後來的意願才能撤回。")
                % {"day": standing.objected_on.isoformat()}
            }
        )
    _write(person, "withdrawal", Withdrawal(on, channel, told), evidence, editor=editor, at=at, source=source)


def _checked(on: datetime.date, channel: str, words: str, at: datetime.datetime) -> str:
    """The words, tidied; raises ValidationError for what cannot have been."""
    if on > timezone.localdate(at):
        raise ValidationError({"on": _("日期不可在今天之後。")})
    if channel not in dict(CHANNELS):
        raise ValidationError({"channel": _("請選擇校友以什麼管道告知。")})
    return clean_words(words, WORDS_LIMIT, field="words")


def _checked_teller(told_by: str, other: str) -> str:
    """Who else told it, tidied, "" when alumnus or family did; raises ValidationError for nobody."""
    if told_by not in Teller.values:
        raise ValidationError({"told_by": _("請選擇是誰告知。")})
    if told_by != Teller.OTHER:
        return ""
    return clean_words(other, OTHER_LIMIT, field="told_by_other")


def _write(
    person: Person,
    kind: str,
    wish: NewObjection | Withdrawal,
    evidence: File | None,
    *,
    editor: Any,
    at: datetime.datetime,
    source: Source,
) -> None:
    """Through the door; the stored file goes again when nothing was written."""
    with files.stored_for(_checked_paper(evidence)) as stored:
        wish.evidence = stored.use()
        change = PersonChange(person.pk, {}, **{kind: wish})
        [applied] = apply_changes([change], editor=editor, source=source, at=at)
        if applied.stale:
            raise ValidationError(_("剛才已有他人異動這位校友的訊息意願，請重新檢視後再登錄。"))


def _checked_paper(evidence: File | None) -> files.Scan | None:
    if evidence is None:
        return None
    try:
        return files.check(evidence.file, evidence.size)
    except ValidationError as error:
        raise ValidationError({"evidence": error.messages}) from error
