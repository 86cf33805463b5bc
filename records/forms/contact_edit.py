"""The form in which somebody who has the alumnus on the telephone brings a record up to date.

Each field carries the text it was shown with, so that what changed, and from what, is told by the form itself. What
was not touched is neither cleaned nor written. A national ID is never shown; neither is a birthday to who may not read
it: those fields take a new value only. What is too long is not read at all.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import change_requests, columns, policies, values
from ..cells import ERROR, Cleaned, Note
from ..models import ChangeRequest, Person
from ..rights import MASKED
from ..storing import current_values
from .contact_fields import NO, YES, field_of, label_of
from .known_identity import seen_digest, sign_of
from .typed import judged

SECTIONS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("contact", gettext_lazy("聯絡方式"), ("mobile", "phone", "other_phones", "email", "other_emails")),
    ("address", gettext_lazy("住址"), ("country", "postal_code", "city", "address", "other_address")),
    ("consent", gettext_lazy("母校訊息"), ("accepts_messages",)),
    ("name", gettext_lazy("姓名與性別"), ("english_name", "chinese_name", "sex")),
    ("identity", gettext_lazy("身分資料（只在補正或更正時填寫）"), ("national_id", "birth_date")),
)
ATTRIBUTES = tuple(name for _key, _title, names in SECTIONS for name in names)
# SOP 6.10: name, birthday, national ID and e-mail may not stay blank.
REQUIRED = tuple(
    name for name in ATTRIBUTES if name in columns.BY_ATTRIBUTE and columns.BY_ATTRIBUTE[name].is_required
)
# What is kept beside a column is read by the same cleaner as the column itself (SOP 6.8).
_READ_LIKE: dict[str, tuple[str, ...]] = {"other_emails": ("email",), "other_phones": ("mobile", "phone")}
_LONG = 1000
THEIRS, MINE = "theirs", "mine"
WAITS, NEVER = "waits", "never"
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class ContactEditForm(forms.Form):
    """`person`'s data for `editor`. After `is_valid`, `changed()` and `before()` give canonical text by attribute, and
    `notices` what was said about values that are kept. An unbound form stands filled with `proposed` (canonical text by
    attribute) where it names a field."""

    def __init__(
        self,
        data: Any = None,
        *,
        person: Person,
        editor: Any,
        today: datetime.date,
        proposed: Mapping[str, str] = _NOTHING,
    ) -> None:
        super().__init__(data)
        self.today = today
        self.person = person
        self.now = current_values(person)
        self.unseen = {name for name in ATTRIBUTES if name in MASKED or not policies.may_read(editor, name)}
        self.notices: dict[str, list[str]] = {}
        self._changed: dict[str, str] = {}
        self._ways = ways = change_requests.ways_for(editor)
        self.names = tuple(name for name in ATTRIBUTES if ways[name] != NEVER and self._is_open(name))
        for name in self.names:
            self.fields[name] = field_of(name, waits=ways[name] == WAITS and not self.all_wait, longest=_LONG)
            self.initial[name] = proposed.get(name, self._shown(name))
        if self.now["accepts_messages"] and "accepts_messages" in self.fields:
            # Who has answered does not go back to no answer.
            self.fields["accepts_messages"].choices = [(YES, YES), (NO, NO)]
        asked = data.getlist("conflict") if data is not None else []
        self.conflicts = [name for name in self.names if name in asked]
        for name in self.conflicts:
            self._ask(name, self.first(name), self.raw(name))

    def _is_open(self, name: str) -> bool:
        """An objection that stands is ended on a page of its own (SOP 6.9)."""
        return name != "accepts_messages" or self.now[name] != NO

    def _shown(self, name: str) -> str:
        return "" if name in self.unseen else self.now[name]

    # --- what came in ---------------------------------------------------------------------------------------
    def raw(self, name: str) -> str:
        """What stands in a field, as typed."""
        return self.data.get(name, "").strip()

    def first(self, name: str) -> str:
        """What a field was shown with."""
        if not self.is_bound:
            return self._shown(name)
        return self.data.get(self.add_initial_prefix(name), "").strip()

    def clean(self) -> dict[str, Any]:
        rests: dict[str, str] = {}
        for name in self.names:
            if self.data.get(f"choice_{name}") == THEIRS:
                self._write(name, self.first(name))
            elif name not in self.errors and self.raw(name) != self.first(name):
                self._clean_typed(name, rests)
        for name, rest in rests.items():
            self._keep_rest(name, rest)
        if self._changed.get("chinese_name") == "":
            self.add_error("chinese_name", _("中文姓名不可空白。"))
        return self.cleaned_data

    def _clean_typed(self, name: str, rests: dict[str, str]) -> None:
        cleaned = self.cleaned(name)
        for note in cleaned.notes:
            if note.level == ERROR:
                self.add_error(name, note.message)
            else:
                self.notices.setdefault(name, []).append(note.message)
        if cleaned.is_rejected:
            return
        self._changed[name] = cleaned.value
        if cleaned.rest:
            rests[name] = cleaned.rest

    def cleaned(self, name: str) -> Cleaned:
        """What is made of the text typed in a field."""
        return judged(name, read(name, self.raw(name), self.today), self.first(name))

    def _keep_rest(self, name: str, rest: str) -> None:
        """What else stood in a field goes to its sibling, and not away."""
        if name == "other_address":  # the column of postal codes is that of the first address
            self._changed[name] = rest + self._changed[name]
            return
        sibling = columns.SECONDARY.get(name, "postal_code")
        kept = self._changed.get(sibling, self.raw(sibling))
        if sibling == "postal_code":
            self._changed[sibling] = kept or rest
        else:
            self._changed[sibling] = ", ".join(dict.fromkeys(filter(None, [*_parts(kept), *_parts(rest)])))

    # --- what is to be written ------------------------------------------------------------------------------
    def changed(self) -> dict[str, str]:
        """Canonical new values of the fields that differ from what was shown. Blank is no change of what was not
        shown."""
        return {
            name: value
            for name, value in self._changed.items()
            if value != self.first(name)
            and (value or name not in self.unseen)
            and not (name == "accepts_messages" and value == NO)
        }

    @property
    def refuses_messages(self) -> bool:
        """Whether 否 was chosen: no value, but a wish to be recorded with date, channel and words (SOP 6.9)."""
        return self._changed.get("accepts_messages") == NO

    def before(self) -> dict[str, str]:
        """What the editor saw of them. Of what is not shown, that which is there now: nobody decided upon it; but of
        the national ID the digest that was there when the form was."""
        seen = {name: self.now[name] if name in self.unseen else self.first(name) for name in self.changed()}
        if "national_id" in seen:
            seen["national_id"] = seen_digest(self.known_identity, self.person)
        return seen

    @property
    def known_identity(self) -> str:
        """The hidden field that tells which national ID was stored when the form was shown."""
        return self.data.get("known_identity", "") if self.is_bound else sign_of(self.person)

    @property
    def has_waiting(self) -> bool:
        """Whether a field of the form would wait for the center's review."""
        return WAITS in {self._ways[name] for name in self.names}

    @property
    def all_wait(self) -> bool:
        """Whether every field of the form would: the strict mode."""
        return {self._ways[name] for name in self.names} == {WAITS}

    def left_blank(self) -> list[str]:
        """The required attributes that would be blank after saving (SOP 6.10)."""
        after = self.now | self.changed()
        return [name for name in REQUIRED if not after[name]]

    # --- what became of it ----------------------------------------------------------------------------------
    def take_up(
        self,
        person: Person,
        *,
        stale: Mapping[str, tuple[str, str]],
        refused: Mapping[str, str],
    ) -> None:
        """Go on from `person` as stored now: fields that were written or wait count as unchanged, what was refused
        says why, what somebody else changed meanwhile stands beside what was typed and waits for a choice."""
        self.data, self.now, self.person = self.data.copy(), current_values(person), person
        self.data["known_identity"] = sign_of(person)
        for name in self.names:
            is_wish = name == "accepts_messages" and self.refuses_messages  # still to be recorded
            is_open = name in stale or name in refused or is_wish
            shown = self._shown(name)
            self.data[self.add_initial_prefix(name)] = shown
            if not is_open and name not in self.errors:
                self._write(name, shown)
            self.data.pop(f"choice_{name}", None)
        self.conflicts = [name for name in stale if name not in self.unseen]
        self.data.setlist("conflict", self.conflicts)
        for name, (theirs, mine) in stale.items():
            if name in self.unseen:
                said = _("剛才已有他人修改這個欄位（目前：%(text)s），沒有儲存；確認後請再儲存一次。")
                self.add_error(name, said % {"text": _as_read(name, theirs)})
                continue
            self._ask(name, theirs, mine)
            self.add_error(name, _("剛才已有他人修改這個欄位，請選擇要採用哪一個。"))
        for name, sentence in refused.items():
            self.add_error(name, sentence)

    def _write(self, name: str, text: str) -> None:
        self.data = self.data.copy()
        self.data[name] = text

    def _ask(self, name: str, theirs: str, mine: str) -> None:
        choices = [
            (THEIRS, _("採用目前的資料：%(text)s") % {"text": _as_read(name, theirs)}),
            (MINE, _("改為您輸入的：%(text)s") % {"text": _as_read(name, mine)}),
        ]
        self.fields[f"choice_{name}"] = forms.ChoiceField(
            label=_("%(field)s：兩個內容不同") % {"field": label_of(name)},
            choices=choices,
            widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
            error_messages={"required": _("請選擇要採用哪一個內容。")},
        )

    # --- for the page ---------------------------------------------------------------------------------------
    def sections(self, waiting: Mapping[str, ChangeRequest] = _NOTHING) -> list[dict[str, Any]]:
        """Key, title and fields of each section; `waiting` names the fields for which a change waits already."""
        return [
            {
                "key": key,
                "title": title,
                "fields": [
                    self.shown_field(name, waiting.get(name)) for name in names if name in self.fields
                ],
            }
            for key, title, names in SECTIONS
            if self.fields.keys() & set(names)
        ]

    def shown_field(self, name: str, waiting: ChangeRequest | None) -> dict[str, Any]:
        """A field with everything that stands beside it."""
        choice, bound, errors = f"choice_{name}", self[name], self.errors.get(name, [])
        described = f"help_{name} state_{name}" if bound.help_text else f"state_{name}"
        attributes = {"aria-describedby": described} | ({"aria-invalid": "true"} if errors else {})
        return {
            "name": name,
            "field": bound,
            "control": bound.as_widget(attrs=attributes),
            "first": forms.HiddenInput().render(
                bound.html_initial_name, self.first(name), {"id": bound.html_initial_id}
            ),
            "waiting": waiting,
            "errors": errors,
            "notices": self.notices.get(name, []),
            "choice": self[choice] if choice in self.fields else None,
            "is_long": name in ("address", "other_address"),
        }

    def suggestions(self, name: str) -> list[tuple[str, str, str]]:
        """Field, value and words of what the value typed in `name` makes likely, for fields that say otherwise."""
        if any(len(self.raw(part)) > _LONG for part in ("postal_code", "city", "address")):
            return []
        if name == "postal_code":
            place = values.postal_district(self._changed.get(name, self.raw(name)))
            if place and place[0] != self.raw("city"):
                return [
                    ("city", place[0], _("%(city)s%(district)s") % {"city": place[0], "district": place[1]})
                ]
        elif name in ("city", "address") and not self.raw("postal_code"):
            code = values.postal_code_of(self.raw("city"), self.raw("address"))
            return [("postal_code", code, code)] if code else []
        return []


def read(name: str, text: str, today: datetime.date) -> Cleaned:
    """A typed text read as its column reads a cell. Raises nothing: what is kept out is an error among the notes."""
    if len(text) > _LONG:
        return Cleaned(
            "", (Note(ERROR, "too_long", _("內容過長，最多 %(limit)d 個字。") % {"limit": _LONG}),)
        )
    if name == "country" and text in dict(values.country_choices()):
        return Cleaned(text)  # chosen, not written: a file's "NO" or "NA" rather means that there is nothing
    if name not in _READ_LIKE:
        cleaned = columns.BY_ATTRIBUTE[name].cleaned(text, today)
        # A year of two digits is the form's own example, and the day is shown in both calendars.
        return cleaned._replace(notes=tuple(note for note in cleaned.notes if note.code != "roc_year"))
    found = [_read_one(part, _READ_LIKE[name], today) for part in _parts(text)]
    notes = tuple(note for cleaned in found for note in cleaned.notes)
    return Cleaned(", ".join(dict.fromkeys(c.value for c in found if c.value)), notes)


def _read_one(text: str, attributes: tuple[str, ...], today: datetime.date) -> Cleaned:
    """By the first of the cleaners that has nothing to say against it, else by the last."""
    cleaners: list[Callable[..., Cleaned]] = [columns.BY_ATTRIBUTE[name].cleaned for name in attributes]
    tried = [clean(text, today) for clean in cleaners]
    return next((cleaned for cleaned in tried if not cleaned.notes), tried[-1])


def _parts(text: str) -> list[str]:
    for mark in "，;；、\n":
        text = text.replace(mark, ",")
    return [part.strip() for part in text.split(",") if part.strip()]


def _as_read(name: str, value: str) -> str:
    if not value:
        return _("空白")
    if name == "national_id":
        return values.mask_national_id(value)
    if name == "birth_date":
        return values.in_both_calendars(value)
    return columns.shown(name, value) if name != "sex" or value in columns.SEXES else value
