"""The file of a batch: kept in a private place from its upload until it is read.

A file is stored, and handed on, only while its uploader's account is held: whoever closes the account finds the file
and deletes it, or there is none.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import secrets
import shutil
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from .. import terms
from ..models import ImportBatch, Term
from ..values import hide_national_ids
from ..workbooks.gate import check_file

# What nobody came to read, or went on with after its headers were refused, is deleted so long after its upload.
FILE_KEPT = datetime.timedelta(days=1)
# Refusals (codes of `workbooks.refusals`) of what may well be a list, only not in the template's headers.
FOREIGN_HEADERS = (
    "other_headers",
    "missing_headers",
    "no_key_columns",
    "no_header_row",
    "no_headers_above_rows",
)


class NotKept(PermissionDenied):
    """A file may not be kept: its uploader's account was closed meanwhile, or the batch that it is of moved on."""


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
    when the term was signed off, NotKept when the account was closed meanwhile, OSError when the file cannot be kept.

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
    file that is purged, never a batch without one. Raises NotKept, TermClosed, and OSError when the disk is full;
    then nothing is left."""
    part = upload_path(batch).with_name(f"{secrets.token_hex(8)}.part")
    try:
        with part.open("wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        with transaction.atomic():
            if not hold_uploader(batch.uploaded_by):
                raise NotKept
            batch.term = terms.hold_open(term) if term else None
            batch.save()
            part.rename(upload_path(batch))
    finally:
        part.unlink(missing_ok=True)


def hold_uploader(user: Any) -> bool:
    """Hold the account for which a file is kept until the running transaction ends, before anything else is held, as
    who closes it does; whether it was not closed since `user` was loaded. (The account of scheduled commands never
    was active.)"""
    stored = get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
    return stored.is_active or not user.is_active


def hold_refused(batch: ImportBatch) -> bool:
    """Hold a batch until the running transaction ends; whether it is one `kept_for_mapping`."""
    same = ImportBatch.objects.filter(pk=batch.pk)
    same.select_for_update(no_key=True).get()
    return kept_for_mapping(same).exists()


def kept_for_mapping(batches: QuerySet[ImportBatch]) -> QuerySet[ImportBatch]:
    """Those whose file was refused for its headers only, and that nobody has gone on with as a raw delivery."""
    return batches.filter(
        state=ImportBatch.State.REFUSED, refusal__in=FOREIGN_HEADERS, goes_on_as__isnull=True
    )


def earlier_import(batch: ImportBatch) -> ImportBatch | None:
    """The newest applied batch of the very same file; one that was taken back only where none stands."""
    same = ImportBatch.objects.filter(sha256=batch.sha256, state=ImportBatch.State.APPLIED).exclude(
        pk=batch.pk
    )
    newest = list(
        same.select_related("applied_by").prefetch_related("undoings").order_by("-applied_at", "-pk")
    )
    return next((one for one in newest if not one.is_undone), next(iter(newest), None))
