"""What a form says otherwise of a value than an import: whoever types can be asked at once."""

from __future__ import annotations

from django.utils.translation import gettext as _

from ..cells import ERROR, Cleaned, Note
from ..phones import without_area_code

_PHONES = frozenset({"phone", "mobile", "other_phones"})


def judged(attribute: str, cleaned: Cleaned, before: str = "") -> Cleaned:
    """A cleaned value as a form takes it. A number without area code, which an import keeps with a doubt, is kept out
    (SOP 6.8); one that was stored `before` stays, for it is nobody's typing."""
    if attribute not in _PHONES:
        return cleaned
    known = before.split(", ")
    for number in without_area_code(f"{cleaned.value}, {cleaned.rest}"):
        if number not in known:
            sentence = _("「%(number)s」請補上區碼，例如 02-24622192。") % {"number": number}
            return Cleaned("", (Note(ERROR, "no_area_code", sentence),))
    return cleaned
