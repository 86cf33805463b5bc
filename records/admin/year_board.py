"""年度作業: every term with its due date, what came, and where it stands; the new degrees over the years."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from .. import policies, terms
from ..models import TermReminder
from ..page_checks import require
from ..term_figures import TermTotal, totals
from .term_pages import TermPages, people_link

AT_WORK = 2  # the open terms that are shown large
TERMS_SHOWN = 20  # ten years; all of them when asked for


class TermAdmin(TermPages):
    navigation_title = gettext_lazy("年度作業")
    list_filter = ()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(policies.can_see_terms(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        """Terms are named as people name them; they come with the calendar, so nobody adds one."""
        view = self.admin_site.admin_view

        def address(route: str, page: Any, name: str) -> URLPattern:
            return path(route, view(page), name=self.address_name(name))

        return [
            address("", require_GET(self.changelist_view), "changelist"),
            address("batches/<int:object_id>/", self.assign_view, "assign"),
            address("<slug:key>/", require_GET(self.change_view_of), "change"),
            address("<slug:key>/sheet/", require_GET(self.sheet_view), "sheet"),
            address("<slug:key>/expected/", require_POST(self.expected_view), "expected"),
            address("<slug:key>/due/", require_POST(self.due_view), "due"),
            address("<slug:key>/reasons/<slug:code>/", require_POST(self.reason_view), "reason"),
            address(
                "<slug:key>/sign-off/",
                require_POST(self.admin_site.sensitive(self.sign_off_view)),
                "sign_off",
            ),
            address(
                "<slug:key>/reopen/", require_POST(self.admin_site.sensitive(self.reopen_view)), "reopen"
            ),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        require(policies.can_see_terms(request.user))
        day = timezone.localdate()
        known = terms.known(day)
        shown = known if request.GET.get("years") == "all" else known[:TERMS_SHOWN]
        lines = terms.lines_of(shown, day)
        colleges, counted = totals(shown)
        reminders: dict[int, list[TermReminder]] = {}
        for reminder in TermReminder.objects.all():
            reminders.setdefault(reminder.term_id, []).append(reminder)
        rows = [
            {
                "line": line,
                "total": total,
                "reminders": reminders.get(line.term.pk, []),
                "people_link": people_link(request.user, line.term),
            }
            for line, total in zip(lines, counted, strict=True)
        ]
        context = {
            "title": self.navigation_title,
            "rows": rows,
            "at_work": [row for row in rows if row["line"].signed is None][:AT_WORK],
            "colleges": colleges,
            "chart": _chart(counted[:TERMS_SHOWN]),
            "has_more": len(shown) < len(known),
            "can_import": policies.can_import(request.user),
        }
        return self.page(request, "board.html", context)


# --- the chart ------------------------------------------------------------------------------------------------------
_STEP, _WIDTH, _LEFT = 30, 290, 62


def _chart(counted: list[TermTotal]) -> dict[str, Any]:
    """A bar a term, stacked by college; as wide as the greatest term is the whole width."""
    most = max((term.total for term in counted), default=0) or 1
    bars = []
    for index, term in enumerate(counted):
        parts, until = [], 0
        for number, cell in enumerate(term.cells, start=1):
            begin, until = until, until + cell.number
            left, right = (_LEFT + edge * _WIDTH // most for edge in (begin, until))
            if cell.number:
                parts.append({"x": left, "width": right - left, "series": number})
        bars.append(
            {
                "term": term.term,
                "total": term.total,
                "y": index * _STEP,
                "text_y": index * _STEP + 17,
                "parts": parts,
                "end": (parts[-1]["x"] + parts[-1]["width"] if parts else _LEFT) + 6,
            }
        )
    return {"bars": bars, "height": len(bars) * _STEP, "is_empty": not any(bar["parts"] for bar in bars)}
