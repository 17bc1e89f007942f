"""Planned maintenance: told on every page before, in place of every page meanwhile, forgotten afterwards."""

import os
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from shared.runtime.web.maintenance import Maintenance
from shared.runtime.web.pages import PageSettings, build_environment, build_page_app, page
from tests.builders import NOW, FixedClock

BASE_URL = "https://portal.example"
WINDOW = '{"begins_at": "2018-10-24T22:00:00+09:00", "ends_at": "2018-10-25T06:00:00+09:00"}'


class Site:
    """A site of one page whose operators may announce maintenance."""

    def __init__(self, folder: Path) -> None:
        self.file, self.clock = folder / "maintenance.json", FixedClock()
        (folder / "hello.html").write_text('{% extends "base.html" %}{% block main %}<h1>こんにちは</h1>{% endblock %}')
        environment = build_environment(folder)
        settings = PageSettings("intake", BASE_URL, own_scripts=True)
        self.app: FastAPI = build_page_app(settings, environment, maintenance=Maintenance(self.file, self.clock))

        @self.app.get("/hello")
        @self.app.get("/api/v1/hello")
        async def hello(request: Request) -> Response:
            return page(environment, "hello.html")

    def announce(self, text: str, *, at: int) -> None:
        """Write the file; `at` is its time of change."""
        self.file.write_text(text)
        os.utime(self.file, (at, at))

    async def get(self, path: str) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(transport=transport, base_url=BASE_URL) as client:
            return await client.get(path)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


async def test_a_site_without_the_file_knows_no_maintenance(site: Site) -> None:
    answer = await site.get("/hello")

    assert (answer.status_code, "メンテナンス" in answer.text) == (200, False)


async def test_maintenance_is_announced_then_closes_the_pages_then_is_over(site: Site) -> None:
    site.announce(WINDOW, at=1)

    before = await site.get("/hello")
    site.clock.advance(hours=12)
    meanwhile = await site.get("/hello")
    styles, program = await site.get("/static/base.css"), await site.get("/api/v1/hello")
    site.clock.advance(hours=8)
    after = await site.get("/hello")

    assert "2018/10/24 22:00から2018/10/25 06:00までご利用いただけません" in before.text
    assert (meanwhile.status_code, meanwhile.headers["retry-after"]) == (503, str(8 * 3600))
    assert "再開予定：<strong>2018/10/25 06:00</strong>" in meanwhile.text
    assert "default-src 'none'" in meanwhile.headers["content-security-policy"]
    assert styles.status_code == 200
    assert (program.status_code, program.json()["code"]) == (503, "maintenance")
    assert (after.status_code, "メンテナンス" in after.text) == (200, False)


async def test_a_changed_file_counts_at_once_and_a_broken_one_closes_nothing(site: Site) -> None:
    site.announce(WINDOW.replace("24T22", "24T09"), at=1)
    assert (await site.get("/hello")).status_code == 503
    for number, broken in enumerate(("", "no json", "{}", WINDOW.replace("25T06", "23T06"), "[]"), 2):
        site.announce(broken, at=number)
        assert (await site.get("/hello")).status_code == 200, broken
    site.announce(WINDOW.replace("24T22", "24T09"), at=90)
    assert (await site.get("/hello")).status_code == 503
    site.file.unlink()
    assert (await site.get("/hello")).status_code == 200


async def test_scripts_of_our_own_are_allowed_only_where_a_service_has_some(site: Site) -> None:
    policy = (await site.get("/hello")).headers["content-security-policy"]

    assert "script-src 'self'; connect-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_window_tells_its_instants_with_their_zone(tmp_path: Path) -> None:
    file = tmp_path / "maintenance.json"
    file.write_text(WINDOW)

    ahead = Maintenance(file, FixedClock()).ahead()

    assert ahead is not None
    assert ahead.begins_at - NOW == timedelta(hours=12)
