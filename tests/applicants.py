"""Applications for tests: filled-in forms of nobody, and applications at any state, taken there step by step."""

from __future__ import annotations

import io
from typing import Any

from django.test import RequestFactory
from django.utils import timezone
from PIL import Image

from accounts import applications, scans
from accounts.application_links import by_token
from accounts.forms.applications import ApplicationForm
from accounts.models import AccountApplication, ApplicationEvent, User
from records.models import Department

Step = ApplicationEvent.Step
PURPOSE = "聯絡系友參加三十週年系友會，並更新通訊資料。"


def department(name: str = "資訊工程學系") -> Department:
    return Department.objects.get(name=name)


def filled(**values: Any) -> dict[str, Any]:
    """What a browser sends for a complete form."""
    return {
        "unit_type": "electrical",
        "unit_name": "資訊工程學系",
        "unit_head": "陳主任",
        "person_name": "林承辦",
        "person_title": "行政專員",
        "extension": "6600",
        "email": "lin@example.com",
        "username": "cse.contact",
        "purpose": PURPOSE,
        "departments": [department().pk],
    } | values


def request_of(user: User | None = None, address: str = "192.0.2.7") -> Any:
    request = RequestFactory().post("/", REMOTE_ADDR=address)
    request.user = user
    return request


def begun(**values: Any) -> tuple[AccountApplication, str]:
    """A draft and the token of its link."""
    form = ApplicationForm(filled(**values), is_complete=False)
    assert form.is_valid(), form.errors
    token = applications.begin(form.values, form.cleaned_data["departments"], request=request_of())
    return by_token(token), token


def submitted(**values: Any) -> tuple[AccountApplication, str]:
    """A submitted application and the token of its link."""
    application, token = begun(**values)
    form = ApplicationForm(filled(**values))
    assert form.is_valid(), form.errors
    chosen = form.cleaned_data["departments"]
    applications.save(application, form.values, chosen, request=request_of(), submits=True)
    return application, token


def at(step: Step, staff: User, director: User, **values: Any) -> tuple[AccountApplication, str]:
    """An application that has just taken `step`, and its token."""
    application, token = submitted(**values)
    chosen = list(application.departments.all())
    by_staff = {"by": staff, "request": request_of(staff)}
    by_director = {"by": director, "request": request_of(director)}
    today = timezone.localdate()
    paper = {"receipt": "paper", "receipt_number": "112-001", "received_on": today, "signed_on": today}
    ways = {
        Step.RECEIVED: lambda: applications.receive(application, **by_staff, **paper),
        Step.CHECKED: lambda: applications.check(application, **by_staff, username=application.username),
        Step.APPROVED: lambda: applications.approve(
            application, **by_director, role="department_contact", departments=chosen
        ),
        Step.OPENED: lambda: applications.open_account(application, **by_staff),
    }
    order = list(ways)
    for name in order[: order.index(step) + 1] if step in ways else ():
        ways[name]()
    return application, token


def png(size: tuple[int, int] = (40, 60)) -> bytes:
    file = io.BytesIO()
    Image.new("L", size, 240).save(file, "PNG")
    return file.getvalue()


def pdf(extra: bytes = b"", *more: bytes) -> bytes:
    """A one-page PDF as a scanner writes it, with `extra` in its catalogue and `more` objects from number 4 on."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + extra + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        *more,
    ]
    content, table = b"%PDF-1.7\n", b"0000000000 65535 f \n"
    for number, text in enumerate(objects, start=1):
        table += b"%010d 00000 n \n" % len(content)
        content += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    size = len(objects) + 1
    tail = b"trailer\n<< /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(content))
    return content + b"xref\n0 %d\n" % size + table + tail


def stream(head: bytes, content: bytes) -> bytes:
    """A stream object for `pdf`."""
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (head, len(content), content)


def scan(content: bytes | None = None) -> scans.Scan:
    content = content or png()
    return scans.check(io.BytesIO(content), len(content))
