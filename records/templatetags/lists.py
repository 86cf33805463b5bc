"""Lists of the workspace that become cards on narrow screens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def labelled(cells: Iterable[str], headers: Iterable[Mapping[str, Any]]) -> list[SafeString]:
    """The cells of a row as Django's list of a model made them, each with its column's name as `data-label`."""
    # Every cell begins with "<td" or "<th"; what follows stays as Django has escaped it.
    return [
        mark_safe(cell[:3] + format_html(' data-label="{}"', header["text"]) + cell[3:])
        for cell, header in zip(cells, headers, strict=True)
    ]
