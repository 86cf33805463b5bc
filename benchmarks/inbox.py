"""How long does the review inbox take with many waiting requests? Prints the median time and the queries of a page.

    .venv/bin/python benchmarks/inbox.py [requests]

A SQLite database of its own in a temporary directory, with people who do not exist; every request is proposed the way
a contact's form does it. The aim (issue 4): 1,000 waiting requests, under 20 queries and 300 ms.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

_directory = tempfile.TemporaryDirectory(prefix="alumni-inbox-")  # removed when the process ends
os.environ["DJANGO_SETTINGS_MODULE"] = "alumni_db.settings_test"
os.environ["DATABASE_URL"] = f"sqlite:///{_directory.name}/alumni.sqlite3"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402

from accounts import agreements  # noqa: E402
from tests.agreements import sign_agreement  # noqa: E402
from tests.change_requests import OWN, waiting  # noqa: E402
from tests.people import degree, somebody  # noqa: E402

REQUESTS = 1000
TRIES = 20
INBOX = "/admin/records/changerequest/"
PAGES = {
    "inbox": INBOX,
    "last page": f"{INBOX}?p=20",
    "filtered": f"{INBOX}?field=chinese_name",
    "board": "/admin/",
}


class Counter:
    """Counts the statements that are sent."""

    def __init__(self) -> None:
        self.queries = 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.queries += 1
        return execute(*arguments)


def director() -> Client:
    """A browser of somebody who reviews."""
    user = get_user_model().objects.create_user("director", display_name="測試主任", role="center_director")
    if agreements.must_sign(user):
        sign_agreement(user)
    client = Client()
    client.force_login(user)
    return client


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    call_command("migrate", verbosity=0)
    call_command("load_organisation", verbosity=0)
    agreements.current()
    with transaction.atomic():
        for number in range(count):
            waiting(somebody(degree(f"{OWN}學士班"), chinese_name=f"林文{number}"))
    client = director()
    print(f"{count} waiting requests, median of {TRIES}")
    for title, address in PAGES.items():
        client.get(address)  # the first page of a login also notes the session
        counted = Counter()
        with connection.execute_wrapper(counted):
            assert client.get(address).status_code == 200
        times = []
        for _try in range(TRIES):
            began = time.perf_counter()
            client.get(address)
            times.append((time.perf_counter() - began) * 1000)
        print(f"{title:<10} {statistics.median(times):6.0f} ms {counted.queries:4} queries")


if __name__ == "__main__":
    main()
