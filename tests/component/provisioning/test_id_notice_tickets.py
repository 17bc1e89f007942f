"""Tickets of the ID notice: used once, in time, for their own office; each refusal with its code and its words."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services.provisioning import workflows
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.runtime.logs import configure_logs
from tests.builders import RECEIPT
from tests.component.provisioning.notice_browser import (
    INTAKE_URL,
    Browser,
    make_keys,
)


async def test_a_ticket_used_twice_is_refused_with_words(browser: Browser) -> None:
    ticket = browser.ticket()
    await browser.hand_in(ticket)
    again = await browser.hand_in(ticket)
    assert again.status_code == 409
    assert "すでに一度開かれています" in again.text
    assert f'href="{INTAKE_URL}/applications/{RECEIPT}"' in again.text


async def test_of_twenty_hands_at_once_one_ticket_serves_one(browser: Browser) -> None:
    ticket = browser.ticket()
    answers = await asyncio.gather(*(browser.hand_in(ticket) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * 19


async def test_a_used_ticket_is_remembered_until_its_time_is_over(browser: Browser) -> None:
    await browser.hand_in(browser.ticket())
    browser.provisioning.clock.advance(seconds=59)
    assert await workflows.forget_expired_tickets(browser.provisioning.desk) == 0
    browser.provisioning.clock.advance(seconds=1)
    assert await workflows.forget_expired_tickets(browser.provisioning.desk) == 1


async def test_an_expired_ticket_is_refused_with_words(browser: Browser) -> None:
    ticket = browser.ticket()
    browser.provisioning.clock.advance(seconds=61)
    answer = await browser.hand_in(ticket)
    assert answer.status_code == 403
    assert "有効期限が切れました" in answer.text


async def test_a_ticket_of_another_office_looks_like_one_for_nothing(browser: Browser) -> None:
    foreign = await browser.hand_in(browser.ticket(office=OfficeCode("XYZ001")))
    unknown = await browser.hand_in(browser.ticket(receipt=ReceiptNumber("189999A")))
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.text.replace(RECEIPT, "189999A") == unknown.text
    assert (await browser.open()).status_code == 401


@pytest.mark.parametrize("spoil", ["", "rubbish", "a.b.c"])
async def test_a_ticket_that_is_none_is_refused(browser: Browser, spoil: str) -> None:
    answer = await browser.hand_in(spoil)
    assert answer.status_code == 403
    assert "ID通知内容を開けませんでした" in answer.text


async def test_a_ticket_signed_by_a_stranger_is_refused(browser: Browser, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    private, _ = make_keys(elsewhere)
    assert (await browser.hand_in(replace(browser, signing_key=private).ticket())).status_code == 403


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ("expired", "ticket_expired", 403),
        ("forged", "ticket_forged", 403),
        ("unreadable", "ticket_unreadable", 403),
        ("replayed", "ticket_used_before", 409),
        ("unknown", "notice_not_found", 404),
        ("foreign", "ticket_foreign_office", 404),
    ],
)
async def test_every_refused_ticket_has_a_code_of_its_own_and_says_what_to_do(
    browser: Browser, tmp_path: Path, capfd: pytest.CaptureFixture[str], fault: str, code: str, status: int
) -> None:
    configure_logs("provisioning")
    ticket = await a_bad_ticket(browser, tmp_path, fault)
    counted = refusals(code)
    answer = await browser.hand_in(ticket)
    shown = "notice_not_found" if fault == "foreign" else code
    assert answer.status_code == status
    assert f'<p class="code">{shown}</p>' in answer.text
    assert "もう一度" in answer.text or "ご確認ください" in answer.text or "ログインし直し" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert refusals(code) == counted + 1
    assert f'"code": "{code}"' in capfd.readouterr().out
    assert "set-cookie" not in answer.headers


async def a_bad_ticket(browser: Browser, folder: Path, fault: str) -> str:
    """A ticket with this fault, ready to be handed in."""
    ticket = browser.ticket()
    if fault == "expired":
        browser.provisioning.clock.advance(seconds=61)
    if fault == "replayed":
        await browser.hand_in(ticket)
    if fault == "forged":
        (folder / "elsewhere").mkdir()
        stranger, _ = make_keys(folder / "elsewhere")
        return replace(browser, signing_key=stranger).ticket()
    strange = {
        "unreadable": "rubbish",
        "unknown": browser.ticket(receipt=ReceiptNumber("189999A")),
        "foreign": browser.ticket(office=OfficeCode("XYZ001")),
    }
    return strange.get(fault, ticket)


def refusals(code: str) -> float:
    """How many were counted under this code."""
    return REGISTRY.get_sample_value("nss_id_notice_refusals_total", {"service": "provisioning", "code": code}) or 0.0
