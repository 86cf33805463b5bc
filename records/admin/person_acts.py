"""What is done to a person beside editing fields: wishes about messages, remarks, strikes, changes taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import annotations_editing, evidence, objections, policies, reverting
from ..forms.annotations import ReasonForm, RemarkForm
from ..forms.objections import ObjectionForm, WishForm
from ..kept_typing import data_of
from ..models import Disclosure, MessageObjection, Person
from ..page_checks import require, verify_first
from ..programmes import Lists
from .person_pages import PersonPages

FIELDS_OF_EVIDENCE = {"objection": "evidence", "withdrawal": "ended_evidence"}


class PersonActs(PersonPages):
    # --- messages (SOP 6.9) ---------------------------------------------------------------------------------
    def objection_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_edit_people(request.user))
        person = self.person_of(request, object_id)
        if first := verify_first(request, person):
            return first
        data = data_of(request)
        if objections.open_objection(person):
            messages.info(request, _("這位校友已登錄不願接受訊息，不必重複登錄。"))
            return redirect("admin:records_person_change", person.pk)
        return self._wish_page(
            request,
            person,
            data,
            ObjectionForm,
            objections.record,
            _("登錄不願接受訊息"),
            _("已登錄，之後不會再寄送母校訊息。"),
        )

    def withdrawal_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_edit_people(request.user))
        person = self.person_of(request, object_id)
        if first := verify_first(request, person):
            return first
        data = data_of(request)
        if not objections.open_objection(person):
            messages.info(request, _("這位校友目前沒有登錄不願接受訊息。"))
            return redirect("admin:records_person_change", person.pk)
        lead = _("只有校友本人後來表示願意時才能登錄。")
        return self._wish_page(
            request,
            person,
            data,
            WishForm,
            objections.withdraw,
            _("登錄撤回（願意接受訊息）"),
            _("已登錄撤回。"),
            lead=lead,
        )

    def _wish_page(
        self,
        request: HttpRequest,
        person: Person,
        data: QueryDict | None,
        form_class: type[WishForm],
        act: Callable[..., None],
        title: str,
        done: str,
        lead: str = "",
    ) -> HttpResponse:
        now = timezone.now()
        form = form_class(data, request.FILES or None, today=timezone.localdate(now))
        if request.method == "POST" and form.is_valid():
            try:
                act(person, **form.cleaned_data, editor=request.user, at=now)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, done)
                return redirect("admin:records_person_change", person.pk)
        return self.form_page(request, person, title, form, heading=_("校友的意願"), lead=lead)

    def evidence_view(
        self, request: HttpRequest, object_id: int, objection_id: int, which: str
    ) -> HttpResponseBase:
        """The file that proves a wish, as a download; who took it is logged first."""
        require(policies.can_edit_people(request.user))
        person = self.person_of(request, object_id)
        objection = get_object_or_404(MessageObjection, pk=objection_id, person=person)
        name = getattr(objection, FIELDS_OF_EVIDENCE.get(which, ""), "")
        if not name or not policies.may_read(request.user, "words"):
            raise Http404
        Disclosure.objects.create(
            user=request.user,
            kind=Disclosure.Kind.EVIDENCE,
            at=timezone.now(),
            address=request.META.get("REMOTE_ADDR"),
            row_count=1,
            detail=_("訊息意願佐證檔（校友 #%(pk)d）") % {"pk": person.pk},
        )
        return evidence.download(name, f"evidence-{objection.pk}-{which}")

    # --- 註解 (SOP 6.7) ---------------------------------------------------------------------------------------
    def remark_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_edit_people(request.user))
        require(policies.can_remark(request.user))
        person = self.person_of(request, object_id)
        if first := verify_first(request, person):
            return first
        form = RemarkForm(data_of(request))
        if request.method == "POST" and form.is_valid():
            text = form.cleaned_data["text"]
            annotations_editing.add_remark(person, text, editor=request.user, at=timezone.now())
            messages.success(request, _("已加註。"))
            return redirect("admin:records_person_change", person.pk)
        if not form.is_bound or not form.doubts:
            del form.fields["confirmed"]
        return self.form_page(
            request, person, _("加註"), form, heading=_("註解"), doubts=form.doubts if form.is_bound else []
        )

    def strike_view(self, request: HttpRequest, object_id: int, annotation_id: int) -> HttpResponse:
        require(policies.can_strike(request.user))
        person = self.person_of(request, object_id)
        line = get_object_or_404(person.annotations, pk=annotation_id, number__isnull=False, struck_at=None)
        if first := verify_first(request, person):
            return first
        return self._reason_page(
            request,
            person,
            _("劃除註解"),
            _("劃除的註解仍留有編號、內容與理由，但不再匯出，也不再列入複製的文字。劃除後不能恢復。"),
            _("已劃除。"),
            lambda reason, now: annotations_editing.strike(line, reason=reason, editor=request.user, at=now),
            facts=[(_("註解"), line.line)],
            verb=_("劃除"),
        )

    # --- history --------------------------------------------------------------------------------------------
    def revert_view(
        self, request: HttpRequest, object_id: int, kind: str, history_id: int, attribute: str
    ) -> HttpResponse:
        require(policies.can_revert(request.user))
        person = self.person_of(request, object_id)
        change = reverting.find(person, kind, history_id, attribute)
        if change is None or not policies.may_read(request.user, attribute):
            raise Http404
        if first := verify_first(request, person):
            return first
        refusal = reverting.obstacle(change, editor=request.user, at=timezone.now())
        return self._reason_page(
            request,
            person,
            _("還原異動"),
            _("還原是一次新的異動：寫回異動前的值，留下註解與異動歷程。"),
            _("已還原。"),
            lambda reason, now: _revert(change, reason, request.user, now),
            facts=_facts(change),
            refusal=refusal,
            verb=_("還原"),
        )

    def _reason_page(
        self,
        request: HttpRequest,
        person: Person,
        title: str,
        lead: str,
        done: str,
        act: Callable[..., None],
        **context: Any,
    ) -> HttpResponse:
        """A page that asks for a reason and then acts; `act` takes the reason and the time."""
        form = ReasonForm(data_of(request))
        if request.method == "POST" and form.is_valid():
            try:
                act(form.cleaned_data["reason"], timezone.now())
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, done)
                return redirect("admin:records_person_change", person.pk)
        return self.form_page(request, person, title, form, heading=_("理由"), lead=lead, **context)


def _revert(change: reverting.FieldChange, reason: str, editor: Any, at: Any) -> None:
    outcome = reverting.revert(change, reason=reason, editor=editor, at=at)
    if not outcome:
        raise ValidationError(outcome.refusal)


def _facts(change: reverting.FieldChange) -> list[tuple[str, str]]:
    """What is taken back, as people read it; a national ID by its mask."""
    texts = [change.shown(row, Lists.load()) or _("空白") for row in (change.row, change.previous)]
    facts = [(_("欄位"), change.label), (_("異動後的值"), texts[0]), (_("異動前的值"), texts[1])]
    serial = [(_("流水號"), change.row.serial_number)] if change.of_record else []
    return serial + facts
