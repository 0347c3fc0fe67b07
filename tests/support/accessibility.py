"""Whether a page, or a part of it, is accessible: axe-core looks for what breaks level A and AA of WCAG 2."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}


def violations(page: Page, *selectors: str) -> list[str]:
    """What breaks a rule in everything that matches these selectors; in the whole page if none is given.

    Args:
        page: the page as it looks now. What is hidden is not checked.
        selectors: of CSS. Each has to match something: what is checked must be there.
    """
    for selector in selectors:
        assert page.locator(selector).count(), f"nothing on the page is {selector}"
    # JupyterLab's body has no height and hides what overflows. A browser applies that to the window and not to the
    # body, but axe takes all of the page to be hidden, and then checks no contrast.
    page.evaluate("document.body.style.minHeight = '100vh'")
    # JupyterLab makes links of the addresses in printed text, and decides how they look.
    context = {"include": [[selector] for selector in selectors or ("body",)], "exclude": [[".jp-RenderedText a"]]}
    found = Axe().run(page, context, OPTIONS).response["violations"]
    return [f"{rule['id']}: {node['html']}\n{node['failureSummary']}" for rule in found for node in rule["nodes"]]
