"""校友: the page of one person, and the forms that write through the one door."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from .. import columns, policies
from ..changes import NewObjection, PersonChange, RecordChange, apply_changes
from ..forms.people import ObjectionForm, PersonForm, RecordForm
from ..models import AcademicRecord, Person, Source
from ..programmes import Lists
from ..querysets import PersonQuerySet
from ..search import by_national_id
from ..serials import SeriesFull
from ..storing import current_record_values, current_values
from ..values import academic_year, fold_name
from .base import require
from .people_list import PeopleListAdmin
from .person_page import context_of


class PersonAdmin(PeopleListAdmin):
    # --- who may --------------------------------------------------------------------------------------------
    def has_view_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        return bool(policies.can_view_people(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(policies.can_edit_people(request.user))

    def has_change_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        return bool(policies.can_edit_people(request.user))

    # --- addresses ------------------------------------------------------------------------------------------
    def own_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("search/", view(require_POST(self.search_view)), name=self.address_name("search")),
            path("<int:object_id>/edit/", view(self.edit_view), name=self.address_name("edit")),
            path(
                "<int:object_id>/objection/", view(self.objection_view), name=self.address_name("objection")
            ),
            path("<int:object_id>/records/add/", view(self.record_add_view), name="records_record_add"),
            path(
                "<int:object_id>/records/<int:record_id>/",
                view(self.record_edit_view),
                name="records_record_edit",
            ),
        ]

    # --- one person -----------------------------------------------------------------------------------------
    def change_view_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_view_people(request.user))
        person = self._person(request, object_id)
        return self._page(request, "person.html", person, context_of(person, request.user))

    def edit_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_edit_people(request.user))
        person = self._person(request, object_id)
        same = self._same_name(request, person.name_key).exclude(pk=person.pk)
        form = PersonForm(
            request.POST or None,
            initial=_shown_values(person),
            editor=request.user,
            today=timezone.localdate(),
            same_names=len(same),
        )
        if request.method == "POST" and form.is_valid():
            changed = form.changed()
            change = PersonChange(person.pk, changed, form.before(changed))
            if self._write(request, change, form, lambda: current_values(self._person(request, object_id))):
                return redirect("admin:records_person_change", person.pk)
        context = {"title": _("修改校友資料"), "form": form, "sections": form.sections, "same_names": same}
        return self._page(request, "form.html", person, context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        require(policies.can_edit_people(request.user))
        today = timezone.localdate()
        name = fold_name(request.POST.get("person-chinese_name", ""))
        same = self._same_name(request, name) if name else Person.objects.none()
        form = PersonForm(
            request.POST or None,
            prefix="person",
            editor=request.user,
            today=today,
            is_new=True,
            same_names=len(same),
        )
        record_form = RecordForm(request.POST or None, prefix="record", editor=request.user, today=today)
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
        return self._page(request, "form.html", None, context)

    def record_add_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_edit_people(request.user))
        person, today = self._person(request, object_id), timezone.localdate()
        form = RecordForm(request.POST or None, editor=request.user, today=today)
        if request.method == "POST" and form.is_valid():
            change = PersonChange(person.pk, {}, records=[_new_record(form, today)])
            if self._write(request, change, form, dict):
                return redirect("admin:records_person_change", person.pk)
        return self._record_page(request, person, form, _("新增學籍身分"))

    def record_edit_view(self, request: HttpRequest, object_id: int, record_id: int) -> HttpResponse:
        require(policies.can_edit_people(request.user))
        person = self._person(request, object_id)
        record = get_object_or_404(policies.visible_records(request.user), pk=record_id, person=person)
        form = RecordForm(
            request.POST or None,
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
        return self._record_page(request, person, form, title)

    def objection_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """SOP 6.9: what the alumnus said is recorded as an act of its own, and no import undoes it."""
        require(policies.can_edit_people(request.user))
        person = self._person(request, object_id)
        if person.objections.filter(ended_on=None).exists():
            messages.info(request, _("這位校友已登錄不願接受訊息，不必重複登錄。"))
            return redirect("admin:records_person_change", person.pk)
        form = ObjectionForm(request.POST or None, today=timezone.localdate())
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            objection = NewObjection(data["objected_on"], data["channel"], data["words"])
            if self._write(request, PersonChange(person.pk, {}, objection=objection), form, dict):
                return redirect("admin:records_person_change", person.pk)
        sections = [(_("不願接受訊息"), list(form.visible_fields()))]
        context = {"title": _("登錄不願接受訊息"), "form": form, "sections": sections}
        return self._page(request, "form.html", person, context)

    # --- shared ---------------------------------------------------------------------------------------------
    def _person(self, request: HttpRequest, object_id: int) -> Person:
        """The person in the user's scope; outside it the same 404 as for nobody (security.md H2)."""
        person = Person.objects.visible_to(request.user).filter(pk=object_id).first()
        if person is None:
            raise Http404
        return person

    def _same_name(self, request: HttpRequest, name_key: str) -> PersonQuerySet:
        return self.get_queryset(request).filter(name_key=name_key)

    def _write(self, request: HttpRequest, change: PersonChange, form: Any, current: Any) -> Any:
        """Through the one door; the outcome, or None when the form has to be shown again."""
        if change.person_id and not (change.values or change.records or change.objection):
            messages.info(request, _("沒有任何變動。"))
            return self._unchanged(change)
        try:
            [applied] = apply_changes([change], editor=request.user, source=Source.ADMIN, at=timezone.now())
        except SeriesFull as error:
            form.add_error(None, str(error))
            return None
        except IntegrityError:  # somebody else wrote the same number between our look and our commit
            form.add_error(None, _("剛才有人異動了相同的資料，沒有寫入任何內容；請再儲存一次。"))
            return None
        if applied.stale:
            self._say_stale(request, change, form, applied.stale, current)
            return None
        for header, note in form.notices:
            messages.warning(request, f"{header}：{note.message}")
        messages.success(request, _("已儲存。"))
        return applied

    def _unchanged(self, change: PersonChange) -> PersonChange:
        return change

    def _say_stale(
        self, request: HttpRequest, change: PersonChange, form: Any, stale: list[str], current: Any
    ) -> None:
        number = change.values.get("national_id")
        owner = by_national_id(Person.objects.all(), number, timezone.localdate()) if number else None
        if owner is not None and owner.pk != change.person_id:
            form.add_error(
                "national_id",
                _("這個身分證字號已屬於另一位校友「%(name)s」，請先查詢核對。")
                % {"name": owner.chinese_name},
            )
            stale = [name for name in stale if name != "national_id"]
        taken = {r.values.get("student_number") for r in change.records} - {None, ""}
        if "student_number" in stale and taken and self._is_taken(change, taken):
            target = form if "student_number" in form.fields else None
            message = _("這個畢業系所已有相同學號的紀錄。")
            form.add_error("student_number" if target else None, message)
            stale = [name for name in stale if name != "student_number"]
        if stale:
            form.show_conflict(current(), stale)

    def _is_taken(self, change: PersonChange, numbers: set[str]) -> bool:
        own = [record.record_id for record in change.records if record.record_id]
        return AcademicRecord.objects.filter(Q(student_number__in=numbers)).exclude(pk__in=own).exists()

    def _record_page(
        self, request: HttpRequest, person: Person, form: RecordForm, title: str
    ) -> HttpResponse:
        sections = [(_("學籍身分"), list(form.visible_fields()))]
        return self._page(request, "form.html", person, {"title": title, "form": form, "sections": sections})

    def _page(
        self, request: HttpRequest, template: str, person: Person | None, context: dict[str, Any]
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts, "person": person} | context
        context.setdefault("title", person.chinese_name if person else "")
        return TemplateResponse(request, f"admin/records/person/{template}", context)


def _shown_values(person: Person) -> dict[str, str]:
    """What the form shows first: choices by their key, everything else as people read it, no national ID."""
    current = current_values(person)
    shown = {name: value if name == "sex" else columns.shown(name, value) for name, value in current.items()}
    return shown | {"national_id": "", "known_mask": person.national_id_mask}


def _new_record(form: RecordForm, today: datetime.date) -> RecordChange:
    """A new degree; its number comes from the series of its programme and academic year (SOP 6.1)."""
    texts = {name: text for name, text in form.changed().items() if text}
    series = Lists.load().series(int(texts["programme"]))
    year = academic_year(texts.get("graduation_date", "")) or academic_year(today.isoformat())
    return RecordChange(None, texts, series_id=series.pk, prefix=series.prefix(year))
