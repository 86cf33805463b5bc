"""What must always hold in the database, asked of the data itself: `manage.py verify`.

One function for each invariant; it yields a sentence for everything that is wrong. None of them changes anything,
and none names more of a person than the number of the row. Run it while nobody imports: two questions of one
invariant may otherwise see two states.
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from django.db import connection
from django.db.models import Count, Exists, Max, Model, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import deliveries, progress
from .annotations import pinned_text
from .bulk_edits import progress_name
from .encryption import DamagedValue, digest, unseal
from .imports import undoing
from .models import (
    AcademicRecord,
    Annotation,
    BatchUndo,
    BulkEdit,
    Delivery,
    FollowUp,
    ImportBatch,
    ImportOutcome,
    ImportRow,
    MessageObjection,
    Person,
    SerialCounter,
    SerialSeries,
    Source,
    Verdict,
)
from .names import fold_name
from .values import mask_national_id

Check = Callable[[datetime.datetime], Iterator[str]]
TRACKED: tuple[type[Model], ...] = (Person, AcademicRecord, Annotation, MessageObjection)
STUCK_AFTER = datetime.timedelta(minutes=10)
# ROC years that a serial prefix may hold.
YEARS = range(0, 200)
PEOPLE_PER_STEP = 20_000
ROWS_PER_FETCH = 2_000
_MISSING = {
    FollowUp.Item.NATIONAL_ID: Q(national_id_digest__isnull=True),
    FollowUp.Item.BIRTH_DATE: Q(birth_date__isnull=True),
    FollowUp.Item.EMAIL: Q(email=""),
}
_PLANNED_STATES = (ImportBatch.State.PLANNED, ImportBatch.State.APPLIED)


@dataclass(frozen=True, slots=True)
class Invariant:
    title: str | Promise
    check: Check


def check_serial_numbers(at: datetime.datetime) -> Iterator[str]:
    """A serial number belongs to one record for ever (SOP 6.1)."""
    yield from shared_serial_numbers(AcademicRecord.history.all())


def shared_serial_numbers(history: QuerySet) -> Iterator[str]:
    """A sentence for every serial number in this part of the degrees' history that several degrees bore."""
    shared = (
        history.values("serial_number")
        .annotate(bearers=Count("id", distinct=True))
        .filter(bearers__gt=1)
        .order_by("serial_number")
    )
    for row in shared.iterator():
        yield _("流水號 %(number)s 曾給過 %(count)d 筆學籍身分。") % {
            "number": row["serial_number"],
            "count": row["bearers"],
        }


def check_serial_counters(at: datetime.datetime) -> Iterator[str]:
    """A counter stands at or behind the highest number that was ever used after its prefix (SOP 6.1)."""
    widths = {series.prefix(year): series.width for series in _all_series() for year in YEARS}
    tails = sorted(set(widths.values()))
    counters = dict(SerialCounter.objects.values_list("prefix", "last_sequence"))
    highest: Counter[str] = Counter()
    numbers = AcademicRecord.history.order_by().values_list("serial_number", flat=True).distinct()
    for number in numbers.iterator(chunk_size=ROWS_PER_FETCH):
        # Numbers of another width came in a file; the allocation passes over them (serials.ever_used).
        for width in tails:
            prefix, sequence = number[:-width], number[-width:]
            if widths.get(prefix) == width and sequence.isascii() and sequence.isdigit():
                highest[prefix] = max(highest[prefix], int(sequence))
    for prefix, used in sorted(highest.items()):
        if counters.get(prefix, 0) < used:
            yield _("流水號 %(prefix)s 的計數為 %(last)d，但已用到 %(used)d。") % {
                "prefix": prefix,
                "last": counters.get(prefix, 0),
                "used": used,
            }


def _all_series() -> list[SerialSeries]:
    return list(SerialSeries.objects.select_related("department"))


def check_history(at: datetime.datetime) -> Iterator[str]:
    """Every row is what its newest history row says, column by column; what was changed by hand is named."""
    for model in TRACKED:
        yield from _rows_unlike_their_history(model)
        yield from _deletions_without_history(model)


def _rows_unlike_their_history(model: type[Model]) -> Iterator[str]:
    history, fields = model.history.model, _tracked_fields(model)
    quote = connection.ops.quote_name
    differs = "IS NOT" if connection.vendor == "sqlite" else "IS DISTINCT FROM"
    tests = [f"l.{quote(field.column)} {differs} h.{quote(field.column)}" for field in fields]
    live, past = quote(model._meta.db_table), quote(history._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.id, h.history_type, {', '.join(tests)} FROM {live} l "  # noqa: S608
            f"LEFT JOIN (SELECT id, MAX(history_id) AS newest FROM {past} GROUP BY id) n ON n.id = l.id "
            f"LEFT JOIN {past} h ON h.history_id = n.newest "
            f"WHERE h.history_id IS NULL OR h.history_type = '-' OR {' OR '.join(tests)} ORDER BY l.id"
        )
        while rows := cursor.fetchmany(ROWS_PER_FETCH):
            for pk, kind, *different in rows:
                yield from _unlike(
                    model, pk, kind, [f for f, is_so in zip(fields, different, strict=True) if is_so]
                )


def _unlike(model: type[Model], pk: int, kind: str | None, fields: list) -> Iterator[str]:
    names = {"model": model._meta.verbose_name, "pk": pk}
    if kind is None:
        yield _("%(model)s #%(pk)d 沒有異動歷程。") % names
    elif kind == "-":
        yield _("%(model)s #%(pk)d 在異動歷程中已刪除，資料卻仍在。") % names
    else:
        for label in dict.fromkeys(_label(field) for field in fields):
            yield _("%(model)s #%(pk)d 的「%(field)s」與異動歷程不符。") % (names | {"field": label})


def _label(field) -> str:
    if field.attname.startswith("national_id_"):
        return str(Person._meta.get_field("national_id_mask").verbose_name)
    return str(field.verbose_name)


def _tracked_fields(model: type[Model]) -> list:
    past = {field.attname for field in model.history.model._meta.concrete_fields}
    return [field for field in model._meta.concrete_fields if field.attname in past and not field.primary_key]


def _deletions_without_history(model: type[Model]) -> Iterator[str]:
    history = model.history.model.objects
    gone = history.filter(~Exists(model.objects.filter(pk=OuterRef("id"))))
    newest = gone.order_by().values("id").annotate(newest=Max("history_id")).values("newest")
    for pk in (
        history.filter(history_id__in=newest)
        .exclude(history_type="-")
        .order_by("id")
        .values_list("id", flat=True)
    ):
        yield _("%(model)s #%(pk)d 已不存在，異動歷程卻沒有刪除紀錄。") % {
            "model": model._meta.verbose_name,
            "pk": pk,
        }


def check_national_ids(at: datetime.datetime) -> Iterator[str]:
    """Every sealed national ID opens in its place and agrees with its digest and mask, in history too."""
    columns = ("national_id_sealed", "national_id_digest", "national_id_mask")
    people = Person.objects.filter(national_id_sealed__isnull=False).order_by("pk")
    for pk, *sealed in people.values_list("pk", *columns).iterator(chunk_size=ROWS_PER_FETCH):
        if wrong := _identity_fault(pk, *sealed):
            yield _("校友 #%(pk)d：%(wrong)s") % {"pk": pk, "wrong": wrong}
    past = Person.history.filter(national_id_sealed__isnull=False).order_by("history_id")
    for pk, history_id, *sealed in past.values_list("id", "history_id", *columns).iterator(
        chunk_size=ROWS_PER_FETCH
    ):
        if wrong := _identity_fault(pk, *sealed):
            yield _("校友 #%(pk)d 的異動歷程 #%(history)d：%(wrong)s") % {
                "pk": pk,
                "history": history_id,
                "wrong": wrong,
            }


def _identity_fault(pk: int, sealed: bytes, known_digest: str, mask: str) -> str:
    try:
        number = unseal(sealed, Person.national_id_context(pk))
    except DamagedValue:
        return _("加密的身分證字號無法解開。")
    if digest(number) != known_digest:
        return _("身分證字號與其比對值不符。")
    return "" if mask_national_id(number) == mask else _("身分證字號與其遮罩不符。")


def check_batch_counts(at: datetime.datetime) -> Iterator[str]:
    """The counts of a batch are those of its rows."""
    yield from miscounted(ImportBatch.objects.filter(state__in=_PLANNED_STATES))


def miscounted(batches: QuerySet[ImportBatch]) -> Iterator[str]:
    """A sentence for every count of these batches that is not that of their rows."""
    counted: dict[int, dict[str, int]] = defaultdict(dict)
    rows = ImportRow.objects.filter(batch__in=batches).order_by()
    for batch, verdict, count in rows.values_list("batch", "verdict").annotate(Count("pk")):
        counted[batch][verdict] = count
    for batch in batches.order_by("pk"):
        for verdict in Verdict:
            said, there = batch.counts.get(verdict, 0), counted[batch.pk].get(verdict, 0)
            if said != there:
                yield _("匯入批次 #%(pk)d 記載「%(verdict)s」%(said)d 列，實有 %(there)d 列。") % {
                    "pk": batch.pk,
                    "verdict": verdict.label,
                    "said": said,
                    "there": there,
                }


def check_applied_batches(at: datetime.datetime) -> Iterator[str]:
    """Every row of an applied batch that brought a new person or degree has its record, and it is still there
    unless the undo of that batch removed it."""
    yield from lost_records(ImportBatch.objects.filter(state=ImportBatch.State.APPLIED))


def lost_records(batches: QuerySet[ImportBatch]) -> Iterator[str]:
    """A sentence for every row of these applied batches whose degree was not entered, or is there no more."""
    lost = ImportRow.objects.filter(
        batch__in=batches,
        verdict__in=(Verdict.NEW_PERSON, Verdict.NEW_RECORD),
        outcome__isnull=True,
    ).order_by("batch", "row_number")
    for batch, row in lost.values_list("batch", "row_number").iterator():
        yield _("匯入批次 #%(batch)d 第 %(row)d 列已匯入，卻沒有學籍身分。") % {"batch": batch, "row": row}
    taken_back = AcademicRecord.history.filter(
        id=OuterRef("record"), history_type="-", source=Source.UNDO, batch=OuterRef("row__batch")
    )
    outcomes = ImportOutcome.objects.filter(row__batch__in=batches)
    gone = outcomes.filter(~Exists(AcademicRecord.objects.filter(pk=OuterRef("record"))))
    gone = gone.exclude(Exists(taken_back))
    for batch, row in gone.order_by("row").values_list("row__batch", "row__row_number").iterator():
        yield _("匯入批次 #%(batch)d 第 %(row)d 列匯入的學籍身分已不存在。") % {"batch": batch, "row": row}


def check_stuck_batches(at: datetime.datetime) -> Iterator[str]:
    """No batch, delivery, undo of a batch or bulk edit is being read or written without a sign of life."""
    batches = ImportBatch.objects.filter(state__in=(ImportBatch.State.READING, ImportBatch.State.APPLYING))
    edits = BulkEdit.objects.filter(state=BulkEdit.State.APPLYING)
    undoings = BatchUndo.objects.filter(state__in=(BatchUndo.State.PLANNING, BatchUndo.State.APPLYING))
    is_old = Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=at - STUCK_AFTER)
    found = [(_("匯入批次"), batch, batch.pk) for batch in batches.filter(is_old).order_by("pk")]
    converting = Delivery.objects.filter(is_old, state=Delivery.State.CONVERTING).order_by("pk")
    found += [(_("離校資料檔"), one, deliveries.progress_name(one)) for one in converting]
    found += [
        (_("還原匯入批次"), undo, undoing.progress_name(undo))
        for undo in undoings.filter(is_old).order_by("pk")
    ]
    found += [(_("整批修改"), edit, progress_name(edit)) for edit in edits.filter(is_old).order_by("pk")]
    for what, stuck, work in found:
        # While it is written, its signs of life are in a file.
        if (noted := progress.noted_at(work)) is None or noted < at - STUCK_AFTER:
            yield _("%(what)s #%(pk)d 停在「%(state)s」，超過 %(minutes)d 分鐘沒有進度。") % {
                "what": what,
                "pk": stuck.pk,
                "state": stuck.get_state_display(),
                "minutes": STUCK_AFTER.total_seconds() // 60,
            }


def check_annotation_numbers(at: datetime.datetime) -> Iterator[str]:
    """The number of an annotation is given once for a person (SOP 6.7)."""
    shared = (
        Annotation.history.filter(number__isnull=False)
        .values("person_id", "number")
        .annotate(lines=Count("id", distinct=True))
        .filter(lines__gt=1)
        .order_by("person_id", "number")
    )
    for row in shared.iterator():
        yield _("校友 #%(pk)d 的註解編號 %(number)d 用過不只一次。") % {
            "pk": row["person_id"],
            "number": row["number"],
        }


def check_pinned_lines(at: datetime.datetime) -> Iterator[str]:
    """Who has several degrees has one pinned line that says so; nobody else has one (SOP 6.6)."""
    for people in _ranges():
        pinned = dict(Annotation.objects.filter(number=None, **people).values_list("person", "text"))
        degrees = AcademicRecord.objects.filter(**people).order_by("person")
        for person, group in groupby(
            degrees.values_list("person", "programme__level").iterator(), key=lambda row: row[0]
        ):
            due, there = pinned_text(level for _person, level in group), pinned.pop(person, "")
            if due != there:
                yield _("校友 #%(pk)d 的身分註解應為「%(due)s」，實為「%(there)s」。") % {
                    "pk": person,
                    "due": due,
                    "there": there,
                }
        for person in pinned:
            yield _("校友 #%(pk)d 沒有學籍身分，卻有身分註解。") % {"pk": person}


def _ranges() -> Iterator[dict[str, int]]:
    """Filters over `person`, some thousand people at a time."""
    last = Person.objects.aggregate(last=Max("pk"))["last"] or 0
    for start in range(1, last + 1, PEOPLE_PER_STEP):
        yield {"person_id__gte": start, "person_id__lt": start + PEOPLE_PER_STEP}


def check_objections(at: datetime.datetime) -> Iterator[str]:
    """Messages are refused exactly while an objection is open (SOP 6.9)."""
    is_open = Exists(MessageObjection.objects.filter(person=OuterRef("pk"), ended_on=None))
    refusing = Q(accepts_messages=False)
    for pk in _numbers(Person.objects.filter(refusing).exclude(is_open)):
        yield _("校友 #%(pk)d 記為不願意接受訊息，卻沒有反應紀錄。") % {"pk": pk}
    answers_otherwise = Q(accepts_messages=True) | Q(accepts_messages__isnull=True)
    for pk in _numbers(Person.objects.filter(answers_otherwise).filter(is_open)):
        yield _("校友 #%(pk)d 已反應不願意接受訊息，欄位卻不是「否」。") % {"pk": pk}


def check_follow_ups(at: datetime.datetime) -> Iterator[str]:
    """What is required and missing is on the list to be asked for, and nothing else (SOP 6.10)."""
    for item, is_missing in _MISSING.items():
        is_open = Exists(FollowUp.objects.filter(person=OuterRef("pk"), item=item, closed_at=None))
        names = {"item": item.label}
        for pk in _numbers(Person.objects.filter(is_missing).exclude(is_open)):
            yield _("校友 #%(pk)d 缺「%(item)s」，卻沒有補正事項。") % (names | {"pk": pk})
        for pk in _numbers(Person.objects.exclude(is_missing).filter(is_open)):
            yield _("校友 #%(pk)d 已有「%(item)s」，補正事項卻未結案。") % (names | {"pk": pk})


def _numbers(people) -> Iterator[int]:
    return people.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=ROWS_PER_FETCH)


def check_name_keys(at: datetime.datetime) -> Iterator[str]:
    """Everybody is found under the folded form of the own name."""
    people = Person.objects.order_by("pk").values_list("pk", "chinese_name", "name_key")
    for pk, name, key in people.iterator(chunk_size=ROWS_PER_FETCH):
        if fold_name(name) != key:
            yield _("校友 #%(pk)d 的姓名與其查詢鍵不符。") % {"pk": pk}


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(gettext_lazy("流水號不重複使用"), check_serial_numbers),
    Invariant(gettext_lazy("流水號計數不落後"), check_serial_counters),
    Invariant(gettext_lazy("資料與異動歷程一致"), check_history),
    Invariant(gettext_lazy("身分證字號可解開且與比對值、遮罩相符"), check_national_ids),
    Invariant(gettext_lazy("批次的列數與判定相符"), check_batch_counts),
    Invariant(gettext_lazy("已匯入的列都有學籍身分"), check_applied_batches),
    Invariant(gettext_lazy("沒有停住的批次"), check_stuck_batches),
    Invariant(gettext_lazy("註解編號不重複使用"), check_annotation_numbers),
    Invariant(gettext_lazy("多重身分都有置頂註解"), check_pinned_lines),
    Invariant(gettext_lazy("不願接受訊息者都有反應紀錄"), check_objections),
    Invariant(gettext_lazy("必填缺漏都有補正事項"), check_follow_ups),
    Invariant(gettext_lazy("姓名查詢鍵正確"), check_name_keys),
)
