"""P5: mails per second from our queue, beside bare aiosmtplib that sends the same bytes, prepared beforehand.

Both sides use the same number of kept connections to the same sink, in turns. Ours claims, opens, renders, sends,
marks and tells each mail. The sink takes commands in groups, as mail servers do (RFC 2920): aiosmtplib has no use for
that, ours has. `python -m tests.benchmarks.mail_speed [--rounds N] [--applications N] [--no-groups]`.
"""

import argparse
import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import aiosmtplib
import asyncpg
import uvloop

from deploy.local.databases import migrations_of, with_database
from deploy.local.keys import ensure_keys
from deploy.local.postgres import NAME as POSTGRES
from services.notifier import store, workflows
from services.notifier.domain.mails import Letterhead
from services.notifier.domain.retry import RetryPolicy
from services.notifier.mailer import PoolLimits, SmtpMailer, SmtpServer
from services.notifier.rendering import MailTemplates
from services.notifier.store import Seals
from services.notifier.workflows import Delivery, MailDesk, MailPress
from shared.contracts.envelope import Event
from shared.contracts.intake_events import ApplicationReceived
from shared.kernel.identifiers import receipt_number
from shared.runtime.clock import SystemClock
from shared.runtime.database import Pool, open_pool, transaction
from shared.runtime.ids import new_uuid7
from shared.runtime.migrations import apply_migrations
from tests.benchmarks.mail_sink import MailSink, running_sink
from tests.benchmarks.servers import servers
from tests.builders import a_contact, a_system_administrator, an_application_received, an_event

ROUNDS, APPLICATIONS, CONNECTIONS, QUEUED_AT_ONCE = 5, 1500, 4, 250
SENDER = "nss@naccs.example"
AT_LEAST = 0.6


@dataclass(frozen=True, slots=True)
class MailRound:
    """Mails per second of either side, and the processor time of one of ours in microseconds."""

    ours: float
    bare: float
    ours_cpu_us: float

    @property
    def ratio(self) -> float:
        """P5."""
        return self.ours / self.bare


async def measure_mail_speed(dsn: str, rounds: int, applications: int, *sink_options: str) -> list[MailRound]:
    """Each round takes both sides once, in an order that turns."""
    measured = []
    with TemporaryDirectory(prefix="nss-bench-") as folder, running_sink(Path(folder), *sink_options) as sink:
        for number in range(rounds):
            async with _queue(dsn, sink, Path(folder), applications) as delivery:
                prepared = await _prepared(delivery)
                if number % 2:
                    bare = await _send_bare(sink, prepared)
                    ours, cpu = await _send_ours(delivery)
                else:
                    ours, cpu = await _send_ours(delivery)
                    bare = await _send_bare(sink, prepared)
                measured.append(MailRound(ours, bare, cpu))
    return measured


@asynccontextmanager
async def _queue(dsn: str, sink: MailSink, folder: Path, applications: int) -> AsyncIterator[Delivery]:
    """A database with that many applications' mails waiting."""
    async with notifier_database(dsn) as url:
        pool = await open_pool(url, application_name="nss-benchmark", max_size=CONNECTIONS * 2)
        mailer = SmtpMailer(SmtpServer("127.0.0.1", sink.port), PoolLimits(connections=CONNECTIONS))
        seals = Seals(ensure_keys(folder / "keys").mails)
        delivery = Delivery(
            pool=pool,
            clock=SystemClock(),
            new_id=new_uuid7,
            mailer=mailer,
            press=MailPress(MailTemplates(migrations_of("notifier").parent / "templates")),
            seals=seals,
            policy=RetryPolicy(),
            jitter=lambda: 0.0,
        )
        try:
            await _fill(pool, seals, applications)
            yield delivery
        finally:
            await mailer.close()
            await pool.close()


@asynccontextmanager
async def notifier_database(dsn: str) -> AsyncIterator[str]:
    """A database of its own, gone at the end."""
    name = f"nss_bench_mails_{secrets.token_hex(4)}"
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f'create database "{name}"')
        await apply_migrations(with_database(dsn, name), migrations_of("notifier"))
        yield with_database(dsn, name)
    finally:
        await connection.execute(f'drop database if exists "{name}" with (force)')
        await connection.close()


async def _fill(pool: Pool, seals: Seals, applications: int) -> None:
    desk = MailDesk(SystemClock(), Letterhead(SENDER, "https://nss.naccs.example", "0120794550", "0445206266"), seals)
    for first in range(1, applications + 1, QUEUED_AT_ONCE):
        events = [received(number) for number in range(first, min(first + QUEUED_AT_ONCE, applications + 1))]
        async with transaction(pool) as db:
            await workflows.queue_contact_mails(db, events, desk)
    await pool.execute("analyze mails")


def received(number: int) -> Event[ApplicationReceived]:
    """An application received now, with addresses of its own."""
    data = an_application_received(
        receipt_number=receipt_number(2026, number + 1),
        contact=a_contact(email=f"tsukan-{number}@naccs.example"),
        system_administrator=a_system_administrator(email=f"kanri-{number}@naccs.example"),
    )
    return an_event(data, key=data.office_code, event_id=new_uuid7(), time=datetime.now(UTC))


async def _prepared(delivery: Delivery) -> list[tuple[str, bytes]]:
    """Recipient and bytes of every mail that waits, as ours will send them."""
    prepared, connection = [], await delivery.pool.acquire()
    tried = connection.transaction()
    await tried.start()
    now = delivery.clock.now()
    while claimed := await store.claim_due_mails(connection, 500, delivery.seals, now, now.replace(year=now.year + 1)):
        prepared += [(mail.opened.address, delivery.press.message_of(mail)) for mail in claimed]
    await tried.rollback()
    await delivery.pool.release(connection)
    return prepared


async def _send_ours(delivery: Delivery) -> tuple[float, float]:
    async def lane() -> int:
        sent = 0
        while count := await workflows.deliver_due_mails(delivery):
            sent += count
        return sent

    began, worked = time.monotonic(), time.process_time()
    sent = sum(await asyncio.gather(*(lane() for _ in range(CONNECTIONS))))
    rate, cpu = sent / (time.monotonic() - began), (time.process_time() - worked) / sent
    left = await delivery.pool.fetchval("select count(*) from mails where state <> 'sent'")
    assert left == 0, f"{left} mails were not sent"
    return rate, cpu * 1e6


async def _send_bare(sink: MailSink, prepared: Sequence[tuple[str, bytes]]) -> float:
    waiting = iter(prepared)

    async def lane() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=sink.port, start_tls=False) as client:
            for recipient, message in waiting:
                await client.mail(SENDER)
                await client.rcpt(recipient)
                await client.data(message)

    began = time.monotonic()
    await asyncio.gather(*(lane() for _ in range(CONNECTIONS)))
    return len(prepared) / (time.monotonic() - began)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Mails per second beside bare aiosmtplib.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--applications", type=int, default=APPLICATIONS)
    parser.add_argument("--no-groups", action="store_true", help="a mail server that takes one command at a time")
    given = parser.parse_args()
    options = ["--no-groups"] if given.no_groups else []
    with servers(POSTGRES) as stack:
        dsn = stack.state.postgres_dsn
        measured = uvloop.run(measure_mail_speed(dsn, given.rounds, given.applications, *options))
    ratios = sorted(each.ratio for each in measured)
    for each in measured:
        print(f"ours {each.ours:6.0f}/s   bare {each.bare:6.0f}/s   ratio {each.ratio:.2f}")
    median = ratios[len(ratios) // 2]
    print(f"P5 {median:.2f} ({ratios[0]:.2f} – {ratios[-1]:.2f}), must reach {AT_LEAST}")
    raise SystemExit(median < AT_LEAST)


if __name__ == "__main__":
    main()
