"""The signed application form as a scan; what may be uploaded is decided in `records.evidence`."""

from __future__ import annotations

from records import evidence
from records.evidence import Scan, check, delete, download

__all__ = ["Scan", "check", "delete", "download", "store"]

FOLDER = "applications"


def store(scan: Scan) -> str:
    """Keep a checked scan under a name of our own; the name is what the database remembers."""
    return evidence.store(scan, FOLDER)
