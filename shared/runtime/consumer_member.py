"""One membership of a consumer group: a FastStream batch subscriber over raw records, its offsets and its trouble.

The client below does not get over everything by itself. A heartbeat that is answered with «the coordinator is loading»,
as after a broker's restart, ends its heartbeats for good, and every later poll raises. So polls and commits that fail
are counted here as trouble, and whoever owns the member replaces it when the trouble lasts.
"""

import asyncio
import contextlib
import logging
from collections.abc import Collection, Mapping, Sequence
from time import monotonic
from typing import Any, Protocol

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage

from shared.runtime.consumer_context import ConsumerCounts
from shared.runtime.consumer_failures import code_of
from shared.runtime.event_batch import PolledRecord
from shared.runtime.kafka import broker_security
from shared.runtime.settings import ServiceSettings

BATCH_TIMEOUT_MS = 20
REBALANCE_TIMEOUT_MS = 60_000
COMMIT_SECONDS = 5.0
LEAVE_SECONDS = 10.0
LOOK_SECONDS = 0.2

PartitionId = tuple[str, int]
"""A topic's name on the broker and a partition of it."""

log = structlog.get_logger(__name__)


class MemberOwner(Protocol):
    """Who handles what the member polls, and is told when partitions go and come."""

    async def on_poll(self, member: "GroupMember", records: Sequence[PolledRecord]) -> None:
        """Handle one poll."""
        ...

    async def hand_over(self, member: "GroupMember") -> None:
        """Partitions are about to go."""
        ...

    def take_over(self, member: "GroupMember") -> None:
        """Partitions have come."""
        ...


class GroupMember:
    """A member of the group from `join` to `leave`; never used again after that."""

    def __init__(
        self,
        *,
        group: str,
        topics: Collection[str],
        max_records: int,
        settings: ServiceSettings,
        counts: ConsumerCounts,
        owner: MemberOwner,
    ) -> None:
        self.polled_at = monotonic()
        self.has_joined = False
        self._owner, self._counts = owner, counts
        self._uncommitted: dict[PartitionId, int] = {}
        self._poll_fails_since: float | None = None
        self._commit_fails_since: float | None = None
        self._broker, self._subscriber = self._build(group, topics, max_records, settings)

    async def join(self) -> None:
        """Join the group; returns after the first assignment. Raises KafkaError or OSError."""
        joining = asyncio.create_task(self._broker.start())
        try:
            while not joining.done():
                await asyncio.wait([joining], timeout=LOOK_SECONDS)
                self._raise_refusal()
        finally:
            joining.cancel()
        await joining
        self._watch_polls()
        self.has_joined = True

    async def leave(self) -> None:
        """Hand the partitions over and close the connections; bounded to 10 s."""
        with contextlib.suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._broker.stop()

    def troubled_seconds(self) -> float:
        """How long polls or commits have failed without a break; 0 when all is well."""
        since = [since for since in (self._poll_fails_since, self._commit_fails_since) if since is not None]
        return monotonic() - min(since) if since else 0.0

    async def commit(self, offsets: Mapping[PartitionId, int]) -> None:
        """Commit these and what failed before. A failure is counted; processed_events absorbs what is read again."""
        self._uncommitted.update(offsets)
        if not self._uncommitted:
            return
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                partitions = {TopicPartition(*place): offset for place, offset in self._uncommitted.items()}
                await self._subscriber.consumer.commit(partitions)
        except Exception as error:
            # Whatever it is, the effects are committed: handling these records again would not help.
            if isinstance(error, CommitFailedError | IllegalStateError):
                self._uncommitted.clear()  # the partitions are another member's now
            self._commit_fails_since = self._commit_fails_since or monotonic()
            self._counts.commit_failures += 1
            log.warning("consumer.offset_commit_failed", error=code_of(error))
        else:
            self._uncommitted.clear()
            self._commit_fails_since = None

    def forget_uncommitted(self) -> None:
        """The partitions change hands: whoever has them next may commit further."""
        self._uncommitted.clear()
        self._commit_fails_since = None

    def seek_back(self, records: Sequence[PolledRecord], next_offsets: Mapping[PartitionId, int]) -> None:
        """Make sure that what was polled but not handled is polled again, if the partition stays here."""
        first: dict[PartitionId, int] = {}
        for record in records:
            first.setdefault((record.topic, record.partition), record.offset)
        last = {(record.topic, record.partition): record.offset for record in records}
        for partition, offset in last.items():
            next_offset = next_offsets.get(partition, first[partition])
            if next_offset <= offset:
                with contextlib.suppress(IllegalStateError):
                    self._subscriber.consumer.seek(TopicPartition(*partition), next_offset)

    def pause(self, topics: Collection[str]) -> None:
        """Stop fetching these topics; lost at each rebalance."""
        consumer = self._subscriber.consumer
        partitions = [partition for partition in consumer.assignment() if partition.topic in topics] if consumer else []
        if partitions:
            consumer.pause(*partitions)

    def resume(self, topics: Collection[str]) -> None:
        """Fetch these topics again."""
        consumer = self._subscriber.consumer
        if consumer is not None:
            consumer.resume(*[partition for partition in consumer.paused() if partition.topic in topics])

    def _build(
        self, group: str, topics: Collection[str], max_records: int, settings: ServiceSettings
    ) -> tuple[KafkaBroker, Any]:
        quiet = logging.getLogger("nss.faststream")
        quiet.setLevel(logging.WARNING)
        quiet.addFilter(_is_news)
        broker = KafkaBroker(
            settings.kafka_bootstrap,
            security=broker_security(settings),
            allow_auto_create_topics=False,
            consumer_only=True,
            apply_types=False,
            logger=quiet,
            graceful_timeout=LEAVE_SECONDS,
        )
        subscriber = broker.subscriber(
            *topics,
            group_id=group,
            batch=True,
            max_records=max_records,
            batch_timeout_ms=BATCH_TIMEOUT_MS,
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            auto_offset_reset="earliest",
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            listener=_Rebalances(self, self._owner),
            # Replaced, or FastStream decodes headers as UTF-8 and one bad header takes its whole batch with it.
            parser=_keep_raw,
            decoder=_raw_records,
        )
        subscriber(self._on_poll)
        return broker, subscriber

    def _raise_refusal(self) -> None:
        """The client keeps a group's refusal for the next poll, and before the first assignment there is none."""
        coordinator = getattr(self._subscriber.consumer, "_coordinator", None)
        if coordinator is not None:
            coordinator.check_errors()

    async def _on_poll(self, records: Any) -> None:
        await self._owner.on_poll(self, records)

    def _watch_polls(self) -> None:
        """Note every poll, empty and failed ones too: the subscriber's loop calls the handler only for records."""
        consumer = self._subscriber.consumer
        poll = consumer.getmany

        async def noted_poll(*partitions: TopicPartition, **options: Any) -> Mapping[TopicPartition, Sequence[Any]]:
            self.polled_at = monotonic()
            try:
                records: Mapping[TopicPartition, Sequence[Any]] = await poll(*partitions, **options)
            except KafkaError:
                self._poll_fails_since = self._poll_fails_since or monotonic()
                raise
            self._poll_fails_since = None
            return records

        consumer.getmany = noted_poll


def _is_news(record: logging.LogRecord) -> bool:
    """Not the warning at every start that topics are not created, which is what was asked for."""
    return "Auto create topics" not in record.getMessage()


async def _keep_raw(records: Any) -> KafkaMessage:
    return KafkaMessage(records, b"", correlation_id="-", consumer=FAKE_CONSUMER)


async def _raw_records(message: KafkaMessage) -> Any:
    return message.raw_message


class _Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells the owner when partitions go and come."""

    def __init__(self, member: GroupMember, owner: MemberOwner) -> None:
        self._member, self._owner = member, owner

    async def on_partitions_revoked(self, revoked: Any) -> None:
        await self._owner.hand_over(self._member)

    async def on_partitions_assigned(self, assigned: Any) -> None:
        self._owner.take_over(self._member)
