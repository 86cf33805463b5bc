"""The forms of a raw delivery: what each foreign column is, and what each foreign value means.

Fields are numbered by the place of their header or value in the stored delivery, so that a request can name none that
is not in the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django import forms
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import deliveries
from ..columns import BY_ATTRIBUTE, COLUMNS, REQUIRED_HEADERS, SEXES
from ..imports.planning import KEY_HEADERS
from ..models import DeliveryMapping, Programme, StatusCode

BLANK = "-"


class ColumnRow(NamedTuple):
    """A line of the mapping table."""

    header: str
    samples: list[str]
    field: BoundField
    remark: str | Promise


class ValueRow(NamedTuple):
    text: str
    count: int
    field: BoundField


class ColumnsForm(forms.Form):
    """Foreign header → our column. `details` are those of the delivery, `targets` the proposal."""

    name = forms.CharField(
        label=gettext_lazy("這個對應的名稱"),
        max_length=DeliveryMapping._meta.get_field("name").max_length,
        help_text=gettext_lazy("下次收到相同欄名的檔案時自動帶出；同名會存成新的版本。"),
        error_messages={"required": gettext_lazy("請填名稱。")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_incomplete = forms.BooleanField(required=False, label=gettext_lazy("檔案沒有這些欄位，仍要轉檔"))
    forgets_values = forms.BooleanField(required=False, label=gettext_lazy("不沿用以前的內容對應，重新詢問"))

    def __init__(
        self,
        *args: Any,
        details: Mapping[str, Any],
        targets: Sequence[str],
        stored: DeliveryMapping | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.headers: list[str] = details["headers"]
        self.samples: list[list[str]] = details["samples"]
        self.proposed = list(targets)
        self.stored = stored
        self.missing: list[str] = []
        if stored is not None:
            self.fields["name"].initial = stored.name
        choices = [("", _("不匯入")), *((key, _in_words(words)) for key, words in deliveries.TARGETS.items())]
        for place, (header, target) in enumerate(zip(self.headers, targets, strict=True)):
            self.fields[f"column-{place}"] = forms.ChoiceField(
                label=header,
                choices=choices,
                required=False,
                initial=target,
                error_messages={"invalid_choice": _("請選擇清單中的欄位。")},
                widget=forms.Select(attrs={"aria-label": _("「%(header)s」匯入到") % {"header": header}}),
            )
        self.proposed_joins = deliveries.propose_joins(self.headers, targets)
        joins = stored.joins if stored else self.proposed_joins
        for attribute in self._doubled():
            self.fields[f"join-{attribute}"] = _join_field(attribute, joins.get(attribute))

    def columns(self) -> Iterator[ColumnRow]:
        for place, header in enumerate(self.headers):
            yield ColumnRow(header, self.samples[place], self[f"column-{place}"], self._remark(place))

    def joins(self) -> list[BoundField]:
        """The questions about columns that several headers were chosen for."""
        return [self[name] for name in self.fields if name.startswith("join-")]

    def mapping(self) -> deliveries.Mapping:
        """The mapping of a valid form."""
        joins = {
            name.removeprefix("join-"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("join-")
        }
        chosen = [self.cleaned_data[f"column-{place}"] for place in range(len(self.headers))]
        attributes = {deliveries.attribute_of(target) for target in chosen}
        before = self.stored or deliveries.latest_named(self.cleaned_data["name"])
        kept = {} if before is None or self.cleaned_data["forgets_values"] else before.values
        values = {attribute: found for attribute, found in kept.items() if attribute in attributes}
        return deliveries.Mapping(tuple(zip(self.headers, chosen, strict=True)), joins, values)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        targets = [cleaned.get(f"column-{place}", "") for place in range(len(self.headers))]
        used = {target for target in targets if target}
        headers = {BY_ATTRIBUTE[deliveries.attribute_of(target)].header for target in used}
        ways = Counter(map(deliveries.attribute_of, used))
        for attribute in (attribute for attribute, count in ways.items() if count > 1):
            sentence = _("「%(header)s」選了不同的讀法，請選同一種。")
            self.add_error(None, sentence % {"header": BY_ATTRIBUTE[attribute].header})
        for header in REQUIRED_HEADERS:
            if header not in headers:
                self.add_error(None, _("請指定哪一欄是「%(header)s」。") % {"header": header})
        if not headers & set(KEY_HEADERS):
            sentence = _("請至少指定「%(headers)s」其中一欄，否則無法分辨是哪一位校友。")
            self.add_error(None, sentence % {"headers": "」、「".join(KEY_HEADERS)})
        required = [column.header for column in COLUMNS if column.is_required]
        self.missing = [header for header in required if header not in headers | set(REQUIRED_HEADERS)]
        if self.missing and not cleaned.get("is_incomplete"):
            sentence = _("沒有任何一欄對應到必要的「%(headers)s」；確定檔案沒有時請勾選。")
            self.add_error("is_incomplete", sentence % {"headers": "」、「".join(self.missing)})
        return cleaned

    def _remark(self, place: int) -> str | Promise:
        """Where the proposal comes from."""
        if self.stored is not None:
            return gettext_lazy("沿用已儲存的對應")
        attribute = deliveries.attribute_of(self.proposed[place])
        if not attribute:
            return gettext_lazy("沒有建議；需要時請選擇")
        others = [
            header
            for other, header in enumerate(self.headers)
            if other != place and deliveries.attribute_of(self.proposed[other]) == attribute
        ]
        if not others:
            return gettext_lazy("依欄名建議")
        return _("依欄名建議，與「%(headers)s」合成一欄（方式見下）") % {"headers": "」、「".join(others)}

    def _doubled(self) -> list[str]:
        """The attributes that several headers are chosen for, as posted or proposed."""
        chosen = [
            self.data.get(f"column-{place}", "") if self.is_bound else self.fields[f"column-{place}"].initial
            for place in range(len(self.headers))
        ]
        counts = Counter(deliveries.attribute_of(target) for target in chosen if target in deliveries.TARGETS)
        return [attribute for attribute, count in counts.items() if count > 1]


def _in_words(words: tuple[str, str | Promise]) -> str:
    header, way = words
    return f"{header}{way}"


def _join_field(attribute: str, join: str | None) -> forms.ChoiceField:
    header = BY_ATTRIBUTE[attribute].header
    return forms.ChoiceField(
        label=_("有不只一欄對應到「%(header)s」，請選擇怎麼處理") % {"header": header},
        choices=list(deliveries.joins_of(attribute).items()),
        initial=join,
        error_messages={
            "required": _("請選擇怎麼處理。"),
            "invalid_choice": _("請選擇清單中的處理方式。"),
        },
        widget=forms.RadioSelect,
    )


class ValuesForm(forms.Form):
    """Foreign text → our text, for the values that the university's lists do not know."""

    def __init__(self, *args: Any, unknown: Mapping[str, Sequence[Sequence[Any]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unknown = unknown
        for attribute, found in unknown.items():
            choices = [("", _("先不對應")), *_choices_of(attribute)]
            for place, (text, _count) in enumerate(found):
                self.fields[f"{attribute}-{place}"] = forms.ChoiceField(
                    label=text,
                    choices=choices,
                    required=False,
                    error_messages={"invalid_choice": _("請選擇清單中的內容。")},
                    widget=forms.Select(attrs={"aria-label": _("「%(text)s」是") % {"text": text}}),
                )

    def groups(self) -> Iterator[tuple[str, list[ValueRow]]]:
        """Our header → the foreign texts with their fields."""
        for attribute, found in self.unknown.items():
            yield (
                BY_ATTRIBUTE[attribute].header,
                [
                    ValueRow(text, count, self[f"{attribute}-{place}"])
                    for place, (text, count) in enumerate(found)
                ],
            )

    def added_to(self, mapping: deliveries.Mapping) -> deliveries.Mapping:
        """The mapping with the answers of a valid form."""
        values = {attribute: dict(found) for attribute, found in mapping.values.items()}
        for attribute, found in self.unknown.items():
            for place, (text, _count) in enumerate(found):
                answer = self.cleaned_data[f"{attribute}-{place}"]
                if answer:
                    values.setdefault(attribute, {})[text] = "" if answer == BLANK else answer
        return deliveries.Mapping(mapping.columns, mapping.joins, values)


def _choices_of(attribute: str) -> list[tuple[str, str]]:
    if attribute == "programme":
        return [(name, name) for name in Programme.objects.values_list("name", flat=True)]
    blank = (BLANK, _("空白（不匯入這個內容）"))
    if attribute == "sex":
        return [*((sex, sex) for sex in SEXES.values()), blank]
    kind = BY_ATTRIBUTE[attribute].list_name
    statuses = StatusCode.objects.filter(kind=kind, is_active=True)
    return [*((str(status), str(status)) for status in statuses), blank]
