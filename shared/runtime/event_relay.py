"""The relay: one leader per database publishes the outbox in order and moves what was acknowledged to the archive.

With a replication slot named in the settings Debezium publishes the events instead, and the relay the rest.

The session advisory lock, the select and the delete share one direct connection, so losing the connection ends the
leadership by itself. Two leaders may overlap for one batch: the same rows are then sent twice, each time in order, and
consumers absorb the second copy.
"""

import asyncio
import base64
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from shared.contracts.envelope import Record
from shared.runtime import metrics
from shared.runtime.clock import Clock
from shared.runtime.database import DATABASE_ERRORS, Connection, DatabaseUnreachable, open_connection
from shared.runtime.failpoints import reach
from shared.runtime.kafka import EventProducer, KafkaUnreachable
from shared.runtime.logs import get_log
from shared.runtime.outbox_archive import archive_published
from shared.runtime.outbox_floor import OutboxFloor
from shared.runtime.outbox_rows import BATCH_ROWS, EVERY_ROW, find_depth_and_oldest, next_rows
from shared.runtime.outbox_slot import OutboxSlot, SlotMissing
from shared.runtime.settings import ServiceSettings
from shared.runtime.spans import Sending

LEADER_LOCK = 0x6E737372  # "nssr"
POLL_SECONDS = 0.015
LEADER_RETRY_SECONDS = 1.0
SEND_SECONDS = 15.0
FIRST_BACK_OFF_SECONDS = 0.2
LONGEST_BACK_OFF_SECONDS = 5.0
MEASURE_SECONDS = 5.0
SLOT_LOOK_SECONDS = 0.2
STOP_SECONDS = 5.0

HEADER_COLUMNS = (
    ("ce_specversion", "specversion"),
    ("ce_id", "id"),
    ("ce_source", "source"),
    ("ce_type", "type"),
    ("ce_time", "occurred_at"),
    ("ce_subject", "subject"),
    ("ce_partitionkey", "partitionkey"),
    ("ce_sequence", "sequence"),
    ("ce_dataschema", "dataschema"),
    ("ce_causationid", "causationid"),
    ("ce_correlationid", "correlationid"),
    ("content-type", "datacontenttype"),
    ("traceparent", "traceparent"),
)

log = get_log()


class SendFailed(RuntimeError):
    """Part of a batch was not acknowledged, first a record of `topic`; the producer must be replaced."""

    def __init__(self, error: BaseException, topic: str) -> None:
        super().__init__(f"{type(error).__name__} at {topic}")
        self.error = error


OUR_WORDS = (KafkaUnreachable, DatabaseUnreachable, SendFailed, SlotMissing)
"""Only their texts are shown: a library's may quote a row."""


class EventRelay:
    """Publishes one service's outbox while it is the leader; otherwise waits to become it."""

    def __init__(self, *, service: str, settings: ServiceSettings, clock: Clock) -> None:
        self._service = service
        self._settings = settings
        self._clock = clock
        self._producer: EventProducer | None = None
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failing_since: float | None = None
        self._failure = ""
        self._measured_at = self._looked_at = float("-inf")
        self.is_leader = False

    def start(self) -> None:
        """Begin; a database or broker that is away is waited for."""
        self._task = asyncio.create_task(self._run(), name="relay")

    async def stop(self) -> None:
        """Finish the batch in hand within 5 s, then close; what is left goes out after the next start."""
        self._stopping.set()
        if self._task is None:
            return
        await asyncio.wait([self._task], timeout=STOP_SECONDS)
        self._task.cancel()
        await asyncio.wait([self._task])

    def failing_seconds(self) -> float:
        """How long the relay has failed without a break; 0 when all is well."""
        return 0.0 if self._failing_since is None else time.monotonic() - self._failing_since

    @property
    def failure(self) -> str | None:
        """Why it fails now; None when all is well."""
        return None if self._failing_since is None else self._failure

    async def _run(self) -> None:
        back_off = FIRST_BACK_OFF_SECONDS
        try:
            while not self._stopping.is_set():
                try:
                    await self._serve_one_connection()
                    back_off = FIRST_BACK_OFF_SECONDS
                except Exception as error:
                    # A lost connection mostly; whatever it is, a relay that ended would stop all publishing unseen.
                    self._note_failure("relay starts over", error)
                    await self._pause(back_off)
                    back_off = min(back_off * 2, LONGEST_BACK_OFF_SECONDS)
        finally:
            await self._drop_producer()

    async def _serve_one_connection(self) -> None:
        """Wait for the lock, then publish until the connection is lost or the relay is stopped."""
        url = self._settings.relay_database_url.get_secret_value()
        db = await open_connection(url, application_name=f"nss-{self._service}-relay")
        try:
            while not await db.fetchval("select pg_try_advisory_lock($1)", LEADER_LOCK):
                self._failing_since = None
                await self._pause(LEADER_RETRY_SECONDS)
                if self._stopping.is_set():
                    return
            self._lead(True)
            await self._publish_until_stopped(db)
        finally:
            self._lead(False)
            await _close(db)

    async def _publish_until_stopped(self, db: Connection) -> None:
        floor, back_off = OutboxFloor(), FIRST_BACK_OFF_SECONDS
        name = self._settings.outbox_slot
        slot = await OutboxSlot.follow(db, name) if name else None
        own_up_to = slot.own_up_to if slot else EVERY_ROW
        while not self._stopping.is_set():
            floor.forget_when_old(time.monotonic())
            await self._archive_confirmed(db, slot)
            rows = await next_rows(db, floor.seq, own_up_to)
            await self._measure(db)
            if not rows:
                self._failing_since = None
                await self._pause(POLL_SECONDS)
                continue
            try:
                await self._publish(db, rows)
                floor.follow(rows[-1]["seq"], rows[-1]["oldest_open"], rows[-1]["next_opened"])
                back_off, self._failing_since = FIRST_BACK_OFF_SECONDS, None
            except (SendFailed, KafkaUnreachable) as error:
                floor = OutboxFloor()
                self._note_failure("events could not be published", error)
                metrics.RELAY_PRODUCER_REPLACEMENTS.labels(self._service).inc()
                await self._drop_producer()
                await self._pause(back_off)
                back_off = min(back_off * 2, LONGEST_BACK_OFF_SECONDS)
            if len(rows) < BATCH_ROWS:
                await self._pause(POLL_SECONDS)

    async def _publish(self, db: Connection, rows: Sequence[asyncpg.Record]) -> None:
        """Send the rows in order, archive those acknowledged. Raises SendFailed when some were not."""
        if self._producer is None:
            new = self._producer = EventProducer(self._settings)
            await new.start()
        sending = Sending(rows)
        acknowledged, failure = await send_in_order(self._producer, rows, self._settings.topic_prefix)
        sending.end(failure)
        if acknowledged:
            reach("relay.after-send-before-delete")
            await self._archive(db, acknowledged)
        if failure is not None:
            done = {row["seq"] for row in acknowledged}
            raise SendFailed(failure, next(row["topic"] for row in rows if row["seq"] not in done))

    async def _archive_confirmed(self, db: Connection, slot: OutboxSlot | None) -> None:
        """Archive what Debezium has published since the last look."""
        if slot is None or time.monotonic() - self._looked_at < SLOT_LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        if confirmed := await slot.find_confirmed(db):
            await self._archive(db, confirmed)

    async def _archive(self, db: Connection, published: Sequence[asyncpg.Record]) -> None:
        today = self._clock.now().astimezone(UTC).date()
        await archive_published(db, [row["seq"] for row in published], today)
        for topic, count in Counter(row["topic"] for row in published).items():
            metrics.RELAY_PUBLISHED.labels(self._service, topic).inc(count)

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.close()

    def _lead(self, leads: bool) -> None:
        if leads != self.is_leader:
            log.info("relay leads" if leads else "relay no longer leads", service=self._service)
        self.is_leader = leads
        metrics.RELAY_LEADER.labels(self._service).set(int(leads))

    def _note_failure(self, what: str, error: BaseException) -> None:
        if self._failing_since is None:
            self._failing_since = time.monotonic()
        name = type(error.error if isinstance(error, SendFailed) else error).__name__
        metrics.RELAY_FAILURES.labels(self._service, name).inc()
        self._failure = str(error) if isinstance(error, OUR_WORDS) else name
        log.warning(what, service=self._service, error=name, reason=self._failure)

    async def _measure(self, db: Connection) -> None:
        if time.monotonic() - self._measured_at < MEASURE_SECONDS:
            return
        self._measured_at = time.monotonic()
        depth, oldest = await find_depth_and_oldest(db)
        age = (self._clock.now() - oldest).total_seconds() if oldest else 0.0
        metrics.OUTBOX_DEPTH.labels(self._service).set(depth)
        metrics.OUTBOX_OLDEST_SECONDS.labels(self._service).set(max(age, 0.0))

    async def _pause(self, seconds: float) -> None:
        """Sleep, but not past a stop."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass


async def send_in_order(
    producer: EventProducer, rows: Sequence[asyncpg.Record], topic_prefix: str
) -> tuple[list[asyncpg.Record], BaseException | None]:
    """Send all rows and wait at most 15 s for the broker.

    Returns the rows acknowledged, of each topic and key only those before the first failure, and the first error.
    """
    sent: list[asyncio.Future[Any]] = []
    failure: BaseException | None = None
    try:
        async with asyncio.timeout(SEND_SECONDS):
            for row in rows:
                record = record_of(row, topic_prefix)
                sent.append(await producer.send(record.topic, record.key, record.value, list(record.headers)))
            await asyncio.wait(sent)
    except (KafkaError, OSError) as error:
        failure = error
    for future in sent:
        if not future.done():
            future.cancel()
    return _acknowledged(rows, sent, failure)


def record_of(row: asyncpg.Record, topic_prefix: str = "") -> Record:
    """The Kafka record of an outbox row: exact headers and key where it has them, else the event's."""
    if row["extra_headers"] is not None:
        headers = [(name, base64.b64decode(content)) for name, content in row["extra_headers"]]
        return Record(topic_prefix + row["topic"], row["record_key"], row["payload"], headers)
    headers = [(name, str(row[column]).encode()) for name, column in HEADER_COLUMNS if row[column] is not None]
    return Record(topic_prefix + row["topic"], row["aggregateid"].encode(), row["payload"], headers)


def _acknowledged(
    rows: Sequence[asyncpg.Record], sent: Sequence["asyncio.Future[Any]"], failure: BaseException | None
) -> tuple[list[asyncpg.Record], BaseException | None]:
    acknowledged = []
    behind_a_failure: set[tuple[str, str]] = set()
    for row, future in zip(rows, sent, strict=False):
        lane = (row["topic"], row["aggregateid"])
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if error is not None:
            failure = failure or error
            behind_a_failure.add(lane)
        elif lane not in behind_a_failure:
            acknowledged.append(row)
    return acknowledged, failure


async def _close(db: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Give the lock back without waiting for a server that does not answer."""
    try:
        async with asyncio.timeout(1):
            await db.close()
    except DATABASE_ERRORS:
        db.terminate()
