"""One notifier without its broker: database, scripted mail server, clock; and events for it."""

import base64
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email import message_from_bytes
from pathlib import Path
from typing import Any
from uuid import UUID

from services.notifier import workflows
from services.notifier.domain.mails import Letterhead
from services.notifier.domain.retry import RetryPolicy
from services.notifier.mailer import PoolLimits, SmtpMailer, SmtpServer
from services.notifier.messaging import build_router
from services.notifier.rendering import MailTemplates
from services.notifier.store import Seals
from services.notifier.workflows import BounceDesk, Delivery, MailDesk, MailPress
from shared.contracts.envelope import Event
from shared.contracts.event_data import EventData
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Pool, open_pool, transaction
from shared.runtime.event_router import Waiting
from shared.runtime.ids import new_uuid7
from tests.builders import NOW, FixedClock, an_application_received, an_event
from tests.component.notifier.scripted_smtp import ScriptedSmtp, scripted_smtp

TEMPLATES = MailTemplates(Path("services/notifier/templates"))
LETTERHEAD = Letterhead("nss@naccs.example", "http://127.0.0.1:8000", "0120-794-550", "044-520-6266")
CONTACT, ADMINISTRATOR = "tsukan-hanako@naccs.example", "kanri-taro@naccs.example"


def mail_keys(folder: Path) -> Path:
    """A folder with fresh keys."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("addresses.key", "archive-1.key"):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(secrets.token_hex(32))
    return folder


@dataclass
class Bench:
    """What a test handles."""

    pool: Pool
    clock: FixedClock
    smtp: ScriptedSmtp
    delivery: Delivery
    desk: MailDesk
    keys: Path

    @property
    def bounce_desk(self) -> BounceDesk:
        """For returned mails."""
        return BounceDesk(self.pool, self.clock, new_uuid7)

    async def handle(self, *events: Event[Any]) -> list[Waiting]:
        """Hand each event to the handler the router names, one transaction each; those that wait."""
        router, waiting = build_router(self.desk), list[Waiting]()
        for event in events:
            route = router.route_for(event.type)
            assert route is not None
            async with transaction(self.pool) as db:
                waiting += await route.handle(db, [event], {}) or []
        return waiting

    async def apply(self, count: int, first: int = 1) -> list[Event[Any]]:
        """That many applications are received."""
        events = [application(number) for number in range(first, first + count)]
        async with transaction(self.pool) as db:
            await workflows.queue_contact_mails(db, events, self.desk)
        return events

    async def deliver(self) -> int:
        """One batch."""
        return await workflows.deliver_due_mails(self.delivery)

    async def deliver_all(self, *, hours: float, step_minutes: float = 1.0) -> None:
        """Let that much time pass, sending whenever something is due."""
        for _ in range(int(hours * 60 / step_minutes)):
            for _ in range(100):
                if not await self.deliver():
                    break
            if not await self.pool.fetchval("select count(*) from mails where state in ('queued', 'sending')"):
                return
            self.clock.advance(minutes=step_minutes)

    async def states(self) -> list[tuple[str, str, int, bool]]:
        """Role, state, attempts, ambiguous; the contact first."""
        rows = await self.pool.fetch(
            "select role, state, attempts, ambiguous from mails order by receipt_number, mail_id, role desc"
        )
        return [(row["role"], row["state"], row["attempts"], row["ambiguous"]) for row in rows]

    async def counted(self, state: str) -> int:
        """Mails in that state."""
        count: int = await self.pool.fetchval("select count(*) from mails where state = $1", state)
        return count

    async def published(self) -> list[str]:
        """Types of the events in the outbox, in order."""
        return [row["type"] for row in await self.pool.fetch("select type from event_outbox order by seq")]

    async def clear(self) -> None:
        """As at the beginning, but for the clock: for one proof after the other in the same place."""
        assert isinstance(self.delivery.mailer, SmtpMailer)
        await self.delivery.mailer.close()
        await self.pool.execute("truncate mails, mail_attempts, application_contacts, suppressions, event_outbox")
        self.smtp.forget()

    def arrived(self) -> Counter[tuple[str, str]]:
        """Copies by recipient and Message-ID."""
        return Counter(
            (recipient, str(message_from_bytes(content)["Message-ID"])) for recipient, content in self.smtp.accepted
        )

    def text_of(self, content: bytes) -> str:
        """The body of a mail."""
        return base64.b64decode(content.partition(b"\r\n\r\n")[2]).decode()

    def with_delivery(self, **changes: Any) -> "Bench":
        """The same place, sending differently."""
        return replace(self, delivery=replace(self.delivery, **changes))


def application(number: int = 1, **fields: Any) -> Event[Any]:
    """An application with that serial, received now."""
    data = an_application_received(receipt_number=receipt(number), **fields)
    return an_event(data, event_id=UUID(int=number), key=data.office_code)


def receipt(number: int = 1) -> ReceiptNumber:
    """Its receipt number."""
    return ReceiptNumber(f"18{number:04d}A")


def about(data: EventData, number: int = 500, **fields: Any) -> Event[Any]:
    """An event with an id of its own."""
    return an_event(data, event_id=UUID(int=number), key="NAC001", **fields)


@asynccontextmanager
async def notifier_bench(database: str, keys: Path, policy: RetryPolicy | None = None) -> AsyncIterator[Bench]:
    """A notifier on that database."""
    pool = await open_pool(database, application_name="test")
    clock = FixedClock(NOW)
    seals = Seals(mail_keys(keys))
    async with scripted_smtp() as smtp:
        mailer = SmtpMailer(SmtpServer("127.0.0.1", smtp.port), PoolLimits(connections=2))
        delivery = Delivery(
            pool=pool,
            clock=clock,
            new_id=new_uuid7,
            mailer=mailer,
            press=MailPress(TEMPLATES),
            seals=seals,
            policy=policy or RetryPolicy(),
            jitter=lambda: 0.0,
        )
        yield Bench(pool, clock, smtp, delivery, MailDesk(clock, LETTERHEAD, seals), keys)
        await mailer.close()
    await pool.close()
