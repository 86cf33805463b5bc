"""Hostile, broken and odd files, each made by a few lines: `CASES` says what must become of them.

`files` are no packages, `archives` lie about what they hold, `parts` break the package or its XML, `sheets` break the
sheet, `oddities` open, with remarks. None holds data of a person.
"""

from __future__ import annotations

from tests.hostile import archives, files, oddities, parts, sheets
from tests.hostile.case import Case

__all__ = ["CASES", "Case"]

CASES: dict[str, Case] = files.CASES | archives.CASES | parts.CASES | sheets.CASES | oddities.CASES
