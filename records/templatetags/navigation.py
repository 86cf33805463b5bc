"""The main menu for templates that no admin view fills."""

from __future__ import annotations

from django import template
from django.contrib.admin import site
from django.template import Context

from ..navigation import Link, own_links

register = template.Library()


@register.simple_tag(takes_context=True)
def main_menu(context: Context) -> list[Link]:
    """The menu of the page: the workspace's on a page that the workspace sent to, else that of the own pages."""
    request = context["request"]
    if context.get("place") == "workspace":
        return site.each_context(request)["navigation"]
    return own_links(request)
