"""The sample site: one account for each role, invented alumni, a batch that waits for confirmation, and (in
`sample_work`) something to do for the contact.

For development only; `manage.py load_sample` refuses elsewhere. Everything is made as people make it: the rows come
in as workbooks through `imports`. What is there already is left as it is.
"""

from __future__ import annotations

import datetime
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.crypto import salted_hmac

from . import imports, terms
from .cells import RawCell
from .columns import HEADERS
from .models import Department, ImportBatch, Term
from .synthetic import make_rows
from .workbooks.writer import write_sheet

SEED = 1
IMPORTED_ROWS, WAITING_ROWS, REPEATED_ROWS = 300, 40, 10
IMPORTED_TERM = (114, Term.Half.FIRST)
IMPORTED_FILE, WAITING_FILE = "範例：114學年度第1學期離校生.xlsx", "範例：待確認名冊.xlsx"
CONTACT_DEPARTMENT = "資訊工程學系"
IMPORTER = "it"
PASSWORD_LENGTH = 16
ACCOUNTS = (
    ("center", "center_staff", "王承辦"),
    ("director", "center_director", "林主任"),
    (IMPORTER, "it_staff", "陳校務"),
    ("registrar", "registrar", "張註冊"),
    ("contact", "department_contact", "李系助"),
    ("auditor", "auditor", "黃稽核"),
)
State = ImportBatch.State
# A batch in one of these came to nothing and is made again.
_FAILED = (State.REFUSED, State.FAILED)


@dataclass(frozen=True, slots=True)
class SampleAccount:
    """An account and its password; None when its owner has chosen another."""

    username: str
    role: str
    password: str | None


def open_accounts() -> list[SampleAccount]:
    """Open the accounts that are missing."""
    accounts = []
    for username, role, name in ACCOUNTS:
        password = _password(username)
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            user = get_user_model().objects.create_user(
                username, password, role=role, display_name=name, email=f"{username}@example.com"
            )
        if role == "department_contact":
            user.memberships.get_or_create(department=Department.objects.get(name=CONTACT_DEPARTMENT))
        shown = password if user.check_password(password) else None
        accounts.append(SampleAccount(username, str(user.get_role_display()), shown))
    return accounts


def _password(username: str) -> str:
    """The same at every start, and known only where the site's secret key is."""
    return salted_hmac("records.sample", username, algorithm="sha256").hexdigest()[:PASSWORD_LENGTH]


def load_batches(at: datetime.datetime) -> list[ImportBatch]:
    """Import the invented alumni, and leave a second file planned; the batches made now, none when all is there."""
    user = get_user_model().objects.get(username=IMPORTER)
    made: list[ImportBatch] = []
    if not _is_there(IMPORTED_FILE):
        year, half = IMPORTED_TERM
        term = Term(academic_year=year, half=half)
        term.due_on = terms.usual_due(term)
        batch = _planned(IMPORTED_FILE, _rows(at)[:IMPORTED_ROWS], user, term)
        if imports.start_applying(batch, user):
            imports.apply(batch)
        made.append(batch)
    if not _is_there(WAITING_FILE):
        rows = _rows(at)
        made.append(_planned(WAITING_FILE, [*rows[IMPORTED_ROWS:], *rows[:REPEATED_ROWS]], user))
    return made


def _is_there(file_name: str) -> bool:
    return ImportBatch.objects.filter(file_name=file_name).exclude(state__in=_FAILED).exists()


def _rows(at: datetime.datetime) -> list[list[RawCell]]:
    """Rows for both files out of one population, so that no student number stands for two people by chance."""
    count = IMPORTED_ROWS + WAITING_ROWS
    return list(make_rows(count, seed=SEED, dirty=True, today=timezone.localdate(at)))


def _planned(file_name: str, rows: list[list[RawCell]], user: Any, term: Term | None = None) -> ImportBatch:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "sample.xlsx"
        write_sheet(path, headers=HEADERS, rows=rows)
        with path.open("rb") as file:
            batch = imports.receive(file, file_name=file_name, user=user, term=term)
    imports.read_and_plan(batch)
    return batch
