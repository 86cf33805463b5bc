"""Numbers as they are read: with their thousands."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def thousands(number: int | str | None) -> str:
    """29663 as "29,663"; a dash for what nobody knows, None or the "" of a missing variable."""
    return f"{number:,}" if isinstance(number, int) else "－"
