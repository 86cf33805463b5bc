"""The form of one person, saved through `change_requests.propose`, and the notices beside its fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import change_requests, follow_ups, kept_typing, objections, policies, values
from ..cells import ERROR
from ..forms.change_requests import ProposalForm
from ..forms.contact_edit import ContactEditForm
from ..forms.contact_fields import label_of
from ..forms.follow_ups import CallForm
from ..models import WAITING, ChangeRequest, Person
from ..page_checks import verify_first
from ..rights import MASKED
from ..submissions import Submission
from . import batch
from .access import OwnPage, source_of


@dataclass(slots=True)
class Page:
    """The forms of the page; `call` is there when one is being logged, `again` when they stand filled with a request
    that came back."""

    form: ContactEditForm
    proposal: ProposalForm
    call: CallForm | None = None
    again: ChangeRequest | None = None


class EditView(OwnPage):
    allowed = policies.can_propose_changes

    def get(self, request: HttpRequest, object_id: int) -> HttpResponse:
        person = self.person(object_id)
        if first := verify_first(request, person, back=request.get_full_path()):
            return first
        typed = kept_typing.data_of(request)
        again = None if typed else self._wanted_again(person)
        form, proposal = self._form(person, typed, again), self._proposal_form(typed, again)
        return self._page(person, Page(form, proposal, again=again))

    def post(self, request: HttpRequest, object_id: int) -> HttpResponse:
        person = self.person(object_id)
        if first := verify_first(request, person):
            return first
        typed = kept_typing.data_of(request)
        page = Page(self._form(person, typed), self._proposal_form(typed))
        if request.POST.get("call-outcome"):
            page.call = self._call_form(person, request.POST)
        is_valid = page.form.is_valid() and page.proposal.is_valid()
        if not is_valid or (page.call and not self._log_call(person, page.call)):
            return self._page(person, page)
        page.call = None  # logged
        if not self._required_given(person, page.form):
            return self._page(person, page)
        return self._save(person, page)

    def _call_form(self, person: Person, data: Any = None) -> CallForm:
        return CallForm(data, prefix="call", numbers=follow_ups.numbers_of(person, self.request.user))

    def _returned(self, person: Person) -> list[ChangeRequest]:
        """What came back to the user about a person and is to be proposed anew."""
        returned = change_requests.returned_to(self.request.user).filter(person=person)
        return list(returned.prefetch_related("items"))

    def _wanted_again(self, person: Person) -> ChangeRequest | None:
        """The one of them whose contents the form is to be filled with."""
        wanted = self.request.GET.get("again", "")
        return next((one for one in self._returned(person) if str(one.pk) == wanted), None)

    def _proposal_form(self, data: Any = None, again: ChangeRequest | None = None) -> ProposalForm:
        first = {"reason": again.reason} if again else None
        return ProposalForm(data, self.request.FILES or None, prefix="request", initial=first)

    def _log_call(self, person: Person, call: CallForm) -> bool:
        """The call with which a required field may stay blank (SOP 6.10); whether it was logged."""
        if not call.is_valid():
            return False
        try:
            follow_ups.log_call_to(person, by=self.request.user, at=timezone.now(), **call.details())
        except ValidationError as error:
            call.blame(error.message_dict if hasattr(error, "error_dict") else error.messages)
            return False
        messages.success(self.request, _("已登錄電話紀錄。"))
        return True

    def _form(self, person: Person, data: Any = None, again: ChangeRequest | None = None) -> ContactEditForm:
        items = again.items.all() if again else ()
        proposed = {item.attribute: item.proposed for item in items if item.attribute not in MASKED}
        return ContactEditForm(
            data, person=person, editor=self.request.user, today=timezone.localdate(), proposed=proposed
        )

    def _required_given(self, person: Person, form: ContactEditForm) -> bool:
        """SOP 6.10: what is required is not left blank, unless the alumnus was called for it."""
        for name in form.left_blank():
            if refusal := follow_ups.blank_refusal(person, name, at=timezone.now()):
                form.add_error(name, refusal)
        return form.is_valid()

    def _save(self, person: Person, page: Page) -> HttpResponse:
        form = page.form
        if not form.changed() and not form.refuses_messages:
            self._tell_unused(page.proposal)
            messages.info(self.request, _("沒有任何變動；若已向校友確認，請按「已確認，資料無異動」。"))
            return redirect("records:person", person.pk)
        asked = form.changed()
        outcome = self._proposed(person, page)
        if outcome is None:
            return self._page(person, page)
        self._tell(outcome, page.proposal)
        if outcome.stale or outcome.refused:
            form.take_up(Person.objects.get(pk=person.pk), stale=outcome.stale, refused=outcome.refused)
            is_partly_saved = len(asked) > len(outcome.stale) + len(outcome.refused)
            return self._page(person, page, is_partly_saved=is_partly_saved)
        for name, notices in form.notices.items():
            messages.warning(
                self.request,
                _("%(field)s：%(notice)s") % {"field": label_of(name), "notice": "".join(notices)},
            )
        if form.refuses_messages:
            messages.info(
                self.request,
                _("請登錄校友不願接受訊息的日期、管道與原話；登錄後才會記為「否」。"),
            )
            return redirect("records:person_objection", person.pk)
        return batch.onward(self.request, person)

    def _proposed(self, person: Person, page: Page) -> change_requests.Outcome | None:
        """What became of the changes; None when the paper is not accepted, and nothing was written."""
        user = self.request.user
        try:
            return change_requests.propose(
                person,
                values=page.form.changed(),
                before=page.form.before(),
                editor=user,
                source=source_of(user),
                at=timezone.now(),
                **page.proposal.cleaned_data,
            )
        except ValidationError as error:
            page.proposal.add_error("evidence", error)
            return None

    def _tell(self, outcome: change_requests.Outcome, proposal: ProposalForm) -> None:
        """Field by field: written, or waiting. What was refused or changed by others is said at the field."""
        applied = list(outcome.applied)
        if applied:
            messages.success(self.request, _("已儲存：%(fields)s。") % {"fields": _labels(applied)})
        if outcome.submission is not None:
            messages.info(self.request, _waiting_sentence(outcome.submission))
        elif not (outcome.refused or outcome.stale):
            self._tell_unused(proposal)
        elif proposal.cleaned_data["evidence"]:
            messages.warning(self.request, _("有欄位尚未儲存，佐證檔沒有保留；再次儲存時請重新選擇。"))

    def _tell_unused(self, proposal: ProposalForm) -> None:
        """Words and a paper go with fields that wait; without one they are not kept."""
        if proposal.cleaned_data["evidence"]:
            messages.warning(self.request, _("沒有須審核的欄位，佐證檔沒有保留。"))
        if proposal.cleaned_data["reason"]:
            messages.warning(self.request, _("沒有須審核的欄位，送審說明沒有保留。"))

    def _page(self, person: Person, page: Page, *, is_partly_saved: bool = False) -> HttpResponse:
        form, now = page.form, timezone.now()
        to_ask_for = [name for name in form.left_blank() if follow_ups.blank_refusal(person, name, at=now)]
        context = kept_typing.in_form(self.request) | {
            "call": page.call or self._call_form(person),
            "asks_for_call": bool(page.call or to_ask_for),
            "to_ask_for": to_ask_for,
            "sections": form.sections(self._waiting(person)),
            "returned": self._returned(person),
            "again": page.again,
            "is_partly_saved": is_partly_saved,
            "is_unsaved": form.is_bound,
            "person": person,
            "form": form,
            "proposal": page.proposal,
            "batch": batch.place(self.request, person.pk),
            "objection": objections.open_objection(person),
            "open_items": follow_ups.open_items(person),
        }
        return render(self.request, "records/person_edit.html", context)

    def _waiting(self, person: Person) -> dict[str, ChangeRequest]:
        """The fields for which a change by the user waits already."""
        waiting = change_requests.open_about(person, self.request.user).filter(state__in=WAITING)
        items = ((item, one) for one in waiting.prefetch_related("items") for item in one.items.all())
        return {item.attribute: one for item, one in items if item.record_id is None}


class CheckView(OwnPage):
    """What the server makes of one field, while the form is being filled in. Writes nothing."""

    allowed = policies.can_propose_changes
    http_method_names = ["post"]

    def post(self, request: HttpRequest, object_id: int, attribute: str) -> HttpResponse:
        person = self.person(object_id)
        today = timezone.localdate()
        form = ContactEditForm(request.POST, person=person, editor=request.user, today=today)
        if attribute not in form.names:
            raise Http404
        typed = form.raw(attribute)
        is_touched = typed != form.first(attribute)
        cleaned = form.cleaned(attribute)
        notes = cleaned.notes if is_touched else ()
        context = {
            "name": attribute,
            "errors": [note.message for note in notes if note.level == ERROR],
            "notices": [note.message for note in notes if note.level != ERROR],
            "stored": _stored(attribute, cleaned.value, typed) if is_touched else "",
            "both": values.in_both_calendars(cleaned.value) if attribute == "birth_date" else "",
            "suggestions": form.suggestions(attribute),
        }
        return render(request, "records/includes/field_state.html", context)


def _stored(name: str, value: str, typed: str) -> str:
    """The form in which a value will be stored, when it is another than what was typed; never of a national ID."""
    if name == "national_id" or (value == typed and name != "birth_date"):
        return ""
    return value


def _waiting_sentence(submission: Submission) -> str:
    """What waits for the center, and whether it did before."""
    request = submission.request
    if submission.is_new:
        text = _("已送校友服務中心審核，核准後才會更新：%(fields)s。")
    elif submission.is_supplemented:
        text = _("這次的說明或佐證檔已補入等待審核的申請 %(number)s：%(fields)s。")
    else:
        text = _("相同的異動先前已送審（%(number)s），仍在等待校友服務中心審核：%(fields)s。")
    fields = _labels([item.attribute for item in request.items.all()])
    return text % {"number": request.number, "fields": fields}


def _labels(names: list[str]) -> str:
    return "、".join(str(label_of(name)) for name in names)
