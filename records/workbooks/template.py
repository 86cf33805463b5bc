"""The empty form that departments fill in: headers, drop-downs, explanations and examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from records.workbooks.limits import MAX_ROWS

DATA_SHEET = "校友資料"
# `limits.RESERVED_SHEETS` names these three: the reader passes over them.
EXPLANATION_SHEET, EXAMPLE_SHEET, CHOICE_SHEET = "說明", "範例", "選項"

_REQUIRED_FILL = PatternFill("solid", fgColor="FFFFE699")
_OPTIONAL_FILL = PatternFill("solid", fgColor="FFDDEBF7")
_BOLD = Font(bold=True)
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_TEXT = "@"
_WIDEST = 60


class TemplateColumn(NamedTuple):
    """A column of the form: its header, whether it must be filled in, and the rule in words."""

    header: str
    required: bool
    explanation: str


def write_template(
    target: Path | BinaryIO,
    *,
    columns: Sequence[TemplateColumn],
    choices: Mapping[str, Sequence[str]],
    examples: Sequence[Sequence[str]] = (),
) -> None:
    """Write the form as .xlsx. `choices` gives some headers a drop-down; `examples` are rows of texts.

    `columns` may be plain (header, required, explanation) tuples. `read_sheet` reads the form once filled in.
    """
    columns = [TemplateColumn(*column) for column in columns]
    workbook = Workbook()
    data = workbook.active
    data.title = DATA_SHEET
    _write_headers(data, columns)
    _format_as_text(data, columns)
    _write_explanations(workbook.create_sheet(EXPLANATION_SHEET), columns, examples)
    _write_examples(workbook.create_sheet(EXAMPLE_SHEET), columns, examples)
    offered = {header: list(texts) for header, texts in choices.items() if texts}
    if offered:
        ranges = _write_choices(workbook.create_sheet(CHOICE_SHEET), offered)
        _add_drop_downs(data, columns, ranges)
    workbook.save(target)


def _write_headers(sheet: Worksheet, columns: Sequence[TemplateColumn]) -> None:
    """The header row, bold and frozen; required headers have their own colour."""
    for index, column in enumerate(columns, start=1):
        _write_text(sheet, 1, index, column.header)
        cell = sheet.cell(1, index)
        cell.font = _BOLD
        cell.fill = _REQUIRED_FILL if column.required else _OPTIONAL_FILL
    sheet.freeze_panes = "A2"


def _format_as_text(sheet: Worksheet, columns: Sequence[TemplateColumn]) -> None:
    """Whole columns as text: what is typed keeps its leading zeros and never turns into a date."""
    for index, column in enumerate(columns, start=1):
        dimension = sheet.column_dimensions[get_column_letter(index)]
        dimension.number_format = _TEXT
        dimension.width = max(12, 2 * len(column.header) + 4)


def _write_explanations(
    sheet: Worksheet, columns: Sequence[TemplateColumn], examples: Sequence[Sequence[str]]
) -> None:
    first = examples[0] if examples else ()
    rows = [
        (
            column.header,
            _("必填") if column.required else _("選填"),
            column.explanation,
            first[index] if index < len(first) else "",
        )
        for index, column in enumerate(columns)
    ]
    _write_table(sheet, (_("欄位"), _("是否必填"), _("填寫規則"), _("範例")), rows)


def _write_examples(
    sheet: Worksheet, columns: Sequence[TemplateColumn], examples: Sequence[Sequence[str]]
) -> None:
    _write_table(sheet, [column.header for column in columns], examples)


def _write_table(sheet: Worksheet, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table of texts with a bold, frozen header and columns as wide as their longest text."""
    for index, header in enumerate(headers, start=1):
        texts = [header, *(row[index - 1] for row in rows if index <= len(row))]
        for number, text in enumerate(texts, start=1):
            _write_text(sheet, number, index, text)
            sheet.cell(number, index).alignment = _WRAPPED
        sheet.cell(1, index).font = _BOLD
        width = max(2 * len(text) for text in texts) + 4
        sheet.column_dimensions[get_column_letter(index)].width = min(width, _WIDEST)
    sheet.freeze_panes = "A2"


def _write_choices(sheet: Worksheet, choices: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """One column per list; returns header → the range that holds its texts."""
    ranges = {}
    for index, (header, texts) in enumerate(choices.items(), start=1):
        _write_text(sheet, 1, index, header)
        sheet.cell(1, index).font = _BOLD
        for number, text in enumerate(texts, start=2):
            _write_text(sheet, number, index, text)
        letter = get_column_letter(index)
        sheet.column_dimensions[letter].width = min(max(2 * len(text) for text in texts) + 4, _WIDEST)
        ranges[header] = f"'{sheet.title}'!${letter}$2:${letter}${len(texts) + 1}"
    return ranges


def _add_drop_downs(sheet: Worksheet, columns: Sequence[TemplateColumn], ranges: Mapping[str, str]) -> None:
    """A drop-down per list. It only warns: the lists are data, and the import judges what is typed."""
    for index, column in enumerate(columns, start=1):
        if column.header not in ranges:
            continue
        validation = DataValidation(type="list", formula1=ranges[column.header], allow_blank=True)
        validation.errorStyle = "warning"
        validation.showErrorMessage = True
        validation.errorTitle = column.header
        validation.error = _("這個內容不在選項中，確定要使用嗎？")
        letter = get_column_letter(index)
        validation.add(f"{letter}2:{letter}{MAX_ROWS}")
        sheet.add_data_validation(validation)


def _write_text(sheet: Worksheet, row: int, column: int, text: str) -> None:
    """A text cell, also for a text such as "=1+1"."""
    cell = sheet.cell(row, column)
    cell.value = text
    cell.data_type = "s"
    cell.number_format = _TEXT
