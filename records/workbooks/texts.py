"""How SpreadsheetML writes what XML cannot carry: `_xHHHH_`, and `_x005F_` for a true underscore."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TO_ESCAPE = re.compile(
    "[\x00-\x08\x0b-\x1f&<>\ud800-\udfff\ufffe\uffff]"  # CR among them: XML would turn it into LF
    r"|_(?=x[0-9A-Fa-f]{4}_)"
)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def decode_escapes(text: str) -> str:
    """The text as the person typed it; control characters and lone surrogates may come out."""
    return _ESCAPE.sub(_decode, text) if "_x" in text else text


def encode_escapes(text: str) -> str:
    """The text as XML content of a cell; `decode_escapes` gives it back unchanged."""
    return _TO_ESCAPE.sub(_encode, text)


def printable(text: str, length: int) -> str:
    """The start of a foreign text as it may stand in a sentence: no control characters or surrogates."""
    return "".join(map(_printable, text[:length]))


def _printable(character: str) -> str:
    if character.isspace():
        return " "
    return character if character.isprintable() else "□"


def _decode(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))


def _encode(match: re.Match[str]) -> str:
    character = match[0]
    return _ENTITIES.get(character) or f"_x{ord(character):04X}_"
