"""Log lines without national IDs and without links that open something (security.md, ASVS 16.2.5)."""

from __future__ import annotations

import logging
import re

# A national ID or resident certificate: a letter, 1, 2, 8, 9 or A-D, eight digits.
NATIONAL_ID = re.compile(r"([A-Z])[A-D1289]\d{6}(\d{2})", re.IGNORECASE)

# Links that open something: to an account application, where who has it is the applicant, and to set a password.
LINK = re.compile(r"(/apply/(?=[\w-]{20})|/accounts/password/set/[\w-]+/)[\w-]+")


def mask_national_ids(text: str) -> str:
    """`text` with everything shaped like a national ID cut to its first letter and last two digits."""
    return NATIONAL_ID.sub(r"\1*******\2", text)


class MaskingFormatter(logging.Formatter):
    """Masks the finished line. A filter would see message and arguments, but not the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return LINK.sub(r"\1…", mask_national_ids(super().format(record)))
