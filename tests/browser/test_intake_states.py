"""Every page of the portal in every state it has, refusals and accidents too: looked at by axe, narrow, and pictured.

Which pages there are is read from the folder of templates: a new one without a state here fails.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.intake.rendering import TEMPLATES
from shared.runtime.web.pages import SHARED_TEMPLATES
from tests.browser.conftest import NewPage
from tests.browser.intake_scenes import ACTS, Walk
from tests.browser.kit import DESKTOP, HEIGHT, NARROW, expect_accessible, take_picture
from tests.browser.portal_service import Portal, served_portal
from tests.conftest import CreateDatabase

FRAMES = {"portal.html", "contract.html", "step.html"}
"""What other templates extend and nobody renders by itself."""
STATES = 85


@pytest_asyncio.fixture(loop_scope="session")
async def portal(service_database: CreateDatabase, tmp_path: Path) -> AsyncIterator[Portal]:
    """The manual's office."""
    async with served_portal(await service_database("intake"), tmp_path) as served:
        yield served


def pages() -> set[str]:
    """The names of all templates that are a whole page."""
    files = [*TEMPLATES.glob("*.html"), SHARED_TEMPLATES / "error.html", SHARED_TEMPLATES / "maintenance.html"]
    return {file.name for file in files if file.read_text(encoding="utf-8").startswith("{% extends")} - FRAMES


@pytest.mark.full
async def test_every_page_is_accessible_in_every_state_it_has(
    new_page: NewPage, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, looked, rendered = await new_page(), [], set()
    environment = portal.intake.parts.environment
    get_template = environment.get_template

    def noting(name: str, *rest: Any) -> Any:
        rendered.add(name)
        return get_template(name, *rest)

    async def look(name: str) -> None:
        for width in (NARROW, DESKTOP):
            await page.set_viewport_size({"width": width, "height": HEIGHT})
            await expect_accessible(page)
            await take_picture(page, f"intake-state-{name}-{width}")
        looked.append(name)

    monkeypatch.setattr(environment, "get_template", noting)
    walk = Walk(portal, page, await portal.applicant(), look)
    for act in ACTS:
        await act(walk)

    assert pages() - rendered == set()
    assert len(set(looked)) == len(looked) >= STATES
