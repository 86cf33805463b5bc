"""異動申請: one request with original, proposed and current values, its steps, many of one kind at once, and the mode
of reviewing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from .. import change_comparisons, change_reviews, evidence, kept_typing, policies
from ..change_comparisons import Comparison, Standing
from ..change_reviews import ReviewRefused
from ..forms.change_requests import ReviewModeForm, StepForm
from ..models import WAITING, ChangeRequest, ChangeRequestEvent, ReviewMode
from ..page_checks import ID, require
from ..programmes import Lists
from .change_request_list import LIST, ChangeRequestListAdmin, age_of

Step, State = ChangeRequestEvent.Step, ChangeRequest.State
PAGE = "admin:records_changerequest_change"

# What each step leaves to say.
DONE: dict[str, str | Promise] = {
    Step.TAKEN: gettext_lazy("由您審核，保留 30 分鐘。"),
    Step.FREED: gettext_lazy("已放回等待審核。"),
    Step.APPROVED: gettext_lazy("已核准並寫入。"),
    Step.PARTLY: gettext_lazy("已核准勾選的欄位並寫入，其餘未核准。"),
    Step.RETURNED: gettext_lazy("已退回申請人。"),
    Step.REFUSED: gettext_lazy("已登錄不予核准。"),
    Step.OVERTAKEN: gettext_lazy("已結案，資料維持目前的內容。"),
    Step.WITHDRAWN: gettext_lazy("已撤回。"),
}
# Steps without words or fields of their own.
PLAIN: dict[str, Callable[..., ChangeRequest]] = {
    Step.TAKEN: change_reviews.take,
    Step.FREED: change_reviews.free,
    Step.WITHDRAWN: change_reviews.withdraw,
}
ANSWERED: dict[str, Callable[..., ChangeRequest]] = {
    Step.RETURNED: change_reviews.give_back,
    Step.REFUSED: change_reviews.refuse,
    Step.OVERTAKEN: change_reviews.overtake,
}


@dataclass(slots=True)
class Entry:
    """One request of a bulk approval; `trouble` says why it is left out."""

    request: ChangeRequest
    compared: list[Comparison]
    key: str  # what the confirmation brings back: id, version and fingerprint
    trouble: str


class ChangeRequestAdmin(ChangeRequestListAdmin):
    def own_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("bulk/", view(require_POST(self.bulk_view)), name=self.address_name("bulk")),
            path("mode/", view(self.mode_view), name=self.address_name("mode")),
            path(
                "<int:object_id>/evidence/<int:event_id>/",
                view(require_POST(self.evidence_view)),
                name=self.address_name("evidence"),
            ),
        ]

    # --- one request ------------------------------------------------------------------------------------------
    def change_view_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        require(policies.can_see_change_requests(request.user))
        shown = self._request(request, object_id)
        if request.method == "POST":
            return self._step(request, shown)
        typed = kept_typing.data_of(request)
        if typed is None:
            return self._request_page(request, shown)
        ticked = [int(text) for text in typed.getlist("items") if ID.fullmatch(text)]
        return self._request_page(request, shown, typed.get("answer", ""), ticked)

    def _request_page(
        self,
        request: HttpRequest,
        shown: ChangeRequest,
        answer: str = "",
        chosen: list[int] | None = None,
        trouble: str = "",
    ) -> HttpResponse:
        """`answer` and `chosen` are what was typed and ticked in a step that could not be taken, or was kept; `trouble`
        says why it could not."""
        now, user = timezone.now(), request.user
        rows = change_comparisons.shown_to(user, shown, Lists.for_showing())
        allowed = change_reviews.may_review(user, shown)
        holder = change_reviews.holder(shown, now)
        is_mine = holder is not None and holder.pk == user.pk
        is_own = shown.proposed_by_id == user.pk
        others = ChangeRequest.objects.filter(person=shown.person_id, state__in=WAITING).exclude(pk=shown.pk)
        ticked = [one.item.pk for one in rows if one.standing is Standing.AS_BEFORE]
        context = {
            "title": _("異動申請 %(number)s") % {"number": shown.number},
            "trouble": trouble,
            "shown": shown,
            "state": change_reviews.state_now(shown, now),
            "rows": rows,
            "seen": change_comparisons.fingerprint(shown, rows),
            "ticked": ticked if chosen is None else chosen,
            "form": StepForm(initial={"answer": answer}, request=shown),
            "can_review": bool(policies.can_review_changes(user)),
            "can_decide": shown.is_waiting and bool(allowed) and (holder is None or is_mine),
            "denied": "" if allowed or not policies.can_review_changes(user) else allowed.reason,
            "holder": holder,
            "is_mine": is_mine,
            "can_withdraw": is_own and (shown.is_waiting or shown.state == State.RETURNED),
            "all_there": all(one.standing is Standing.THERE for one in rows),
            "none_as_before": all(one.standing is not Standing.AS_BEFORE for one in rows),
            "age": age_of(shown, now),
            "others": list(others[:5]) if policies.can_review_changes(user) else [],
            "following": self._following(request, shown),
            "events": shown.events.select_related("by"),
        } | kept_typing.in_form(request)
        return self._page(request, "request.html", context)

    def _following(self, request: HttpRequest, shown: ChangeRequest) -> ChangeRequest | None:
        """The oldest other request that waits for this reviewer."""
        if not policies.can_review_changes(request.user):
            return None
        free_again = timezone.now() - change_reviews.HELD_FOR
        waiting = ChangeRequest.objects.filter(state__in=WAITING).exclude(proposed_by=request.user)
        held = waiting.filter(taken_at__gt=free_again).exclude(taken_by=request.user)
        return waiting.exclude(pk=shown.pk).exclude(pk__in=held.values("pk")).first()

    # --- acts -------------------------------------------------------------------------------------------------
    def _step(self, request: HttpRequest, shown: ChangeRequest) -> HttpResponse:
        """Takes a step on the version that the page showed; one sentence says what became of it, and nothing that
        was typed is lost."""
        data, page = kept_typing.data_of(request), reverse(PAGE, args=[shown.pk])
        step = data.get("step", "")
        if step not in DONE or step == Step.PARTLY:
            raise Http404
        if step != Step.WITHDRAWN:
            require(policies.can_review_changes(request.user))
        form = StepForm(data, request=shown)
        if not form.is_valid():
            messages.error(request, _("這一步沒有生效，請在頁面上重新選擇。"))
            return redirect(page)
        try:
            changed = self._take(request, shown.pk, step, form.cleaned_data)
        except ReviewRefused as error:
            typed = form.cleaned_data
            fresh = self._request(request, shown.pk)
            return self._request_page(request, fresh, typed["answer"], typed["items"] or None, str(error))
        messages.success(request, DONE.get(changed.state if step == Step.APPROVED else step, ""))
        return redirect(page)

    def _take(self, request: HttpRequest, object_id: int, step: str, data: dict[str, Any]) -> ChangeRequest:
        act = {"version": data["version"], "by": request.user, "at": timezone.now()}
        if step in PLAIN:
            return PLAIN[step](object_id, **act)
        if step in ANSWERED:
            return ANSWERED[step](object_id, **act, answer=data["answer"])
        items = None if "all" in request.POST else data["items"]
        return change_reviews.approve(object_id, **act, seen=data["seen"], items=items, answer=data["answer"])

    def evidence_view(self, request: HttpRequest, object_id: int, event_id: int) -> HttpResponseBase:
        """A paper of a request, for its proposer and the center; noted before it goes out."""
        require(policies.can_see_change_requests(request.user))
        shown = self._request(request, object_id)
        event = get_object_or_404(shown.events.exclude(evidence=""), pk=event_id)
        address = request.META.get("REMOTE_ADDR") or None
        change_reviews.note_evidence_taken(shown, by=request.user, at=timezone.now(), address=address)
        return evidence.download(event.evidence.name, _("佐證 %(number)s") % {"number": shown.number})

    # --- many at once -----------------------------------------------------------------------------------------
    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        """First the page with every value, then, when that was confirmed, one request after another: each is all or
        nothing by itself, and what could not be approved is told."""
        require(policies.can_review_changes(request.user))
        if "confirmed" in request.POST:
            return self._approve_all(request, request.POST.getlist("entry"))
        found, lists = self._chosen(request, request.POST.getlist("chosen")), Lists.for_showing()
        entries = [self._entry(request, one, lists) for one in found]
        kinds = {frozenset(one.item.attribute for one in entry.compared) for entry in entries}
        if not entries:
            messages.warning(request, _("請先勾選要核准的申請。"))
            return redirect(LIST)
        if len(kinds) > 1:
            messages.warning(
                request, _("一次只能核准相同欄位的申請；請先以「欄位」篩選，再勾選欄位相同的申請。")
            )
            return redirect(LIST)
        context = {
            "title": _("整批核准"),
            "entries": entries,
            "ready": [entry for entry in entries if not entry.trouble],
        }
        return self._page(request, "bulk.html", context)

    def _entry(self, request: HttpRequest, one: ChangeRequest, lists: Lists) -> Entry:
        compared = change_comparisons.compared(one, lists)
        allowed = change_reviews.may_review(request.user, one)
        holder = change_reviews.holder(one, timezone.now())
        trouble = ""
        if not one.is_waiting:
            trouble = _("目前是「%(state)s」") % {"state": one.get_state_display()}
        elif not allowed:
            trouble = str(allowed.reason)
        elif holder is not None and holder.pk != request.user.pk:
            trouble = _("%(name)s 正在審核") % {"name": holder.display_name}
        elif any(item.standing is not Standing.AS_BEFORE for item in compared):
            trouble = _("資料已有其他異動，請個別審核")
        return Entry(
            one, compared, f"{one.pk}:{one.version}:{change_comparisons.fingerprint(one, compared)}", trouble
        )

    def _approve_all(self, request: HttpRequest, keys: list[str]) -> HttpResponse:
        seen = {key.split(":")[0]: key.split(":")[1:] for key in keys if key.count(":") == 2}
        approved = 0
        for one in self._chosen(request, list(seen)):
            version, fingerprint = seen[str(one.pk)]
            try:
                change_reviews.approve(
                    one.pk,
                    version=int(version) if ID.fullmatch(version) else 0,
                    seen=fingerprint,
                    items=None,
                    by=request.user,
                    at=timezone.now(),
                )
            except ReviewRefused as error:
                messages.warning(request, f"{one.number}：{error}")
            else:
                approved += 1
        if approved:
            messages.success(request, _("已核准 %(count)d 件。") % {"count": approved})
        return redirect(LIST)

    def _chosen(self, request: HttpRequest, texts: list[str]) -> list[ChangeRequest]:
        """The requests with these ids, at most a page of them, oldest first."""
        ids = [int(text) for text in texts if ID.fullmatch(text)][: self.list_per_page]
        return list(self.get_queryset(request).filter(pk__in=ids).order_by("proposed_at", "pk"))

    # --- the mode of reviewing --------------------------------------------------------------------------------
    def mode_view(self, request: HttpRequest) -> HttpResponse:
        """The director turns the strict mode on or off, with a reason; every setting is kept."""
        require(policies.can_set_review_mode(request.user))
        is_strict = ReviewMode.is_strict_now()
        form = ReviewModeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            wanted = request.POST.get("mode") == "strict"
            if wanted != is_strict:
                ReviewMode.objects.create(
                    is_strict=wanted,
                    reason=form.cleaned_data["reason"],
                    set_by=request.user,
                    set_at=timezone.now(),
                )
            messages.success(
                request, _("系所聯絡人的異動全部送審。") if wanted else _("聯絡資料的異動立即生效。")
            )
            return redirect(LIST)
        context = {
            "title": _("審核方式"),
            "form": form,
            "is_strict": is_strict,
            "modes": ReviewMode.objects.select_related("set_by"),
        }
        return self._page(request, "mode.html", context)

    # --- shared -----------------------------------------------------------------------------------------------
    def _request(self, request: HttpRequest, object_id: int) -> ChangeRequest:
        return get_object_or_404(self.get_queryset(request), pk=object_id)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"admin/records/changerequest/{template}", context)
