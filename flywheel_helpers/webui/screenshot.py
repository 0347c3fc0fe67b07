"""A screenshot of a conversation in Open WebUI, taken with a headless browser."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

from flywheel_helpers.display import Picture
from flywheel_helpers.errors import PlatformError
from flywheel_helpers.webui.client import OpenWebUI

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEADLINE = 120.0  # seconds for an answer to be complete
_SIZE = {"width": 1280, "height": 1000}


def find_browser() -> str | None:
    """Path of an installed browser that Playwright can control, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def conversation(webui: OpenWebUI, preset_id: str, text: str) -> Picture | None:
    """Send a text to a preset in the browser and take a screenshot when the answer is complete.

    Args:
        webui: signed in.
        preset_id: the preset to ask.
        text: what to type.

    Returns:
        the screenshot; None, with a message, if no browser is found.

    Raises:
        PlatformError: the page did not show a complete answer.
    """
    browser = find_browser()
    try:
        import playwright  # noqa: F401
    except ImportError:
        browser = None
    if not browser:
        print("No picture: it needs Chromium or Chrome, and the Python package playwright. Everything else works.")
        return None
    # In another thread, because Playwright's synchronous API refuses to run in a kernel's event loop.
    with ThreadPoolExecutor(max_workers=1) as thread:
        png = thread.submit(_take, browser, webui, preset_id, text).result()
    return Picture(png, "Screenshot: the question with its tools in Open WebUI, and the model's answer below it")


def _take(browser: str, webui: OpenWebUI, preset_id: str, text: str) -> bytes:
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        # Most containers do not allow a sandbox, and the page is our own.
        driven = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        try:
            page = driven.new_page(viewport=_SIZE)
            page.set_default_timeout(DEADLINE * 1000)
            # The token goes into the page's storage, where signing in would put it, and never into an address.
            page.add_init_script(f"localStorage.token = {json.dumps(webui.token)}")
            page.goto(webui.chat_url(preset_id))
            page.locator("#chat-input").fill(text)
            page.keyboard.press("Enter")
            page.locator(".regenerate-response-button").first.wait_for(state="attached")
            page.locator(".chat-assistant").last.scroll_into_view_if_needed()
            return page.screenshot()
        except Error as error:
            raise PlatformError(
                f"The browser did not show an answer: {error.message.splitlines()[0]}",
                f"Open {webui.chat_url(preset_id)} yourself. In another version the page may look different.",
            ) from None
        finally:
            driven.close()
