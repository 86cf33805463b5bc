"""What goes out: the export of academic records, the call sheet and the empty form, all made from `columns`.

An export is written as the import reads it: the file loads back and changes nothing.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export import fields, resources

from . import policies
from .bulk import IDS_PER_STATEMENT, batched
from .columns import COLUMNS, SECONDARY_WORDS, SEXES, TEMPLATE_COLUMNS, Column, shown
from .models import AcademicRecord, Annotation, Disclosure, FollowUp, Programme, StatusCode
from .programmes import Lists
from .storing import current_record_values, current_values
from .workbooks.template import TemplateColumn, write_template
from .workbooks.writer import write_sheet

# The countries that a department mostly needs; the column takes any other.
USUAL_COUNTRIES = (
    "TW",
    "CN",
    "HK",
    "MO",
    "JP",
    "KR",
    "SG",
    "MY",
    "VN",
    "TH",
    "ID",
    "PH",
    "US",
    "CA",
    "GB",
    "DE",
    "AU",
)
# People who do not exist: the numbers are of the form, the names of no one.
EXAMPLES: tuple[dict[str, str], ...] = (
    {
        "student_number": "00952001", "chinese_name": "範例甲", "english_name": "Fan, Li-Chia", "sex": "男",
        "national_id": "A100000001", "birth_date": "1991-05-06", "email": "chia@example.com",
        "phone": "02-24622192#1250", "mobile": "0900-123579", "country": "臺灣", "city": "基隆市",
        "postal_code": "202301", "address": "中正區北寧路2號", "programme": "資訊工程學系學士班",
        "graduation_date": "2013-06-15", "enrolment_status": "21-畢業", "current_identity": "2-校友",
        "class_name": "四年A班",
    },
    {
        "student_number": "11152002", "chinese_name": "範例乙", "english_name": "Fan, Li-Yi", "sex": "女",
        "national_id": "A200000003", "birth_date": "民國81年2月3日", "email": "yi@example.com",
        "mobile": "0900-123580", "country": "日本", "city": "東京", "programme": "資訊工程學系碩士班",
        "graduation_date": "2024-06", "enrolment_status": "21-畢業", "current_identity": "2-校友",
    },
    {
        "student_number": "01311003", "chinese_name": "範例丙", "sex": "女", "national_id": "B200000004",
        "birth_date": "0940708", "email": "ping@example.com", "mobile": "0900-123581", "country": "臺灣",
        "programme": "商船學系學士班", "enrolment_status": "11-在學", "current_identity": "1-學生",
        "class_name": "二年B班",
    },
)  # fmt: skip


class ColumnField(fields.Field):
    """A column of columns.py; the texts of a row have been collected for a whole chunk before."""

    def export(self, instance: AcademicRecord, **kwargs: Any) -> str:
        return instance.export_texts[self.attribute]


class AcademicRecordResource(resources.ModelResource):
    """Exports one row for each academic record. It never writes: imports go through a plan and `changes`."""

    class Meta:
        model = AcademicRecord
        fields: tuple[str, ...] = ()

    def __init__(self, columns: Iterable[Column] = COLUMNS, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fields = {
            column.attribute: ColumnField(attribute=column.attribute, column_name=column.header)
            for column in columns
        }
        self.lists = Lists.load()

    def get_export_order(self) -> list[str]:
        return list(self.fields)

    def get_export_fields(self, selected_fields: Iterable[str] | None = None) -> list[fields.Field]:
        return list(self.fields.values())

    def iter_queryset(self, queryset: QuerySet[AcademicRecord]) -> Iterator[AcademicRecord]:
        """The records with their texts, a few queries for each chunk, however many rows there are."""
        plain = queryset.select_related(None).prefetch_related(None).select_related("person")
        if not plain.query.order_by:
            plain = plain.order_by("pk")
        for chunk in batched(plain.iterator(chunk_size=IDS_PER_STATEMENT), IDS_PER_STATEMENT):
            lines = _annotation_lines({record.person_id for record in chunk})
            for record in chunk:
                record.export_texts = self._texts(record) | {
                    "annotations": "\n".join(lines[record.person_id])
                }
                yield record

    def _texts(self, record: AcademicRecord) -> dict[str, str]:
        values = current_values(record.person) | current_record_values(record)
        values["national_id"] = record.person.national_id
        texts = {name: self.lists.shown(name, value) for name, value in values.items()}
        if texts["email"] and texts["other_emails"]:
            texts["email"] += f", {texts['other_emails']}"
        first = "phone" if texts["phone"] else "mobile"
        if texts[first] and texts["other_phones"]:
            texts[first] += f", {texts['other_phones']}"
        return texts

    def save_instance(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("academic records are written by records.changes only")


def _annotation_lines(person_ids: set[int]) -> dict[int, list[str]]:
    """The lines of 註解 by person, the pinned one first, without those that were struck (SOP 6.6, 6.7)."""
    lines: dict[int, list[str]] = defaultdict(list)
    for annotation in Annotation.objects.filter(person__in=person_ids, struck_at=None):
        lines[annotation.person_id].append(annotation.line)
    return lines


def exported_columns(user: Any) -> tuple[Column, ...]:
    """The columns that a user may read, in the order of the form; all of them for the command line (None)."""
    return tuple(column for column in COLUMNS if user is None or policies.may_read(user, column.attribute))


def export_rows(
    queryset: QuerySet[AcademicRecord], columns: Iterable[Column] = COLUMNS
) -> Iterator[list[str]]:
    """The rows of an export, texts in the order of `columns`; a stream of constant memory."""
    resource = AcademicRecordResource(columns)
    for record in resource.iter_queryset(queryset):
        yield resource.export_resource(record)


def export_to(
    target: Path | BinaryIO,
    queryset: QuerySet[AcademicRecord],
    *,
    user: Any,
    at: datetime.datetime,
    purpose: str,
    address: str | None = None,
) -> int:
    """Write the columns that `user` may read to an .xlsx and log who took them (None: the command line, which takes
    all columns); the number of rows.

    The log entry stands before the first row is read: nothing goes out unlogged, also when writing fails. One
    transaction around both would keep SQLite's write lock for as long as the export takes.
    """
    entry = Disclosure.objects.create(
        user=user,
        kind=Disclosure.Kind.EXPORT,
        at=at,
        address=address,
        row_count=queryset.count(),
        detail=purpose[: Disclosure._meta.get_field("detail").max_length],
    )
    columns = exported_columns(user)
    headers = [column.header for column in columns]
    count = write_sheet(target, headers=headers, rows=export_rows(queryset, columns))
    if count != entry.row_count:  # somebody added records meanwhile
        Disclosure.objects.filter(pk=entry.pk).update(row_count=count)
    return count


# What a call sheet says of a person beside the missing items; who may not read a field has no such column.
CALL_SHEET_FIELDS = (
    "chinese_name",
    "mobile",
    "phone",
    "other_phones",
    "email",
    "programme",
    "graduation_date",
)


def call_sheet_to(
    target: Path | BinaryIO,
    items: QuerySet[FollowUp],
    *,
    user: Any,
    at: datetime.datetime,
    purpose: str,
    address: str | None = None,
) -> int:
    """Write whom to telephone for what (SOP 6.10), one row a person, and log who took it; the number of rows.

    `items` are open ones within the user's scope (`follow_ups.waiting`). Only fields and degrees that the user may read
    go out, no national ID among them; as with every export the log entry stands first."""
    missing: dict[int, list[FollowUp]] = defaultdict(list)
    for item in items.select_related("person", "assigned_to"):
        missing[item.person_id].append(item)
    Disclosure.objects.create(
        user=user,
        kind=Disclosure.Kind.EXPORT,
        at=at,
        address=address,
        row_count=len(missing),
        detail=_("電話名單：%(purpose)s") % {"purpose": purpose},
    )
    names = [name for name in CALL_SHEET_FIELDS if policies.may_read(user, name)]
    headers = [SECONDARY_WORDS.get(name) or _header(name) for name in names]
    told = [
        _("缺漏資料"),
        _("開立日期"),
        _("負責人"),
        _("下次聯絡日期"),
        _("通話時間"),
        _("通話結果"),
        _("備註"),
    ]
    return write_sheet(
        target, headers=[*headers, *told], rows=_call_rows(missing, names, user), title=_("電話名單")
    )


def _call_rows(missing: dict[int, list[FollowUp]], names: list[str], user: Any) -> Iterator[list[str]]:
    """The three last columns are blank, to be filled in with a pen."""
    degrees: dict[int, list[AcademicRecord]] = defaultdict(list)
    for chunk in batched(missing, IDS_PER_STATEMENT):
        for record in policies.visible_records(user).filter(person__in=chunk).order_by("pk"):
            degrees[record.person_id].append(record)
    for person_id, items in missing.items():
        first, own = items[0], degrees[person_id]
        of_degrees = {
            "programme": "、".join(record.programme.name for record in own),
            "graduation_date": "、".join(record.graduation_date for record in own if record.graduation_date),
        }
        yield [
            *(of_degrees[name] if name in of_degrees else getattr(first.person, name) for name in names),
            "、".join(str(item.get_item_display()) for item in items),
            f"{timezone.localtime(min(item.opened_at for item in items)):%Y-%m-%d}",
            first.assigned_to.display_name if first.assigned_to else "",
            first.next_try.isoformat() if first.next_try else "",
            "",
            "",
            "",
        ]


def template_to(target: Path | BinaryIO) -> None:
    """Write the empty form with its 20 columns, drop-downs, explanations and three examples (domain.md §3)."""
    write_template(
        target,
        columns=[TemplateColumn(c.header, c.is_required, str(c.rule)) for c in TEMPLATE_COLUMNS],
        choices=_choices(),
        examples=[[example.get(c.attribute, "") for c in TEMPLATE_COLUMNS] for example in EXAMPLES],
    )


def _choices() -> dict[str, list[str]]:
    """The drop-downs, by header. Closed programmes stay: their alumni have not gone."""
    active = StatusCode.objects.filter(is_active=True)
    return {
        _header("sex"): list(SEXES.values()),
        _header("country"): [shown("country", code) for code in USUAL_COUNTRIES],
        _header("programme"): list(Programme.objects.values_list("name", flat=True)),
        _header("enrolment_status"): [str(s) for s in active.filter(kind=StatusCode.Kind.ENROLMENT)],
        _header("current_identity"): [str(s) for s in active.filter(kind=StatusCode.Kind.IDENTITY)],
    }


def _header(attribute: str) -> str:
    return next(column.header for column in COLUMNS if column.attribute == attribute)


def export_purpose(departments: Iterable[str], purpose: str) -> str:
    """What the log of disclosures says about an export: which departments, and what for."""
    scope = "、".join(departments) or _("全部系所")
    return _("%(scope)s：%(purpose)s") % {"scope": scope, "purpose": purpose}
