"""`manage.py undo_import BATCH`: plan the undo of an imported batch, and with --apply write it.

Exit status 0: everything is or can be taken back; 1: something stays; 2: refused.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.imports import undoing
from records.management.base import KeyedCommand
from records.models import BatchUndo, BatchUndoRow, ImportBatch

ALL_BACK, SOMETHING_STAYS, REFUSED = 0, 1, 2
State, Outcome = BatchUndo.State, BatchUndoRow.Outcome


class Command(KeyedCommand):
    help = str(gettext_lazy("列出還原一個匯入批次的計畫；加上 --apply 才寫入。"))

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("batch", type=int, help=_("批次編號"))
        parser.add_argument("--user", required=True, help=_("以哪個帳號還原（註解與歷程記載此人）"))
        parser.add_argument("--reason", default="", help=_("還原的理由；已有計畫時不需要"))
        parser.add_argument("--apply", action="store_true", help=_("寫入計畫"))
        parser.add_argument("--json", type=Path, help=_("把結果寫成 JSON 檔"))

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(is_active=True, username=options["user"]).first()
        batch = ImportBatch.objects.filter(pk=options["batch"]).first()
        if user is None:
            raise _refusal(_("沒有「%(name)s」這個帳號。") % {"name": options["user"]})
        if batch is None:
            raise _refusal(_("沒有批次 #%(number)s。") % {"number": options["batch"]})
        undo = undoing.undo_of(batch) or _planned(batch, user, options["reason"])
        if options["apply"] and undo.state in (State.PLANNED, State.APPLYING):
            self._write(undo, user)
        self._tell(undo)
        if options["json"]:
            report = json.dumps(_report(undo), ensure_ascii=False, indent=1)
            options["json"].write_text(report + "\n", encoding="utf-8")
        stays = undo.counts.get(Outcome.KEPT) or undo.counts.get(Outcome.CANNOT)
        sys.exit(SOMETHING_STAYS if stays or undo.error else ALL_BACK)

    def _write(self, undo: BatchUndo, user: Any) -> None:
        """Confirm and write; one that somebody confirmed and a dead process left is gone on with."""
        if undo.state == State.PLANNED and undo.people:
            if not (allowed := undoing.may_confirm(user, undo)):
                raise _refusal(str(allowed.reason))
            undoing.start_undoing(undo, user)
        undoing.undo_batch(undo)

    def _tell(self, undo: BatchUndo) -> None:
        names = {"number": undo.batch_id, "state": undo.get_state_display()}
        self.stdout.write(_("還原批次 #%(number)s（%(state)s）") % names)
        if undo.error:
            self.stderr.write(undo.error)
        for outcome in Outcome:
            if count := undo.counts.get(outcome):
                self.stdout.write(f"  {outcome.label}：{count}")


def _planned(batch: ImportBatch, user: Any, reason: str) -> BatchUndo:
    try:
        undo = undoing.open_undo(batch, reason=reason, by=user, at=timezone.now())
    except ValidationError as error:
        raise _refusal(" ".join(error.messages)) from error
    undoing.plan_undo(undo)
    return undo


def _refusal(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=REFUSED)


def _report(undo: BatchUndo) -> dict[str, Any]:
    """What the command says as JSON; no values, numbers of people and degrees only."""
    return {
        "batch": undo.batch_id,
        "undo": undo.pk,
        "state": undo.state,
        "people": undo.people,
        "counts": {str(outcome): undo.counts.get(outcome, 0) for outcome in Outcome},
        "errors": [undo.error] if undo.error else [],
        "rows": [
            {
                "person": row.person_id,
                "record": row.record_id,
                "fields": row.fields,
                "outcome": row.outcome,
                "why": row.why,
                "referred_by": row.referred_by,
                "later_at": row.later_at.isoformat() if row.later_at else None,
            }
            for row in undo.rows.order_by("pk").iterator()
        ],
    }
