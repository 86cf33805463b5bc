"""The printed documents: real text, embedded fonts, tags; and that making one reaches nothing outside."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader
from pypdfium2 import PdfDocument
from weasyprint.urls import FatalURLFetchingError

from accounts import documents
from records import documents as papers
from records.documents import FontMissing, StaticFetcher
from records.models import Department
from tests.applicants import PURPOSE, submitted


def texts_of(content: bytes) -> list[str]:
    """The text of each page, as any reader of PDFs gets it."""
    return [page.get_textpage().get_text_range() for page in PdfDocument(content)]


@pytest.fixture
def printed(db) -> PdfReader:
    application, _token = submitted()
    return PdfReader(io.BytesIO(documents.application_pdf(application).content))


def test_the_form_is_a_page_and_the_agreement_begins_another_with_text_that_can_be_read(db):
    content = documents.application_pdf(submitted(purpose=PURPOSE + "查詢堃、喆、峯。")[0]).content
    form, *agreement = texts_of(content)
    agreement = "".join(agreement)
    for text in ("校友資料庫帳號申請表", "☑ 電機資訊學院", "林承辦", "cse.contact", "三十週年", "堃、喆、峯"):
        assert text in form
    for text in ("單位主管簽章", "收件日期", "處理註記", "承辦人員", "主任"):
        assert text in form
    for text in ("切結書", "保密義務", "身分證字號", "地址", "簽名或蓋章", "第 1 版"):
        assert text in agreement
    assert "本表不填寫密碼" in form


def test_the_longest_application_still_has_one_page(db):
    values = {
        "purpose": "海" * 300,
        "unit_name": "系" * 40,
        "unit_head": "名" * 6,
        "person_title": "職" * 20,
    }
    every = list(Department.objects.values_list("pk", flat=True))
    application, _token = submitted(**values, person_name="長" * 6, departments=every)
    form, agreement, *_more = texts_of(documents.application_pdf(application).content)
    assert "處理註記" in form and "保密義務" in agreement


def test_it_is_tagged_has_a_title_and_says_its_language(printed):
    catalogue = printed.trailer["/Root"]
    assert catalogue["/StructTreeRoot"]["/K"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "zh-Hant-TW"
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    assert printed.metadata.title.startswith("校友資料庫帳號申請表")
    assert b"pdfuaid" in catalogue["/Metadata"].get_data()


def test_every_font_is_embedded_and_the_letters_are_those_of_taiwan(printed):
    names = set()
    for page in printed.pages:
        for font in page["/Resources"]["/Font"].values():
            [descendant] = font.get_object()["/DescendantFonts"]
            descriptor = descendant.get_object()["/FontDescriptor"].get_object()
            assert any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
            names.add(str(font.get_object()["/BaseFont"]))
    assert any("CJK-TC" in name for name in names)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/logo.png",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "https://static.invalid/static/../settings.py",
        "https://static.invalid/static/%2e%2e/manage.py",
        "https://static.invalid/static/css/missing.css",
    ],
)
def test_a_document_fetches_static_files_only(url):
    with pytest.raises(FatalURLFetchingError):
        StaticFetcher().fetch(url)


def test_without_a_chinese_font_nothing_is_printed_and_a_sentence_names_the_package(db, monkeypatch):
    monkeypatch.setattr(papers, "CHINESE", ("No Such Font",))
    application, _token = submitted()
    with pytest.raises(FontMissing, match="fonts-noto-cjk"):
        documents.application_pdf(application)
