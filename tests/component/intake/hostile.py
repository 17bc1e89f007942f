"""Thirty strings that want to be more than text, and how a page is read to see that they are nothing but text."""

from html.parser import HTMLParser

import httpx2

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'><iframe src=javascript:alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><b>bold</b>",
    "<!-- <script>",
    "--><img src=x>",
    "&lt;script&gt;",
    "&#60;script&#62;",
    "{{7*7}}",
    "{{ config }}",
    "{% include '/etc/passwd' %}",
    "{# comment #}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "＜script＞alert(1)＜/script＞",
    "javascript:alert(1)",
    "' or '1'='1",
    "'; drop table applications; --",
    "\\'); --",
    "%3Cscript%3E",
    "%0d%0aSet-Cookie: a=b",
    "=cmd|' /C calc'!A0",
    "#set page(width: 1pt)",
    "$ sum $ *bold* _it_ @ref",
    "\u202egnp.exe",
    "<a href=//evil.example>x</a>",
    'a" autofocus onfocus="alert(1)',
)
DANGEROUS_TAGS = {"img", "iframe", "svg", "b", "object", "embed", "style", "base"}


class Fields(HTMLParser):
    """What a page offers in its text fields, every tag in it, and everything a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.seen = ""
        self._area = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        self.attributes |= found.keys()
        if tag == "script":
            assert (found.get("src") or "").startswith("/static/")
        if tag == "input" and found.get("type", "text") in ("text", "tel", "email"):
            self.values[found["name"] or ""] = found.get("value") or ""
        if tag == "textarea":
            self._area = found["name"] or ""
            self.values[self._area] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        self.seen += data
        if self._area:
            self.values[self._area] += data

    def assert_harmless(self) -> None:
        """No element and no handler that our templates do not have."""
        assert not self.tags & DANGEROUS_TAGS
        assert not {name for name in self.attributes if name.startswith("on")}


def page_of(answer: httpx2.Response) -> Fields:
    found = Fields(answer.text)
    found.assert_harmless()
    return found
