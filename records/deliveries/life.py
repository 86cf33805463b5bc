"""The life of a delivery: kept, mapped, converted by the worker, ended. States change by compare-and-set."""

from __future__ import annotations

import datetime
import hashlib
import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import imports, leases, terms
from ..imports.purging import is_left_over, unlink_left_over
from ..models import Delivery, DeliveryMapping, ImportBatch, Term
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
# A file that ends every worker that converts it is not tried for ever.
MOST_RESUMES = 3
_LONGEST_HEADER = 100


def upload_path(delivery: Delivery) -> Path:
    """Where the file lies while the delivery is open: beside the files of batches, named by the server."""
    return Path(settings.DATA_DIR) / "uploads" / f"delivery-{delivery.pk}.xlsx"


def filled_path(delivery: Delivery) -> Path:
    """Where the worker writes the filled template; a name of its own for each lease, in case two are at it."""
    return upload_path(delivery).with_suffix(f".{delivery.lease}.filled")


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
    refused_batch: ImportBatch | None = None,
) -> Delivery:
    """Keep an uploaded delivery and read its headers. Raises WorkbookRefused for what shows at first sight, TermClosed
    when the term was signed off, NotKept when the account was closed meanwhile or the refused batch moved on, OSError
    when the file cannot be kept.

    `source` is a real file opened for reading; `refused_batch` is set by `handing_over`; the other arguments are those
    of `imports.receive`."""
    file_name = hide_national_ids(Path(file_name.replace("\\", "/")).name)[:255]
    check_file(source, name=file_name)
    source.seek(0)
    sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    delivery = Delivery(
        file_name=file_name,
        sha256=sha256,
        size=source.tell(),
        uploaded_by=user,
        mode=mode,
        refusals=refusals,
        refused_batch=refused_batch,
    )
    source.seek(0)
    _keep(source, delivery, term)
    return delivery


def _keep(source: BinaryIO, delivery: Delivery, term: Term | None) -> None:
    """Store file and delivery. The file is on the disk, and its headers are read, before there is a delivery: whoever
    dies in between leaves a file that is purged (`imports.purge`), never a delivery without its details."""
    part = upload_path(delivery).with_name(f"{secrets.token_hex(8)}.part")
    try:
        with part.open("wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        found = read_headers(part, known=known_headers(), sample=SAMPLE_ROWS, name=delivery.file_name)
        if any(hide_national_ids(header) != header for header in found.headers):
            raise WorkbookRefused("no_headers")  # the first row of people, not of headers
        with transaction.atomic():
            if not imports.hold_uploader(delivery.uploaded_by):
                raise imports.NotKept
            if delivery.refused_batch and not imports.hold_refused(delivery.refused_batch):
                raise imports.NotKept
            delivery.term = terms.hold_open(term) if term else None
            delivery.save()
            delivery.details = delivery.seal_details(_details(found))
            delivery.save(update_fields=["details"])
            part.rename(upload_path(delivery))
    finally:
        part.unlink(missing_ok=True)


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
        heartbeat_at=timezone.now(),
        lease=F("lease") + 1,
        resumes=0,
        error="",
    )
    delivery.refresh_from_db()
    return bool(moved)


def take(delivery: Delivery) -> bool:
    """Begin, or go on with, the conversion, unless somebody who lives does it."""
    if leases.is_held(progress_name(delivery), timezone.now()):
        return False
    taken = held(delivery, State.CONVERTING).update(heartbeat_at=timezone.now(), lease=F("lease") + 1)
    delivery.refresh_from_db()
    return bool(taken)


def held(delivery: Delivery, *states: str) -> QuerySet[Delivery]:
    """The delivery while it is in one of these states as it was loaded: empty once somebody else, a person or another
    worker, went on with it."""
    return Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease, state__in=states)


def back_to_mapping(delivery: Delivery, sentence: str) -> None:
    """Whatever happened: no delivery stays in conversion when nobody works on it."""
    left = held(delivery, State.CONVERTING).update(
        state=State.MAPPING, error=sentence[:500], heartbeat_at=timezone.now()
    )
    if left:
        delivery.refresh_from_db()


def end(delivery: Delivery, before: tuple[str, ...], after: str, sentence: str = "") -> bool:
    """Into one of the last states: what was shown of the file is forgotten and, once that is written, the file."""
    with transaction.atomic():
        moved = held(delivery, *before).update(
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
    """Give up what is open of a user whose account closes, also what a worker is converting, who then finds it ended;
    returns how many deliveries. The account is held meanwhile: nothing of it becomes a batch, or comes out of one."""
    sentence = _("上傳者的帳號已停用，檔案已刪除。")
    withdrawn = 0
    for delivery in Delivery.objects.filter(uploaded_by=user, state__in=OPEN):
        is_ended = False
        while delivery.state in OPEN and not is_ended:
            is_ended = end(delivery, OPEN, State.DISCARDED, sentence)
        withdrawn += is_ended
    return withdrawn


# --- after a crash ----------------------------------------------------------------------------------------------
def left_behind(at: datetime.datetime) -> Iterator[Delivery]:
    """Deliveries in conversion that have given no sign of life for longer than a lease."""
    for delivery in Delivery.objects.filter(state=State.CONVERTING).order_by("pk"):
        if leases.is_silent(progress_name(delivery), delivery.heartbeat_at, at):
            yield delivery


def take_over(delivery: Delivery) -> bool:
    """Take a delivery from a worker that died: True when it is to be converted again. Otherwise it is put right with
    a sentence."""
    leases.end_session(progress_name(delivery), delivery.lease)
    if not upload_path(delivery).exists():
        end(delivery, (State.CONVERTING,), State.REFUSED, _("檔案已經不在，請重新上傳。"))
        return False
    if delivery.resumes >= MOST_RESUMES:
        back_to_mapping(delivery, _("轉檔多次中斷，沒有任何資料被更動；請再試一次，或洽系統管理人員。"))
        return False
    taken = held(delivery, State.CONVERTING).update(
        heartbeat_at=timezone.now(), lease=F("lease") + 1, resumes=F("resumes") + 1
    )
    return bool(taken)


def kept_until(delivery: Delivery) -> datetime.datetime:
    """Until when a delivery waits for a person: counted anew from a conversion that came back."""
    return (delivery.heartbeat_at or delivery.uploaded_at) + PATIENCE


def purge(at: datetime.datetime) -> int:
    """Give up what waited for a person for more than a day (`kept_until`), and delete the files of deliveries that
    have ended, should a process have died just then; how many."""
    count = 0
    since = at - PATIENCE
    is_old = Q(heartbeat_at__lt=since) | Q(heartbeat_at=None, uploaded_at__lt=since)
    for delivery in Delivery.objects.filter(is_old, state__in=WAITING):
        if end(delivery, WAITING, State.DISCARDED, _("逾一天未完成，檔案已刪除。")):
            logger.info("delivery %s was abandoned; its file was deleted", delivery.pk)
            count += 1
    return count + sum(unlink_left_over(path) for path in _leftovers(at))


def _leftovers(at: datetime.datetime) -> list[Path]:
    """Files of deliveries that have ended, or that were never stored."""
    files = Path(settings.DATA_DIR, "uploads").glob("delivery-*")
    old = [path for path in files if is_left_over(path, at)]
    wanted = {upload_path(delivery).stem for delivery in Delivery.objects.filter(state__in=OPEN).only("pk")}
    return [path for path in old if path.name.partition(".")[0] not in wanted]


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
