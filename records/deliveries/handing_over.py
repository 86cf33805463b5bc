"""A file that was uploaded as the wrong kind goes on as the other one, without a second upload."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils import timezone

from .. import imports
from ..columns import HEADERS, REQUIRED_HEADERS
from ..imports.planning import KEY_HEADERS
from ..models import Delivery, ImportBatch
from ..workbooks.headers import tidy
from ..workbooks.writer import MARK_HEADER, REASON_HEADER
from .converting import open_batch
from .life import State, receive, upload_path

logger = logging.getLogger(__name__)


def may_be_mapped(batch: ImportBatch) -> bool:
    """Whether the batch's file was refused for its headers only, is not older than a day, and still lies there."""
    since = timezone.now() - imports.FILE_KEPT
    kept = imports.kept_for_mapping(ImportBatch.objects.filter(pk=batch.pk, uploaded_at__gte=since))
    return kept.exists() and imports.upload_path(batch).exists()


def as_delivery(batch: ImportBatch) -> Delivery | None:
    """The delivery of the file of a refused batch, with its uploader, options and term; the one that there is, when
    somebody was first; None when the file is no longer there, also because the uploader's account is closed just now.
    It is kept as long as any delivery, counted from now: a person goes on with it. Other errors as for
    `life.receive`."""
    if not may_be_mapped(batch):
        return Delivery.objects.filter(refused_batch=batch).first()
    path = imports.upload_path(batch)
    try:
        with path.open("rb") as file:
            delivery = receive(
                file,
                file_name=batch.file_name,
                user=batch.uploaded_by,
                mode=batch.mode,
                refusals=batch.refusals,
                term=batch.term,
                refused_batch=batch,
            )
    except (FileNotFoundError, imports.NotKept):  # deleted in the same moment, or somebody was first
        return Delivery.objects.filter(refused_batch=batch).first()
    path.unlink(missing_ok=True)
    logger.info("the file of batch %s goes on as delivery %s", batch.pk, delivery.pk)
    return delivery


def has_template_headers(delivery: Delivery) -> bool:
    """Whether the headers of a delivery that waits for its mapping are the template's, so that there is none to make;
    a returned workbook counts."""
    details = delivery.open_details()
    found = {tidy(header) for header in details.get("headers", [])}
    ours = {tidy(header) for header in (*HEADERS, REASON_HEADER, MARK_HEADER)}
    return (
        not details.get("unusable")
        and found <= ours
        and found >= set(map(tidy, REQUIRED_HEADERS))
        and not found.isdisjoint(map(tidy, KEY_HEADERS))
    )


def as_workbook(delivery: Delivery) -> ImportBatch | None:
    """The batch of a delivery with the template's headers, still to be read; None when it is none, or moved on.
    Raises TermClosed when the term was signed off, OSError when the file cannot be kept."""
    if not has_template_headers(delivery):
        return None
    with transaction.atomic():
        batch = open_batch(delivery, upload_path(delivery), State.MAPPING)
        if batch is not None:
            delivery.mapping = None  # none was used
            delivery.save(update_fields=["mapping"])
    return batch
