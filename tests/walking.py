"""Many addresses in one test, each met as if it were the first: who asks logs in once, and what a visit changed is
forgotten before the next. Such a test collects what is wrong and names it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.test import Client

AT_ONCE = 12  # addresses of one test: so few that processes can share them out


def portions(keys: Sequence[str]) -> list[Any]:
    """Parameters of a test that gets some of the `keys` each time."""
    parts = [keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE)]
    return [pytest.param(part, id=f"{part[0]} to {part[-1]}") for part in parts]


@contextmanager
def forgotten() -> Iterator[None]:
    """What the block stores is rolled back, what it counts begins anew."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    cache.clear()


def same_login(client: Client) -> Client:
    """A browser without a past, logged in as `client` is."""
    browser, session = Client(), client.cookies.get(settings.SESSION_COOKIE_NAME)
    if session:
        browser.cookies[session.key] = session.value
    return browser
