"""Does the time of an answer tell which accounts exist? Measures sign-in and reset, known against unknown.

    .venv/bin/python benchmarks/enumeration.py [tries]

A database of its own in a temporary directory, the product's own hashing, tasks queued as in production. Known and
unknown take turns, so that whatever else the machine does falls on both. Prints the median of each in milliseconds,
their difference, and the spread (half the distance of the quartiles): a difference within the spread is noise.
"""

from __future__ import annotations

import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import django
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
TRIES = 200
KNOWN = "known"


def environment(directory: str) -> None:
    """Settings of production but for the transport, which the test client does not speak."""
    key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"
    os.environ.update(
        DJANGO_SETTINGS_MODULE="alumni_db.settings",
        DEBUG="True",
        SECRET_KEY="only-for-this-measurement-" + "0" * 30,
        ALLOWED_HOSTS="testserver",
        FIELD_ENCRYPTION_KEYS=f"k:{key}",
        FIELD_DIGEST_KEY=key,
        DATA_DIR=directory,
        DATABASE_URL=f"sqlite:///{directory}/alumni.sqlite3",
        EMAIL_URL="dummymail://",
    )


def compare(title: str, ask: Callable[[str], None], tries: int) -> None:
    """Ask for the known and for an unknown one in turns."""
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(tries):
        for kind, name in (("known", KNOWN), ("unknown", f"nobody{number}")):
            cache.clear()  # the limits by source are not what is measured
            began = time.perf_counter()
            ask(name)
            times[kind].append((time.perf_counter() - began) * 1000)
    medians = {kind: statistics.median(values) for kind, values in times.items()}
    quartiles = statistics.quantiles(times["unknown"], n=4)
    print(
        f"{title:<22} known {medians['known']:7.2f} ms   unknown {medians['unknown']:7.2f} ms   "
        f"difference {medians['known'] - medians['unknown']:+6.2f}   spread {(quartiles[2] - quartiles[0]) / 2:5.2f}"
    )


def addresses() -> Iterator[str]:
    """A source of its own for every try, so that no lock comes between."""
    return (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in count(1))


def measure(tries: int) -> None:
    sources = addresses()
    client = Client()

    def sign_in(name: str, source: str) -> None:
        form = {"login": name, "password": "wrong-Password-1"}
        client.post("/login", form, REMOTE_ADDR=source)

    def fail(name: str) -> None:
        sign_in(name, next(sources))

    def knock_at_a_lock(name: str) -> None:
        sign_in(KNOWN if name == KNOWN else "nobody", "192.0.2.1" if name == KNOWN else "192.0.2.2")

    def ask_reset(name: str) -> None:
        client.post("/accounts/password/reset/", {"email": f"{name}@example.org"}, REMOTE_ADDR=next(sources))

    compare("wrong password", fail, tries)
    for _time in range(5):
        knock_at_a_lock(KNOWN)
        knock_at_a_lock("nobody")
    compare("locked", knock_at_a_lock, tries)
    compare("reset", ask_reset, tries)


def main() -> None:
    tries = int(sys.argv[1]) if len(sys.argv) > 1 else TRIES
    with tempfile.TemporaryDirectory() as directory:
        environment(directory)
        django.setup()
        logging.disable(logging.CRITICAL)  # each refusal would be a line
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        account = get_user_model().objects.create_user(
            KNOWN, "Wave-of-2031", display_name="測試", role="auditor", email=f"{KNOWN}@example.org"
        )
        print(f"{tries} tries each, {account.password.split('$')[0]}")
        measure(tries)


if __name__ == "__main__":
    main()
