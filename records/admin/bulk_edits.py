"""整批修改: from the filtered list of people to a plan, its confirmation, its progress and its undo."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from .. import bulk_edits, policies, tasks, values
from ..bulk_edit_fields import FIELDS
from ..columns import BY_ATTRIBUTE, Owner, shown
from ..forms.bulk_edits import BulkEditForm, ReasonForm
from ..models import AcademicRecord, BulkEdit, BulkEditRow, Person
from ..page_checks import require
from ..programmes import Lists
from ..progress_sentences import progress_of
from .base import ChoiceFilter, WorkspaceAdmin
from .people_filters import RecordFilter

State, Outcome = BulkEdit.State, BulkEditRow.Outcome
ROWS_A_PAGE = 50


class Chosen(NamedTuple):
    """The set that the filters of the list of people leave: people, their degrees that the filters speak of, and the
    filters in words ("" for none)."""

    people: QuerySet[Person]
    records: QuerySet[AcademicRecord]
    words: str


class Tab(NamedTuple):
    """An outcome with the number of its rows; `outcome` is "" for all rows."""

    outcome: str
    title: str
    count: int
    is_current: bool


class StateFilter(ChoiceFilter):
    title = gettext_lazy("狀態")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return State.choices

    def narrowed(self, queryset: QuerySet[BulkEdit], value: str) -> QuerySet[BulkEdit]:
        return queryset.filter(state=value)


class BulkEditAdmin(WorkspaceAdmin):
    navigation_title = gettext_lazy("整批修改")
    change_list_template = "admin/records/bulkedit/list.html"
    list_display = ("label", "field_", "people_", "state_", "reason", "maker", "made", "applied")
    list_display_links = ("label",)
    list_filter = (StateFilter,)
    list_select_related = ("made_by", "applied_by")
    sortable_by = ()
    ordering = ("-pk",)

    def has_view_permission(self, request: HttpRequest, obj: BulkEdit | None = None) -> bool:
        return bool(policies.can_bulk_edit(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: BulkEdit | None = None) -> bool:
        return self.has_view_permission(request)

    def own_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        acts = (
            ("apply", self.admin_site.sensitive(self.apply_view)),
            ("discard", self.discard_view),
            ("undo", self.undo_view),
        )
        return [
            path("add/<slug:attribute>/", view(self.plan_view), name=self.address_name("plan")),
            path(
                "<int:object_id>/progress/",
                view(require_GET(self.progress_view)),
                name=self.address_name("progress"),
            ),
            *(
                path(f"<int:object_id>/{act}/", view(require_POST(page)), name=self.address_name(act))
                for act, page in acts
            ),
        ]

    # --- the list -----------------------------------------------------------------------------------------------
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": self.navigation_title})

    @admin.display(description=gettext_lazy("編號"))
    def label(self, edit: BulkEdit) -> str:
        return f"#{edit.pk}"

    @admin.display(description=gettext_lazy("內容"))
    def field_(self, edit: BulkEdit) -> str:
        return _what(edit, Lists.load())

    @admin.display(description=gettext_lazy("人數"))
    def people_(self, edit: BulkEdit) -> int:
        return edit.people

    @admin.display(description=gettext_lazy("狀態"))
    def state_(self, edit: BulkEdit) -> SafeString:
        return format_html('<span class="tag state-{}">{}</span>', edit.state, edit.get_state_display())

    @admin.display(description=gettext_lazy("計畫人"))
    def maker(self, edit: BulkEdit) -> str:
        return edit.made_by.display_name

    @admin.display(description=gettext_lazy("計畫時間"))
    def made(self, edit: BulkEdit) -> str:
        return f"{timezone.localtime(edit.made_at):%Y-%m-%d %H:%M}"

    @admin.display(description=gettext_lazy("寫入"))
    def applied(self, edit: BulkEdit) -> str:
        if edit.applied_at is None:
            return "－"
        return f"{timezone.localtime(edit.applied_at):%Y-%m-%d %H:%M} {edit.applied_by.display_name}"

    # --- from the filtered list to a plan -----------------------------------------------------------------------
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Which field; the set is the one that the address of the list of people names."""
        require(policies.can_bulk_edit(request.user))
        chosen = self._chosen(request)
        context = {
            "title": _("整批修改"),
            "chosen": chosen,
            "count": chosen.people.count(),
            "degrees": chosen.records.count(),
            "fields": [BY_ATTRIBUTE[name] for name in FIELDS],
            "query": request.GET.urlencode(),
        }
        return self._page(request, "choose.html", context)

    def plan_view(self, request: HttpRequest, attribute: str) -> HttpResponse:
        require(policies.can_bulk_edit(request.user))
        if attribute not in FIELDS or not policies.may_write(request.user, attribute):
            raise Http404
        chosen = self._chosen(request)
        form = BulkEditForm(request.POST or None, attribute=attribute, today=timezone.localdate())
        if request.method == "POST" and form.is_valid():
            edit = self._plan(request, chosen, form)
            if edit is not None:
                return redirect("admin:records_bulkedit_change", edit.pk)
        context = {
            "title": _("整批修改：%(field)s") % {"field": BY_ATTRIBUTE[attribute].header},
            "form": form,
            "chosen": chosen,
            "count": chosen.people.count(),
            "query": request.GET.urlencode(),
        }
        return self._page(request, "plan_form.html", context)

    def _plan(self, request: HttpRequest, chosen: Chosen, form: BulkEditForm) -> BulkEdit | None:
        if not chosen.words:
            form.add_error(None, _("請先在校友清單篩選或搜尋，再整批修改。"))
            return None
        try:
            return bulk_edits.make_plan(
                chosen.people,
                chosen.records,
                attribute=form.attribute,
                value=form.cleaned_data["value"],
                reason=form.cleaned_data["reason"],
                chosen_by=chosen.words,
                by=request.user,
                at=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error)
            return None

    def _chosen(self, request: HttpRequest) -> Chosen:
        """The same list, filters and search as the page of people, with everything on it."""
        try:
            listing = self.admin_site.get_model_admin(Person).get_changelist_instance(request)
        except IncorrectLookupParameters as error:
            raise Http404 from error
        people = listing.get_queryset(request)
        specs = [spec for spec in listing.filter_specs if spec.is_chosen()]
        records = policies.visible_records(request.user).filter(
            *(spec.condition() for spec in specs if isinstance(spec, RecordFilter)),
            person__in=people.order_by().values("pk"),
        )
        words = [
            f"{spec.title}＝{title}"
            for spec in specs
            for _value, title, is_chosen in spec.options()
            if is_chosen
        ]
        words += [_("搜尋結果")] if listing.searched else []
        return Chosen(people, records, "、".join(words))

    # --- one plan -----------------------------------------------------------------------------------------------
    def change_view_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_bulk_edit(request.user))
        return self._plan_page(request, self._edit(object_id))

    def progress_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """How far it is, for the page that asks every second."""
        require(policies.can_bulk_edit(request.user))
        edit = self._edit(object_id)
        state = {"working": edit.state == State.APPLYING, "state": str(edit.get_state_display())}
        return JsonResponse(_progress(edit) | state)

    def apply_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_bulk_edit(request.user))
        edit = self._edit(object_id)
        require(bulk_edits.may_apply(request.user, edit))
        if tasks.request_bulk_edit(edit, request.user):
            messages.success(request, _("已確認，開始寫入。"))
        else:
            text = _("這項整批修改目前是「%(state)s」，不能確認。") % {"state": edit.get_state_display()}
            messages.warning(request, text)
        return redirect("admin:records_bulkedit_change", object_id)

    def discard_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_bulk_edit(request.user))
        if bulk_edits.discard(self._edit(object_id)):
            messages.success(request, _("已放棄，沒有任何資料被更動。"))
        else:
            messages.warning(request, _("狀態已經改變，不能放棄。"))
        return redirect("admin:records_bulkedit_change", object_id)

    def undo_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_bulk_edit(request.user))
        edit, form = self._edit(object_id), ReasonForm(request.POST)
        if form.is_valid():
            try:
                undo = bulk_edits.plan_undo(
                    edit, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now()
                )
            except ValidationError as error:
                form.add_error(None, error)
            else:
                return redirect("admin:records_bulkedit_change", undo.pk)
        return self._plan_page(request, edit, form)

    def _edit(self, object_id: int) -> BulkEdit:
        return get_object_or_404(
            BulkEdit.objects.select_related("made_by", "applied_by", "undo_of"), pk=object_id
        )

    def _plan_page(
        self, request: HttpRequest, edit: BulkEdit, form: ReasonForm | None = None
    ) -> HttpResponse:
        outcome = request.GET.get("outcome", "")
        outcome = outcome if outcome in Outcome.values else ""
        degrees = Prefetch(
            "person__academic_records", policies.visible_records(request.user), to_attr="shown_records"
        )
        rows = edit.rows.select_related("person", "record__programme").prefetch_related(degrees)
        rows = rows.order_by("pk")
        rows = rows.filter(outcome=outcome) if outcome else rows
        page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
        elsewhere = edit.rows.filter(_elsewhere(edit))
        doubted = set(elsewhere.filter(pk__in=[row.pk for row in page]).values_list("pk", flat=True))
        lists = Lists.load()
        undoing = edit.undoings.exclude(state=State.DISCARDED).first()
        context = {
            "title": _("整批修改 #%(number)s") % {"number": edit.pk},
            "edit": edit,
            "what": _what(edit, lists),
            "of_degrees": BY_ATTRIBUTE[edit.attribute].owner is Owner.RECORD,
            "is_planned": edit.state == State.PLANNED,
            "is_working": edit.state == State.APPLYING,
            "decision": bulk_edits.may_apply(request.user, edit),
            "needs_second": bulk_edits.needs_second_person(edit),
            "limit": bulk_edits.ALONE,
            "progress": _progress(edit),
            "tabs": _tabs(edit, outcome),
            "outcome": outcome,
            "page": page,
            "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
            "rows": [
                (
                    row,
                    lists.shown(edit.attribute, row.before),
                    lists.shown(edit.attribute, row.after),
                    shown("country", row.person.country) if row.pk in doubted else "",
                )
                for row in page
            ],
            "elsewhere": elsewhere.values("person").distinct().count(),
            "undoing": undoing,
            "can_undo": edit.state == State.APPLIED and undoing is None and edit.counts.get(Outcome.DONE),
            "form": form or ReasonForm(),
        }
        return self._page(request, "plan.html", context)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"admin/records/bulkedit/{template}", context)


def _what(edit: BulkEdit, lists: Lists) -> str:
    """The edit in words: the field and what it becomes."""
    header = BY_ATTRIBUTE[edit.attribute].header
    if edit.undo_of_id:
        return _("%(field)s → 回到整批修改 #%(number)s 之前") % {"field": header, "number": edit.undo_of_id}
    return f"{header} → {lists.shown(edit.attribute, edit.value)}"


def _elsewhere(edit: BulkEdit) -> Q:
    """The rows of a plan whose person lives in another country than the new city or postal code: worth a look."""
    if edit.attribute not in ("city", "postal_code") or not edit.value:
        return Q(pk__in=())
    at_home = values.is_at_home(**{edit.attribute: edit.value})
    return ~Q(person__country__in=("", values.HOME)) if at_home else Q(person__country=values.HOME)


def _progress(edit: BulkEdit) -> dict[str, Any]:
    return progress_of(bulk_edits.progress_name(edit), is_working=edit.state == State.APPLYING)


def _tabs(edit: BulkEdit, current: str) -> list[Tab]:
    counted = [(value, str(title), edit.counts.get(value, 0)) for value, title in Outcome.choices]
    shown = [Tab(value, title, count, value == current) for value, title, count in counted if count]
    return [Tab("", _("全部"), sum(edit.counts.values()), not current), *shown]
