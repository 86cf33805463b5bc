"""Trails: rows written once, each sealed with the one before it, so that a change, a gap or a lost end shows."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from records.encryption import digest

from .once import WrittenOnce, WrittenOnceQuerySet


class ChainEnd(models.Model):
    """Where a chain stands: how many rows it has and the seal of the last one. Whoever adds a row holds it, so that
    rows of two requests at once come one after the other."""

    chain = models.CharField(max_length=60, unique=True)
    length = models.PositiveBigIntegerField(default=0)
    last_seal = models.CharField(max_length=64, blank=True)
    seal = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("紀錄鏈的末端")
        verbose_name_plural = _("紀錄鏈的末端")

    def __str__(self) -> str:
        return f"{self.chain} {self.length}"

    def make_seal(self) -> str:
        return digest(f"chain-end:{self.chain}:{self.length}:{self.last_seal}")

    def is_sound(self) -> bool:
        return self.seal == self.make_seal()

    def move_to(self, seal: str) -> None:
        self.length, self.last_seal = self.length + 1, seal
        self.seal = self.make_seal()
        self.save()


class ChainedQuerySet(WrittenOnceQuerySet):
    def bulk_create(self, *_args: Any, **_options: Any) -> list[Any]:
        raise TypeError(f"{self.model.__name__} is written row by row.")


class Chained(WrittenOnce):
    """A row of a trail, with its time `at`. SEALED names what the seal covers beside the row's place in its chain."""

    SEALED: tuple[str, ...]
    seal = models.CharField(max_length=64, blank=True, editable=False)

    objects = ChainedQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def chain(self) -> str:
        """The name of the chain that this row belongs to."""
        return self._meta.label_lower

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        end, _is_new = ChainEnd.objects.select_for_update().get_or_create(chain=self.chain)
        self.at = timezone.now()  # here and not by the field: the seal covers it
        self.seal = self.make_seal(end.last_seal)
        super().save(*args, **kwargs)
        end.move_to(self.seal)

    def make_seal(self, before: str) -> str:
        """The keyed digest of the row and of the seal before it; without the key nobody can make another."""
        parts = [before, *(_canonical(name, getattr(self, name)) for name in self.SEALED)]
        return digest(f"{self.chain}:" + json.dumps(parts, ensure_ascii=False))


def _canonical(name: str, value: Any) -> Any:
    """A value as it reads before it is stored and after, in either database."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if name == "address" and value:
        return str(ipaddress.ip_address(value))
    return value


def faults_of(rows: Iterable[Chained], end: ChainEnd | None) -> Iterator[str]:
    """A sentence for every place where a chain, read from its first row, is not as it was written.

    Rows without a seal may stand before the first sealed one: they are older than the seals."""
    before, length = "", 0
    for row in rows:
        if not row.seal and not length:
            continue
        if row.seal != row.make_seal(before):
            names = {"model": row._meta.verbose_name, "pk": row.pk}
            yield gettext("%(model)s #%(pk)d 與封印不符：這一列遭更動，或前面的列遭刪除。") % names
        before, length = row.seal, length + 1
    found = (end.length, end.last_seal, end.is_sound()) if end is not None else (0, "", True)
    if found != (length, before, True):
        names = {"chain": end.chain if end is not None else "", "length": length, "known": found[0]}
        yield gettext("紀錄鏈 %(chain)s 應有 %(known)d 列，實有 %(length)d 列，或末端遭更動。") % names
