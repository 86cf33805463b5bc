"""Papers for printing: A4, tagged, fonts embedded."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from weasyprint import HTML


def render_pdf(template: str, context: dict[str, Any]) -> bytes:
    """The PDF/UA of a template, which brings its own style."""
    return HTML(string=render_to_string(template, context)).write_pdf(pdf_variant="pdf/ua-1")
