"""Two people at once: the second editor of a field sees both values side by side and chooses."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _

THEIRS, MINE = "theirs", "mine"


@dataclass(frozen=True, slots=True)
class Conflict:
    """What somebody else has put there meanwhile, what this editor typed, and which is chosen ("" not yet)."""

    name: str  # of the radio buttons
    pending: str  # of the hidden sign that a choice is asked for
    theirs: str
    yours: str
    chosen: str

    @property
    def options(self) -> list[tuple[str, str, str]]:
        """Value, title and text of each choice."""
        return [
            (THEIRS, _("保留目前資料（他人剛才所改）"), self.theirs or _("空白")),
            (MINE, _("改為您輸入的內容"), self.yours or _("空白")),
        ]


def choice_name(form: forms.Form, attribute: str) -> str:
    """The name of the radio buttons of a field."""
    return f"choice-{form.add_prefix(attribute)}"


def pending_name(form: forms.Form, attribute: str) -> str:
    """The name of the hidden sign that a choice is asked for."""
    return f"conflict-{form.add_prefix(attribute)}"


def is_pending(form: forms.Form, attribute: str) -> bool:
    return pending_name(form, attribute) in form.data


def chosen(form: forms.Form, attribute: str) -> str:
    """THEIRS, MINE, or "" when nothing was chosen."""
    choice = form.data.get(choice_name(form, attribute), "")
    return choice if choice in (THEIRS, MINE) else ""
