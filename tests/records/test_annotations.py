"""The words of annotations (SOP 6.6, 6.7), written and read."""

from __future__ import annotations

import datetime

import pytest

from records.annotations import Line, change_text, parse_lines, pinned_text

DAY = datetime.date(2019, 3, 20)


@pytest.mark.parametrize(
    ("attribute", "before", "after", "text"),
    [
        ("address", "舊", "新", "修改聯絡地址"),
        ("english_name", "", "Wang, Ta-Ming", "新增英文名字"),
        ("mobile", "0900-123579", "", "刪除行動電話"),
        ("other_emails", "", "a@example.com", "新增其他電子郵件"),
        ("national_id", "", "A123456789", "新增身分證字號"),
    ],
)
def test_a_change_is_called_by_what_was_done_and_never_shows_a_value(attribute, before, after, text):
    assert change_text(attribute, before, after) == text


@pytest.mark.parametrize(
    ("levels", "text"),
    [
        ([], ""),
        (["bachelor"], ""),
        (["doctor", "bachelor", "master"], "身分具有學士、碩士、博士"),
        (["master", "bachelor"], "身分具有學士、碩士"),
        (["master", "master"], "身分具有碩士2筆"),
        (["master", "bachelor", "master"], "身分具有學士、碩士"),
    ],
)
def test_the_pinned_line_names_the_levels_in_their_order(levels, text):
    assert pinned_text(levels) == text


@pytest.mark.parametrize(
    ("line", "parsed"),
    [
        ("1.修改聯絡地址(20190320 王小明)", Line(1, "修改聯絡地址", DAY, "王小明")),
        ("12.修改聯絡地址(20190320 王小明)", Line(12, "修改聯絡地址", DAY, "王小明")),
        ("1．修改聯絡地址（20190320 王小明）", Line(1, "修改聯絡地址", DAY, "王小明")),
        ("1、 修改聯絡地址 (20190320 王小明)", Line(1, "修改聯絡地址", DAY, "王小明")),
        ("身分具有學士、碩士(20190320 王小明)", Line(None, "身分具有學士、碩士", DAY, "王小明")),
        ("2.修改電話(公司)(20190320 Li Si)", Line(2, "修改電話(公司)", DAY, "Li Si")),
        ("3.電話訪問", Line(3, "電話訪問", None, "")),
        ("電話訪問", Line(None, "電話訪問", None, "")),
        ("4.修改生日(20190230 王小明)", Line(None, "4.修改生日(20190230 王小明)", None, "")),
        ("(20190320 王小明)", Line(None, "(20190320 王小明)", None, "")),
    ],
)
def test_an_old_line_is_taken_apart_or_keeps_its_words(line, parsed):
    assert parse_lines(line) == [parsed]


def test_lines_stand_each_for_themselves_and_blank_ones_are_none():
    assert [line.text for line in parse_lines("1.甲(20190320 王小明)\n\n  \r\n2.乙")] == ["甲", "乙"]
