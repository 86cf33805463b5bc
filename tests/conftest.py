"""Fixtures for all tests: the university's organisation and one account of each role."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterable

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import translation
from pytest_django.plugin import blocking_manager_key

from accounts import agreements
from accounts.models import Role, User
from records.models import Department
from tests.agreements import sign_agreement


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """The garbage collector does not look while everything is imported, nor later at what stays to the end: a tenth
    of all the time went into that."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


# Who asks for one of these works with a database; pytest-django refuses it to everybody else.
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "database_kind"}


def needs_database(item: pytest.Item) -> bool:
    """Whether the test may answer otherwise on another database."""
    asked = getattr(item, "fixturenames", ())
    return item.get_closest_marker("django_db") is not None or not DATABASE_FIXTURES.isdisjoint(asked)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """SQLite is asked everything but what only PostgreSQL has (sessions that can be ended, row locks); PostgreSQL all
    that needs a database. Both are always tested, so that nothing goes unasked and nothing is asked twice in vain."""
    is_postgresql = connection.vendor == "postgresql"
    elsewhere = [
        item
        for item in items
        if not (needs_database(item) if is_postgresql else item.get_closest_marker("postgresql") is None)
    ]
    if elsewhere:
        left_out = set(elsewhere)
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=elsewhere)


@pytest.fixture
def database_kind() -> str:
    """`sqlite` or `postgresql`, for a test that brings databases of its own."""
    return connection.vendor


def _load() -> None:
    call_command("load_organisation", verbosity=0)
    agreements.current()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """Loads colleges, departments and status codes once; every test sees them and rolls its changes back."""
    with django_db_blocker.unblock():
        _load()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """A transactional test ends by emptying all tables: the next one, whichever it is, finds them filled again.
    After the last one there is no test database any more."""
    result = yield
    if nextitem is None:
        return result
    marker = item.get_closest_marker("django_db")
    asked = {"transactional_db", "live_server"}.intersection(getattr(item, "fixturenames", ()))
    if asked or (marker and marker.kwargs.get("transaction")):
        with item.config.stash[blocking_manager_key].unblock():
            _load()
    return result


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """No limit counts what another test did."""
    cache.clear()


@pytest.fixture(autouse=True)
def own_language() -> None:
    """No test speaks the language in which another one asked last."""
    translation.deactivate()


@pytest.fixture
def organisation(db) -> None:
    """A database, for a test that reads nothing but the organisation in it."""


@pytest.fixture
def user_of(db) -> Callable[..., User]:
    """`user_of(role, departments=(), signed=True, **fields)`: the account of a role, made at the first call,
    its agreement signed.

    Fields other than the defaults make a further account, e.g. `user_of("it_staff", username="it2")`."""

    def make(
        role: str, departments: Iterable[Department] = (), signed: bool = True, **fields: object
    ) -> User:
        username = fields.pop("username", role)
        found = User.objects.filter(username=username).first()
        user = found or User.objects.create_user(
            username,
            display_name=fields.pop("display_name", f"測試{Role(role).label}"),
            role=role,
            email=fields.pop("email", f"{username}@example.org"),
            **fields,
        )
        if found is None and signed and agreements.must_sign(user):
            sign_agreement(user)
        for department in departments:
            user.memberships.get_or_create(department=department)
        return user

    return make


@pytest.fixture
def client_of(user_of) -> Callable[..., Client]:
    """`client_of(role)`: a browser logged in with that role; `client_of(None)`: one that is not."""

    def make(role: str | None, **fields: object) -> Client:
        client = Client()
        if role is not None:
            client.force_login(user_of(role, **fields))
        return client

    return make
