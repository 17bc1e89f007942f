"""The ID notice page over HTTP: tickets, the five-minute session, masking, revealing, the window, the audit."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.provisioning import main as composition
from services.provisioning import workflows
from services.provisioning.web import SESSION_LIFETIME, TICKET_PATH, NoticePages, build_pages
from shared.contracts.provisioning_events import NoticeViewed
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.kernel.local_time import TOKYO
from shared.runtime.ids import new_uuid7
from shared.runtime.notice_tickets import NoticeClaims, sign_notice_ticket
from shared.runtime.web.pages import PageSettings, build_environment
from shared.runtime.web.sessions import Sessions
from shared.runtime.web.tokens import new_token
from tests.builders import NOW, OFFICE, RECEIPT, an_approval, an_event
from tests.component.provisioning.conftest import Provisioning

BASE_URL = "http://provisioning.example"
INTAKE_URL = "http://intake.example"
PASSWORD = re.compile(r'<code class="credentials__password">([A-Z2-9]{16})</code>')
OWN_PAGE = {"sec-fetch-site": "same-origin"}
FROM_INTAKE = {"sec-fetch-site": "cross-site", "origin": INTAKE_URL}


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that comes with intake's tickets."""

    provisioning: Provisioning
    client: httpx2.AsyncClient
    signing_key: Path

    def ticket(
        self,
        receipt: ReceiptNumber = RECEIPT,
        office: OfficeCode = OFFICE,
        jti: UUID | None = None,
        now: datetime = NOW,
    ) -> str:
        """What intake signs for the application's office."""
        claims = NoticeClaims(OFFICE, office, receipt, jti or new_uuid7())
        return sign_notice_ticket(claims, self.signing_key, now)

    async def hand_in(self, ticket: str) -> httpx2.Response:
        """Post a ticket, as intake's page makes the browser do."""
        return await self.client.post(TICKET_PATH, data={"ticket": ticket}, headers=FROM_INTAKE)

    async def open(self, receipt: ReceiptNumber = RECEIPT) -> httpx2.Response:
        """The notice as it now stands."""
        return await self.client.get(f"/id-notice/{receipt}")

    async def reveal(self, receipt: ReceiptNumber = RECEIPT) -> httpx2.Response:
        """Press すべて表示."""
        return await self.client.post(f"/id-notice/{receipt}/reveal", headers=OWN_PAGE)


def make_keys(directory: Path) -> tuple[Path, Path]:
    """A private key of intake and the directory with its public half."""
    key = Ed25519PrivateKey.generate()
    private, public = directory / "intake-1.pem", directory / "ticket-keys"
    public.mkdir()
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (public / "intake-1.pem").write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


@pytest.fixture
async def browser(provisioning: Provisioning, tmp_path: Path) -> AsyncIterator[Browser]:
    """The manual's application is issued, and a browser stands ready."""
    await provisioning.approve(an_event(an_approval()))
    private, public = make_keys(tmp_path)
    here = Path(composition.__file__).parent
    settings = PageSettings("provisioning", BASE_URL, foreign_post_paths=(TICKET_PATH,))
    policy = settings.session_policy(idle=SESSION_LIFETIME, absolute=SESSION_LIFETIME)
    pages = NoticePages(
        settings=settings,
        environment=build_environment(here / "templates"),
        sessions=Sessions(provisioning.pool, provisioning.clock, policy, new_token),
        ticket_keys_dir=public,
        intake_url=INTAKE_URL,
        static=here / "static",
    )
    transport = httpx2.ASGITransport(app=build_pages(provisioning.desk, pages))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield Browser(provisioning, client, private)


async def audit(provisioning: Provisioning) -> list[tuple[object, ...]]:
    return await provisioning.rows(
        "select receipt_number, acting_office, action, window_open from notice_views order by id"
    )


async def test_a_ticket_opens_the_notice_with_every_field_and_the_password_masked(browser: Browser) -> None:
    answer = await browser.hand_in(browser.ticket())
    assert (answer.status_code, answer.headers["location"]) == (303, f"/id-notice/{RECEIPT}")
    page = await browser.open()
    assert page.status_code == 200
    for text in (
        "2018/11/01",
        "NAC",
        "NAC001",
        "*****",
        "共通",
        "東京税関",
        "1234567",
        "NAC00102",
        "メール",
        "すべて表示",
    ):
        assert text in page.text
    assert "2018/11/05 24:00 まで" in page.text
    assert "あと8営業日" in page.text
    assert f'href="{INTAKE_URL}/applications/{RECEIPT}"' in page.text
    assert page.headers["cache-control"] == "no-store"
    assert not PASSWORD.search(page.text)


async def test_revealing_shows_the_very_password_that_was_issued(browser: Browser) -> None:
    await browser.hand_in(browser.ticket())
    page = await browser.reveal()
    (shown,) = PASSWORD.findall(page.text)
    assert page.headers["cache-control"] == "no-store"
    assert PASSWORD.findall((await browser.reveal()).text) == [shown]
    assert not PASSWORD.search((await browser.open()).text)


async def test_every_look_is_audited_and_the_first_one_told_apart(browser: Browser) -> None:
    await browser.hand_in(browser.ticket())
    await browser.open()
    await browser.reveal()
    await browser.open()
    assert await audit(browser.provisioning) == [
        (RECEIPT, OFFICE, "opened", True),
        (RECEIPT, OFFICE, "revealed", True),
        (RECEIPT, OFFICE, "opened", True),
    ]
    assert [event.first_time for event in await browser.provisioning.published(NoticeViewed)] == [True, False]


async def test_twenty_looks_at_once_have_one_first_among_them(browser: Browser) -> None:
    await browser.hand_in(browser.ticket())
    await asyncio.gather(*(browser.open() for _ in range(20)))
    viewed = await browser.provisioning.published(NoticeViewed)
    assert (len(viewed), sum(event.first_time for event in viewed)) == (20, 1)


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


async def test_the_session_serves_its_own_notice_alone_and_five_minutes_only(browser: Browser) -> None:
    other = ReceiptNumber("180013A")
    await browser.provisioning.approve(an_event(an_approval(receipt_number=other)))
    await browser.hand_in(browser.ticket())
    assert (await browser.open(other)).status_code == 401
    assert (await browser.reveal(other)).status_code == 401
    browser.provisioning.clock.advance(seconds=299)
    assert (await browser.open()).status_code == 200
    browser.provisioning.clock.advance(seconds=1)
    answer = await browser.open()
    assert answer.status_code == 401
    assert "有効期限が切れました" in answer.text


@pytest.mark.parametrize("path", [f"/id-notice/{RECEIPT}", "/id-notice/189999A"])
async def test_without_a_ticket_a_receipt_number_opens_nothing(browser: Browser, path: str) -> None:
    assert (await browser.client.get(path)).status_code == 401
    assert (await browser.client.post(f"{path}/reveal", headers=OWN_PAGE)).status_code == 401
    assert await audit(browser.provisioning) == []


async def test_a_foreign_page_cannot_make_the_browser_reveal(browser: Browser) -> None:
    await browser.hand_in(browser.ticket())
    answer = await browser.client.post(f"/id-notice/{RECEIPT}/reveal", headers=FROM_INTAKE)
    assert answer.status_code == 403
    assert not PASSWORD.search(answer.text)


async def test_the_page_left_open_is_refused_at_24_o_clock_though_the_row_still_exists(browser: Browser) -> None:
    midnight = datetime(2018, 11, 6, tzinfo=TOKYO)
    browser.provisioning.clock.set(midnight - timedelta(seconds=1))
    await browser.hand_in(browser.ticket(now=browser.provisioning.clock.now()))
    assert "本日までです" in (await browser.open()).text
    assert PASSWORD.search((await browser.reveal()).text)
    browser.provisioning.clock.set(midnight)
    assert await browser.provisioning.rows("select count(*) from sealed_passwords") == [(1,)]
    for page in (await browser.reveal(), await browser.open()):
        assert page.status_code == 200
        assert "参照期間終了" in page.text
        assert "NAC00102" in page.text
        assert "パスワード再発行" in page.text
        assert "すべて表示" not in page.text
        assert not PASSWORD.search(page.text)
    assert (await audit(browser.provisioning))[-2:] == [
        (RECEIPT, OFFICE, "revealed", False),
        (RECEIPT, OFFICE, "opened", False),
    ]
    assert len(await browser.provisioning.published(NoticeViewed)) == 1


async def test_a_day_key_that_is_gone_reads_as_a_window_that_is_over(browser: Browser) -> None:
    await browser.hand_in(browser.ticket())
    (key,) = browser.provisioning.key_directory.iterdir()
    key.unlink()
    page = await browser.reveal()
    assert page.status_code == 200
    assert "参照期間終了" in page.text


async def test_while_the_key_store_is_away_the_page_asks_to_try_again_and_audits_no_reveal(browser: Browser) -> None:
    await browser.hand_in(browser.ticket())
    browser.provisioning.key_directory.chmod(0o755)
    page = await browser.reveal()
    assert page.status_code == 503
    assert "しばらく待ってから" in page.text
    assert await audit(browser.provisioning) == []
    browser.provisioning.key_directory.chmod(0o700)
    assert PASSWORD.search((await browser.reveal()).text)
