"""The printed application: annex 7.1 and 7.2 as PDF."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import override

from records.documents import download, render_pdf

from .models import AccountApplication, UnitType


def name_of(application: AccountApplication) -> str:
    """The name of an application's files, without an extension."""
    return _("帳號申請 %(number)s") % {"number": application.number}


def application_pdf(application: AccountApplication) -> HttpResponse:
    """The printed application, annex 7.1 and 7.2 on a page each, as a download.

    The agreement is the version that submitting has bound."""
    chosen = application.departments.select_related("college").order_by("code")
    context = {"application": application, "departments": chosen, "unit_types": UnitType.choices}
    with override(settings.LANGUAGE_CODE):  # what is signed is in Chinese, whatever the pages are in
        content = render_pdf("documents/application.html", context | {"agreement": application.agreement})
    return download(content, f"{name_of(application)}.pdf")
