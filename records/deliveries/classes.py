"""One foreign column of unit and class (系級): 「資工系四年A班」 → 「資工系」 and 「四年A班」.

A wrong programme means a wrong serial number for ever (SOP 6.1). So the unit is left alone in its cell only where the
programme stays the one that the whole text means; in doubt the text stays whole, and the row is asked about.
"""

from __future__ import annotations

import re

from ..organisation import KEY_LIMIT, alias_key
from ..programmes import Lists, number_hint
from ..text import half_width

_BETWEEN = " \u3000-－—–_/／、,，.．:：;；"
_IN_BRACKETS = re.compile(r"[(（]([^()（）]*)[)）]")
_GRADES, _LETTERS = "1-7一二三四五六七", "a-eA-E甲乙丙丁戊"
# A class tells a grade or a letter: 四年A班, 碩二, 甲班, but not 在職專班 or 硬體組.
_A_CLASS = re.compile(f"[{_GRADES}{_LETTERS}]")
# All that may stand behind a unit and says nothing of its division; as `alias_key` folds it. 進四A, 夜二甲 and what
# nobody has thought of do not fit.
_PLAIN = re.compile(
    f"(?:[碩博大]?[{_GRADES}](?:年級?)?[{_LETTERS}]?班?|[{_LETTERS}]班)(?:復學|延畢|延修)?", re.IGNORECASE
)


class ClassReader:
    """Tells the class behind a unit; one instance serves a whole delivery."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._divided: dict[str, tuple[str, str]] = {}

    def divided(self, text: str) -> tuple[str, str]:
        """The longest beginning of a text that names a unit with its level, and what follows it; ("", "") where no
        unit is named. By the words alone: what follows may decide which programme it is."""
        if text not in self._divided:
            self._divided[text] = self._divide(text) if len(text) <= KEY_LIMIT else ("", "")
        return self._divided[text]

    def taken_off(self, text: str, student_number: str) -> tuple[str, str]:
        """What stays in 畢業系所 of a tidy text, and the class behind it, "" where there is none.

        The text stays whole unless unit, class and the row's student number mean the programme that it means itself;
        a text that means none may be divided only before a plain class, and never against the student number."""
        unit, behind = self.divided(text)
        if not _A_CLASS.search(half_width(behind)):
            return text, ""
        whole = self._programme(text, student_number)
        if self._programme(text, student_number, behind) != whole:
            return text, ""
        found = self._programme(unit, student_number, behind)
        is_plain = bool(_PLAIN.fullmatch(alias_key(behind))) and self._agrees(found, student_number)
        is_safe = found is not None and (found == whole or (whole is None and is_plain))
        return (unit if is_safe else text), behind

    def _divide(self, text: str) -> tuple[str, str]:
        for end in range(len(text), 1, -1):
            if self._lists.names_unit(text[:end]):
                unit = text[:end].rstrip(_BETWEEN + "(（")
                rest = text[len(unit) :].strip(_BETWEEN)
                bracketed = _IN_BRACKETS.fullmatch(rest)
                return unit, bracketed[1].strip() if bracketed else rest
        return "", ""

    def _programme(self, text: str, student_number: str, class_name: str = "") -> int | None:
        found = self._lists.resolve_programme(text, student_number=student_number, class_name=class_name)
        return found.programme_id

    def _agrees(self, programme_id: int | None, student_number: str) -> bool:
        """Whether a programme is of the level and division that the student number tells, where it tells any."""
        if programme_id is None:
            return False
        programme, hint = self._lists.programme(programme_id), number_hint(student_number)
        return hint.level in (None, programme.level) and hint.division in (None, programme.division)
