"""電話補正 (SOP 6.10): asking by telephone for required data that is missing.

The one door opens and closes the items (`records.changes`); here they are assigned, telephoned, and declared
unreachable. One call asks for everything that is missing of a person, so all this goes by person. Whoever reaches a
person may know *that* a required field is blank, also one whose content the role may not read: the procedure has the
departments ask for it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from . import policies
from .bulk import KEYS_PER_STATEMENT, batched
from .columns import BY_ATTRIBUTE
from .models import AcademicRecord, CallAttempt, Department, FollowUp, Person, Unreachable
from .rights import CENTER, CONTACT, Reach, reach_of
from .values import clean_mobile, clean_phone, hide_national_ids

Outcome = CallAttempt.Outcome
# Somebody can be asked again once one of these is known anew.
REACHING = frozenset({"phone", "mobile", "other_phones", "email", "other_emails", "address", "other_address"})
NUMBERS = ("mobile", "phone", "other_phones")
_DOUBLE_CLICK = datetime.timedelta(seconds=30)


# --- what there is to do ----------------------------------------------------------------------------------------
def visible_to(user: Any) -> QuerySet[FollowUp]:
    """The items, open and closed, of the people a user reaches."""
    if not policies.can_follow_up(user):
        return FollowUp.objects.none()
    if reach_of(user) is Reach.ALL:
        return FollowUp.objects.all()
    return FollowUp.objects.filter(person__in=Person.objects.visible_to(user).values("pk"))


def work_list(user: Any) -> QuerySet[FollowUp]:
    """`visible_to` with `is_unreachable`, `called_at` and `call_outcome` (those of the last call)."""
    calls = CallAttempt.objects.filter(person=OuterRef("person")).order_by("-at", "-pk")
    gone = Unreachable.objects.filter(person=OuterRef("person"), ended_at=None)
    return visible_to(user).annotate(
        is_unreachable=Exists(gone),
        called_at=Subquery(calls.values("at")[:1]),
        call_outcome=Subquery(calls.values("outcome")[:1]),
    )


def waiting(items: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    """Of these, what somebody has to telephone for: still missing, and the person not declared unreachable."""
    gone = Unreachable.objects.filter(ended_at=None).values("person")
    return items.filter(closed_at=None).exclude(person__in=gone)


def due(items: QuerySet[FollowUp], on: datetime.date) -> QuerySet[FollowUp]:
    """Of these, what is to be tried on that day or was to be tried before."""
    return waiting(items).filter(next_try__lte=on)


def open_items(person: Person) -> list[FollowUp]:
    """What is missing of a person now, also while the person counts as unreachable."""
    return list(person.follow_ups.filter(closed_at=None).select_related("assigned_to"))


def blank_refusal(person: Person, attribute: str, *, at: datetime.datetime) -> str:
    """Why an edit may not leave a required field blank (SOP 6.10): "" when it may, because somebody tried to ask by
    telephone today (in Taipei) or the center has declared the person unreachable."""
    column = BY_ATTRIBUTE.get(attribute)
    if column is None or not column.is_required:
        return ""
    if attribute == "chinese_name":
        return _("中文姓名不可空白。")
    day = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    called = person.call_attempts.filter(at__gte=day, at__lt=day + datetime.timedelta(days=1))
    if called.exists() or person.unreachable.filter(ended_at=None).exists():
        return ""
    return _("「%(field)s」為必填；尚無資料時，請先以電話詢問並登錄今天的通話，才能留白儲存。") % {
        "field": column.header
    }


# --- telephoning ------------------------------------------------------------------------------------------------
def numbers_of(person: Person, user: Any) -> list[str]:
    """The numbers of a person that a user may read, mobile first, none twice."""
    texts = [getattr(person, name) for name in NUMBERS if policies.may_read(user, name)]
    numbers = [part.strip() for text in texts for part in text.replace("、", ",").split(",")]
    return list(dict.fromkeys(filter(None, numbers)))


def calls_to(person: Person, user: Any) -> list[tuple[CallAttempt, str]]:
    """The logged calls to a person, newest first, each with its note as far as a user may read it: of free words a
    contact reads the own ones (`rights`)."""
    if not policies.can_follow_up(user):
        return []
    reads_all = policies.may_read(user, "annotations")
    calls = person.call_attempts.select_related("by")
    return [(call, call.note if reads_all or call.by_id == user.pk else "") for call in calls]


def log_call(
    follow_up: FollowUp,
    *,
    by: Any,
    at: datetime.datetime,
    number: str,
    outcome: str,
    note: str = "",
    next_try: datetime.date | None = None,
) -> CallAttempt:
    """Log a telephone attempt for an item that is still missing, and with it for all that is missing of the person.
    Raises `ValidationError`: by field, or for the whole when everything has come meanwhile."""
    with transaction.atomic():
        if not _locked(follow_up.person_id):
            raise ValidationError(_("這位校友的資料已經補齊，不必再聯絡。"))
        return log_call_to(
            follow_up.person, by=by, at=at, number=number, outcome=outcome, note=note, next_try=next_try
        )


def log_call_to(
    person: Person,
    *,
    by: Any,
    at: datetime.datetime,
    number: str,
    outcome: str,
    note: str = "",
    next_try: datetime.date | None = None,
) -> CallAttempt:
    """Log a telephone attempt to a person, also when nothing is missing yet (an edit is about to blank a required
    field). `number` is any spelling that the columns read (SOP 6.8). The items missing now get `next_try`. What a
    double click sends is logged once."""
    today = timezone.localdate(at)
    errors = {
        "number": _number_refusal(number, today),
        "outcome": "" if outcome in Outcome.values else _("請選擇通話結果。"),
        "note": _note_refusal(note),
        "next_try": _next_try_refusal(outcome, next_try, today),
    }
    if any(errors.values()):
        raise ValidationError({name: text for name, text in errors.items() if text})
    told = {
        "number": _canonical(number, today),
        "outcome": outcome,
        "note": note.strip(),
        "next_try": next_try,
    }
    with transaction.atomic():
        _hold(person.pk)
        if twice := person.call_attempts.filter(by=by, at__gt=at - _DOUBLE_CLICK, **told).first():
            return twice
        call = CallAttempt.objects.create(person=person, by=by, at=at, **told)
        person.follow_ups.filter(closed_at=None).update(next_try=next_try)
    return call


def _canonical(number: str, today: datetime.date) -> str:
    """A number as it is stored (SOP 6.8), "" when it is none or more than one."""
    for clean in (clean_mobile, clean_phone):
        cleaned = clean(number, today=today)
        if cleaned.value and not cleaned.rest and not cleaned.is_rejected:
            return cleaned.value
    return ""


def _number_refusal(number: str, today: datetime.date) -> str:
    if _canonical(number, today):
        return ""
    return _("請填一個完整的電話號碼，例如 0900-123579 或 02-24622192#1250。")


def _note_refusal(note: str) -> str:
    if len(note) > CallAttempt._meta.get_field("note").max_length:
        return _("備註請在 300 字以內。")
    if hide_national_ids(note) != note:
        return _("備註請勿填寫身分證字號；問到的資料請填入校友資料的欄位。")
    return ""


def _next_try_refusal(outcome: str, next_try: datetime.date | None, today: datetime.date) -> str:
    if next_try is None:
        return _("請填約定再打的日期。") if outcome == Outcome.LATER else ""
    if next_try < today:
        return _("下次聯絡日期不可早於今天。")
    if next_try > today + datetime.timedelta(days=366):
        return _("下次聯絡日期請在一年以內。")
    return ""


# --- who does it ------------------------------------------------------------------------------------------------
def assignable(person: Person, user: Any) -> QuerySet:
    """The accounts to which `user` may give the telephone work of a person: contacts of the person's departments that
    `user` sees, the user, and for the center everybody at the center."""
    departments = policies.visible_records(user).filter(person=person).values("programme__department")
    whom = Q(pk=user.pk) | Q(role=CONTACT, memberships__department__in=departments)
    if reach_of(user) is Reach.ALL:
        whom |= Q(role__in=CENTER)
    accounts = get_user_model().objects.filter(whom, is_active=True)
    return accounts.distinct().order_by("display_name", "pk")


def assign(follow_up: FollowUp, *, to: Any, by: Any) -> None:
    """Give everything that is missing of the item's person to an account, or (None) to nobody."""
    if to is not None and not assignable(follow_up.person, by).filter(pk=to.pk).exists():
        raise ValidationError(_("不能指派給這個帳號。"))
    with transaction.atomic():
        if not _locked(follow_up.person_id):
            raise ValidationError(_("這位校友的資料已經補齊，不必再聯絡。"))
        follow_up.person.follow_ups.filter(closed_at=None).update(assigned_to=to)


# --- who cannot be reached --------------------------------------------------------------------------------------
def declare_unreachable(follow_up: FollowUp, *, reason: str, by: Any, at: datetime.datetime) -> Unreachable:
    """Take a person off the list, with a reason. Only the center may (`policies.can_declare_unreachable`); whoever has
    a number has to be called first. Raises `ValidationError`."""
    reason, person = reason.strip(), follow_up.person
    if not reason or len(reason) > Unreachable._meta.get_field("reason").max_length:
        raise ValidationError({"reason": _("請填理由（300 字以內）。")})
    if hide_national_ids(reason) != reason:
        raise ValidationError({"reason": _("理由請勿填寫身分證字號。")})
    with transaction.atomic():
        items = _locked(person.pk)
        if not items:
            raise ValidationError(_("這位校友的資料已經補齊，不必再聯絡。"))
        if person.unreachable.filter(ended_at=None).exists():
            raise ValidationError(_("這位校友已經判定為無法聯繫。"))
        opened = min(item.opened_at for item in items)
        if any(getattr(person, name) for name in NUMBERS) and not (
            person.call_attempts.filter(at__gte=opened).exists()
        ):
            raise ValidationError(_("這位校友留有電話號碼，請先撥打並登錄通話，再判定無法聯繫。"))
        return Unreachable.objects.create(person=person, reason=reason, declared_by=by, declared_at=at)


def reopen(person_ids: Iterable[int], *, at: datetime.datetime) -> int:
    """Put people back on the list: new contact data arrived (the one door calls this), or the center says so. How many
    were off it."""
    count = 0
    for chunk in batched(person_ids, KEYS_PER_STATEMENT):
        count += Unreachable.objects.filter(person__any_of=chunk, ended_at=None).update(ended_at=at)
    return count


def _locked(person_id: int) -> list[FollowUp]:
    """The open items of a person, locked until the transaction ends; the person before them, as the one door does."""
    _hold(person_id)
    return list(FollowUp.objects.select_for_update().filter(person=person_id, closed_at=None).order_by("pk"))


def _hold(person_id: int) -> None:
    """Lock a person until the transaction ends. Raises `ValidationError` for one whom the undo of an import removed."""
    if not Person.objects.select_for_update().filter(pk=person_id).exists():
        raise ValidationError(_("這位校友的資料已隨匯入批次還原而移除，沒有登錄。"))


# --- how far it is ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Completion:
    """How far a department is with what was opened in a time."""

    department: Department
    opened: int
    done: int
    unreachable: int

    @property
    def waiting(self) -> int:
        return self.opened - self.done - self.unreachable

    @property
    def percent(self) -> int:
        """Whole per cent of the items that have come; never 100 while one is missing."""
        return self.done * 100 // self.opened if self.opened else 0


def completion(user: Any, *, since: datetime.datetime) -> list[Completion]:
    """For each department that the user sees: the items opened since then. Somebody with degrees of two departments
    counts in both."""
    gone = Unreachable.objects.filter(ended_at=None).values("person")
    records = AcademicRecord.objects.filter(pk__in=policies.visible_records(user).values("pk"))
    item = "person__follow_ups"
    rows = (
        records.filter(**{f"{item}__opened_at__gte": since, f"{item}__in": visible_to(user)})
        .order_by()
        .values(department=F("programme__department"))
        .annotate(
            opened=Count(item, distinct=True),
            done=Count(item, filter=Q(**{f"{item}__closed_at__isnull": False}), distinct=True),
            unreachable=Count(
                item, filter=Q(**{f"{item}__closed_at__isnull": True}, person__in=gone), distinct=True
            ),
        )
    )
    departments = Department.objects.in_bulk([row["department"] for row in rows])
    found = [Completion(departments[row.pop("department")], **row) for row in rows]
    return sorted(found, key=lambda one: (one.percent, -one.waiting, one.department.name))
