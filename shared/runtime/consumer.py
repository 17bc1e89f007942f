"""The consumer of a service: one FastStream batch subscriber over all its topics, its rebalances, stop and health."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage

from shared.contracts.topics import ServiceName, consumer_group
from shared.runtime.brake import Brake
from shared.runtime.clock import Clock
from shared.runtime.consumer_context import ConsumerContext, ConsumerCounts
from shared.runtime.consumer_failures import RetryInPlace, code_of
from shared.runtime.consumer_redo import PollHandler, PollProgress
from shared.runtime.database import Pool
from shared.runtime.event_batch import PolledRecord, read_batch
from shared.runtime.event_router import EventRouter
from shared.runtime.failpoints import reach
from shared.runtime.held_events_drain import HeldEventDrainer
from shared.runtime.ids import NewId
from shared.runtime.kafka import broker_security
from shared.runtime.settings import ServiceSettings

MAX_RECORDS: Mapping[ServiceName, int] = {"intake": 500, "review": 500, "provisioning": 50, "notifier": 500}
"""Records per poll, and so per transaction: fewer where one event means a slow hash."""

BATCH_TIMEOUT_MS = 20
REBALANCE_TIMEOUT_MS = 60_000
HAND_OVER_SECONDS = 45.0
COMMIT_SECONDS = 5.0
STOP_SECONDS = 10.0
BRAKE_CHECK_SECONDS = 1.0
POLL_AGAIN_SECONDS = 1.0

log = structlog.get_logger(__name__)


class EventConsumer:
    """Consumes the router's topics into its workflows, effectively once, in order per key.

    Start it beside the pages: `start` returns only after the first assignment. It needs two connections of the pool.
    """

    def __init__(
        self,
        *,
        router: EventRouter,
        pool: Pool,
        clock: Clock,
        new_id: NewId,
        settings: ServiceSettings,
        max_records: int | None = None,
    ) -> None:
        self._settings = settings
        self._max_records = max_records or MAX_RECORDS[router.service]
        self._context = ConsumerContext(router, clock, new_id)
        self._wanted = self._context.wanted_types
        self._topics = {topic.name_with(settings.topic_prefix): topic for topic in router.topics}
        self._brake = Brake()
        self._retry = RetryInPlace()
        self._drain_retry = RetryInPlace()
        self._drainer = HeldEventDrainer(pool, self._context, self._drain_retry)
        self._polls = PollHandler(pool, self._context, self._brake, self._retry, self._drainer.wake)
        self._batch_lock = asyncio.Lock()
        self._stopping = False
        self._progress_at = monotonic()
        self._consumer: AIOKafkaConsumer | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._uncommitted: dict[tuple[str, int], int] = {}
        self._broker, self._subscriber = self._build_broker()

    async def start(self) -> None:
        """Join the group and consume; returns after the first assignment. Raises KafkaError or OSError."""
        await self._broker.start()
        self._watch_polls()
        self._progress_at = monotonic()
        loops = (self._drainer.run(), self._release_brakes(), self._commit_again())
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """Finish or give up the batch in hand, hand the partitions over, end the tasks; bounded to about 20 s."""
        self._stopping = True
        self._retry.leaving.set()
        self._drain_retry.leaving.set()
        self._drainer.wake(())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS), self._batch_lock:
                pass
        with contextlib.suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._broker.stop()
        await self._end_tasks()

    def progress_age_seconds(self) -> float:
        """Since when the loop has neither polled nor retried: a broker that is away does not stop it, a hang does."""
        return monotonic() - max(self._progress_at, self._retry.tried_at)

    @property
    def ready(self) -> bool:
        """Whether events flow."""
        return self.unready_reason is None

    @property
    def unready_reason(self) -> str | None:
        """Why events do not flow; None if they do."""
        if self._consumer is None:
            return "the consumer has not joined its group yet"
        if self._retry.is_failing:
            return "the database has failed for more than 10 s"
        if self._brake.braked_topics:
            return f"braked, because most records fail: {', '.join(self._brake.braked_topics)}"
        return None

    @property
    def counts(self) -> ConsumerCounts:
        """Totals since the process started."""
        return self._context.counts

    @property
    def braked_topics(self) -> tuple[str, ...]:
        """Topics that stand still because most of their records fail."""
        return self._brake.braked_topics

    def _build_broker(self) -> tuple[KafkaBroker, Any]:
        quiet = logging.getLogger("nss.faststream")
        quiet.setLevel(logging.WARNING)
        quiet.addFilter(_is_news)
        broker = KafkaBroker(
            self._settings.kafka_bootstrap,
            security=broker_security(self._settings),
            allow_auto_create_topics=False,
            consumer_only=True,
            apply_types=False,
            logger=quiet,
            graceful_timeout=STOP_SECONDS,
        )
        subscriber = broker.subscriber(
            *self._topics,
            group_id=consumer_group(self._context.service, self._settings.topic_prefix),
            batch=True,
            max_records=self._max_records,
            batch_timeout_ms=BATCH_TIMEOUT_MS,
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            auto_offset_reset="earliest",
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            listener=_Rebalances(self),
            # Replaced, or FastStream decodes headers as UTF-8 and one bad header takes its whole batch with it.
            parser=_keep_raw,
            decoder=_raw_records,
        )
        subscriber(self._on_poll)
        return broker, subscriber

    def _watch_polls(self) -> None:
        """Note every poll, empty ones too: the subscriber's loop calls the handler only when records came."""
        consumer = self._subscriber.consumer
        poll = consumer.getmany

        async def noted_poll(*partitions: TopicPartition, **options: Any) -> Mapping[TopicPartition, Sequence[Any]]:
            self._progress_at = monotonic()
            records: Mapping[TopicPartition, Sequence[Any]] = await poll(*partitions, **options)
            return records

        consumer.getmany = noted_poll
        self._consumer = consumer

    async def _on_poll(self, records: Any) -> None:
        async with self._batch_lock:
            if self._retry.leaving.is_set():
                return
            self._progress_at = monotonic()
            consumer = self._subscriber.consumer
            try:
                await self._handle(consumer, records)
            except Exception as error:
                # Not a record's fault, and nothing may be passed over: read it all again.
                log.error("consumer.poll_failed", error=code_of(error))
                self._seek_back(consumer, records, PollProgress())
                await asyncio.sleep(POLL_AGAIN_SECONDS)

    async def _handle(self, consumer: AIOKafkaConsumer, records: Sequence[PolledRecord]) -> None:
        self.counts.polls += 1
        self.counts.received += len(records)
        progress = await self._polls.handle(await read_batch(records, self._topics, self._wanted))
        reach("consumer.after-commit-before-offset-commit")
        if progress.braked:
            self._pause(consumer)
        self._seek_back(consumer, records, progress)
        await self._commit_offsets(consumer, progress.next_offsets)

    async def _commit_offsets(self, consumer: AIOKafkaConsumer, offsets: Mapping[tuple[str, int], int]) -> None:
        """Once per poll; one that fails is counted and tried again: processed_events absorbs a redelivery till then."""
        self._uncommitted.update(offsets)
        if not self._uncommitted:
            return
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await consumer.commit({TopicPartition(*place): offset for place, offset in self._uncommitted.items()})
            self._uncommitted.clear()
        except (KafkaError, TimeoutError) as error:
            if isinstance(error, CommitFailedError | IllegalStateError):
                self._uncommitted.clear()  # the partitions are another member's now
            self.counts.commit_failures += 1
            log.warning("consumer.offset_commit_failed", error=code_of(error))

    async def _commit_again(self) -> None:
        """Where no new records come, nothing else would commit what failed, and the lag would stay for ever."""
        while True:
            await asyncio.sleep(POLL_AGAIN_SECONDS)
            async with self._batch_lock:
                if self._uncommitted and not self._stopping:
                    await self._commit_offsets(self._subscriber.consumer, {})

    def _seek_back(self, consumer: AIOKafkaConsumer, records: Sequence[PolledRecord], progress: PollProgress) -> None:
        """Make sure that what was polled but not handled is polled again, if the partition stays here."""
        first: dict[tuple[str, int], int] = {}
        for record in records:
            first.setdefault((record.topic, record.partition), record.offset)
        last = {(record.topic, record.partition): record.offset for record in records}
        for partition, offset in last.items():
            next_offset = progress.next_offsets.get(partition, first[partition])
            if next_offset <= offset:
                with contextlib.suppress(IllegalStateError):
                    consumer.seek(TopicPartition(*partition), next_offset)

    def _pause(self, consumer: AIOKafkaConsumer) -> None:
        """Stop fetching the braked topics; lost at each rebalance, so applied again at each assignment."""
        braked = {name for name, topic in self._topics.items() if self._brake.is_braked(topic.name)}
        partitions = [partition for partition in consumer.assignment() if partition.topic in braked]
        if partitions:
            consumer.pause(*partitions)

    async def _release_brakes(self) -> None:
        while True:
            await asyncio.sleep(BRAKE_CHECK_SECONDS)
            released = set(self._brake.release_due(monotonic()))
            consumer = self._subscriber.consumer
            if not released or consumer is None:
                continue
            log.warning("consumer.brake_released", topics=sorted(released))
            names = {name for name, topic in self._topics.items() if topic.name in released}
            consumer.resume(*[partition for partition in consumer.paused() if partition.topic in names])

    async def hand_over(self) -> None:
        """Partitions are about to go: stop retrying and let the batch in hand end."""
        self._retry.leaving.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HAND_OVER_SECONDS), self._batch_lock:
                self._uncommitted.clear()  # whoever has them next may commit further

    def take_over(self) -> None:
        """Partitions have come."""
        if self._stopping:
            return
        self._retry.leaving.clear()
        if self._subscriber.consumer is not None:
            self._pause(self._subscriber.consumer)

    async def _end_tasks(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.gather(*self._tasks[:1], return_exceptions=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _is_news(record: logging.LogRecord) -> bool:
    """Not the warning at every start that topics are not created, which is what was asked for."""
    return "Auto create topics" not in record.getMessage()


async def _keep_raw(records: Any) -> KafkaMessage:
    return KafkaMessage(records, b"", correlation_id="-", consumer=FAKE_CONSUMER)


async def _raw_records(message: KafkaMessage) -> Any:
    return message.raw_message


class _Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells the consumer when partitions go and come."""

    def __init__(self, consumer: EventConsumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Any) -> None:
        await self._consumer.hand_over()

    async def on_partitions_assigned(self, assigned: Any) -> None:
        self._consumer.take_over()
