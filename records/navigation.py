"""The main menu of who works on the contacts' pages; the workspace shows a contact the same one."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from .rights import CONTACT


class Link(NamedTuple):
    """An entry of a menu; `is_current` when the page shown lies below it."""

    title: str
    url: str
    is_current: bool = False


def own_links(request: HttpRequest) -> list[Link]:
    """The entries for the user of a request, in their order; the center finds the way back to its board first."""
    pages = [
        (_("首頁"), "records:home"),
        (_("活動批次登錄"), "records:batch"),
        (_("校友清單"), "admin:records_person_changelist"),
        (_("異動申請"), "admin:records_changerequest_changelist"),
        (_("電話補正"), "admin:records_followup_changelist"),
    ]
    if request.user.role != CONTACT:
        pages.insert(0, (_("工作看板"), "admin:index"))
    if getattr(request, "seen_as", None) is None:
        pages.append((_("我的帳號"), "sessions"))
    return [Link(title, url := reverse(name), _is_at(request.path, url)) for title, name in pages]


def _is_at(path: str, url: str) -> bool:
    """Whether a page lies at or below an entry; the two first pages have the others below them."""
    first_pages = (reverse("records:home"), reverse("admin:index"))
    return path == url if url in first_pages else path.startswith(url)
