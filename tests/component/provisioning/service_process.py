"""Provisioning as a process between a real broker and a real database, and what is published to it."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from shared.contracts.decoding import decode_record
from shared.contracts.envelope import Event, to_record
from shared.contracts.event_data import EventData
from shared.contracts.topics import MAILBOX
from shared.kernel.identifiers import receipt_number
from shared.kernel.local_time import local_date
from shared.runtime.clock import SystemClock
from tests.builders import a_contract, a_schedule, an_approval, an_event
from tests.conftest import PreparedTopics
from tests.topic_reader import read_topics

START_DATE = local_date(SystemClock().now()) + timedelta(days=10)
A_LONG_TIME = 90.0


@dataclass
class Process:
    """`python -m services.provisioning.main` with a database, topics and keys of its own."""

    url: str
    topics: PreparedTopics
    folder: Path
    output: Path
    started: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def start(self, **more: str) -> asyncio.subprocess.Process:
        """Start one replica; its output goes to a file."""
        plain = {name: text for name, text in os.environ.items() if not name.startswith("NSS_")}
        ours = {
            "NSS_ENVIRONMENT": "test",
            "NSS_KAFKA_BOOTSTRAP": self.topics.bootstrap,
            "NSS_TOPIC_PREFIX": self.topics.prefix,
            "NSS_CLOCK_OFFSET_FILE": str(self.folder / "clock-offset"),
            "NSS_PROVISIONING_DATABASE_URL": self.url,
            "NSS_PROVISIONING_RELAY_DATABASE_URL": self.url,
            "NSS_PROVISIONING_PORT": "0",
            "NSS_PROVISIONING_TICKET_KEYS_DIR": str(self.folder / "ticket-keys"),
            "NSS_PROVISIONING_KEY_DIR": str(self.folder / "days"),
        }
        with self.output.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "services.provisioning.main",
                env=plain | ours | more,
                stdout=output,
                stderr=output,
            )
        self.started.append(process)
        return process

    async def publish(self, *events: Event[Any]) -> None:
        """Put events on their topics, as their producers' relays do."""
        async with AIOKafkaProducer(bootstrap_servers=self.topics.bootstrap) as producer:
            for event in events:
                record = to_record(event, self.topics.prefix)
                await producer.send_and_wait(record.topic, record.value, key=record.key, headers=list(record.headers))

    async def published(self, model: type[EventData]) -> Sequence[Any]:
        """The data of provisioning's events of the model on its topic, repeats by id left out."""
        found = {}
        for topic, record in await read_topics(self.topics.bootstrap, [MAILBOX], self.topics.prefix):
            event = decode_record(record, topic)
            if isinstance(event, Event) and isinstance(event.data, model):
                found[event.id] = event.data
        return list(found.values())

    async def count(self, query: str) -> int:
        """One number from the database."""
        connection = await asyncpg.connect(self.url)
        try:
            return int(await connection.fetchval(query))
        finally:
            await connection.close()

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        """Wait a bounded time; the process's output is shown when it does not come true."""
        try:
            async with asyncio.timeout(A_LONG_TIME):
                while True:
                    if await condition():
                        return
                    await asyncio.sleep(0.1)
        except TimeoutError:
            pytest.fail(f"not in time; the process said:\n{self.output.read_text()[-4000:]}")

    async def until_issued(self, mailboxes: int) -> None:
        """Wait until the ledger has that many issued mailboxes and the outbox is empty."""

        async def is_so() -> bool:
            issued = await self.count("select count(*) from mailboxes where cause = 'issued'")
            return issued >= mailboxes and await self.count("select count(*) from event_outbox") == 0

        await self.until(is_so)


def approvals(count: int) -> list[Event[Any]]:
    """Applications of NAC001 for one mailbox each."""
    return [
        an_event(
            an_approval(
                receipt_number=receipt_number(2018, number),
                requested_start_date=START_DATE,
                confirmed_start_date=START_DATE,
            )
        )
        for number in range(1, count + 1)
    ]


def facts() -> list[Event[Any]]:
    """What an approval needs to be known first."""
    schedule = an_event(a_schedule(covers_until=date(2030, 12, 31)), key="schedule", subject="schedule")
    return [schedule, an_event(a_contract())]
