"""The year board and the page of a term in a browser: they fit, have no barriers, and a term is closed with them."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from records import terms
from records.models import College, Programme, Term
from tests.factories import imported, row

from .barriers import barriers

pytestmark = pytest.mark.browser
BOARD = "/admin/records/term/"


@pytest.fixture
def term(organisation) -> Term:
    """The term at work, beside one of the year before: fewer bachelors, one row kept out."""
    term = terms.suggested(timezone.localdate())
    before = terms.year_before(term)
    imported([row() for _ in range(9)] + [row(畢業系所="食品科學系碩士班")], term=before)
    imported([row(), row(), row(中文姓名="")], term=term)
    return terms.named(term.key, timezone.localdate())


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("role", ["center_director", "registrar"])
def test_the_pages_fit_and_have_no_barriers(page_of, term, width, role):
    page = page_of(role, width=width)
    found = []
    batch = f"{BOARD}batches/{term.batches.get().pk}/"
    for path in (BOARD, f"{BOARD}{term.key}/", *([batch] if role == "center_director" else [])):
        page.goto(path)
        found += barriers(page)
    assert not found


@pytest.mark.parametrize("width", [1400, 390])
def test_every_number_is_on_the_screen_with_the_sums(page_of, term, width):
    for index, college in enumerate(College.objects.all()):  # all of them, whatever a sample brings
        programme = Programme.objects.filter(department__college=college).first()
        imported([row(畢業系所=programme.name) for _ in range(index + 1)], term=term)
    page = page_of("center_staff", width=width)
    for path in (BOARD, f"{BOARD}{term.key}/"):
        page.goto(path)
        outside = page.locator("table.data td:visible").evaluate_all(
            """cells => cells.filter(cell => {
                const room = cell.closest(".scroll").getBoundingClientRect(), own = cell.getBoundingClientRect()
                return own.right > Math.min(room.right, innerWidth) + 1
            }).map(cell => cell.textContent)"""
        )
        assert not outside
    sums = page.get_by_role("region", name="各系所新增學籍").locator("tfoot td").last
    assert sums.is_visible()
    if width < 768:
        assert sums.get_attribute("data-label") == "合計"


def test_a_missing_reason_is_told_first_and_at_its_field(page_of, term):
    page = page_of("center_director")
    page.goto(f"{BOARD}{term.key}/")
    page.get_by_text("填寫說明").click()
    page.get_by_role("button", name="儲存說明").click()
    summary = page.locator("#form-errors:focus")
    summary.wait_for()
    assert "請填理由" in summary.inner_text()
    field = page.get_by_label("理由")
    assert field.is_visible() and field.get_attribute("aria-invalid") == "true"
    described = [page.locator(f"[id='{one}']") for one in field.get_attribute("aria-describedby").split()]
    assert any("請填理由" in text.inner_text() for text in described)
    assert not barriers(page)
    summary.get_by_role("link", name="理由").click()
    assert field.evaluate("field => field === document.activeElement")


def test_a_term_is_reasoned_signed_off_and_printed(page_of, term):
    page = page_of("center_director")
    page.goto(BOARD)
    page.get_by_role("link", name=str(term)).first.click()
    checks = page.get_by_role("region", name="檢核")
    expect(checks.get_by_text("未通過")).to_be_visible()
    expect(page.get_by_text("差異大", exact=True).first).to_be_visible()
    page.get_by_text("填寫說明").click()
    page.get_by_label("理由").fill("一筆待註冊課務組更正")
    page.get_by_role("button", name="儲存說明").click()
    page.get_by_text("已記錄說明").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="下載簽核表（PDF）").click()
    assert download.value.suggested_filename == f"{term}簽核表.pdf"
    page.get_by_role("button", name="簽核並結案").click()
    page.get_by_text("本學期已結案").wait_for()
    assert terms.line_of(term, datetime.date(2030, 1, 1)).standing.code == "signed"
