"""A Chromium beside a live server: `page_of(role)` is a page logged in as that role."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium: nothing is downloaded for the tests."""
    executable = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert executable, "Chromium is missing; bin/test says how to get it"
    # Playwright keeps an event loop in this thread, and Django would take the tests for async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=30_000)  # as long as anything else is waited for, also on a busy machine
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page_of(
    browser: Browser, live_server, organisation: None, client_of: Callable[..., Client]
) -> Iterator[Callable[..., Page]]:
    """`page_of(role, width=1400)` opens a page; `None` is a visitor. A script error or a refusal by the
    Content-Security-Policy fails the test."""
    contexts = []
    troubles: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda message: (
                troubles.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )

    def make(role: str | None, width: int = 1400, height: int = 900, **fields: object) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            locale="zh-TW",
            timezone_id="Asia/Taipei",
            viewport={"width": width, "height": height},
        )
        contexts.append(context)
        if role is not None:
            cookie = client_of(role, **fields).cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        watch(page)
        return page

    yield make
    for context in contexts:
        context.close()
    assert not troubles
