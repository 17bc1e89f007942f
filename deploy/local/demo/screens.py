"""Pictures of saved pages, where this machine has a Chromium; without one the demo does without pictures.

`python -m deploy.local.demo.screens OUTPUT` makes the README's pictures anew from the output folder of a demo.
"""

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.errors import CommandError

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDTH, HEIGHT = 1024, 720
PICTURES = Path(__file__).parent / "pictures"
README_PICTURES = {"status-page": ("*-status-completed.html", 895), "id-notice": ("*-id-notice-masked.html", 850)}
"""By file name: the page, and how much of it from its top."""


def find_chromium() -> str | None:
    """The program's path, None where there is none or nothing to drive it with."""
    if importlib.util.find_spec("playwright") is None:
        return None
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


def take_screens(pages: Path, folder: Path) -> bool:
    """One picture per saved page, of its whole length; whether there is a browser for it."""
    program = find_chromium()
    if program is None:
        return False
    with _tab(program) as tab:
        for page in sorted(pages.glob("*.html")):
            tab.goto(page.resolve().as_uri())
            tab.screenshot(path=folder / f"{page.stem}.png", full_page=True)
    return True


def make_readme_pictures(output: Path) -> None:
    """The README's pictures, from the pages in a demo's output. Raises CommandError without browser or pages."""
    program = find_chromium()
    if program is None:
        raise CommandError("no Chromium was found (Debian: apt-get install chromium)")
    PICTURES.mkdir(exist_ok=True)
    with _tab(program) as tab:
        for name, (pattern, height) in README_PICTURES.items():
            page = next((output / "pages").glob(pattern), None)
            if page is None:
                raise CommandError(f"{output} has no page {pattern}: it is no output of a demo")
            tab.goto(page.resolve().as_uri())
            tab.screenshot(
                path=PICTURES / f"{name}.png", clip={"x": 0, "y": 0, "width": WIDTH, "height": height}, full_page=True
            )


@contextmanager
def _tab(program: str) -> "Iterator[Page]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        try:
            yield browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
        finally:
            browser.close()


if __name__ == "__main__":
    make_readme_pictures(Path(sys.argv[1]))
