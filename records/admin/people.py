"""校友: the list with its search, the page of one person, and the forms that write through the one door."""

from __future__ import annotations

import datetime
import secrets
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db import IntegrityError
from django.db.models import Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from .. import columns, policies, timelines
from ..changes import NewObjection, PersonChange, RecordChange, apply_changes
from ..forms.people import PERSON_COLUMNS, ObjectionForm, PersonForm, RecordForm
from ..models import AcademicRecord, MessageObjection, Person, Source
from ..programmes import Lists
from ..querysets import PersonQuerySet
from ..search import by_national_id, is_serial_number, looks_like_national_id, national_id_in, search
from ..serials import SeriesFull
from ..storing import current_record_values, current_values
from ..values import academic_year, fold_name
from .base import WorkspaceAdmin, require
from .people_filters import FILTERS, RecordFilter

SEARCH_PARAMETER = "found"
SEARCHES_KEPT = 20
SESSION_KEY = "person_searches"


class PersonChangeList(ChangeList):
    """The list of people: what was searched for stays in the session, and all filters on degrees speak about
    one degree."""

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        kept = super().get_filters_params(params)
        kept.pop(SEARCH_PARAMETER, None)
        return kept

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> PersonQuerySet:
        people = super().get_queryset(request, exclude_parameters)
        conditions = [spec.condition() for spec in self.filter_specs if isinstance(spec, RecordFilter)]
        if any(conditions):
            records = AcademicRecord.objects.filter(
                pk__in=policies.visible_records(request.user).values("pk")
            )
            people = people.filter(pk__in=records.filter(*conditions).values("person"))
        token = request.GET.get(SEARCH_PARAMETER, "")
        self.searched = request.session.get(SESSION_KEY, {}).get(token, "")
        self.search_token = token if self.searched else ""  # kept when the filters are sent
        if not self.searched:
            return people
        records = policies.visible_records(request.user)
        return search(people, records, self.searched, timezone.localdate())


class PersonAdmin(WorkspaceAdmin):
    navigation_title = gettext_lazy("校友")
    change_list_template = "admin/records/person/list.html"
    list_display = (
        "name",
        "programmes",
        "levels",
        "serials",
        "student_numbers",
        "graduated",
        "mobile_",
        "email_",
        "messages_",
    )
    list_display_links = ("name",)
    list_filter = FILTERS
    sortable_by = ("name",)
    ordering = ("-pk",)

    # --- who may --------------------------------------------------------------------------------------------
    def has_view_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        return bool(policies.can_view_people(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(policies.can_edit_people(request.user))

    def has_change_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        return bool(policies.can_edit_people(request.user))

    # --- the list -------------------------------------------------------------------------------------------
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PersonChangeList

    def get_queryset(self, request: HttpRequest) -> PersonQuerySet:
        records = policies.visible_records(request.user).order_by("graduation_date", "pk")
        return Person.objects.visible_to(request.user).prefetch_related(
            Prefetch("academic_records", records, to_attr="shown_records"),
            Prefetch(
                "objections",
                MessageObjection.objects.filter(ended_on__isnull=True),
                to_attr="open_objections",
            ),
        )

    @admin.display(description=gettext_lazy("姓名"), ordering="name_key")
    def name(self, person: Person) -> SafeString:
        if not person.english_name:
            return format_html('<span class="name">{}</span>', person.chinese_name)
        return format_html(
            '<span class="name">{}</span> <span class="latin">{}</span>',
            person.chinese_name,
            person.english_name,
        )

    @admin.display(description=gettext_lazy("畢業系所"))
    def programmes(self, person: Person) -> SafeString:
        return _lines(record.programme.name for record in person.shown_records)

    @admin.display(description=gettext_lazy("學制"))
    def levels(self, person: Person) -> SafeString:
        return _lines(record.programme.get_level_display() for record in person.shown_records)

    @admin.display(description=gettext_lazy("流水號"))
    def serials(self, person: Person) -> SafeString:
        return _lines(record.serial_number for record in person.shown_records)

    @admin.display(description=gettext_lazy("學號"))
    def student_numbers(self, person: Person) -> SafeString:
        return _lines(record.student_number for record in person.shown_records)

    @admin.display(description=gettext_lazy("畢業日期"))
    def graduated(self, person: Person) -> SafeString:
        return _lines(record.graduation_date for record in person.shown_records)

    @admin.display(description=gettext_lazy("行動電話"))
    def mobile_(self, person: Person) -> SafeString:
        return _lines([person.mobile])

    @admin.display(description=gettext_lazy("電子郵件"))
    def email_(self, person: Person) -> SafeString:
        return format_html('<span class="email">{}</span>', person.email or "－")

    @admin.display(description=gettext_lazy("母校訊息"))
    def messages_(self, person: Person) -> SafeString:
        if person.open_objections:
            return format_html('<span class="tag tag-warning">{}</span>', _("不願接受"))
        answer = {True: _("願意"), False: _("不願接受"), None: _("未回覆")}[person.accepts_messages]
        return format_html('<span class="tag">{}</span>', answer)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(
            request, {"title": self.navigation_title, "search_url": reverse("admin:records_person_search")}
        )

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

    def search_view(self, request: HttpRequest) -> HttpResponse:
        """What was typed never reaches an address: it may be a whole national ID (security.md, promise 2)."""
        require(policies.can_view_people(request.user))
        text, today = request.POST.get("text", "").strip()[:200], timezone.localdate()
        listing = reverse("admin:records_person_changelist")
        is_serial = is_serial_number(policies.visible_records(request.user), text)
        if not is_serial and (national_id_in(text, today) or looks_like_national_id(text)):
            return self._national_id_found(request, text, today, listing)
        if not text:
            return redirect(listing)
        token = secrets.token_urlsafe(6)
        searches = dict(list(request.session.get(SESSION_KEY, {}).items())[1 - SEARCHES_KEPT :])
        request.session[SESSION_KEY] = searches | {token: text}
        return redirect(f"{listing}?{SEARCH_PARAMETER}={token}")

    def _national_id_found(
        self, request: HttpRequest, text: str, today: datetime.date, listing: str
    ) -> HttpResponse:
        if not policies.can_see_identity(request.user):
            messages.warning(request, _("您的角色不能以身分證字號查詢。"))
            return redirect(listing)
        person = by_national_id(Person.objects.visible_to(request.user), text, today)
        if person is None:
            messages.warning(request, _("查無這個身分證字號，請確認號碼是否正確。"))
            return redirect(listing)
        return redirect("admin:records_person_change", person.pk)

    # --- one person -----------------------------------------------------------------------------------------
    def change_view_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_view_people(request.user))
        person = self._person(request, object_id)
        return self._page(request, "person.html", person, self._person_context(request, person))

    def _person_context(self, request: HttpRequest, person: Person) -> dict[str, Any]:
        user = request.user
        sees_identity = bool(policies.can_see_identity(user))
        records = list(policies.visible_records(user).filter(person=person).order_by("graduation_date", "pk"))
        annotations = [note for note in person.annotations.all() if sees_identity or not note.is_pinned]
        facts = [
            fact
            for fact in _facts(person, Lists.load())
            if sees_identity or fact[0] not in timelines.IDENTITY
        ]
        return {
            "records": records,
            "personal": [fact[1:] for fact in facts if fact[0] not in columns.CONTACT_ATTRIBUTES],
            "contact": [fact[1:] for fact in facts if fact[0] in columns.CONTACT_ATTRIBUTES]
            + [
                (columns.SECONDARY_WORDS[name], getattr(person, name))
                for name in columns.SECONDARY_WORDS
                if getattr(person, name)
            ],
            "annotations": annotations,
            "annotation_text": "\n".join(annotation.line for annotation in annotations),
            "timeline": timelines.of_person(
                person, record_ids=[record.pk for record in records], sees_identity=sees_identity
            ),
            "follow_ups": person.follow_ups.filter(closed_at__isnull=True) if sees_identity else [],
            "objection": person.objections.filter(ended_on__isnull=True)
            .select_related("recorded_by")
            .first(),
            "can_edit": self.has_change_permission(request),
            "sees_batches": bool(policies.can_see_batches(user)),
        }

    def edit_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_edit_people(request.user))
        person = self._person(request, object_id)
        same = self._same_name(request, person.name_key).exclude(pk=person.pk)
        form = PersonForm(
            request.POST or None,
            initial=_shown_values(person),
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
            request.POST or None, prefix="person", today=today, is_new=True, same_names=len(same)
        )
        record_form = RecordForm(request.POST or None, prefix="record", today=today)
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
        form = RecordForm(request.POST or None, today=today)
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
            request.POST or None, initial=current_record_values(record), today=timezone.localdate()
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


def _lines(texts: Any) -> SafeString:
    """One line for each degree, so that the columns of one row stand side by side."""
    return format_html_join("", '<span class="line">{}</span>', ((text or "－",) for text in texts))


def _facts(person: Person, lists: Lists) -> list[tuple[str, str, str]]:
    """Attribute, header and shown text of the personal columns; the national ID as its mask."""
    current = current_values(person)
    return [
        (column.attribute, column.header, _fact(column.attribute, current[column.attribute], lists))
        for column in PERSON_COLUMNS
    ]


def _fact(attribute: str, value: str, lists: Lists) -> str:
    return value if attribute == "national_id" else lists.shown(attribute, value)


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
