"""From 畢業系所 as typed to a programme, and from status words to the university's lists."""

from __future__ import annotations

import re

import pytest

from records.deliveries.classes import ClassReader
from records.models import Programme
from records.programmes import Lists

pytestmark = pytest.mark.django_db
LEVELS = ("", "學士班", "進修部", "碩士班", "碩士在職專班", "碩專班", "博士班", "系", "所", "碩", "博")
BEHIND = (
    "四年A班",
    "二年級",
    "四A",
    "甲班",
    "碩二",
    "博二年級",
    "進四A",
    "夜四A",
    "(在職)一年級",
    "一年級(在職專班)",
)
BEHIND += ("(進修部)四年乙班", "日間二年級", "碩專二", "二技甲", "系統組四年A班", "在職一年級")
DIVISION = re.compile("在職|進|夜|日間|專|二技|組")


@pytest.fixture
def lists() -> Lists:
    return Lists.load()


def name_of(lists, resolution):
    return resolution.programme_id and lists.programme(resolution.programme_id).name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("資訊工程學系碩士班", "資訊工程學系碩士班"),
        ("資訊工程系 (碩士班)", "資訊工程學系碩士班"),
        ("電機資訊學院資訊工程學系碩士班", "資訊工程學系碩士班"),
        ("資工系碩士班", "資訊工程學系碩士班"),
        ("資工所碩士班", "資訊工程學系碩士班"),
        ("資工碩專班", "資訊工程學系碩士在職專班"),
        ("資訊工程研究所博士班", "資訊工程學系博士班"),
        ("B52", "資訊工程學系學士班"),
        ("航管系進修學士班", "航運管理學系進修學士班"),
        ("航管系進修部", "航運管理學系進修學士班"),
        ("商船學系碩士班", "商船學系碩士班"),
        ("海洋法政學士學位學程", "海洋法政學士學位學程"),
        ("食品科學學系大學部", "食品科學系學士班"),
        ("機械與輪機工程學系碩士班", "機械與機電工程學系碩士班"),
        ("海洋法律研究所碩士在職專班", "海洋法律研究所碩士在職專班"),
        ("教育所碩士班", "教育研究所碩士班"),
        ("河工博", "河海工程學系博士班"),
        ("運輸系碩專班", "運輸與供應鏈管理碩士在職專班"),
        ("商船學系智慧航運國際碩士班", "商船學系智慧航運國際碩士班"),
    ],
)
def test_a_text_that_says_everything_needs_no_hint(lists, text, name):
    resolution = lists.resolve_programme(text)
    assert (name_of(lists, resolution), resolution.notes, resolution.question) == (name, (), "")


@pytest.mark.parametrize(
    ("text", "student_number", "class_name", "name"),
    [
        ("資工系", "00957001", "", "資訊工程學系學士班"),
        ("資訊工程學系", "10957001", "碩士班二年級", "資訊工程學系碩士班"),
        ("資工所", "20957001", "", "資訊工程學系博士班"),
        ("52", "40957001", "", "資訊工程學系碩士在職專班"),
        ("資工系", "", "四年A班", "資訊工程學系學士班"),
        ("資工系", "", "碩二", "資訊工程學系碩士班"),
        ("資工系", "10957001", "碩士在職專班", "資訊工程學系碩士在職專班"),
        ("食科系", "00957001", "進修學士班四年A班", "食品科學系進修學士班"),
        ("商船學系", "00957001", "", "商船學系學士班"),
        ("應用經濟研究所", "", "", "應用經濟研究所碩士班"),
    ],
)
def test_hints_choose_among_the_programmes_of_a_department_and_it_is_said(
    lists, text, student_number, class_name, name
):
    resolution = lists.resolve_programme(text, student_number=student_number, class_name=class_name)
    assert name_of(lists, resolution) == name
    assert [note.code for note in resolution.notes] == ["programme_by_hint"]
    assert name in resolution.notes[0].message


@pytest.mark.parametrize(
    ("text", "student_number", "class_name"),
    [
        ("資工系", "", ""),
        ("資工系", "00957001", "碩士班二年級"),
        ("資工系", "A1234567", ""),
        ("資工系", "30957001", ""),  # no evening bachelor there
        ("資工所", "00957001", ""),
        ("資訊工程學系硬體組", "00957001", ""),
        ("航管系博士班在職專班", "", ""),
    ],
)
def test_a_department_without_a_clear_hint_is_asked_about(lists, text, student_number, class_name):
    resolution = lists.resolve_programme(text, student_number=student_number, class_name=class_name)
    assert resolution.programme_id is None
    assert [note.code for note in resolution.notes] == ["programme_unclear"]
    assert resolution.question and resolution.candidates


@pytest.mark.parametrize("text", ["漁撈學系", "海洋考古學系", "航海科", "99", "系", "所", "x" * 80, "　"])
def test_an_unknown_text_is_asked_about_once_for_all_rows(lists, text):
    resolution = lists.resolve_programme(text, student_number="00957001")
    assert resolution.programme_id is None
    assert [note.code for note in resolution.notes] == ["programme_unknown"]
    assert resolution.question == lists.resolve_programme(text, student_number="10957002").question
    assert len(resolution.question) <= 200


def test_an_empty_text_says_nothing(lists):
    assert lists.resolve_programme("") == (None, (), "", ())


def test_every_programme_is_found_by_its_own_name_and_code(lists):
    for programme in Programme.objects.all():
        for text in filter(None, (programme.name, programme.code)):
            assert lists.resolve_programme(text).programme_id == programme.pk


def test_the_years_of_a_programme_give_a_warning_only(lists):
    opened = Programme.objects.get(name="商船學系進修學士班").pk
    closed = Programme.objects.get(name="光電與材料科技學士學位學程").pk
    assert lists.validity_note(opened, "2010-06").code == "programme_not_open"
    assert lists.validity_note(opened, "2026-06-20") is None
    assert lists.validity_note(closed, "2020-06") is None
    assert lists.validity_note(closed, "2040-06").level == "warning"
    assert lists.validity_note(closed, "") is None


@pytest.mark.parametrize("text", ["13", "入學", "13-入學", "13 入學", "13入學", "13－入學", "013"])
def test_a_status_is_found_by_code_and_by_label(lists, text):
    status, notes = lists.resolve_status("enrolment", text)
    assert lists.shown("enrolment_status", str(status)) == "13-入學"
    assert notes == ()


@pytest.mark.parametrize(
    ("text", "shown", "codes"),
    [
        ("13-新生", "13-入學", ["status_by_code"]),
        ("13-畢業", None, ["status_unknown"]),
        ("99", None, ["status_unknown"]),
        ("已離校", None, ["status_unknown"]),
        ("", None, []),
    ],
)
def test_a_status_that_contradicts_itself_or_is_unknown_is_said(lists, text, shown, codes):
    status, notes = lists.resolve_status("enrolment", text)
    assert [note.code for note in notes] == codes
    assert (lists.shown("enrolment_status", str(status)) if status else None) == shown
    if status is None and text:
        assert "21-畢業" in notes[0].message and "2-校友" not in notes[0].message


def test_values_are_shown_as_people_read_them(lists):
    programme = Programme.objects.get(name="資訊工程學系碩士班")
    assert lists.shown("programme", str(programme.pk)) == programme.name
    assert lists.series(programme.pk).prefix(111) == "M52111"
    assert (lists.shown("sex", "M"), lists.shown("programme", ""), lists.shown("city", "基隆市")) == (
        "男",
        "",
        "基隆市",
    )


def test_the_lists_are_loaded_in_a_few_queries(django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        Lists.load()


@pytest.mark.parametrize(
    ("text", "unit", "class_name"),
    [
        ("資工系四年A班", "資工系", "四年A班"),
        ("資工系(四年A班)", "資工系", "四年A班"),
        ("資工系四年A班（復學）", "資工系", "四年A班（復學）"),
        ("資訊工程學系碩士班二年級", "資訊工程學系碩士班", "二年級"),
        ("資訊工程學系(碩士班)二年級", "資訊工程學系(碩士班)", "二年級"),
        ("航管系 進修學士班 四年乙班", "航管系 進修學士班", "四年乙班"),
        ("商船學系智慧航運國際碩士班二年級", "商船學系智慧航運國際碩士班", "二年級"),
        ("資工碩二", "資工", "碩二"),
        ("電機資訊學院資訊工程學系四年Ａ班", "電機資訊學院資訊工程學系", "四年Ａ班"),
        ("資訊工程學系碩士在職專班", "資訊工程學系碩士在職專班", ""),
        ("不明系四年A班", "不明系四年A班", ""),
        ("57A班", "57A班", ""),  # a code names its unit only when it is the whole cell
        ("四年A班", "四年A班", ""),
        ("資工系" + "四年A班" * 9000, "資工系" + "四年A班" * 9000, ""),
        ("資訊工程學系硬體組", "資訊工程學系硬體組", ""),
        ("", "", ""),
    ],
)
def test_a_class_behind_the_name_of_a_unit_is_told_apart(lists, text, unit, class_name):
    assert ClassReader(lists).taken_off(text, "") == (unit, class_name)


def test_a_class_that_tells_no_level_is_taken_off_where_the_student_number_tells_it(lists):
    reader = ClassReader(lists)
    assert reader.taken_off("資工系-四A", "00957001") == ("資工系", "四A")
    assert reader.taken_off("資工系-四A", "") == ("資工系-四A", "四A")


@pytest.mark.parametrize(
    ("text", "student_number", "name", "class_name"),
    [
        ("資訊工程學系碩士班(在職)一年級", "", "資訊工程學系碩士在職專班", "(在職)一年級"),
        ("資訊工程學系碩士班在職一年級", "", "資訊工程學系碩士在職專班", "在職一年級"),
        ("資工系碩士班一年級(在職專班)", "", "資訊工程學系碩士在職專班", "一年級(在職專班)"),
        ("航運管理學系學士班(進修部)四年乙班", "", None, "(進修部)四年乙班"),
        ("航管系進四A", "00957001", None, "進四A"),
        ("資訊工程學系碩士班二年A班", "40957001", None, "二年A班"),
        ("資工系四年A班", "10957001", None, "四年A班"),
        # A word behind the name is not cut in two.
        ("機械與機電工程學系系統組四年A班", "", None, "系統組四年A班"),
    ],
)
def test_a_class_is_not_taken_off_where_it_may_decide_the_programme(
    lists, text, student_number, name, class_name
):
    assert ClassReader(lists).taken_off(text, student_number) == (text, class_name)
    found = lists.resolve_programme(text, student_number=student_number, class_name=class_name)
    assert name_of(lists, found) == name


@pytest.mark.parametrize("student_number", ["", "00957001", "10957001", "20957001", "30957001", "40957001"])
def test_taking_a_class_off_changes_no_programme(lists, student_number):
    """Every programme and its usual short names, before every kind of class."""
    reader = ClassReader(lists)
    units = {programme.name for programme in lists.programmes.values()}
    units |= {f"{short}{level}" for short in ("資工", "航管系", "教育所") for level in LEVELS}
    for text in (unit + behind for unit in units for behind in BEHIND):
        unit, class_name = reader.taken_off(text, student_number)
        whole, found = (
            lists.resolve_programme(read, student_number=student_number, class_name=behind)
            for read, behind in ((text, ""), (unit, class_name))
        )
        assert whole.programme_id in (found.programme_id, None), text
        if whole.programme_id is None and found.programme_id:
            assert not DIVISION.search(class_name), text
