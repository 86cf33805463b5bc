"""The password rule that Django does not bring along."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

KINDS = [re.compile(kind) for kind in ("[A-Z]", "[a-z]", "[0-9]", "[^A-Za-z0-9]")]


class CharacterKindsValidator:
    """At least `kinds` of: capital letters, small letters, digits, other characters (附表十).

    A password of `lifted_from_length` characters is strong by its length and needs no mixture (ASVS 6.2.5).
    """

    def __init__(self, kinds: int = 3, lifted_from_length: int = 15) -> None:
        self.kinds = kinds
        self.lifted_from_length = lifted_from_length

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) >= self.lifted_from_length:
            return
        if sum(bool(kind.search(password)) for kind in KINDS) < self.kinds:
            raise ValidationError(self.get_help_text(), code="password_kinds")

    def get_help_text(self) -> str:
        return _(
            "密碼須包含大寫字母、小寫字母、數字、符號之中至少 %(kinds)s 種；滿 %(length)s 個字元則不限。"
        ) % {"kinds": self.kinds, "length": self.lifted_from_length}
