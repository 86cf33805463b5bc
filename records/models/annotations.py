"""註解: the numbered lines every change leaves (SOP 6.7) and the pinned line of identities (SOP 6.6)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from .history import ChangeContext
from .people import Person


class Annotation(models.Model):
    """One line. Numbered lines are never edited and their numbers never reused: a line that should not stand there
    is struck, with a reason (SOP 6.7). A person's pinned line is kept true when degrees come or go, with its history.
    """

    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("校友"), related_name="annotations")
    number = models.PositiveIntegerField(_("編號"), null=True, blank=True)  # None: the pinned line
    text = models.TextField(_("內容"))
    made_on = models.DateField(_("日期"), null=True, blank=True)  # None: an old line that carried no date
    editor_name = models.CharField(_("異動人"), max_length=60, blank=True)
    editor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("帳號"),
        related_name="+",
        null=True,
        blank=True,
    )
    struck_at = models.DateTimeField(_("劃除時間"), null=True, blank=True)
    struck_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("劃除人"),
        related_name="+",
        null=True,
        blank=True,
        db_index=False,  # nobody asks for the lines that somebody struck
    )
    struck_reason = models.CharField(_("劃除理由"), max_length=100, blank=True)

    history = HistoricalRecords(
        bases=[ChangeContext],
        no_db_index=["editor", "struck_by"],
        user_model=settings.AUTH_USER_MODEL,
        user_db_constraint=False,
    )

    class Meta:
        verbose_name = _("註解")
        verbose_name_plural = _("註解")
        ordering = [models.F("number").asc(nulls_first=True)]
        constraints = [
            models.UniqueConstraint(fields=["person", "number"], name="annotation_number_once"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(number__isnull=True), name="one_pinned_annotation"
            ),
            models.CheckConstraint(
                condition=Q(struck_at__isnull=True, struck_by__isnull=True, struck_reason="")
                | Q(struck_at__isnull=False, struck_by__isnull=False, number__isnull=False)
                & ~Q(struck_reason=""),
                name="annotation_struck_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.line

    @property
    def is_pinned(self) -> bool:
        return self.number is None

    @property
    def is_struck(self) -> bool:
        return self.struck_at is not None

    @property
    def line(self) -> str:
        """The line as the procedure writes it: `1.修改聯絡地址(20190320 王小明)`; the pinned one has no number."""
        number = "" if self.number is None else f"{self.number}."
        made = "" if self.made_on is None else f"({self.made_on:%Y%m%d} {self.editor_name})"
        return f"{number}{self.text}{made}"
