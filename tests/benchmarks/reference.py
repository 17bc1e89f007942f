"""The bare batch pipeline: the same durable writes and the same records as our services, and nothing else.

Plain functions over asyncpg and aiokafka in one process, stages one after another, batches of 500: no framework, no
event models, no rules, no hash, no mail server. It is the yardstick for P1: what the work itself costs.
"""

import asyncio
import dataclasses
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from shared.contracts.topics import SERVICES, TOPICS, ServiceName, consumer_group, topics_read_by
from tests.benchmarks.ground import Field
from tests.benchmarks.reference_issuing import provisioning_approved
from tests.benchmarks.reference_mails import (
    approve,
    claim_mails,
    mark_mails,
    notifier_completed,
    notifier_received,
)
from tests.benchmarks.reference_outbox import Outgoing, Received, append, claim
from tests.benchmarks.reference_writes import (
    Write,
    intake_completed,
    intake_issued,
    intake_mailed,
    intake_opened,
    review_issued,
    review_mailed,
    review_received,
)

BATCH = 500
BATCH_BYTES = 256 * 1024
POLL_MS = 5
RELAYED = (
    "seq, id, aggregatetype, aggregateid, type, payload, topic, source, specversion, subject, partitionkey, sequence,"
    " occurred_at, dataschema, causationid, correlationid, datacontenttype, traceparent, extra_headers, created_at"
)
READERS = {topic.name: len(topic.readers) for topic in TOPICS}
HEADERS = {
    "ce_specversion": "specversion", "ce_id": "id", "ce_source": "source", "ce_type": "type", "ce_time": "occurred_at",
    "ce_subject": "subject", "ce_partitionkey": "partitionkey", "ce_sequence": "sequence",
    "ce_dataschema": "dataschema", "ce_causationid": "causationid", "ce_correlationid": "correlationid",
    "content-type": "datacontenttype", "traceparent": "traceparent",
}  # fmt: skip

WRITES: Mapping[ServiceName, Mapping[str, Write]] = {
    "intake": {
        "nss.review.opened.v1": intake_opened,
        "nss.mailbox.issued.v1": intake_issued,
        "nss.review.completed.v1": intake_completed,
        "nss.mail.sent.v1": intake_mailed,
    },
    "review": {
        "nss.application.received.v1": review_received,
        "nss.mailbox.issued.v1": review_issued,
        "nss.mail.sent.v1": review_mailed,
    },
    "provisioning": {"nss.review.approved.v1": provisioning_approved},
    "notifier": {
        "nss.application.received.v1": notifier_received,
        "nss.review.completed.v1": notifier_completed,
    },
}

Connection = Any


@dataclasses.dataclass
class Pipeline:
    """Connections of the four databases, one producer, one consumer per service; counts of what was done."""

    databases: Mapping[ServiceName, Connection]
    producer: AIOKafkaProducer
    consumers: Mapping[ServiceName, AIOKafkaConsumer]
    prefix: str
    counts: Counter[str] = dataclasses.field(default_factory=Counter)

    async def run(self, applications: int) -> None:
        """Take every application from its committed `received` event to its last mail event consumed."""
        while self.counts["finished"] < applications or not await self._rests():
            for service in SERVICES:
                await self._relay(service)
            for service in SERVICES:
                await self._consume(service)
            await self._approve()
            await self._mark_mails()

    async def _rests(self) -> bool:
        """Whether every event has been sent and every record read."""
        waiting = [await db.fetchval("select exists (select from event_outbox)") for db in self.databases.values()]
        return not any(waiting) and self.counts["deliveries"] == self.counts["due"]

    async def _relay(self, service: ServiceName) -> None:
        db = self.databases[service]
        while rows := await db.fetch(f"select {RELAYED} from event_outbox order by seq limit {BATCH}"):  # noqa: S608
            sends = [
                await self.producer.send(
                    self.prefix + row["topic"],
                    key=row["aggregateid"].encode(),
                    value=row["payload"],
                    headers=[(n, str(row[c]).encode()) for n, c in HEADERS.items() if row[c] is not None],
                )
                for row in rows
            ]
            await asyncio.gather(*sends)
            await self._archive(db, [row["seq"] for row in rows])
            self.counts["events"] += len(rows)
            self.counts["due"] += sum(READERS[row["topic"]] for row in rows)

    async def _archive(self, db: Connection, sent: Sequence[int]) -> None:
        await db.execute(
            f"with gone as (delete from event_outbox where seq = any($1::bigint[]) returning {RELAYED})"  # noqa: S608
            f" insert into event_outbox_archive (published_on, {RELAYED}) select $2, {RELAYED} from gone",
            sent,
            datetime.now(UTC).date(),
        )
        self.counts["commits"] += 1

    async def _consume(self, service: ServiceName) -> None:
        consumer = self.consumers[service]
        polled = await consumer.getmany(timeout_ms=POLL_MS, max_records=BATCH)
        records = [record for part in polled.values() for record in part]
        if not records:
            return
        self.counts["deliveries"] += len(records)
        await self._handle(service, [_read(record) for record in records])
        await consumer.commit()

    async def _handle(self, service: ServiceName, received: Sequence[Received]) -> None:
        """As one transaction; as with us, a type that the service does not act on leaves no trace."""
        writes = WRITES[service]
        by_type: dict[str, list[Received]] = defaultdict(list)
        for event in received:
            if event.type in writes:
                by_type[event.type].append(event)
        now = datetime.now(UTC)
        db = self.databases[service]
        async with db.transaction():
            await claim(db, [event for event in received if event.type in writes], now)
            outgoing: list[Outgoing] = []
            for event_type, events in by_type.items():
                outgoing += await writes[event_type](db, events, now)
            await append(db, service, outgoing, now)
        self.counts["commits"] += 1

    async def _approve(self) -> None:
        db, now = self.databases["review"], datetime.now(UTC)
        async with db.transaction():
            outgoing = await approve(db, BATCH, now)
            await append(db, "review", outgoing, now)
        self.counts["commits"] += 1 if outgoing else 0

    async def _mark_mails(self) -> None:
        db, now = self.databases["notifier"], datetime.now(UTC)
        claimed = await claim_mails(db, BATCH, now)
        if not claimed:
            return
        async with db.transaction():
            outgoing = await mark_mails(db, claimed, now)
            await append(db, "notifier", outgoing, now)
        self.counts["commits"] += 2
        self.counts["finished"] += sum(1 for mail in claimed if mail["mail"] == "M2" and mail["role"] == "contact")


@asynccontextmanager
async def open_pipeline(field: Field) -> AsyncIterator[Pipeline]:
    """Connected to the run's databases and topics; every consumer has its partitions."""
    databases = {service: await asyncpg.connect(url) for service, url in field.databases.items()}
    producer = AIOKafkaProducer(
        bootstrap_servers=field.bootstrap, acks="all", enable_idempotence=True, max_batch_size=BATCH_BYTES
    )
    await producer.start()
    consumers = {service: await _join(service, field) for service in SERVICES}
    try:
        yield Pipeline(databases, producer, consumers, field.prefix)
    finally:
        for consumer in consumers.values():
            await consumer.stop()
        await producer.stop()
        for db in databases.values():
            await db.close()


async def _join(service: ServiceName, field: Field) -> AIOKafkaConsumer:
    consumer = AIOKafkaConsumer(
        *(topic.name_with(field.prefix) for topic in topics_read_by(service)),
        bootstrap_servers=field.bootstrap,
        group_id=consumer_group(service, field.prefix),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    return consumer


def _read(record: Any) -> Received:
    headers = dict(record.headers)
    return Received(
        id=UUID(headers["ce_id"].decode()),
        type=headers["ce_type"].decode(),
        source=headers["ce_source"].decode(),
        subject=headers["ce_subject"].decode(),
        key=record.key.decode(),
        topic=record.topic,
        data=json.loads(record.value),
    )
