"""The file of a batch: kept in a private place from its upload until it is read."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from .. import terms
from ..models import ImportBatch, Term
from ..values import hide_national_ids
from ..workbooks.gate import check_file

# Refusals (codes of `workbooks.refusals`) of what may well be a list, only not in the template's headers.
FOREIGN_HEADERS = (
    "other_headers",
    "missing_headers",
    "no_key_columns",
    "no_header_row",
    "no_headers_above_rows",
)


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
    when the term was signed off, and OSError when the file cannot be kept.

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
    source.seek(0)
    _keep(source, batch, term)
    return batch


def _keep(source: BinaryIO, batch: ImportBatch, term: Term | None) -> None:
    """Store file and batch. The whole file is on the disk before there is a batch: whoever dies in between leaves a
    file that is purged, never a batch without one. Raises TermClosed, and OSError when the disk is full; then nothing
    is left."""
    part = upload_path(batch).with_name(f"{secrets.token_hex(8)}.part")
    try:
        with part.open("wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        with transaction.atomic():
            batch.term = terms.hold_open(term) if term else None
            batch.save()
            part.rename(upload_path(batch))
    finally:
        part.unlink(missing_ok=True)


def kept_for_mapping(batches: QuerySet[ImportBatch]) -> QuerySet[ImportBatch]:
    """Those whose file was refused for its headers only, and that nobody has gone on with as a raw delivery."""
    return batches.filter(
        state=ImportBatch.State.REFUSED, refusal__in=FOREIGN_HEADERS, goes_on_as__isnull=True
    )


def earlier_import(batch: ImportBatch) -> ImportBatch | None:
    """The newest applied batch of the very same file."""
    same = ImportBatch.objects.filter(sha256=batch.sha256, state=ImportBatch.State.APPLIED).exclude(
        pk=batch.pk
    )
    return same.select_related("applied_by").order_by("-applied_at").first()
