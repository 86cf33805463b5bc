"""The forms in which a person edits a person: one field a column, cleaned like a cell of the workbook.

Every field carries the text it was shown with (`show_hidden_initial`): what changed, and what it changed from, is
told by the form itself, so two people who edit different fields do not get in each other's way; who edits the same
field second chooses (`conflicts`).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import follow_ups, values
from ..cells import ERROR, Cleaned, Note
from ..columns import (
    BY_ATTRIBUTE,
    CONTACT_ATTRIBUTES,
    RECORD_COLUMNS,
    SECONDARY,
    SECONDARY_CLEANERS,
    SECONDARY_WORDS,
    Column,
    shown,
)
from ..columns import PERSON_COLUMNS as ALL_PERSON_COLUMNS
from ..models import Person, Programme, Sex, StatusCode
from ..policies import may_write
from .conflicts import THEIRS, Conflict, choice_name, chosen, is_pending, pending_name
from .known_identity import seen_digest, sign_of
from .typed import judged

NOT_HERE = frozenset({"accepts_messages"})  # an objection is an act of its own, not a field (SOP 6.9)
PERSON_COLUMNS = tuple(column for column in ALL_PERSON_COLUMNS if column.attribute not in NOT_HERE)
_LONG = frozenset({"address", "other_address", "other_emails", "other_phones"})
_BLANK = ("", gettext_lazy("未填"))


class ColumnForm(forms.Form):
    """Fields for those columns that the editor may write. After `is_valid`, `changed()` and `before()` give canonical
    texts by attribute and `notices` what was said about the values without keeping one out."""

    columns: tuple[Column, ...] = ()
    extra: Mapping[str, str] = {}  # attributes without a column of their own → label

    def __init__(self, *args: Any, editor: Any, today: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.columns = tuple(c for c in self.columns if may_write(editor, c.attribute))
        self.extra = {name: label for name, label in self.extra.items() if may_write(editor, name)}
        self.notices: list[tuple[str, Note]] = []
        for column in self.columns:
            self.fields[column.attribute] = self.field_of(column)
        for attribute, label in self.extra.items():
            self.fields[attribute] = _text_field(label, _("多個以逗號分隔。"), attribute)

    def field_of(self, column: Column) -> forms.Field:
        choices = self.choices_of(column)
        if choices is None:
            field = _text_field(column.header, str(column.rule), column.attribute)
        else:
            field = forms.ChoiceField(choices=[_BLANK, *choices], label=column.header, required=False)
            field.show_hidden_initial = True
        return field

    def choices_of(self, column: Column) -> list[tuple[Any, str]] | None:
        """The choices of a column that is picked from a list, else None."""
        if column.attribute == "sex":
            return list(Sex.choices)
        if column.attribute == "country":
            # By name, as a cell has it: the codes of Norway and Namibia read like "no" and "not available".
            return [(name, name) for _code, name in values.country_choices()]
        if column.list_name in StatusCode.Kind.values:
            return [(status.pk, str(status)) for status in StatusCode.objects.filter(kind=column.list_name)]
        if column.list_name == "programme":
            return [(programme.pk, programme.name) for programme in Programme.objects.all()]
        return None

    def clean(self) -> dict[str, Any]:
        for column in self.columns:
            if column.attribute in self.cleaned_data and not column.list_name:
                self._clean_column(column)
        for attribute, label in self.extra.items():
            self._clean_extra(attribute, label)
        for name in self._names():
            if is_pending(self, name):
                self._take_choice(name)
        return self.cleaned_data

    def _clean_column(self, column: Column) -> None:
        before = self.data.get(self.add_initial_prefix(column.attribute), "")
        cleaned = column.cleaned(self.cleaned_data[column.attribute], self.today)
        cleaned = judged(column.attribute, cleaned, before)
        self._keep(column.attribute, column.header, cleaned)
        if cleaned.rest:
            self.keep_rest(column.attribute, cleaned.rest)

    def _clean_extra(self, attribute: str, label: str) -> None:
        """Further numbers and addresses, cleaned like those of a file (SOP 6.8). What was shown and not touched stays
        as it is: old values are nobody's typing."""
        text = values.tidy_text(self.cleaned_data.get(attribute, ""))
        before = self._shown_before()[attribute]
        if text == before:
            self.cleaned_data[attribute] = text
        else:
            cleaned = SECONDARY_CLEANERS[attribute](text, today=self.today)
            self._keep(attribute, label, judged(attribute, cleaned, before))

    def _keep(self, attribute: str, label: str, cleaned: Cleaned) -> None:
        self.cleaned_data[attribute] = cleaned.value
        for note in cleaned.notes:
            if note.level == ERROR:
                self.add_error(attribute, note.message)
            else:
                self.notices.append((label, note))

    def keep_rest(self, attribute: str, rest: str) -> None:
        """What else stood in a field and belongs to a sibling, e.g. a second e-mail address."""

    def changed(self) -> dict[str, str]:
        """Canonical new values of the fields that differ from what was shown."""
        before = self._shown_before()
        return {name: value for name, value in self._texts().items() if value != before[name]}

    def before(self, names: Iterable[str]) -> dict[str, str]:
        """The canonical values that were shown, for those attributes."""
        first = self._shown_before()
        return {name: first[name] for name in names}

    def _texts(self) -> dict[str, str]:
        return {name: str(self.cleaned_data.get(name) or "") for name in self._names()}

    def _shown_before(self) -> dict[str, str]:
        """The hidden first texts, read as their column reads them."""
        first = {}
        for name in self._names():
            text = self.data.get(self.add_initial_prefix(name), "")
            column = BY_ATTRIBUTE.get(name)
            is_typed = column is not None and not column.list_name
            first[name] = column.cleaned(text, self.today).value if is_typed else values.tidy_text(text)
        return first

    def _names(self) -> list[str]:
        return [*(column.attribute for column in self.columns), *self.extra]

    # --- two people at once ---------------------------------------------------------------------------------
    def show_conflict(self, current: Mapping[str, str], stale: Iterable[str]) -> None:
        """Put at each stale field what somebody else has written there beside what was typed; the next save writes
        what is chosen. `current` are the canonical values now."""
        self.data = self.data.copy()
        for name in stale:
            if name not in self.fields:
                self.add_error(None, _("這筆資料剛才已由他人修改，請重新載入後再改。"))
                continue
            value = current.get(name, "")
            self._show_as_seen(name, value if self._is_keyed(name) else shown(name, value))
            self.data[pending_name(self, name)] = "1"
            self.data.pop(choice_name(self, name), None)
            self._ask(name)

    def _show_as_seen(self, name: str, text: str) -> None:
        """From now on this is what the editor saw in the field."""
        self.data[self.add_initial_prefix(name)] = text

    def _take_choice(self, name: str) -> None:
        """After a conflict: write theirs (no change), the own text, or ask again."""
        choice = chosen(self, name)
        if choice == THEIRS:
            self._errors.pop(name, None)
            self.cleaned_data[name] = self._shown_before()[name]
        if not choice:
            self._ask(name)
        else:
            self.fields[name].conflict = self._conflict(name)

    def _ask(self, name: str) -> None:
        self.fields[name].conflict = self._conflict(name)
        self.add_error(name, _("剛才已有他人修改這個欄位，請選擇要保留哪一個，再按一次儲存。"))

    def _conflict(self, name: str) -> Conflict:
        theirs = self.shown_choice(name, self.data.get(self.add_initial_prefix(name), ""))
        yours = self.shown_choice(name, self.data.get(self.add_prefix(name), ""))
        return Conflict(choice_name(self, name), pending_name(self, name), theirs, yours, chosen(self, name))

    def _is_choice(self, name: str) -> bool:
        return isinstance(self.fields[name], forms.ChoiceField)

    def _is_keyed(self, name: str) -> bool:
        """Whether what the field sends is the canonical value."""
        return self._is_choice(name) and name != "country"

    def shown_choice(self, name: str, value: str) -> str:
        if not value or not self._is_choice(name):
            return value
        return str(dict((str(key), title) for key, title in self.fields[name].choices).get(value, value))


def _text_field(label: str, help_text: str, attribute: str) -> forms.CharField:
    widget = forms.TextInput(
        attrs={"autocomplete": "off", "class": "long" if attribute in _LONG else "short"}
    )
    return forms.CharField(
        label=label,
        required=False,
        help_text=help_text,
        widget=widget,
        show_hidden_initial=True,
        max_length=1000,
    )


class PersonForm(ColumnForm):
    """Personal and contact data. The national ID is never shown: the field takes a new one only."""

    columns = PERSON_COLUMNS
    extra = SECONDARY_WORDS

    def __init__(self, *args: Any, person: Person | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person  # None: somebody new
        if "national_id" in self.fields:
            self._take_new_national_id_only()
        if "birth_date" in self.fields:
            self.fields["birth_date"].widget.attrs["placeholder"] = "1989-05-06"
        self.order_fields(self._names())

    def _take_new_national_id_only(self) -> None:
        identity = self.fields["national_id"]
        identity.show_hidden_initial = False
        self.fields["known_identity"] = forms.CharField(required=False, widget=forms.HiddenInput)
        if self.person is not None:
            self.initial["known_identity"] = sign_of(self.person)
            identity.label = _("新身分證字號")
            mask = self.person.national_id_mask or _("無")
            identity.help_text = _("目前：%(mask)s。只在要更換時填寫。") % {"mask": mask}

    def keep_rest(self, attribute: str, rest: str) -> None:
        if attribute in SECONDARY:
            name = SECONDARY[attribute]
            kept = [part for part in (self.cleaned_data.get(name, ""), rest) if part]
            self.cleaned_data[name] = ", ".join(dict.fromkeys(kept))
        elif attribute == "address" and not self.cleaned_data.get("postal_code"):
            self.cleaned_data["postal_code"] = rest

    def clean(self) -> dict[str, Any]:
        super().clean()
        if "chinese_name" in self.fields and not self.cleaned_data.get("chinese_name"):
            if "chinese_name" not in self.errors:
                self.add_error("chinese_name", _("中文姓名不可空白。"))
        if self.person is not None:
            self._refuse_blanks(self.person)
        return self.cleaned_data

    def _refuse_blanks(self, person: Person) -> None:
        """SOP 6.10: what is required does not stay blank unless the alumnus was telephoned."""
        for column in self.columns:
            name = column.attribute
            is_kept = name == "national_id" and bool(person.national_id_digest)
            if not column.is_required or self.cleaned_data.get(name) or is_kept or name in self.errors:
                continue
            if refusal := follow_ups.blank_refusal(person, name, at=timezone.now()):
                self.add_error(name, refusal)

    # --- the national ID is compared by its digest, which two numbers of one mask do not share -----------------
    def _shown_before(self) -> dict[str, str]:
        first = super()._shown_before()
        if "national_id" in first:
            first["national_id"] = self._seen_digest()
        return first

    def _seen_digest(self) -> str:
        return seen_digest(self.data.get(self.add_prefix("known_identity"), ""), self.person)

    def _show_as_seen(self, name: str, text: str) -> None:
        if name != "national_id":
            super()._show_as_seen(name, text)
        elif self.person is not None:
            self.person.refresh_from_db()
            self.data[self.add_prefix("known_identity")] = sign_of(self.person)

    def _take_choice(self, name: str) -> None:
        super()._take_choice(name)
        if name == "national_id" and chosen(self, name) == THEIRS:
            self.cleaned_data[name] = ""  # blank: keep the one on record

    def _conflict(self, name: str) -> Conflict:
        conflict = super()._conflict(name)
        if name != "national_id":
            return conflict
        yours = values.mask_national_id(conflict.yours.strip())
        return replace(conflict, theirs=self.person.national_id_mask if self.person else "", yours=yours)

    def changed(self) -> dict[str, str]:
        changed = super().changed()
        if not changed.get("national_id"):
            changed.pop("national_id", None)  # blank: keep the one on record
        return changed

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under the headings of the page."""
        contact = CONTACT_ATTRIBUTES | set(self.extra)
        names = self._names()
        return [
            (_("基本資料"), [self[name] for name in names if name not in contact]),
            (_("聯絡資料"), [self[name] for name in names if name in contact]),
        ]


class NewPersonForm(PersonForm):
    """Somebody new. Where people bear the name already, the editor says that it is none of them: else one alumnus
    comes to stand here twice."""

    is_somebody_else = forms.BooleanField(
        label=gettext_lazy("已核對，這位校友不是以上任何一位"), label_suffix="", required=False
    )

    def __init__(self, *args: Any, namesakes: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.namesakes = namesakes

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.namesakes and not self.cleaned_data.get("is_somebody_else"):
            self.add_error("is_somebody_else", _("已有同名校友，請先核對；確定是另一位時才勾選此項。"))
        return self.cleaned_data


class RecordForm(ColumnForm):
    """One degree. The serial number is given by the system, or kept as the file brought it, and stays (SOP 6.1):
    nobody may write it (`rights.GIVEN`)."""

    columns = RECORD_COLUMNS

    def clean(self) -> dict[str, Any]:
        super().clean()
        if "programme" in self.fields and not self.cleaned_data.get("programme"):
            if "programme" not in self.errors:
                self.add_error("programme", _("請選擇畢業系所。"))
        return self.cleaned_data
