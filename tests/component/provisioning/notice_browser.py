"""A browser that opens ID notices as people do: with intake's tickets, and by pressing the page's buttons."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import httpx2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from services.provisioning import main as composition
from services.provisioning.web import SESSION_LIFETIME, TICKET_PATH, LedgerDesk, NoticePages, build_pages
from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.runtime.ids import new_uuid7
from shared.runtime.notice_tickets import NoticeClaims, sign_notice_ticket
from shared.runtime.web.pages import PageSettings, build_environment
from shared.runtime.web.sessions import Sessions
from shared.runtime.web.tokens import new_token
from tests.builders import NEW_MAILBOX, NOW, OFFICE, RECEIPT

if TYPE_CHECKING:
    from tests.component.provisioning.conftest import Provisioning

BASE_URL = "http://provisioning.example"
INTAKE_URL = "http://intake.example"
PASSWORD = re.compile(r'<code class="credentials__password">([A-Z2-9]{16})</code>')
OWN_PAGE = {"sec-fetch-site": "same-origin"}
FROM_INTAKE = {"sec-fetch-site": "cross-site", "origin": INTAKE_URL}


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that comes with intake's tickets."""

    provisioning: "Provisioning"
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

    async def reveal(
        self, receipt: ReceiptNumber = RECEIPT, mailboxes: Sequence[str] = (NEW_MAILBOX,)
    ) -> httpx2.Response:
        """Press すべて表示 on a notice with these mailboxes."""
        return await self.press(receipt, shown=list(mailboxes))

    async def press(self, receipt: ReceiptNumber = RECEIPT, **fields: Sequence[str]) -> httpx2.Response:
        """Send the table's form: what is `shown` already, and the button `show` or `hide`."""
        return await self.client.post(f"/id-notice/{receipt}/reveal", data=fields, headers=OWN_PAGE)


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


def notice_app(provisioning: "Provisioning", public_keys: Path, base_url: str) -> FastAPI:
    """Provisioning's pages as the composition root builds them."""
    here = Path(composition.__file__).parent
    settings = PageSettings("provisioning", base_url, foreign_post_paths=(TICKET_PATH,))
    policy = settings.session_policy(idle=SESSION_LIFETIME, absolute=SESSION_LIFETIME)
    pages = NoticePages(
        settings=settings,
        environment=build_environment(here / "templates"),
        sessions=Sessions(provisioning.pool, provisioning.clock, policy, new_token),
        ticket_keys_dir=public_keys,
        intake_url=INTAKE_URL,
        static=here / "static",
    )
    return build_pages(provisioning.desk, pages, LedgerDesk(provisioning.pool, provisioning.clock, None))


@asynccontextmanager
async def opened_browser(provisioning: "Provisioning", folder: Path) -> AsyncIterator[Browser]:
    """A browser before provisioning's pages; intake's key is made in the folder."""
    private, public = make_keys(folder)
    transport = httpx2.ASGITransport(app=notice_app(provisioning, public, BASE_URL))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield Browser(provisioning, client, private)
