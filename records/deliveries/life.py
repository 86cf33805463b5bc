"""The life of a delivery: kept, mapped, converted by the worker, ended. States change by compare-and-set."""

from __future__ import annotations

import datetime
import hashlib
import logging
import os
import shutil
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from .. import progress, terms
from ..models import Delivery, DeliveryMapping, Term
from ..values import hide_national_ids
from ..workbooks.gate import check_file
from ..workbooks.reader import FoundHeaders, WorkbookRefused, read_headers
from ..workbooks.texts import printable
from .mappings import mapping_of
from .proposals import fold, known_headers, propose
from .samples import SAMPLE_ROWS, samples_of

logger = logging.getLogger(__name__)
State = Delivery.State
WAITING = (State.MAPPING, State.VALUES)  # for a person
OPEN = (*WAITING, State.CONVERTING)
# A file that nobody went on with is deleted after so long.
PATIENCE = datetime.timedelta(days=1)
LEASE = datetime.timedelta(minutes=2)
_LONGEST_HEADER = 100


def upload_path(delivery: Delivery) -> Path:
    """Where the file lies while the delivery is open: beside the files of batches, named by the server."""
    return Path(settings.DATA_DIR) / "uploads" / f"delivery-{delivery.pk}.xlsx"


def filled_path(delivery: Delivery) -> Path:
    """Where the worker writes the filled template; a name of its own for each process, in case two are at it."""
    return upload_path(delivery).with_suffix(f".{os.getpid()}.filled")


def _delete_files(delivery: Delivery) -> None:
    """The upload, and what a worker that died had written."""
    path = upload_path(delivery)
    for file in (path, *path.parent.glob(f"{path.stem}.*.filled")):
        file.unlink(missing_ok=True)


def progress_name(delivery: Delivery) -> str:
    return f"delivery-{delivery.pk}"


def receive(
    source: BinaryIO,
    *,
    file_name: str,
    user: Any,
    mode: str = "fill",
    refusals: str = "set_yes",
    term: Term | None = None,
) -> Delivery:
    """Keep an uploaded delivery and read its headers. Raises WorkbookRefused for what shows at first sight, TermClosed
    when the term was signed off, OSError when the file cannot be kept.

    `source` is a real file opened for reading; the other arguments are those of `imports.receive`."""
    file_name = hide_national_ids(Path(file_name.replace("\\", "/")).name)[:255]
    check_file(source, name=file_name)
    source.seek(0)
    sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    chosen = {"mode": mode, "refusals": refusals}
    with transaction.atomic():
        held = terms.hold_open(term) if term else None
        delivery = Delivery.objects.create(
            file_name=file_name, sha256=sha256, size=source.tell(), uploaded_by=user, term=held, **chosen
        )
    path = upload_path(delivery)
    try:
        source.seek(0)
        with path.open("wb") as target:
            shutil.copyfileobj(source, target)
        found = read_headers(path, known=known_headers(), sample=SAMPLE_ROWS, name=file_name)
        if any(hide_national_ids(header) != header for header in found.headers):
            raise WorkbookRefused("no_headers")  # the first row of people, not of headers
    except (OSError, WorkbookRefused):
        path.unlink(missing_ok=True)
        delivery.delete()
        raise
    delivery.details = delivery.seal_details(_details(found))
    delivery.save(update_fields=["details"])
    return delivery


def _details(found: FoundHeaders) -> dict[str, Any]:
    """What the pages show of the file; a header that stands there twice cannot be told apart, and is left out
    like one that is no text to read."""
    folded = [fold(header) for header in found.headers]
    usable = [
        place
        for place, header in enumerate(found.headers)
        if folded.count(folded[place]) == 1 and _is_readable(header)
    ]
    headers = [found.headers[place] for place in usable]
    targets = propose(headers)
    return {
        "sheet": printable(found.sheet, _LONGEST_HEADER),
        "row": found.row,
        "headers": headers,
        "unusable": [
            printable(header, _LONGEST_HEADER)
            for place, header in enumerate(found.headers)
            if place not in usable
        ],
        "samples": [
            samples_of(found.samples, place, is_identity=target == "national_id")
            for place, target in zip(usable, targets, strict=True)
        ],
    }


def _is_readable(header: str) -> bool:
    return len(header) <= _LONGEST_HEADER and all(sign.isprintable() or sign.isspace() for sign in header)


def use(delivery: Delivery, mapping: DeliveryMapping, *, is_settled: bool = False) -> bool:
    """Choose the mapping: mapping → converting, for the first who asks. With `is_settled` values that the lists do
    not know are left to the batch, without a question."""
    return _start(delivery, State.MAPPING, mapping, is_settled)


def settle(delivery: Delivery, mapping: DeliveryMapping) -> bool:
    """Go on with a mapping that has answers about the values: values → converting, for the first who asks."""
    return _start(delivery, State.VALUES, mapping, True)


def _start(delivery: Delivery, before: str, mapping: DeliveryMapping, is_settled: bool) -> bool:
    moved = Delivery.objects.filter(pk=delivery.pk, state=before).update(
        state=State.CONVERTING,
        mapping=mapping,
        is_settled=is_settled,
        heartbeat_at=None,
        error="",
    )
    delivery.refresh_from_db()
    return bool(moved)


def back_to_mapping(delivery: Delivery, sentence: str) -> None:
    """Whatever happened: no delivery stays in conversion when nobody works on it."""
    left = Delivery.objects.filter(pk=delivery.pk, state=State.CONVERTING)
    if left.update(state=State.MAPPING, error=sentence[:500], heartbeat_at=None):
        delivery.refresh_from_db()


def end(delivery: Delivery, before: tuple[str, ...], after: str, sentence: str = "") -> bool:
    """Into one of the last states: what was shown of the file is forgotten and, once that is written, the file."""
    with transaction.atomic():
        moved = Delivery.objects.filter(pk=delivery.pk, state__in=before).update(
            state=after, details=b"", error=sentence[:500], heartbeat_at=None
        )
        if moved:
            transaction.on_commit(lambda: _delete_files(delivery))
    delivery.refresh_from_db()
    return bool(moved)


def discard(delivery: Delivery) -> bool:
    """Give a delivery up that waits for a person; False when it moved on meanwhile."""
    return end(delivery, WAITING, State.DISCARDED)


def withdraw(user: Any) -> int:
    """Give up what waits of a user whose account closes; returns how many deliveries."""
    waiting = Delivery.objects.filter(uploaded_by=user, state__in=WAITING)
    return sum(discard(delivery) for delivery in waiting)


def recover(at: datetime.datetime) -> int:
    """Put deliveries right that a dead worker left, and purge those nobody went on with for a day; how many."""
    count = 0
    # Without a heartbeat it waits for the worker, who may be busy with a large batch.
    for delivery in Delivery.objects.filter(state=State.CONVERTING, heartbeat_at__lt=at - LEASE):
        noted = progress.noted_at(progress_name(delivery))
        if noted is None or noted <= at - LEASE:
            back_to_mapping(delivery, _("轉檔中斷，沒有任何資料被更動；請再確認一次欄位對應。"))
            count += 1
    for delivery in Delivery.objects.filter(state__in=OPEN, heartbeat_at=None, uploaded_at__lt=at - PATIENCE):
        if end(delivery, OPEN, State.DISCARDED, _("逾一天未完成，檔案已刪除。")):
            logger.info("delivery %s was abandoned; its file was deleted", delivery.pk)
            count += 1
    return count


def earlier_delivery(delivery: Delivery) -> Delivery | None:
    """The newest batch-making delivery of the very same file."""
    same = Delivery.objects.filter(sha256=delivery.sha256, state=State.DONE).exclude(pk=delivery.pk)
    return same.select_related("batch").first()


def proposed_mapping(delivery: Delivery, stored: DeliveryMapping | None) -> list[str]:
    """A target for each header of the file: as saved before for the same headers, else by synonyms."""
    headers = delivery.open_details()["headers"]
    if stored is None:
        return propose(headers)
    saved = {fold(header): target for header, target in mapping_of(stored).columns}
    return [saved.get(fold(header), "") for header in headers]
