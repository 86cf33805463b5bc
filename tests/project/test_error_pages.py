"""Whoever meets an error reads a sentence in Chinese and learns nothing about the inside."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from alumni_db import urls

ERRORS = {
    "bad": (SuspiciousOperation("inside"), 400, "無法處理這個請求"),
    "forbidden": (PermissionDenied("inside"), 403, "沒有權限"),
    "missing": (Http404("inside"), 404, "找不到這個頁面"),
    "broken": (KeyError("inside"), 500, "系統發生錯誤"),
    "away": (OperationalError("inside"), 503, "系統暫時無法使用"),
}


def failing(_request: HttpRequest, name: str) -> HttpResponse:
    raise ERRORS[name][0]


handler500 = urls.handler500
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


@pytest.fixture
def database_away(db):
    """Nothing is connected, and nobody answers."""

    def refuse() -> None:
        raise OperationalError("connection to server failed: inside")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "ensure_connection", refuse)
        yield


def test_while_the_database_is_away_every_page_says_so(database_away):
    """Case 5 of security.md §6; what was sent stands in the page, ready to be sent again."""
    response = Client().post("/alumni/9/edit/", {"note": "<林大海>", "tag": ["a", "b"]})
    html = response.content.decode()
    assert response.status_code == 503 and response["Retry-After"]
    assert "資料庫暫時無法連線" in html and "inside" not in html
    assert 'name="note" value="&lt;林大海&gt;"' in html and html.count('name="tag"') == 2
    assert "no-store" in response["Cache-Control"] and "Content-Security-Policy" in response


def test_a_password_never_stands_in_the_page_of_a_database_that_is_away(database_away):
    response = Client().post("/login", {"login": "center", "password": "hunter22"})
    assert response.status_code == 503
    assert "hunter22" not in response.content.decode() and "回到上一頁" in response.content.decode()


@pytest.mark.parametrize("sent", [{"cell0": "字號 A123456789"}, {"national_id": "A12 3456789"}])
def test_a_national_id_never_stands_there_whatever_its_field_is_called(database_away, sent):
    page = Client().post("/alumni/9/edit/", sent | {"note": "林大海"}).content.decode()
    assert "3456789" not in page and "林大海" not in page and "回到上一頁" in page
    kept = Client().post("/alumni/9/edit/", {"national_id": "", "note": "林大海"}).content.decode()
    assert "林大海" in kept
