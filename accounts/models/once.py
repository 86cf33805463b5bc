"""Rows that are written once: what was signed or confirmed stays as it was."""

from __future__ import annotations

from typing import Any

from django.db import models


class WrittenOnceQuerySet(models.QuerySet):
    def update(self, **_values: Any) -> int:
        raise TypeError(f"{self.model.__name__} is written once.")

    def bulk_update(self, *_args: Any, **_options: Any) -> int:
        raise TypeError(f"{self.model.__name__} is written once.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError(f"{self.model.__name__} is never deleted.")


class WrittenOnce(models.Model):
    """A model whose rows can be added and read, nothing else."""

    objects = WrittenOnceQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__} is written once.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{type(self).__name__} is never deleted.")
