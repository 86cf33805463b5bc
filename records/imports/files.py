"""The file of a batch: kept in a private place from its upload until it is read."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction

from .. import terms
from ..models import ImportBatch, Term
from ..values import hide_national_ids
from ..workbooks.gate import check_file


def upload_path(batch: ImportBatch) -> Path:
    """Where the batch's file lies until it is read: private, named by the server."""
    return Path(settings.DATA_DIR) / "uploads" / f"{batch.pk}.xlsx"


def receive(
    source: BinaryIO,
    *,
    file_name: str,
    user: Any,
    mode: str = "fill",
    refusals: str = "set_yes",
    term: Term | None = None,
) -> ImportBatch:
    """Keep an uploaded file and open a batch for it. Raises WorkbookRefused for what shows at first sight, TermClosed
    when the term was signed off.

    `source` is a real file opened for reading; `file_name` the name its owner gave it; `term` whose graduates it
    holds, None for data moved over from elsewhere."""
    file_name = hide_national_ids(Path(file_name.replace("\\", "/")).name)[:255]
    check_file(source, name=file_name)
    source.seek(0)
    sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    size = source.tell()
    batch = ImportBatch(
        file_name=file_name, sha256=sha256, size=size, uploaded_by=user, mode=mode, refusals=refusals
    )
    before = earlier_import(batch)
    if before:
        batch.decisions = before.decisions  # the same file asks the same questions
    with transaction.atomic():
        batch.term = terms.hold_open(term) if term else None
        batch.save()
    source.seek(0)
    part = upload_path(batch).with_suffix(".part")
    try:
        with part.open("wb") as target:
            shutil.copyfileobj(source, target)
        part.rename(upload_path(batch))
    except OSError:
        part.unlink(missing_ok=True)
        batch.delete()
        raise
    return batch


def earlier_import(batch: ImportBatch) -> ImportBatch | None:
    """The newest applied batch of the very same file."""
    same = ImportBatch.objects.filter(sha256=batch.sha256, state=ImportBatch.State.APPLIED).exclude(
        pk=batch.pk
    )
    return same.select_related("applied_by").order_by("-applied_at").first()
