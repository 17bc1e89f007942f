"""Who may use which route: every cell of role and route, generated from the routes themselves."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Route

from services.review.domain.staff import StaffRole
from services.review.web.api import build_api
from services.review.web.api_requests import API_ROLES, PREFIX
from services.review.web.console import Page
from services.review.web.routes import PAGES
from tests.builders import RECEIPT
from tests.component.review.desk import HELP_DESK, LEAD, OPERATOR, REVIEWER, Desk

LOGINS = {
    StaffRole.REVIEWER: REVIEWER,
    StaffRole.LEAD: LEAD,
    StaffRole.OPERATOR: OPERATOR,
    StaffRole.HELP_DESK: HELP_DESK,
}
GUARDED = [page for page in PAGES if page.roles is not None and page.path != "/logout"]
REFUSED = 403


def address(path: str) -> str:
    """A path with something in its blanks."""
    return path.replace("{receipt_number}", RECEIPT).replace("{bulk_id}", str(UUID(int=7 << 76 | 2 << 62)))


async def test_every_route_that_is_served_is_in_a_table(desk: Desk) -> None:
    pages = [route for route in desk.app.routes if isinstance(route, Route)]
    assert {(method, route.path) for route in pages for method in methods_of(route)} == {
        (page.method, page.path) for page in PAGES
    }
    api = [route for route in build_api(desk.deps, 6).routes if isinstance(route, Route | APIRoute)]
    assert {(method, route.path.removeprefix(PREFIX)) for route in api for method in methods_of(route)} == set(
        API_ROLES
    )


def methods_of(route: Route | APIRoute) -> set[str]:
    return set(route.methods or ()) - {"HEAD"}


def test_every_page_that_decides_or_shows_personal_data_is_closed_to_help_desk_and_operators() -> None:
    open_to_help_desk = {page.path for page in GUARDED if page.roles and StaffRole.HELP_DESK in page.roles}
    assert open_to_help_desk == {"/password", "/queue", "/applications/{receipt_number}", "/schedule", "/schedule.csv"}
    assert not any(page.method == "POST" and page.path != "/password" for page in open_pages(StaffRole.HELP_DESK))


def open_pages(role: StaffRole) -> Sequence[Page]:
    return [page for page in GUARDED if page.roles and role in page.roles]


@pytest.mark.parametrize("role", list(StaffRole))
async def test_every_page_lets_pass_whom_its_row_names_and_nobody_else(desk: Desk, role: StaffRole) -> None:
    await desk.receive()
    browser = await desk.browser_of(LOGINS[role])
    for page in GUARDED:
        answer = await browser.request(page.method, address(page.path), data={} if page.method == "POST" else None)
        assert page.roles is not None
        assert (answer.status_code == REFUSED, page.path) == (role not in page.roles, page.path)


@pytest.mark.parametrize("role", list(StaffRole))
async def test_every_route_of_the_api_lets_pass_whom_its_row_names_and_nobody_else(desk: Desk, role: StaffRole) -> None:
    await desk.receive()
    program = await desk.program_of(LOGINS[role])
    for (method, path), roles in API_ROLES.items():
        answer = await program.request(method, PREFIX + address(path), json={} if method != "GET" else None)
        is_refused = answer.status_code == REFUSED
        assert (is_refused, path) == (roles is not None and role not in roles, path)


async def test_without_a_login_every_page_leads_to_it_and_every_route_of_the_api_refuses(desk: Desk) -> None:
    await desk.receive()
    browser, program = desk.client(), desk.client(accept="application/json")
    for page in GUARDED:
        answer = await browser.request(page.method, address(page.path), data={} if page.method == "POST" else None)
        assert (answer.status_code, answer.headers["location"].startswith("/login?next=/")) == (303, True)
    for (method, path), roles in API_ROLES.items():
        if roles is not None:
            answer = await program.request(method, PREFIX + address(path), json={} if method != "GET" else None)
            assert (answer.status_code, answer.json()["code"], path) == (401, "invalid_token", path)
