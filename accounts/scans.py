"""The signed scans of applications: checked and kept like all papers (`records.evidence`), in a folder of their own."""

from __future__ import annotations

from records.evidence import Scan, check, delete, download
from records.evidence import store as store_in

__all__ = ["Scan", "check", "delete", "download", "store"]

FOLDER = "applications"


def store(scan: Scan) -> str:
    """Keep a checked scan under a name of our own; the name is what the database remembers."""
    return store_in(scan, FOLDER)
