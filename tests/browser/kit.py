"""What browser tests share: the browser itself, axe, narrow pages with wide text, the keyboard, and pictures."""

import os
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import axe_playwright_python
import pytest
from playwright.async_api import Browser, Page, expect

_twins: "WeakKeyDictionary[Browser, Page]" = WeakKeyDictionary()
"""The page of each browser on which scripts run: a new one for each look takes three times as long."""
PICTURES = Path(__file__).parents[2] / ".local" / "browser"
"""Screenshots of the last run, for people to look at; never committed."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NARROW = 320
DESKTOP = 1280
HEIGHT = 900
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
AXE_RUN = """
tags => axe.run({runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']}).then(found => found.violations)
"""
TEXT_SPACING = """
* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }
"""
"""WCAG 1.4.12."""
MOST_TABS = 200
ROUNDS = 2
"""How often the keyboard may come past the end of the page before an element counts as unreachable."""
PATIENCE_MILLISECONDS = 30_000
"""For whatever a page does by itself; a busy machine draws late."""


def find_browser() -> str:
    """Path of the browser. Without one the test is skipped with the way to get it; under CI=true it fails."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    missing = "no Chromium here: make test installs it on Debian as root, elsewhere put `chromium` on PATH"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


async def axe_violations(page: Page) -> list[str]:
    """Rule, advice and place of everything axe finds against WCAG 2.2 AA and its best practices; empty is right."""
    async with _with_scripts(page) as live:
        # Evaluated, not added as a script: the pages' Content-Security-Policy stays in force.
        if not await live.evaluate("'axe' in window"):
            await live.evaluate(_axe_source())
        violations = await live.evaluate(AXE_RUN, list(AXE_TAGS))
    return [_worded(violation, page.url) for violation in violations]


@asynccontextmanager
async def _with_scripts(page: Page) -> AsyncIterator[Page]:
    # axe waits by timers, which never ring where scripts are off: there it looks at the same document elsewhere.
    if not await page.evaluate("matchMedia('(scripting: none)').matches"):
        yield page
        return
    browser, size, html = page.context.browser, page.viewport_size, await page.content()
    assert browser, "the page belongs to a browser"
    assert size, "the page has a size"
    if browser not in _twins:
        _twins[browser] = await browser.new_page(locale="ja-JP")
    twin = _twins[browser]
    await twin.set_viewport_size(size)
    await twin.route(page.url, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    await twin.goto(page.url)
    yield twin
    await twin.unroute_all()
    await twin.goto("about:blank")  # or an address that differs in its fragment alone would keep the document


async def expect_accessible(page: Page) -> None:
    """Fails with every violation axe finds, and with anything that makes the page scroll sideways."""
    assert await axe_violations(page) == []
    assert await sideways_overflow(page) == [], page.url


async def sideways_overflow(page: Page) -> list[str]:
    """The elements that reach past the right edge of the window, outside of regions that scroll by themselves."""
    found: list[str] = await page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return [];
            const reach = each => each.getBoundingClientRect().left + each.scrollWidth;
            return [...document.querySelectorAll('body *')]
                .filter(each => reach(each) > width + 1 && !each.closest('.table-scroll, .visually-hidden'))
                .map(each => `${each.tagName}.${each.className} ${Math.round(reach(each))} px`);
        }"""
    )
    return found


async def space_text(page: Page) -> None:
    """The text spacing of WCAG 1.4.12, as a reader's own style sheet would set it; needs a `bypass_csp` page."""
    # Not add_style_tag, which waits for an event that never comes where scripts are off.
    await page.evaluate(
        "text => { document.head.append(Object.assign(document.createElement('style'), {textContent: text})) }",
        TEXT_SPACING,
    )


async def focused(page: Page) -> str:
    """What has the focus: tag, id and the start of its text; `a`, `button`, `input#email`, `div.error-summary`."""
    described: str = await page.evaluate(
        """() => {
            const at = document.activeElement;
            const name = at.id ? '#' + at.id : at.className ? '.' + at.className.split(' ')[0] : '';
            return (at.tagName.toLowerCase() + name + ' ' + at.innerText.trim().slice(0, 40)).trim();
        }"""
    )
    return described


async def expect_focus(page: Page, selector: str) -> None:
    """The element gets the focus, which a page gives when it is drawn, not when it is loaded."""
    await expect(page.locator(selector)).to_be_focused(timeout=PATIENCE_MILLISECONDS)


async def tab_to(page: Page, selector: str, *, backwards: bool = False) -> None:
    """Press Tab until the element has the focus; fails when it is never reached, or when its focus cannot be seen."""
    visited = []
    for _ in range(MOST_TABS):
        await page.keyboard.press("Shift+Tab" if backwards else "Tab")
        # The focused one, not the first match: a set of radio buttons is one stop.
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            await expect_visible_focus(page)
            return
        visited.append(await focused(page))
        if sum(each.startswith("body") for each in visited) == ROUNDS:
            break
    raise AssertionError(f"{selector} cannot be reached by keyboard on {page.url}: {visited}")


async def expect_visible_focus(page: Page) -> None:
    """The focused element shows an outline and stands inside the window (WCAG 2.4.7, 2.4.11)."""
    seen = await page.evaluate(
        """() => {
            const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
            return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
                && box.bottom > 0 && box.top < innerHeight;
        }"""
    )
    assert seen, f"the focus is not to be seen on {await focused(page)}"


async def type_over(page: Page, selector: str, text: str) -> None:
    """Tab to the field and type over what stands there."""
    await tab_to(page, selector)
    await page.keyboard.press("Control+A")
    await page.keyboard.press("Delete")
    await page.keyboard.insert_text(text)


async def press_enter(page: Page) -> None:
    """Press Enter where the focus is, and wait for the page that comes."""
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def press(page: Page, selector: str) -> None:
    """Click, and wait for the page that comes: a click alone ends before it."""
    async with page.expect_navigation():
        await page.click(selector)


async def take_picture(page: Page, name: str) -> None:
    """A picture of the whole page as `.local/browser/NAME.png`."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


async def addresses_on(page: Page) -> Sequence[str]:
    """Every link of the page that leads to a page of the same service, without fragments, each once."""
    origin = re.match(r"https?://[^/]+", page.url)
    assert origin, page.url
    hrefs: list[str] = await page.evaluate("[...document.links].map(link => link.href.split('#')[0])")
    return list(dict.fromkeys(href for href in hrefs if href.startswith(origin.group(0))))


@cache
def _axe_source() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def _worded(violation: dict[str, Any], url: str) -> str:
    places = "; ".join(str(node["target"][0]) for node in violation["nodes"][:5])
    return f"{violation['id']}: {violation['help']} at {places} ({url})"
