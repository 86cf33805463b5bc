"""Editing a person and the degrees of a person: cleaned by the forms, written through the one door."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import columns, policies
from ..changes import Applied, PersonChange, RecordChange, apply_changes
from ..forms.people import NewPersonForm, PersonForm, RecordForm
from ..kept_typing import data_of
from ..models import AcademicRecord, Person, Source
from ..page_checks import require, verify_first
from ..programmes import Lists
from ..search import by_national_id
from ..serials import SeriesFull
from ..storing import current_record_values, current_values
from ..values import academic_year, fold_name
from .person_pages import PersonPages


class PersonEditing(PersonPages):
    def edit_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_edit_people(request.user))
        person = self.person_of(request, object_id)
        if first := verify_first(request, person):
            return first
        form = PersonForm(
            data_of(request),
            initial=_shown_values(person),
            editor=request.user,
            today=timezone.localdate(),
            person=person,
        )
        if request.method == "POST" and form.is_valid():
            changed = form.changed()
            change = PersonChange(person.pk, changed, form.before(changed))
            if self._write(request, change, form, lambda: current_values(self.person_of(request, object_id))):
                return redirect("admin:records_person_change", person.pk)
        context = {
            "title": _("修改校友資料"),
            "lead": _("電話、電子郵件、地址、郵遞區號與日期在儲存時檢查並整理格式；需要確認之處會列出。"),
            "form": form,
            "sections": form.sections,
        }
        return self.page(request, "form.html", person, context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        require(policies.can_edit_people(request.user))
        today, data = timezone.localdate(), data_of(request)
        name = fold_name(data.get("person-chinese_name", "")) if data else ""
        same = self.same_name(request, name) if name else Person.objects.none()
        form = NewPersonForm(data, prefix="person", editor=request.user, today=today, namesakes=len(same))
        record_form = RecordForm(data, prefix="record", editor=request.user, today=today)
        if request.method == "POST" and form.is_valid() and record_form.is_valid():
            change = PersonChange(None, form.changed(), records=[_new_record(record_form, today)])
            if applied := self._write(request, change, form, dict):
                return redirect("admin:records_person_change", applied.person_id)
        sections = [*form.sections, (_("學籍身分"), list(record_form.visible_fields()))]
        context = {
            "title": _("新增校友"),
            "form": form,
            "record_form": record_form,
            "sections": sections,
            "same_names": same,
        }
        return self.page(request, "form.html", None, context)

    def record_add_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_edit_people(request.user))
        person, today = self.person_of(request, object_id), timezone.localdate()
        if first := verify_first(request, person):
            return first
        form = RecordForm(data_of(request), editor=request.user, today=today)
        if request.method == "POST" and form.is_valid():
            change = PersonChange(person.pk, {}, records=[_new_record(form, today)])
            if self._write(request, change, form, dict):
                return redirect("admin:records_person_change", person.pk)
        return self.form_page(request, person, _("新增學籍身分"), form, heading=_("學籍身分"))

    def record_edit_view(self, request: HttpRequest, object_id: int, record_id: int) -> HttpResponse:
        require(policies.can_edit_people(request.user))
        person = self.person_of(request, object_id)
        record = get_object_or_404(policies.visible_records(request.user), pk=record_id, person=person)
        if first := verify_first(request, person):
            return first
        form = RecordForm(
            data_of(request),
            initial=current_record_values(record),
            editor=request.user,
            today=timezone.localdate(),
        )
        if request.method == "POST" and form.is_valid():
            changed = form.changed()
            record_change = RecordChange(record.pk, changed, form.before(changed))
            change = PersonChange(person.pk, {}, records=[record_change] if changed else [])
            current = AcademicRecord.objects.filter(pk=record.pk)
            if self._write(request, change, form, lambda: current_record_values(current.get())):
                return redirect("admin:records_person_change", person.pk)
        title = _("修改學籍身分 %(serial)s") % {"serial": record.serial_number}
        return self.form_page(request, person, title, form, heading=_("學籍身分"))

    # --- through the door -----------------------------------------------------------------------------------
    def _write(
        self, request: HttpRequest, change: PersonChange, form: Any, current: Callable[[], dict[str, str]]
    ) -> Applied | None:
        """The outcome, or None when the form has to be shown again."""
        if change.person_id and not (change.values or change.records):
            messages.info(request, _("沒有任何變動。"))
            return Applied(None, change.person_id)
        try:
            [applied] = apply_changes([change], editor=request.user, source=Source.ADMIN, at=timezone.now())
        except SeriesFull as error:
            form.add_error(None, str(error))
            return None
        except IntegrityError:  # somebody else wrote the same number between our look and our commit
            form.add_error(None, _("剛才有人異動了相同的資料，沒有寫入任何內容；請再儲存一次。"))
            return None
        if applied.stale:
            _say_stale(change, form, applied.stale, current)
            return None
        for header, note in form.notices:
            messages.warning(request, f"{header}：{note.message}")
        messages.success(request, _("已儲存。"))
        return applied


def _say_stale(
    change: PersonChange, form: Any, stale: list[str], current: Callable[[], dict[str, str]]
) -> None:
    """Say why nothing was written: a number is somebody else's, or somebody else edited the same field."""
    number = change.values.get("national_id")
    owner = by_national_id(Person.objects.all(), number, timezone.localdate()) if number else None
    if owner is not None and owner.pk != change.person_id:
        form.add_error(
            "national_id",
            _("這個身分證字號已屬於另一位校友「%(name)s」，請先查詢核對。") % {"name": owner.chinese_name},
        )
        stale = [name for name in stale if name != "national_id"]
    taken = {record.values.get("student_number") for record in change.records} - {None, ""}
    if "student_number" in stale and taken and _is_taken(change, taken):
        target = "student_number" if "student_number" in form.fields else None
        form.add_error(target, _("這個畢業系所已有相同學號的紀錄。"))
        stale = [name for name in stale if name != "student_number"]
    if stale:
        form.show_conflict(current(), stale)


def _is_taken(change: PersonChange, numbers: set[str]) -> bool:
    own = [record.record_id for record in change.records if record.record_id]
    return AcademicRecord.objects.filter(student_number__in=numbers).exclude(pk__in=own).exists()


def _shown_values(person: Person) -> dict[str, str]:
    """What the form shows first: choices by their key, everything else as people read it, no national ID."""
    current = current_values(person)
    shown = {name: value if name == "sex" else columns.shown(name, value) for name, value in current.items()}
    return shown | {"national_id": ""}


def _new_record(form: RecordForm, today: datetime.date) -> RecordChange:
    """A new degree; its number comes from the series of its programme and academic year (SOP 6.1)."""
    texts = {name: text for name, text in form.changed().items() if text}
    series = Lists.load().series(int(texts["programme"]))
    year = academic_year(texts.get("graduation_date", "")) or academic_year(today.isoformat())
    return RecordChange(None, texts, series_id=series.pk, prefix=series.prefix(year))
