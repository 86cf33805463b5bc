"""How long do the pages of a batch take however large it is? Prints the median time and the queries of a page.

    .venv/bin/python benchmarks/plan_page.py [rows]
    .venv/bin/python -m tests.postgres .venv/bin/python benchmarks/plan_page.py [rows]

A database of its own, with people who do not exist. Of the rows one third is new, one third asks about 畢業系所, one
third about a namesake. Then the page of a plan whose rows all mean stored people, 40 of whom, then all, were edited
since. The aim (issue 5): 100,000 rows, 300 ms.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django

_directory = tempfile.TemporaryDirectory(prefix="alumni-plan-")  # removed when the process ends
os.environ["DJANGO_SETTINGS_MODULE"] = "alumni_db.settings_test"
os.environ.setdefault("DATABASE_URL", f"sqlite:///{_directory.name}/alumni.sqlite3")
os.environ["DATA_DIR"] = _directory.name
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts import agreements  # noqa: E402
from records.changes import PersonChange, apply_changes  # noqa: E402
from records.models import ImportBatch, Person, Source  # noqa: E402
from tests.agreements import sign_agreement  # noqa: E402
from tests.factories import imported, importer, planned, row  # noqa: E402

ROWS = 100_000
TRIES = 10
EDITED = 40
NAME = "林同名"


class Counter:
    """Counts the statements that are sent."""

    def __init__(self) -> None:
        self.queries = 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.queries += 1
        return execute(*arguments)


def rows(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        match number % 3:
            case 0:
                yield row()
            case 1:
                yield row(畢業系所="資訊工程學系", 學號=None, 班級資料=None)
            case 2:
                yield row(中文姓名=NAME, 身分證字號=None, 學號=None)


def director() -> Client:
    """A browser of somebody who imports."""
    user = get_user_model().objects.create_user("director", display_name="測試主任", role="center_director")
    if agreements.must_sign(user):
        sign_agreement(user)
    client = Client()
    client.force_login(user)
    return client


def pages(batch: ImportBatch, count: int) -> dict[str, str]:
    plan = f"/admin/records/importbatch/{batch.pk}/"
    return {
        "plan": plan,
        "last page": f"{plan}?page={count // 50}",
        "needs a person": f"{plan}?verdict=needs_person",
        "its last page": f"{plan}?verdict=needs_person&page={count * 2 // 3 // 50}",
        "kept out": f"{plan}?verdict=kept_out",
        "a row": f"{plan}rows/4/",
        "a late row": f"{plan}rows/{count // 3 * 3 + 1}/",
    }


def edit(count: int) -> None:
    """Change something of the newest people by hand, so that their plan is overtaken."""
    cities = {"基隆市": "高雄市", "高雄市": "基隆市"}
    apply_changes(
        [
            PersonChange(person.pk, {"city": cities[person.city]}, {"city": person.city})
            for person in Person.objects.order_by("-pk")[:count]
        ],
        editor=importer(),
        source=Source.ADMIN,
        at=timezone.now(),
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    call_command("migrate", verbosity=0)
    call_command("load_organisation", verbosity=0)
    agreements.current()
    imported([row(中文姓名=NAME)])
    batch = planned(rows(count))
    client = director()
    print(f"{connection.vendor}, {count} rows: {batch.counts}; median of {TRIES}")
    for title, address in pages(batch, count).items():
        measure(client, title, address)
    known = [row() for _number in range(count)]
    imported(known)
    batch = planned([one | {"班級資料": "四年B班"} for one in known])
    for edited in (EDITED, count):
        edit(edited)
        measure(client, f"{edited} edited", f"/admin/records/importbatch/{batch.pk}/")


def measure(client: Client, title: str, address: str) -> None:
    """Print the median time and the queries of a page."""
    client.get(address)
    counted = Counter()
    with connection.execute_wrapper(counted):
        assert client.get(address).status_code == 200, address
    times = []
    for _try in range(TRIES):
        began = time.perf_counter()
        client.get(address)
        times.append((time.perf_counter() - began) * 1000)
    print(f"{title:<15} {statistics.median(times):6.0f} ms {counted.queries:4} queries")


if __name__ == "__main__":
    main()
