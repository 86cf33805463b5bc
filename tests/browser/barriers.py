"""What keeps somebody from using a page: broken rules of WCAG 2.1 AA, and a page wider than its screen."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Only what is wrong is described: to describe every part that is right took longer than to look at it.
AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}


def barriers(page: Page) -> list[str]:
    """One line for each barrier of the page as it is now. A click does not wait for the page it leads to: the
    caller first waits for something that only that page shows."""
    page.wait_for_load_state()
    page.evaluate(Axe().axe_script)
    violations = page.evaluate("options => axe.run(options).then(results => results.violations)", AA)
    found = [
        f"{page.url} {violation['id']} {violation['nodes'][0]['html'][:160]}" for violation in violations
    ]
    screen = page.viewport_size
    assert screen
    if page.evaluate("document.documentElement.scrollWidth") > screen["width"]:
        found.append(f"{page.url} wider than the screen")
    return found
