"""What every history row carries beside simple-history's own columns: how the change came about."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    """The way a change came in."""

    IMPORT = "import", _("匯入")
    ADMIN = "admin", _("校友中心")
    FORM = "form", _("系所修改")
    REVIEW = "review", _("審核")
    REVERT = "revert", _("還原")
    UNDO = "undo", _("還原匯入批次")


class ChangeContext(models.Model):
    """Mixed into the history tables: the way a change came in, and the batch when it was an import
    or the undo of one."""

    source = models.CharField(_("來源"), max_length=10, choices=Source)
    batch = models.ForeignKey(
        "records.ImportBatch",
        models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("批次"),
        db_constraint=False,  # as for the user: history outlives what it mentions
    )

    class Meta:
        abstract = True
