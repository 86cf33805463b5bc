"""`manage.py import_in_admin FILE`: import a workbook as a user of the stock admin does, and print JSON.

Upload, preview page, confirm: the requests pass the admin's own views through Django's test client.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

from django.contrib.admin import site
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.test import Client

from alumni.admin import AlumnusAdmin
from alumni.models import Alumnus

IMPORT_URL, CONFIRM_URL = "/admin/alumni/alumnus/import/", "/admin/alumni/alumnus/process_import/"
HIDDEN_INPUT = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        client = Client()
        found = User.objects.filter(username="benchmark").first()
        client.force_login(found or User.objects.create_superuser("benchmark"))
        began = time.perf_counter()
        preview = _upload(client, file)
        previewed = time.perf_counter()
        answer = client.post(CONFIRM_URL, _confirm_form(preview.decode()))
        confirmed = time.perf_counter()
        if answer.status_code != 302:
            raise CommandError(f"the confirmation was answered with {answer.status_code}")
        result = {
            "preview": previewed - began,
            "confirm": confirmed - previewed,
            "page_bytes": len(preview),
            "rows": Alumnus.objects.count(),
            "history_rows": Alumnus.history.count(),
        }
        self.stdout.write(json.dumps(result))


def _upload(client: Client, file: Path) -> bytes:
    """Send the workbook; returns the preview page."""
    with file.open("rb") as workbook:
        form = {"import_file": workbook, "format": _format(), "resource": "0"}
        return client.post(IMPORT_URL, form).content


def _confirm_form(page: str) -> dict[str, str]:
    """The hidden fields of the confirm form; there is none when the preview found errors."""
    try:
        form = page[page.index(f'action="{CONFIRM_URL}"') :]
    except ValueError as error:
        raise CommandError(f"the preview offers nothing to confirm:\n{page[-3000:]}") from error
    return dict(HIDDEN_INPUT.findall(form))


def _format() -> str:
    """The place of .xlsx among the formats that the admin offers."""
    formats = AlumnusAdmin(Alumnus, site).get_import_formats()
    return next(str(place) for place, kind in enumerate(formats) if kind().get_title() == "xlsx")
