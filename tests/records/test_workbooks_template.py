"""The empty form: what a person finds in it, and that it is read once it is filled in."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from records.workbooks.reader import read_sheet
from records.workbooks.template import TemplateColumn, write_template
from tests.workbook_files import HEADERS, REQUIRED

COLUMNS = [TemplateColumn(header, header in REQUIRED, f"{header}的規則") for header in HEADERS]
EXAMPLE = ("王小明", "A123456789", "1989-05-06", "ming@example.com", "0912-345678")
CHOICES = {"生日": [f"選項{number}" for number in range(300)], "中文姓名": ["=1+1", "甲,乙"], "行動電話": []}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "範本.xlsx"
    write_template(path, columns=COLUMNS, choices=CHOICES, examples=[EXAMPLE])
    return path


def test_the_form_is_read_as_a_file_without_rows(path):
    sheet = read_sheet(path, headers=HEADERS, required=REQUIRED)
    assert list(sheet.rows) == []
    assert (sheet.title, sheet.columns, sheet.notes) == ("校友資料", list(HEADERS), [])


def test_the_form_is_read_once_it_is_filled_in(path):
    workbook = load_workbook(path)
    workbook["校友資料"].append(EXAMPLE)
    workbook.save(path)
    assert list(read_sheet(path, headers=HEADERS, required=REQUIRED).rows) == [(2, list(EXAMPLE))]


def test_required_headers_look_different_and_all_columns_are_text(path):
    sheet = load_workbook(path)["校友資料"]
    colours = [cell.fill.fgColor.rgb for cell in sheet[1]]
    assert len(set(colours[:4])) == 1
    assert colours[4] not in colours[:4]
    assert sheet.freeze_panes == "A2"
    assert all(sheet.column_dimensions[letter].number_format == "@" for letter in "ABCDE")


def test_drop_downs_take_their_lists_from_a_sheet_of_their_own(path):
    workbook = load_workbook(path)
    validations = {
        str(item.sqref): item.formula1 for item in workbook["校友資料"].data_validations.dataValidation
    }
    assert validations == {"A2:A200000": "'選項'!$B$2:$B$3", "C2:C200000": "'選項'!$A$2:$A$301"}
    assert [cell.value for cell in workbook["選項"]["B"][:3]] == ["中文姓名", "=1+1", "甲,乙"]
    assert all(cell.data_type == "s" for cell in workbook["選項"]["B"][:3])


def test_rules_and_examples_stand_in_sheets_of_their_own(path):
    workbook = load_workbook(path)
    explanations = [tuple(row) for row in workbook["說明"].iter_rows(values_only=True)]
    assert explanations[0] == ("欄位", "是否必填", "填寫規則", "範例")
    assert explanations[1] == ("中文姓名", "必填", "中文姓名的規則", "王小明")
    assert explanations[5][1] == "選填"
    assert [tuple(row) for row in workbook["範例"].iter_rows(values_only=True)] == [HEADERS, EXAMPLE]


def test_a_form_without_choices_has_no_sheet_for_them(tmp_path):
    path = tmp_path / "a.xlsx"
    write_template(path, columns=[("中文姓名", True, "x")], choices={})
    assert load_workbook(path).sheetnames == ["校友資料", "說明", "範例"]
