"""The university's lists: what is shipped, loaded twice, and edited by IT."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from records import organisation
from records.models import Department, OrganisationAlias, Programme, SerialSeries, StatusCode

pytestmark = pytest.mark.django_db


def test_every_level_division_and_department_in_use_has_a_series():
    used = set(Programme.objects.values_list("level", "division", "department_id"))
    assert used == set(SerialSeries.objects.values_list("level", "division", "department_id"))
    assert Department.objects.count() == 39


def test_loading_again_adds_nothing():
    assert organisation.load() == organisation.Counts()


def test_what_it_has_renamed_and_removed_stays_so():
    department = Department.objects.get(name="資訊工程學系")
    department.name = "資訊科學與工程學系"
    department.save()
    organisation.rename(department, "資訊工程學系")
    programme = Programme.objects.get(name="資訊工程學系碩士班")
    programme.name = "資訊科學與工程學系碩士班"
    programme.save()
    organisation.rename(programme, "資訊工程學系碩士班")
    StatusCode.objects.filter(code="24").update(label="保留學籍")
    OrganisationAlias.objects.filter(text="資工系").delete()
    assert organisation.load() == organisation.Counts()


def test_a_renamed_department_is_recognised_by_its_code_alone():
    Department.objects.filter(code="52").update(name="全新名稱學系")
    assert organisation.load().departments == 0


def test_a_degree_programme_that_bears_the_name_of_its_department_can_be_renamed():
    programme = Programme.objects.get(name="海洋法政學士學位學程")
    programme.name = "海洋法律與政策學士學位學程"
    programme.save()
    assert organisation.rename(programme, "海洋法政學士學位學程").programme == programme
    assert organisation.load() == organisation.Counts()


def test_a_former_name_that_another_unit_bears_is_not_kept():
    department = Department.objects.get(name="資訊工程學系")
    assert organisation.rename(department, "電機工程學系") is None
    assert organisation.rename(department, "電機系") is None
    assert organisation.rename(department, "資訊工程系") is None  # the same name
    assert organisation.rename(department, "資訊科學學系").department == department
    assert organisation.rename(department, "資訊科學學系").department == department


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("資訊工程學系 （碩士班）", "資訊工程系碩士班"),
        ("國立台灣海洋大學資訊工程學系", "資訊工程學系"),
        ("食品科學學系", "食品科學系"),
        ("教育所", "教育研究所"),
        ("Ｂ５２", "b52"),
    ],
)
def test_spellings_of_one_name_have_one_key(one, other):
    assert organisation.alias_key(one) == organisation.alias_key(other)


def test_a_series_is_added_for_a_programme_that_it_adds():
    department = Department.objects.get(name="商船學系")
    Programme.objects.create(
        department=department, name="商船學系博士班", level="doctor", division="day", letter="D"
    )
    assert organisation.complete_series() == 1
    assert SerialSeries.objects.get(department=department, level="doctor").letter == "D"


def test_the_command_says_what_it_added(capsys):
    call_command("load_organisation")
    assert "新增學院 0" in capsys.readouterr().out
