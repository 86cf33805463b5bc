"""What is wrong with a workbook, as a code: the child has no translations, the parent finds the words."""

from __future__ import annotations


class Fault(Exception):
    """The workbook is refused. `code` is a key of `refusals.SENTENCES`, `params` fill that sentence."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
