"""What the demo keeps of its way: the pages as they were seen, each standing alone, and the seconds of each step."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin

from deploy.local.demo.browser import Browser
from deploy.local.demo.page_forms import Page
from deploy.progress import step

STYLE_LINK = re.compile(r'<link rel="stylesheet" href="([^"]+)">')


@dataclass(slots=True)
class Album:
    """Pages and PDFs by name and seconds by step, in the order of the story."""

    pages: dict[str, str] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    _styles: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, told: str) -> Iterator[None]:
        """One step of the story: announced, timed and kept."""
        with self.timed(name), step(told):
            yield

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """A step that announces itself."""
        started = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - started, 2)

    async def keep(self, name: str, page: Page, browser: Browser) -> None:
        """Keep a page with its style sheets inside, so that the file can be looked at when no service runs."""
        for link in STYLE_LINK.findall(page.html):
            if link not in self._styles:
                self._styles[link] = (await browser.open(urljoin(page.url, link))).html
        alone = STYLE_LINK.sub(lambda found: f"<style>{self._styles[found[1]]}</style>", page.html)
        self.pages[f"{len(self.pages) + 1:02}-{name}"] = alone

    def write_documents(self, folder: Path) -> None:
        """Every PDF as a file."""
        for name, pdf in self.documents.items():
            (folder / f"{name}.pdf").write_bytes(pdf)

    def write(self, folder: Path) -> None:
        """Every page as a file."""
        for name, html in self.pages.items():
            (folder / f"{name}.html").write_text(html, encoding="utf-8")
