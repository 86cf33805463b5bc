"""A known value sealed and digested under the configured keys, so that wrong keys are noticed at the start."""

from __future__ import annotations

from django.db import models


class KeyCheck(models.Model):
    """One row a key id, and one (`key_id` blank) for the digest key. Holds nothing about anybody."""

    key_id = models.CharField(max_length=40, unique=True, blank=True)
    proof = models.BinaryField()

    def __str__(self) -> str:
        return self.key_id or "digest"
