"""The table of url_table.py is complete, and every address answers every visitor as it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.walking import forgotten, portions, same_login

from .url_table import ANONYMOUS, FORBIDDEN, NOT_ALLOWED, OK, TABLE, VISITORS


def keys(resolver: URLResolver, namespace: str = "", route: str = "") -> Iterator[str]:
    """The table key of every pattern below `resolver`."""
    for entry in resolver.url_patterns:
        path = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from keys(entry, inner, path)
        elif isinstance(entry, URLPattern):
            yield namespace + entry.name if entry.name else path


def test_every_address_stands_in_the_table_and_no_other():
    known = set(keys(get_resolver()))
    assert not known - TABLE.keys(), f"addresses without a row: {sorted(known - TABLE.keys())}"
    assert not TABLE.keys() - known, f"rows without an address: {sorted(TABLE.keys() - known)}"


@pytest.fixture
def browser_of(client_of) -> Callable[[str], Client]:
    """`browser_of(visitor)`: a new browser of that visitor."""
    logins = {visitor: client_of(None if visitor == ANONYMOUS else visitor) for visitor in VISITORS}
    return lambda visitor: same_login(logins[visitor])


@pytest.mark.parametrize("keys", portions(list(TABLE)))
def test_addresses_answer_every_visitor_as_the_table_says(keys, browser_of):
    """The visitors of one address come one after another: a GET changes nothing, so that the answers do not depend
    on one another."""
    wrong = []
    for key in keys:
        row = TABLE[key]
        with forgotten():
            path = f"/{key}" if "/" in key else reverse(key, kwargs=row.kwargs())
            for visitor in VISITORS:
                status = browser_of(visitor).get(path, row.query).status_code
                if status != row.expected[visitor]:
                    wrong.append(f"{key} for {visitor}: {status}, not {row.expected[visitor]}")
    assert not wrong


POSTED = sorted(key for key, row in TABLE.items() if row.posted)


def test_an_address_without_get_says_who_may_post():
    assert {key for key, row in TABLE.items() if NOT_ALLOWED in row.expected.values()} <= set(POSTED)


@pytest.mark.parametrize("keys", portions(POSTED))
def test_a_post_answers_every_visitor_as_the_table_says(keys, browser_of):
    wrong = []
    for key in keys:
        row = TABLE[key]
        for visitor in VISITORS:
            with forgotten():
                status = browser_of(visitor).post(reverse(key, kwargs=row.kwargs())).status_code
            if status != row.posted[visitor]:
                wrong.append(f"{key} for {visitor}: {status}, not {row.posted[visitor]}")
    assert not wrong


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("key", ["home", "admin:index", "admin:login", "admin:records_person_changelist"])
def test_every_way_in_ends_at_a_page(key, visitor, client_of):
    client = client_of(None if visitor == ANONYMOUS else visitor)
    ends = client.get(reverse(key), follow=True)
    assert ends.status_code in (OK, FORBIDDEN) and len(ends.redirect_chain) <= 3
