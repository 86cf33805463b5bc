"""Against slow copying of the database (ASVS 2.4.1): how often an account may search and page through the list, and how
many different people it may open, within a time that slides on (`settings.READING_LIMITS`).

The counts lie in the cache that all processes share; of a search or a list only the time is kept. Who passes a limit
reads one sentence (429), and the trail of disclosures says so, once in that time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Disclosure, Person
from .page_checks import is_partial
from .rights import Reach, reach_of

SEARCHES, LISTS, PEOPLE = "searches", "lists", "people"
PATIENCE = 200  # milliseconds that a page waits on SQLite for its count while an import writes


class TooMany(Exception):
    """A limit is passed; `sentence` says which, `wait` for how many seconds."""

    def __init__(self, sentence: str, wait: int) -> None:
        super().__init__(sentence)
        self.sentence, self.wait = sentence, wait


def count_search(request: HttpRequest) -> None:
    """One search by the account that really looks. Raises TooMany."""
    _count(request, SEARCHES)


def count_list(request: HttpRequest) -> None:
    """One page of the list of people, or of those to telephone. Raises TooMany."""
    _count(request, LISTS)


def count_person(request: HttpRequest, person: Person) -> None:
    """A person whose data are shown; the same one again costs nothing. Raises TooMany."""
    _count(request, PEOPLE, person.pk)


def _count(request: HttpRequest, kind: str, what: int = 0) -> None:
    account = getattr(request, "true_user", request.user)
    reach = reach_of(account)
    if reach is Reach.NOBODY:
        return
    most, seconds = settings.READING_LIMITS[kind][reach]
    key, now = f"reading:{kind}:{account.pk}", timezone.now().timestamp()
    counted = _counted(account, key, (now, what), most, seconds)
    if len(counted) <= most:
        return
    sentence = _sentence(kind, most, seconds)
    if cache.add(f"{key}:told", True, timeout=seconds):
        _note(request, account, most, sentence)
    raise TooMany(sentence, wait=int(counted[-most - 1][0] + seconds - now) + 1)


def _counted(
    account: Any, key: str, entry: tuple[float, int], most: int, seconds: int
) -> list[tuple[float, int]]:
    """All that counts with the new entry; one more than `most`, not stored, when there is no room for it. Requests of
    one account wait for each other, else many at once would count as one."""
    since = entry[0] - seconds
    try:
        with _short_wait():
            if entry[1] and any(what == entry[1] for _at, what in _still(key, since)):
                return []  # a person seen before
            with transaction.atomic():
                get_user_model().objects.select_for_update().only("pk").get(pk=account.pk)
                counted = [*_still(key, since), entry]
                if len(counted) <= most:
                    cache.set(key, counted, timeout=seconds)
                return counted
    except OperationalError:  # SQLite while an import writes: no page fails or waits long for a count
        return []


def _still(key: str, since: float) -> list[tuple[float, int]]:
    """What counts: when, and whom."""
    return [(at, what) for at, what in cache.get(key, []) if at > since]


def _note(request: HttpRequest, account: Any, most: int, sentence: str) -> None:
    Disclosure.objects.create(
        user=account,
        kind=Disclosure.Kind.LIMIT,
        at=timezone.now(),
        address=request.META.get("REMOTE_ADDR") or None,
        row_count=most,
        detail=sentence,
    )


@contextmanager
def _short_wait() -> Iterator[None]:
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        [usual] = cursor.fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {PATIENCE}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")


def _sentence(kind: str, most: int, seconds: int) -> str:
    sentences = {
        SEARCHES: _("%(minutes)d 分鐘內的搜尋已達 %(most)d 次上限，請稍後再試。"),
        LISTS: _("%(minutes)d 分鐘內瀏覽的校友清單已達 %(most)d 頁上限，請稍後再試，或洽校友服務中心。"),
        PEOPLE: _("%(minutes)d 分鐘內查看的校友已達 %(most)d 位上限，請稍後再試，或洽校友服務中心。"),
    }
    return sentences[kind] % {"most": most, "minutes": seconds // 60}


class ReadingLimitMiddleware:
    """Answers where a limit is passed: a page, or the part of a page that htmx asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TooMany):
            return None
        template = "records/includes/too_many.html" if is_partial(request) else "429.html"
        response = render(request, template, {"sentence": exception.sentence}, status=429)
        response["Retry-After"] = str(exception.wait)
        return response
