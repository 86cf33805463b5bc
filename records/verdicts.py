"""How a cell cleaner speaks: silently, with a remark, with a doubt, or by keeping the value out."""

from __future__ import annotations

from .cells import ERROR, NOTE, WARNING, Cleaned, Note


class Rejected(Exception):
    """The value is kept out. Raised inside the readers, turned into an error note by `values`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.note = Note(ERROR, code, message)


def doubt(code: str, message: str) -> Note:
    """A warning: the value is kept, somebody has to look at it."""
    return Note(WARNING, code, message)


def remark(code: str, message: str) -> Note:
    """For the record only."""
    return Note(NOTE, code, message)


def kept(value: str, *notes: Note, rest: str = "") -> Cleaned:
    """A value that is kept, with whatever has to be said about it."""
    return Cleaned(value, notes, rest)
