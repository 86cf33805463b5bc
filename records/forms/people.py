"""The forms in which a person edits a person: one field a column, cleaned like a cell of the workbook.

Every field carries the text it was shown with (`show_hidden_initial`): what changed, and what it changed from, is
told by the form itself, so two people who edit different fields do not get in each other's way.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import values
from ..cells import ERROR, Note
from ..columns import (
    BY_ATTRIBUTE,
    CONTACT_ATTRIBUTES,
    RECORD_COLUMNS,
    SECONDARY,
    SECONDARY_WORDS,
    Column,
    shown,
)
from ..columns import PERSON_COLUMNS as ALL_PERSON_COLUMNS
from ..models import MessageObjection, Programme, Sex, StatusCode
from ..policies import may_write

NOT_HERE = frozenset({"accepts_messages"})  # an objection is an act of its own, not a field (SOP 6.9)
PERSON_COLUMNS = tuple(column for column in ALL_PERSON_COLUMNS if column.attribute not in NOT_HERE)
_LONG = frozenset({"address", "other_address", "other_emails", "other_phones"})
_BLANK = ("", "—")


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
        if column.list_name in StatusCode.Kind.values:
            return [(status.pk, str(status)) for status in StatusCode.objects.filter(kind=column.list_name)]
        if column.list_name == "programme":
            return [(programme.pk, programme.name) for programme in Programme.objects.all()]
        return None

    def clean(self) -> dict[str, Any]:
        for column in self.columns:
            if column.attribute in self.cleaned_data and not column.list_name:
                self._clean_column(column)
        for attribute in self.extra:
            self.cleaned_data[attribute] = values.tidy_text(self.cleaned_data.get(attribute, ""))
        return self.cleaned_data

    def _clean_column(self, column: Column) -> None:
        cleaned = column.cleaned(self.cleaned_data[column.attribute], self.today)
        self.cleaned_data[column.attribute] = cleaned.value
        for note in cleaned.notes:
            if note.level == ERROR:
                self.add_error(column.attribute, note.message)
            else:
                self.notices.append((column.header, note))
        if cleaned.rest:
            self.keep_rest(column.attribute, cleaned.rest)

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

    def show_conflict(self, current: Mapping[str, str], stale: Iterable[str]) -> None:
        """Say at each stale field what somebody else has put there; saving again then replaces that knowingly."""
        self.data = self.data.copy()
        for name in stale:
            if name not in self.fields:
                self.add_error(None, _("這筆資料剛才已由他人修改，請重新載入後再改。"))
                continue
            theirs = self.shown_choice(name, shown(name, current.get(name, "")))
            if name == "national_id":
                self.data[self.add_prefix("known_mask")] = current.get(name, "")
            self.data[self.add_initial_prefix(name)] = (
                current.get(name, "") if self._is_choice(name) else shown(name, current.get(name, ""))
            )
            typed = self.shown_choice(name, self.data.get(self.add_prefix(name), ""))
            if name == "national_id":
                typed = values.mask_national_id(typed)
            self.add_error(
                name,
                _(
                    "剛才已由他人改為「%(theirs)s」，您輸入的是「%(yours)s」。確定要以您的內容取代，請再按一次儲存。"
                )
                % {"theirs": theirs or _("空白"), "yours": typed or _("空白")},
            )

    def _is_choice(self, name: str) -> bool:
        return isinstance(self.fields[name], forms.ChoiceField)

    def shown_choice(self, name: str, value: str) -> str:
        if not self._is_choice(name):
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

    verified = forms.BooleanField(
        label=gettext_lazy("已核對身分證字號、系所與生日，確認是這一位"), required=False
    )

    def __init__(self, *args: Any, is_new: bool = False, same_names: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.same_names = same_names
        self.is_new = is_new
        if "national_id" in self.fields:
            self._take_new_national_id_only()
        if "birth_date" in self.fields:
            self.fields["birth_date"].widget.attrs["placeholder"] = "1989-05-06"
        self.order_fields([*self._names(), "verified"])

    def _take_new_national_id_only(self) -> None:
        identity = self.fields["national_id"]
        identity.show_hidden_initial = False
        self.fields["known_mask"] = forms.CharField(required=False, widget=forms.HiddenInput)
        if not self.is_new:
            identity.label = _("新身分證字號")
            mask = self.initial.get("known_mask") or _("無")
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
        # SOP 6.5: among people of one name, verify who it is before anything is changed.
        if self.same_names and not self.cleaned_data.get("verified"):
            self.add_error("verified", _("有同名校友，請先核對身分證字號、系所與生日，再勾選此項。"))
        return self.cleaned_data

    def _shown_before(self) -> dict[str, str]:
        return super()._shown_before() | {"national_id": self.data.get(self.add_prefix("known_mask"), "")}

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


class ObjectionForm(forms.ModelForm):
    """The alumnus does not want messages: when, by which channel, in which words (SOP 6.9)."""

    class Meta:
        model = MessageObjection
        fields = ["objected_on", "channel", "words"]
        widgets = {"objected_on": forms.DateInput(format="%Y-%m-%d")}
        help_texts = {"objected_on": gettext_lazy("例如 2026-11-21。")}

    def __init__(self, *args: Any, today: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.notices: list[tuple[str, Note]] = []
        self.fields["objected_on"].initial = today
        self.fields["objected_on"].input_formats = ["%Y-%m-%d", "%Y/%m/%d"]
        # A file is no channel for somebody who answers the telephone.
        channels = [choice for choice in MessageObjection.Channel.choices if choice[0] != "file"]
        self.fields["channel"].choices = [_BLANK, *channels]

    def clean_objected_on(self) -> datetime.date:
        if self.cleaned_data["objected_on"] > self.today:
            raise forms.ValidationError(_("反應日期不可在今天之後。"))
        return self.cleaned_data["objected_on"]
