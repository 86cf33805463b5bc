"""Documents for paper: A4 PDFs made from templates/documents/, with real text, embedded fonts and tags (PDF/UA)."""

from __future__ import annotations

import mimetypes
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

# Any address will do that no network knows: what is fetched below it comes from the static files.
BASE = "https://static.invalid"
# What the names of fonts for Chinese text have in them; Debian's fonts-noto-cjk has "Noto Sans CJK TC".
CHINESE = ("CJK", " TC")


class FontMissing(Exception):
    """The machine has no Chinese font; the text is the sentence for whoever asked, and names the package."""


class StaticFetcher(URLFetcher):
    """Fetches static files and nothing else: no network, no other file (SSRF)."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        root = BASE + settings.STATIC_URL
        name = url.removeprefix(root).partition("?")[0]
        if not url.startswith(root) or ".." in name:
            raise FatalURLFetchingError(f"A document may use static files only, not {url}")
        with open(_path_of(name), "rb") as file:
            content_type, _encoding = mimetypes.guess_type(name)
            return URLFetcherResponse(url, body=file.read(), headers={"Content-Type": content_type or ""})


def _path_of(name: str) -> str:
    """The file behind the name of a static file: where it was written, or, under its hashed name, collected."""
    found = finders.find(name)
    if found is None and staticfiles_storage.exists(name):
        found = staticfiles_storage.path(name)
    if found is None:
        raise FatalURLFetchingError(f"There is no static file {name}")
    return found


def render_pdf(template: str, context: dict[str, Any]) -> bytes:
    """The PDF of a template, e.g. "documents/application.html", tagged as PDF/UA-1.

    The template gives title, language and style sheet. Raises FontMissing when the machine has no Chinese font:
    boxes in place of names must not leave the house.
    """
    html = HTML(string=render_to_string(template, context), base_url=BASE, url_fetcher=StaticFetcher())
    document = html.render(pdf_variant="pdf/ua-1")
    content = document.write_pdf(pdf_variant="pdf/ua-1")
    families = " ".join(font.family for font in document.fonts.values())
    if not any(mark in families for mark in CHINESE):
        raise FontMissing(
            _(
                "伺服器缺少中文字型，無法製作 PDF。請安裝套件 fonts-noto-cjk（apt-get install fonts-noto-cjk）。"
            )
        )
    return content


def download(content: bytes, name: str) -> HttpResponse:
    """A PDF as a file of that name: it is kept on a disk by whoever asked, not shown inside a page."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response
