"""The form of one person, saved through `change_requests.propose`, and the notices beside its fields."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import change_requests, follow_ups, kept_typing, policies, values
from ..cells import ERROR
from ..forms.contact_edit import ContactEditForm, label_of, read
from ..forms.follow_ups import CallForm
from ..models import Person, Source
from ..page_checks import verify_first
from ..rights import CENTER
from . import batch
from .access import OwnPage


class EditView(OwnPage):
    allowed = policies.can_propose_changes

    def get(self, request: HttpRequest, object_id: int) -> HttpResponse:
        person = self.person(object_id)
        if first := verify_first(request, person):
            return first
        return self._page(person, self._form(person, kept_typing.data_of(request)))

    def post(self, request: HttpRequest, object_id: int) -> HttpResponse:
        person = self.person(object_id)
        if first := verify_first(request, person):
            return first
        form = self._form(person, kept_typing.data_of(request))
        call = self._call_form(person, request.POST)
        is_called = bool(request.POST.get("call-outcome"))
        if not form.is_valid() or (is_called and not self._log_call(person, call)):
            return self._page(person, form, call=call if is_called else None)
        if not self._required_given(person, form):
            return self._page(person, form)
        return self._save(person, form)

    def _call_form(self, person: Person, data: Any = None) -> CallForm:
        return CallForm(data, prefix="call", numbers=follow_ups.numbers_of(person, self.request.user))

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

    def _form(self, person: Person, data: Any = None) -> ContactEditForm:
        return ContactEditForm(data, person=person, editor=self.request.user, today=timezone.localdate())

    def _required_given(self, person: Person, form: ContactEditForm) -> bool:
        """SOP 6.10: what is required is not left blank, unless the alumnus was called for it."""
        for name in form.left_blank():
            if refusal := follow_ups.blank_refusal(person, name, at=timezone.now()):
                form.add_error(name, refusal)
        return form.is_valid()

    def _save(self, person: Person, form: ContactEditForm) -> HttpResponse:
        changed, user = form.changed(), self.request.user
        if not changed:
            messages.info(self.request, _("沒有任何變動；若已向校友確認，請按「已確認，資料無異動」。"))
            return redirect("records:person", person.pk)
        outcome = change_requests.propose(
            person,
            values=changed,
            before=form.before(),
            editor=user,
            source=Source.ADMIN if user.role in CENTER else Source.FORM,
            at=timezone.now(),
        )
        self._tell(changed, outcome)
        if outcome.stale or outcome.refused:
            form.take_up(Person.objects.get(pk=person.pk), stale=outcome.stale, refused=outcome.refused)
            return self._page(person, form)
        for name, notices in form.notices.items():
            messages.warning(
                self.request,
                _("%(field)s：%(notice)s") % {"field": label_of(name), "notice": "".join(notices)},
            )
        return batch.onward(self.request, person)

    def _tell(self, changed: dict[str, str], outcome: change_requests.Outcome) -> None:
        """Field by field: written, or waiting. What was refused or changed by others is said at the field."""
        applied = list(outcome.applied)
        waiting = [name for name in changed if name not in {*applied, *outcome.refused, *outcome.stale}]
        if applied:
            messages.success(self.request, _("已儲存：%(fields)s。") % {"fields": _labels(applied)})
        if outcome.waiting is not None and waiting:
            messages.info(
                self.request,
                _("已送校友服務中心審核，核准後才會更新：%(fields)s。") % {"fields": _labels(waiting)},
            )

    def _page(self, person: Person, form: ContactEditForm, call: CallForm | None = None) -> HttpResponse:
        context = kept_typing.in_form(self.request) | {
            "call": call or self._call_form(person),
            "asks_for_call": bool(call or form.left_blank()),
            "person": person,
            "form": form,
            "batch": batch.place(self.request, person.pk),
            "open_items": follow_ups.open_items(person),
        }
        return render(self.request, "records/person_edit.html", context)


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
        cleaned = read(attribute, typed, today)
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


def _labels(names: list[str]) -> str:
    return "、".join(str(label_of(name)) for name in names)
