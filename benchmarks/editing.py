"""Changes one person after the other, as the website does, until a file appears; prints how long each change took.

`editing.py FIRST LAST STOP_FILE`: the people with ids from FIRST to LAST. Started by `edits_during_import.py`.
"""

import itertools
import json
import sys
import time
from pathlib import Path

import django

django.setup()

# The models can be imported only once Django is set up.
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from alumni_db.unavailable import limit_waits  # noqa: E402
from records.changes import PersonChange, apply_changes  # noqa: E402
from records.database_faults import PASSING  # noqa: E402
from records.models import Person, Source  # noqa: E402


def change(pk: int, editor: User) -> tuple[float, bool]:
    """Seconds, and whether it was written rather than put off."""
    person = Person.objects.get(pk=pk)
    city = "基隆市" if person.city != "基隆市" else "臺北市"
    began = time.perf_counter()
    try:
        asked = [PersonChange(pk, {"city": city}, {"city": person.city})]
        apply_changes(asked, editor=editor, source=Source.ADMIN, at=timezone.now())
    except PASSING:
        return time.perf_counter() - began, False
    return time.perf_counter() - began, True


def main(first: int, last: int, stop: Path) -> None:
    limit_waits()
    editor = User.objects.get(username="editor")
    waits = []
    for pk in itertools.cycle(range(first, last + 1, max((last - first) // 997, 1))):
        if stop.exists():
            break
        waits.append(change(pk, editor))
        time.sleep(0.05)
    print(json.dumps(waits))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
