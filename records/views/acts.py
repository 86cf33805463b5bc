"""What a contact does about a person beside editing fields: the alumnus' wish about messages (SOP 6.9) and a free
remark (SOP 6.7). Each is a page with one form, which opens after verifying among namesakes (SOP 6.5)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .. import annotations_editing, kept_typing, objections, policies
from ..forms.annotations import RemarkForm
from ..forms.objections import ObjectionForm, WishForm
from ..models import Person
from ..page_checks import verify_first
from . import batch
from .access import OwnPage, source_of


class ActView(OwnPage):
    title: str | Promise
    heading: str | Promise
    done: str | Promise
    lead: str | Promise = ""

    def refusal(self, person: Person) -> str | Promise:
        """The sentence why this cannot be done with the person now, "" when it can."""
        return ""

    def form(self, data: Any) -> Form:
        raise NotImplementedError

    def carry_out(self, person: Person, details: dict[str, Any]) -> None:
        """Do it with what the form brought. Raises ValidationError for what is wrong with it."""
        raise NotImplementedError

    def get(self, request: HttpRequest, object_id: int) -> HttpResponse:
        person = self.person(object_id)
        if refusal := self.refusal(person):
            messages.info(request, refusal)
            return redirect("records:person", person.pk)
        if first := verify_first(request, person):
            return first
        form = self.form(kept_typing.data_of(request))
        if request.method == "POST" and form.is_valid() and self._is_done(person, form):
            messages.success(request, self.done)
            return batch.onward(request, person)
        return self._page(person, form)

    post = get

    def _is_done(self, person: Person, form: Form) -> bool:
        try:
            self.carry_out(person, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
            return False
        return True

    def _page(self, person: Person, form: Form) -> HttpResponse:
        context = kept_typing.in_form(self.request) | {
            "person": person,
            "form": form,
            "title": self.title,
            "heading": self.heading,
            "lead": self.lead,
            "batch": batch.place(self.request, person.pk),
        }
        return render(self.request, "records/act.html", context)


class WishView(ActView):
    allowed = policies.can_record_wishes
    heading = _("校友的意願")
    form_class = WishForm

    def form(self, data: Any) -> WishForm:
        return self.form_class(data, self.request.FILES or None, today=timezone.localdate())

    def carry_out(self, person: Person, details: dict[str, Any]) -> None:
        user = self.request.user
        self.write(person, **details, editor=user, at=timezone.now(), source=source_of(user))


class ObjectionView(WishView):
    title = _("登錄不願接受訊息")
    lead = _("校友表示不願再收到母校訊息時，請登錄日期、管道與原話；登錄後立即生效，並寫入註解。")
    done = _("已登錄，之後不會再寄送母校訊息。")
    form_class = ObjectionForm
    write = staticmethod(objections.record)

    def refusal(self, person: Person) -> str | Promise:
        return _("這位校友已登錄不願接受訊息，不必重複登錄。") if objections.open_objection(person) else ""


class WithdrawalView(WishView):
    title = _("登錄撤回（願意接受訊息）")
    lead = _("只有校友本人後來表示願意時才能登錄；登錄後立即生效，並寫入註解。")
    done = _("已登錄撤回。")
    write = staticmethod(objections.withdraw)

    def refusal(self, person: Person) -> str | Promise:
        if not objections.open_objection(person):
            return _("這位校友目前沒有登錄不願接受訊息。")
        allowed = objections.may_withdraw(self.request.user)
        return "" if allowed else allowed.reason


class RemarkView(ActView):
    allowed = policies.can_remark
    title = _("加註")
    heading = _("註解")
    lead = _("系所聯絡人只看得到自己的加註，校友服務中心看得到全部。")
    done = _("已加註。")

    def form(self, data: Any) -> RemarkForm:
        form = RemarkForm(data)
        if not (form.is_bound and form.errors and form.doubts):
            del form.fields["confirmed"]
        return form

    def carry_out(self, person: Person, details: dict[str, Any]) -> None:
        user = self.request.user
        annotations_editing.add_remark(
            person, details["text"], editor=user, at=timezone.now(), source=source_of(user)
        )
