"""`manage.py import_alumni FILE`: read and plan a workbook, and with --apply write it.

Exit status 0: read; 1: rows kept out or left to a person; 2: the file was refused.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any, BinaryIO

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import deliveries, imports, terms
from records.management.base import KeyedCommand
from records.models import Delivery, DeliveryMapping, ImportBatch, Term, Verdict
from records.policies import can_import
from records.progress_sentences import progress_line
from records.workbooks.reader import WorkbookRefused

READ, ROWS_LEFT, REFUSED = 0, 1, 2
SYSTEM_ACCOUNT = "system-import"
COUNTED = (*Verdict.values, "remarks")


class NotConverted(Exception):
    """A delivery that the mapping does not fit; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Command(KeyedCommand):
    help = str(gettext_lazy("讀取註冊課務組的 Excel 檔並列出匯入計畫；加上 --apply 才寫入。"))

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help=_("要匯入的 .xlsx 檔"))
        parser.add_argument("--apply", action="store_true", help=_("寫入計畫"))
        parser.add_argument(
            "--mode", choices=ImportBatch.Mode.values, default="fill", help=_("既有聯絡資料的處理方式")
        )
        parser.add_argument(
            "--refusals",
            choices=ImportBatch.Refusals.values,
            default="set_yes",
            help=_("「否」而無反應紀錄者：改回「是」或登錄為不願接受"),
        )
        parser.add_argument("--user", help=_("以哪個帳號匯入（註解與歷程記載此人）；未指定時記為系統匯入"))
        parser.add_argument(
            "--mapping", metavar="NAME", help=_("檔案是註冊組的離校資料，用這個名稱的欄位對應轉檔")
        )
        parser.add_argument(
            "--term", metavar="TERM", help=_("檔案屬於哪個學期，例如 113-1；未指定時不歸入學期")
        )
        parser.add_argument("--json", type=Path, help=_("把結果寫成 JSON 檔"))
        parser.add_argument(
            "--progress",
            action="store_true",
            help=_("在標準錯誤顯示進度（終端機上一律顯示）"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = _importer(options["user"])
        path: Path = options["file"]
        mapping = _mapping(options["mapping"])
        if options["json"]:
            _check_writable(options["json"])
        self._shows_progress = options["progress"] or self.stderr.isatty()
        try:
            batch = self._planned(path, user, mapping, options)
        except (WorkbookRefused, NotConverted) as refusal:
            self._report(options["json"], _refused(path, refusal.sentence))
            self.stderr.write(refusal.sentence)
            sys.exit(REFUSED)
        if batch.state == ImportBatch.State.PLANNED and options["apply"]:
            imports.start_applying(batch, user)
            with self._progress_of(batch):
                imports.apply(batch)
            batch.refresh_from_db()
        self._tell(batch)
        if options["json"]:
            self._report(options["json"], _report_of(batch))
        sys.exit(_status(batch))

    def _planned(
        self, path: Path, user: Any, mapping: DeliveryMapping | None, options: dict[str, Any]
    ) -> ImportBatch:
        chosen = {
            "mode": options["mode"],
            "refusals": options["refusals"],
            "term": _term(options["term"]),
        }
        try:
            with path.open("rb") as file:
                if mapping is None:
                    batch = imports.receive(file, file_name=path.name, user=user, **chosen)
                else:
                    batch = _converted(file, path.name, user, mapping, chosen)
                    self._tell_delivery(batch.delivery)
        except terms.TermClosed as closed:
            raise CommandError(closed.message, returncode=REFUSED) from closed
        except OSError as error:
            raise CommandError(
                _("無法讀取「%(file)s」：%(reason)s") % {"file": path, "reason": error.strerror},
                returncode=REFUSED,
            ) from error
        with self._progress_of(batch):
            imports.read_and_plan(batch)
        batch.refresh_from_db()
        if batch.state == ImportBatch.State.CONTINUED:
            self.stdout.write(batch.error)
            return batch.predecessor
        return batch

    def _progress_of(self, batch: ImportBatch) -> contextlib.AbstractContextManager[None]:
        return progress_line(batch.pk, self.stderr) if self._shows_progress else contextlib.nullcontext()

    def _tell_delivery(self, delivery: Delivery) -> None:
        left_out = deliveries.mapping_of(delivery.mapping).left_out
        self.stdout.write(_("未匯入的欄：%(headers)s") % {"headers": "、".join(left_out) or _("無")})
        for _level, _code, message in delivery.notes:
            self.stdout.write(f"  {message}")

    def _tell(self, batch: ImportBatch) -> None:
        self.stdout.write(
            _("批次 #%(pk)s（%(state)s）") % {"pk": batch.pk, "state": batch.get_state_display()}
        )
        if batch.error:
            self.stderr.write(batch.error)
        for _level, _code, message in batch.notes:
            self.stdout.write(f"  {message}")
        for verdict in Verdict if batch.counts else ():
            self.stdout.write(f"  {verdict.label}：{batch.counts[verdict]}")

    def _report(self, target: Path | None, report: dict[str, Any]) -> None:
        if target:
            target.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _converted(
    file: BinaryIO, name: str, user: Any, mapping: DeliveryMapping, chosen: dict[str, str]
) -> ImportBatch:
    """The batch of a raw delivery. Raises WorkbookRefused and NotConverted."""
    delivery = deliveries.receive(file, file_name=name, user=user, **chosen)
    deliveries.use(delivery, mapping, is_settled=True)
    batch = deliveries.convert(delivery)
    if batch is None:
        raise NotConverted(delivery.error)
    return batch


def _mapping(name: str | None) -> DeliveryMapping | None:
    """The mapping to convert with, None for a file in the template's own columns."""
    mapping = deliveries.latest_named(name) if name else None
    if name and mapping is None:
        raise CommandError(_("沒有「%(name)s」這個欄位對應。") % {"name": name}, returncode=REFUSED)
    return mapping


def _term(key: str | None) -> Term | None:
    """The term of a name such as "113-1"."""
    if key is None:
        return None
    try:
        return terms.named(key, timezone.localdate())
    except Term.DoesNotExist as error:
        raise CommandError(
            _("沒有「%(term)s」這個學期；格式如 113-1。") % {"term": key}, returncode=REFUSED
        ) from error


def _check_writable(target: Path) -> None:
    """Before anything is done: a result that cannot be written would look like a failed import."""
    try:
        target.open("a").close()
    except OSError as error:
        raise CommandError(
            _("無法寫入「%(file)s」：%(reason)s") % {"file": target, "reason": error.strerror},
            returncode=REFUSED,
        ) from error


def _importer(username: str | None) -> Any:
    """The account to import as: the one named, else the system's own, to which nobody can log in."""
    if username is None:
        return _system_account()
    user = get_user_model().objects.filter(is_active=True, username=username).first()
    if user is None:
        raise CommandError(_("沒有「%(name)s」這個帳號。") % {"name": username}, returncode=REFUSED)
    if not (allowed := can_import(user)):
        raise CommandError(str(allowed.reason), returncode=REFUSED)
    return user


def _system_account() -> Any:
    """Nobody's name stands under what a scheduled command did."""
    users = get_user_model().objects
    found = users.filter(username=SYSTEM_ACCOUNT).first()
    return found or users.create_user(
        SYSTEM_ACCOUNT,
        display_name=_("系統匯入"),
        role="it_staff",
        is_active=False,
    )


def _status(batch: ImportBatch) -> int:
    if batch.state not in (ImportBatch.State.PLANNED, ImportBatch.State.APPLIED):
        return REFUSED
    left = batch.counts["kept_out"] + batch.counts["needs_person"]
    return ROWS_LEFT if left or batch.error else READ


def _refused(path: Path, sentence: str) -> dict[str, Any]:
    return {
        "batch": None,
        "state": "refused",
        "file": {"sha256": None, "rows": 0},
        "counts": dict.fromkeys(COUNTED, 0),
        "errors": [sentence],
        "rows": [],
    }


def _report_of(batch: ImportBatch) -> dict[str, Any]:
    """What the command says as JSON; national IDs are masked."""
    return {
        "batch": batch.pk,
        "state": batch.state,
        "file": {"sha256": batch.sha256, "rows": batch.counts.get("rows", 0)},
        "counts": {name: batch.counts.get(name, 0) for name in COUNTED},
        "errors": [batch.error] if batch.error else [],
        "notes": [message for _level, _code, message in batch.notes],
        "rows": [
            {
                "row": row.row_number,
                "verdict": row.verdict,
                "serial_number": row.serial or None,
                "values": row.values,
                "remarks": [
                    {"column": header, "level": level, "code": code, "message": message}
                    for header, level, code, message in row.remarks
                ],
            }
            for row in imports.all_rows(batch)
        ],
    } | _of_returned_rows(batch)


def _of_returned_rows(batch: ImportBatch) -> dict[str, Any]:
    """What is told only of a returned workbook: which batch it follows, and who decided or corrected what."""
    answers = [
        {
            "at": answer.at.isoformat(timespec="seconds"),
            "by": answer.by,
            "what": answer.words,
            "reason": answer.reason,
            "rows": answer.first_rows,
            "row_count": answer.count,
        }
        for answer in imports.answers_of(batch)
    ]
    told = {"predecessor": batch.predecessor_id, "answers": answers}
    return {name: value for name, value in told.items() if value}
