"""The printed documents: real text, embedded fonts, tags; and that making one reaches nothing outside."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader
from weasyprint.urls import FatalURLFetchingError

from accounts import documents
from tests.applicants import PURPOSE, submitted


@pytest.fixture
def printed(db) -> PdfReader:
    application, _token = submitted(purpose=f"{PURPOSE}查詢姓名有堃、喆、峯、𡍼的系友。")
    return PdfReader(io.BytesIO(documents.application_pdf(application).content))


def test_form_and_agreement_are_a_page_each_with_text_that_can_be_read(printed):
    assert len(printed.pages) == 2
    form, agreement = (page.extract_text() for page in printed.pages)
    for text in ("校友資料庫帳號申請表", "☑ 電機資訊學院", "林承辦", "cse.contact", "三十週年", "堃、喆、峯"):
        assert text in form
    for text in ("單位主管簽章", "收件日期", "處理註記", "承辦人員", "主任"):
        assert text in form
    for text in ("切結書", "保密義務", "身分證字號", "地址", "簽名或蓋章", "第 1 版"):
        assert text in agreement
    assert "密碼" not in agreement
    assert abs(float(printed.pages[0].mediabox.width) - 595.3) < 1


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
        documents.StaticFetcher().fetch(url)


def test_without_a_chinese_font_nothing_is_printed_and_a_sentence_names_the_package(db, monkeypatch):
    monkeypatch.setattr(documents, "FONT", "No Such Font")
    application, _token = submitted()
    with pytest.raises(documents.FontMissing, match="fonts-noto-cjk"):
        documents.application_pdf(application)
