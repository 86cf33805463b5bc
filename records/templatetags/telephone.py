"""Numbers that are dialled by a tap."""

from __future__ import annotations

import re

from django import template
from django.utils.html import format_html, format_html_join

register = template.Library()
# As numbers are stored (SOP 6.8). One without area code cannot be dialled.
_NUMBER = re.compile(r"(0[0-9]{1,3}-[0-9]{4,8}|\+[0-9]{6,15})(?:#([0-9]+))?")


@register.filter
def dialled(text: str) -> str:
    """A text that holds nothing but stored numbers (", " between them) with each as a link; any other text as it is.
    The extension follows after a pause."""
    found = [_NUMBER.fullmatch(part) for part in str(text or "").split(", ")]
    if not all(found):
        return text
    return format_html_join(", ", "{}", ((_link(number),) for number in found))


def _link(number: re.Match[str]) -> str:
    main, extension = number[1].replace("-", ""), number[2]
    target = f"{main},{extension}" if extension else main
    return format_html('<a class="tel" href="tel:{}">{}</a>', target, number[0])
