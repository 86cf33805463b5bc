"""Whoever meets an error reads a sentence in Chinese and learns nothing about the inside."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

ERRORS = {
    "bad": (SuspiciousOperation("inside"), 400, "無法處理這個請求"),
    "forbidden": (PermissionDenied("inside"), 403, "沒有權限"),
    "missing": (Http404("inside"), 404, "找不到這個頁面"),
    "broken": (KeyError("inside"), 500, "系統發生錯誤"),
}


def failing(_request: HttpRequest, name: str) -> HttpResponse:
    raise ERRORS[name][0]


urlpatterns = [path("", include("alumni_db.urls")), path("error/<str:name>", failing)]


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_is_told_in_chinese_and_without_its_cause(db, name, caplog):
    _error, status, heading = ERRORS[name]
    with override_settings(ROOT_URLCONF=__name__):
        response = Client(raise_request_exception=False).get(f"/error/{name}")
    html = response.content.decode()
    assert response.status_code == status
    assert heading in html and "inside" not in html


def test_an_old_page_is_told_from_a_missing_right(db):
    response = Client(enforce_csrf_checks=True).post("/login", {})
    assert response.status_code == 403
    assert "頁面已過期" in response.content.decode()
