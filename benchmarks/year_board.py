"""How long does the year board take after twenty years? Prints the median time and the queries of a page.

    .venv/bin/python benchmarks/year_board.py [people]

A SQLite database of its own in a temporary directory; DATABASE_URL names another one, which has to be empty. People who
do not exist, one degree each, written with their history as an import would, but past the import. The aim (issue 5):
100,000 people and 20 years, a page in 300 ms.
"""

from __future__ import annotations

import datetime
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import django

_directory = tempfile.TemporaryDirectory(prefix="alumni-board-")  # removed when the process ends
os.environ["DJANGO_SETTINGS_MODULE"] = "alumni_db.settings_test"
os.environ.setdefault("DATABASE_URL", f"sqlite:///{_directory.name}/alumni.sqlite3")
sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402
from inbox import Counter, director  # noqa: E402

from accounts import agreements  # noqa: E402
from records import bulk, terms  # noqa: E402
from records.models import AcademicRecord, ImportBatch, Person, Programme  # noqa: E402
from tests.factories import importer  # noqa: E402

PEOPLE, TERMS, TRIES = 100_000, 40, 10
History = AcademicRecord.history.model
SHARED = ["id", "person_id", "serial_number", "student_number", "programme_id", "graduation_date"]
SHARED += ["class_name", "created_at", "updated_at"]


def batches() -> list[ImportBatch]:
    """One imported batch for each of the last forty terms."""
    newest = terms.suggested(timezone.localdate())
    found = []
    for back in range(TERMS):
        year, half = divmod(newest.academic_year * 2 + newest.half - 1 - back, 2)
        term = terms.Term(academic_year=year, half=half + 1)
        term.due_on = terms.usual_due(term)
        found.append(
            ImportBatch.objects.create(
                file_name="離校資料.xlsx", sha256="0" * 64, state=ImportBatch.State.APPLIED,
                uploaded_by=importer(), applied_by=importer(), applied_at=timezone.now(), term=terms.hold(term),
            )
        )  # fmt: skip
    return found


def write(people: int) -> None:
    """People, degrees and the first history row of each degree, one batch after the other."""
    chosen, programmes = batches(), list(Programme.objects.values_list("pk", flat=True))
    at = timezone.now()
    everybody = bulk.reserve_ids(Person, people)
    bulk.insert_rows(Person, list(_person(0, at)), (_person(pk, at).values() for pk in everybody))

    def degrees() -> Iterator[tuple]:
        for pk in everybody:
            yield (
                pk,
                pk,
                f"X{pk:09d}",
                f"S{pk:08d}",
                programmes[pk % len(programmes)],
                "2020-06-15",
                "",
                at,
                at,
            )

    bulk.reserve_ids(AcademicRecord, people)
    bulk.insert_rows(AcademicRecord, SHARED, degrees())
    kept = ["history_date", "history_type", "source", "batch_id"]
    of_batch = (chosen[index * TERMS // people].pk for index in range(people))
    kept_values = ((*row, at, "+", "import", batch) for row, batch in zip(degrees(), of_batch, strict=True))
    bulk.insert_rows(History, [*SHARED, *kept], kept_values)


def _person(pk: int, at: datetime.datetime) -> dict[str, object]:
    values = {field.attname: field.get_default() for field in Person._meta.concrete_fields}
    name = f"林文{pk}"
    return values | {"id": pk, "chinese_name": name, "name_key": name, "created_at": at, "updated_at": at}


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    call_command("migrate", verbosity=0)
    call_command("load_organisation", verbosity=0)
    agreements.current()
    with transaction.atomic():
        write(people)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client, newest = director(), terms.Term.objects.first()
    listing = "/admin/records/person/"
    pages = {
        "board": "/admin/records/term/",
        "board, all years": "/admin/records/term/?years=all",
        "term": f"/admin/records/term/{newest.key}/",
        "people of a term": f"{listing}?term={newest.pk}",
        "people, no filter": listing,
        "task board": "/admin/",
    }
    print(f"{connection.vendor}, {people} people, {TERMS} terms, median of {TRIES}")
    for title, address in pages.items():
        client.get(address)  # the first page of a login also notes the session
        counted = Counter()
        with connection.execute_wrapper(counted):
            assert client.get(address).status_code == 200
        times = []
        for _try in range(TRIES):
            began = time.perf_counter()
            client.get(address)
            times.append((time.perf_counter() - began) * 1000)
        print(f"{title:<18} {statistics.median(times):6.0f} ms {counted.queries:4} queries")


if __name__ == "__main__":
    main()
