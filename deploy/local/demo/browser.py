"""A browser without scripts: cookies, redirects, forms, and the headers browsers send about where a request is from."""

from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx2

from deploy.errors import CommandError
from deploy.local.demo.page_forms import Page, PageForm, Values, read_page

ANSWER_SECONDS = 30.0
MOST_REDIRECTS = 5
NAVIGATION = {
    "Accept": "text/html",
    "Accept-Language": "ja",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}


class UnexpectedPage(CommandError):
    """A page came that the visitor did not expect; `page` is what came."""

    def __init__(self, page: Page, expected: str) -> None:
        path = urlsplit(page.url).path
        said = "; ".join(page.problems) or page.text[:200]
        super().__init__(f"expected {expected}, got {page.status} {path} «{page.title}»: {said}")
        self.page = page


class Browser:
    """One person's browser. Use it as an async context manager, or call `close`."""

    def __init__(self, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._client = httpx2.AsyncClient(transport=transport, timeout=ANSWER_SECONDS, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End all connections; cookies are forgotten."""
        await self._client.aclose()

    @property
    def cookies(self) -> httpx2.Cookies:
        """What the servers asked to be kept."""
        return self._client.cookies

    async def open(self, url: str, *, linked_from: str | None = None) -> Page:
        """The page at that address, redirects followed. Whatever comes is returned, errors too."""
        return await self._arrive(await self._get(url, linked_from))

    async def download(self, url: str) -> tuple[int, bytes]:
        """Status and bytes of a file of the site."""
        answer = await self._get(url, url)
        return answer.status_code, answer.content

    async def send(self, page: Page, form: PageForm, values: Values | None = None) -> Page:
        """Post a form of that page with these values; the page it ends on."""
        url = urljoin(page.url, form.action)
        headers = {**NAVIGATION, "Origin": _origin(page.url), "Sec-Fetch-Site": _fetch_site(page.url, url)}
        fields = form.filled(values or {})
        data = {name: [value for each, value in fields if each == name] for name, _ in fields}
        # A form without any field is sent with a form's content type all the same.
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return await self._arrive(await self._client.post(url, data=data, headers=headers))

    async def _get(self, url: str, linked_from: str | None) -> httpx2.Response:
        site = _fetch_site(linked_from, url) if linked_from else "none"
        return await self._client.get(url, headers={**NAVIGATION, "Sec-Fetch-Site": site})

    async def _arrive(self, answer: httpx2.Response) -> Page:
        for _ in range(MOST_REDIRECTS):
            if not answer.has_redirect_location:
                break
            here = str(answer.url)
            answer = await self._get(urljoin(here, answer.headers["location"]), here)
        return read_page(str(answer.url), answer.status_code, answer.text)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _fetch_site(source: str, target: str) -> str:
    if _origin(source) == _origin(target):
        return "same-origin"
    # Of the same site are all ports of one host under one scheme.
    one, other = urlsplit(source), urlsplit(target)
    return "same-site" if (one.scheme, one.hostname) == (other.scheme, other.hostname) else "cross-site"
