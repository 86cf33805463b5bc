"""The table of url_table.py is complete, and every address answers every visitor as it says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

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


@pytest.mark.parametrize("key", TABLE)
def test_an_address_answers_every_visitor_as_the_table_says(key, client_of):
    """In one test: a GET changes nothing, so that the answers do not depend on one another."""
    row = TABLE[key]
    path = f"/{key}" if "/" in key else reverse(key, kwargs=row.kwargs())
    answers = {
        visitor: client_of(None if visitor == ANONYMOUS else visitor).get(path, row.query)
        for visitor in VISITORS
    }
    assert {visitor: answer.status_code for visitor, answer in answers.items()} == row.expected


POSTED = {key for key, row in TABLE.items() if row.posted}


def test_an_address_without_get_says_who_may_post():
    assert {key for key, row in TABLE.items() if NOT_ALLOWED in row.expected.values()} == POSTED


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("key", sorted(POSTED))
def test_a_post_answers_a_visitor_as_the_table_says(key, visitor, client_of):
    row = TABLE[key]
    client = client_of(None if visitor == ANONYMOUS else visitor)
    assert client.post(reverse(key, kwargs=row.kwargs())).status_code == row.posted[visitor]


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("key", ["home", "admin:index", "admin:login", "admin:records_person_changelist"])
def test_every_way_in_ends_at_a_page(key, visitor, client_of):
    client = client_of(None if visitor == ANONYMOUS else visitor)
    ends = client.get(reverse(key), follow=True)
    assert ends.status_code in (OK, FORBIDDEN) and len(ends.redirect_chain) <= 3
