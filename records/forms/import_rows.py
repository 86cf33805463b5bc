"""The forms of one row of a batch: whose it is, and its cells corrected."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import policies
from ..columns import HEADERS
from ..grouping import Item
from ..imports.candidates import Candidate
from ..imports.file_namesakes import RowCandidate
from ..imports.row_decisions import Scope, impossible
from ..imports.row_pages import masked
from ..models import AcademicRecord, ImportDecision, Person
from ..rulings import Contradiction, Kind, Ruling
from ..values import hide_national_ids, tidy_text

NATIONAL_ID = "身分證字號"


class Option(NamedTuple):
    """`why_not` says why it cannot be chosen; "" when it can."""

    value: str
    title: str
    is_chosen: bool
    why_not: str = ""


class NationalIDInput(forms.TextInput):
    """Never says what was typed: a page holds no whole national ID."""

    def __init__(self) -> None:
        super().__init__(attrs={"autocomplete": "off"})

    def format_value(self, value: Any) -> str:
        return ""


class DecisionForm(forms.Form):
    """One choice among the candidates, a person named by serial number, somebody new, or out; with a reason."""

    choice = forms.ChoiceField(
        label=gettext_lazy("這一列是誰的"), error_messages={"required": gettext_lazy("請選擇這一列是誰的。")}
    )
    serial = forms.CharField(label=gettext_lazy("流水號"), required=False, max_length=40)
    reason = forms.CharField(
        label=gettext_lazy("理由"),
        max_length=ImportDecision._meta.get_field("reason").max_length,
        error_messages={"required": gettext_lazy("請填理由，例如查證的方式。")},
        help_text=gettext_lazy("記入本批次的決定紀錄；請勿填寫身分證字號。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "long"}),
    )
    scope = forms.ChoiceField(label=gettext_lazy("套用到"), required=False)

    def __init__(
        self,
        *args: Any,
        item: Item,
        candidates: list[Candidate],
        rows: list[RowCandidate],
        like: dict[Scope, int],
        user: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.candidates, self.rows, self.like = user, candidates, rows, like
        self.rulings = _offered(candidates, rows)
        self.refused = impossible(item, self.rulings) | {
            _row_value(one): one.why_not for one in rows if one.why_not
        }
        self.fields["choice"].choices = [(value, value) for value in (*self.rulings, "serial")]
        self.fields["scope"].choices = [
            (str(scope), title % {"count": count}) for scope, title, count in _scopes(like)
        ]
        self.fields["scope"].initial = str(Scope.ROW)

    def people(self) -> list[tuple[Candidate, list[Option]]]:
        """The candidates, each with its degrees to choose from."""
        return [
            (
                one,
                [
                    *(
                        self._option(
                            f"{one.pk}-{degree.pk}", _("併入這筆學籍：%(degree)s") % {"degree": degree.text}
                        )
                        for degree in one.degrees
                    ),
                    self._option(f"{one.pk}-new", _("是這位校友的另一個學籍（新增）")),
                ],
            )
            for one in self.candidates
        ]

    def rows_of_file(self) -> list[tuple[RowCandidate, Option]]:
        """Other rows of the file that may be the same person."""
        title = _("與第 %(row)s 列是同一人")
        return [(one, self._option(_row_value(one), title % {"row": one.row_number})) for one in self.rows]

    def others(self) -> list[Option]:
        """The choices that name none of the candidates."""
        return [
            self._option("new", _("不是資料庫中的校友，新增一位")),
            self._option("out", _("不匯入這一列")),
            self._option("serial", _("是資料庫中的另一位校友，流水號如下")),
        ]

    def scopes(self) -> list[Option]:
        """How far the decision may go."""
        chosen = self["scope"].value() or str(Scope.ROW)
        return [Option(value, title, value == chosen) for value, title in self.fields["scope"].choices]

    def _option(self, value: str, title: str) -> Option:
        return Option(value, title, value == self["choice"].value(), self.refused.get(value, ""))

    def clean_reason(self) -> str:
        reason = self.cleaned_data["reason"]
        if hide_national_ids(reason) != reason:
            raise ValidationError(_("理由請勿填寫身分證字號。"))
        return reason

    def clean(self) -> None:
        if self.cleaned_data.get("choice") == "serial" and self._record() is None:
            self.add_error("serial", _("找不到這個流水號的校友。"))

    def _record(self) -> AcademicRecord | None:
        """The degree named by its serial number, of a person within the reader's scope."""
        serial = tidy_text(self.cleaned_data.get("serial", "")).upper()
        visible = Person.objects.visible_to(self.user)
        return AcademicRecord.objects.filter(serial_number=serial, person__in=visible).first()

    def doubts(self) -> list[Contradiction]:
        """Whom the serial number names: a mistyped one names a stranger."""
        if self.cleaned_data["choice"] != "serial":
            return []
        person = self._record().person
        mask = person.national_id_mask if policies.may_read(self.user, "national_id") else ""
        sentence = _("這個流水號是 %(name)s 的，請確認是這位校友。")
        named = f"{person.chinese_name} {mask}".strip()
        return [Contradiction("named_by_serial", sentence % {"name": named}, is_final=False)]

    def rows_decided(self) -> int:
        """How many rows the decision is about."""
        return 1 + self.like.get(self.chosen_scope(), 0)

    def ruling(self, accepted: Collection[str] = ()) -> Ruling:
        """What was chosen; `accepted` are the codes of contradictions that were confirmed."""
        choice = self.cleaned_data["choice"]
        if choice == "serial":
            record = self._record()
            ruling = Ruling(Kind.PERSON, record.person_id, record.pk)
        else:
            ruling = self.rulings[choice]
        return replace(ruling, accepted=frozenset(accepted))

    def chosen_scope(self) -> Scope:
        """Only this row, where another one is chosen: the others are not the same as that one."""
        ruling = self.rulings.get(self.cleaned_data.get("choice", ""))
        if ruling is not None and ruling.kind == Kind.ROW:
            return Scope.ROW
        return Scope(self.cleaned_data.get("scope") or Scope.ROW)


def _row_value(one: RowCandidate) -> str:
    return f"row-{one.row_number}"


def _offered(candidates: list[Candidate], rows: list[RowCandidate]) -> dict[str, Ruling]:
    """The rulings that the page offers, by the value of the field."""
    offered = {
        f"{one.pk}-{degree.pk}": Ruling(Kind.PERSON, one.pk, degree.pk)
        for one in candidates
        for degree in one.degrees
    }
    offered |= {f"{one.pk}-new": Ruling(Kind.PERSON, one.pk, is_new_degree=True) for one in candidates}
    offered |= {_row_value(one): Ruling(Kind.ROW, other_row=one.row_number) for one in rows}
    return offered | {"new": Ruling(Kind.NEW), "out": Ruling(Kind.OUT)}


def _scopes(like: dict[Scope, int]) -> list[tuple[Scope, str, int]]:
    titles = {
        Scope.ROW: _("只有這一列"),
        Scope.SAME_PERSON: _("這一列與指向同一位校友、問題相同的 %(count)s 列"),
        Scope.SAME_QUESTIONS: _(
            "這一列與問題相同的其他 %(count)s 列（選校友時各自併入所指的校友；選新增或不匯入時每一列都照辦）"
        ),
    }
    return [
        (scope, title, like.get(scope, 0))
        for scope, title in titles.items()
        if scope is Scope.ROW or like.get(scope)
    ]


def _hint(header: str, text: str) -> str:
    """What a cell holds that cannot be shown, and what a blank answer means."""
    if not text:
        return ""
    sentence = _("目前是 %(text)s；留空表示不更動，要刪去請填「無」。")
    return sentence % {"text": masked(header, text)}


class CorrectionForm(forms.Form):
    """Cells of a row by header. A national ID that came is shown by its mask and typed anew."""

    def __init__(
        self, *args: Any, cells: dict[str, str], remarks: dict[str, list[str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.names = {_field_name(header): header for header in cells}
        for name, header in self.names.items():
            text = _one_kind_of_line_end(cells[header])
            hidden = header == NATIONAL_ID or (header != "流水號" and hide_national_ids(text) != text)
            self.fields[name] = forms.CharField(
                label=header,
                required=False,
                max_length=2000,
                initial="" if hidden else text,
                help_text="".join((*remarks.get(header, ()), _hint(header, text) if hidden else "")),
                widget=_widget(header, text),
            )

    def changed_cells(self) -> dict[str, str]:
        """Header → what was typed, for the cells that were changed."""
        typed = {name: _one_kind_of_line_end(self.cleaned_data[name]) for name in self.names}
        return {
            header: typed[name]
            for name, header in self.names.items()
            if typed[name] != self.fields[name].initial.strip()
        }

    def tell(self, errors: dict[str, list[str]]) -> None:
        """Put the cleaners' sentences beside their fields."""
        for name, header in self.names.items():
            for sentence in errors.get(header, ()):
                self.add_error(name, sentence)


def _field_name(header: str) -> str:
    """That of a national ID tells what it is: nothing puts such a field back into a page."""
    return "national_id" if header == NATIONAL_ID else f"cell{HEADERS.index(header)}"


def _widget(header: str, text: str) -> forms.Widget:
    """A browser sends a field of one line back without the line breaks that a cell may have."""
    if header == NATIONAL_ID:
        return NationalIDInput()
    lines = text.count("\n") + 1
    return forms.Textarea({"rows": lines}) if lines > 1 else forms.TextInput({"autocomplete": "off"})


def _one_kind_of_line_end(text: str) -> str:
    """As a cell has them; a browser sends two characters for each."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
