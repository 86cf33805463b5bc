"""The main menu: a contact keeps the own one everywhere, the center its own while it verifies."""

from __future__ import annotations

import re

import pytest

from tests.people import somebody

pytestmark = pytest.mark.usefixtures("organisation")
OWN = ["首頁", "活動批次登錄", "校友清單", "異動申請", "電話補正", "我的帳號"]


def menu(client, address: str) -> list[str]:
    page = client.get(address, follow=True).content.decode()
    [nav] = re.findall(r'<nav[^>]*aria-label="主選單">(.*?)</nav>', page, re.DOTALL)
    return re.findall(r"<a [^>]*>([^<]*)</a>", nav)


@pytest.mark.parametrize("name", ["person", "changerequest", "followup"])
def test_a_contact_has_one_menu_on_all_pages(client_of, name):
    client = client_of("department_contact")
    assert menu(client, "/alumni/") == OWN
    assert menu(client, f"/admin/records/{name}/") == OWN


def test_the_center_keeps_its_menu_while_it_verifies_for_its_own_form(client_of):
    person, _namesake = somebody(), somebody()
    client = client_of("center_staff")
    board = menu(client, "/admin/")
    assert "匯入批次" in board and "身分核對紀錄" in board
    assert menu(client, f"/admin/records/person/{person.pk}/edit/") == board
    assert menu(client, f"/alumni/people/{person.pk}/edit/") == ["工作看板", *OWN]
